/**
 * What integers a kernel can use: the values of a table or parameter that keep indices and reductions inside their
 * axes.
 */
import type { BinaryOperator, Expr, Kernel, Reduce } from "../dsl/ir.ts";
import { operandsOf, partsOf } from "../dsl/visit.ts";

/** Values in [0, `below`), because of `axis`. */
export interface Bounds {
  readonly below: number;
  readonly axis: string;
}

export interface BoundsOfUse {
  readonly inputs: ReadonlyMap<string, Bounds>;
  readonly parameters: ReadonlyMap<string, Bounds>;
}

const comparisons: ReadonlySet<BinaryOperator> = new Set(["less", "lessEqual", "equal", "notEqual"]);

/**
 * The bounds of integer inputs and parameters, from the axes that they index, that their reductions go over or, where
 * there is no such use, that they are compared with. Absent where the kernel sets none.
 */
export function boundsOfUse(kernel: Kernel, extents: Readonly<Record<string, number>>): BoundsOfUse {
  const needed = { inputs: new Map<string, Bounds>(), parameters: new Map<string, Bounds>() };
  const compared = { inputs: new Map<string, Bounds>(), parameters: new Map<string, Bounds>() };
  const axesOf = new Map(kernel.inputs.map((input) => [input.name, input.axes]));

  /** What follows for the tables and parameters in `expr` from expr < limit. */
  const require = (into: typeof needed, expr: Expr, limit: Bounds): void => {
    switch (expr.kind) {
      case "load":
        return tighten(into.inputs, expr.input, limit);
      case "parameter":
        return tighten(into.parameters, expr.name, limit);
      case "unary":
        return require(into, expr.operand, limit);
      case "select":
        return [expr.whenTrue, expr.whenFalse].forEach((branch) => require(into, branch, limit));
      case "binary": {
        const { left, right } = expr;
        const [a, b] = [integerOf(left, extents), integerOf(right, extents)];
        const by = (below: number): Bounds => ({ ...limit, below });
        switch (expr.operator) {
          case "add":
            require(into, left, b === undefined ? limit : by(limit.below - b));
            return require(into, right, a === undefined ? limit : by(limit.below - a));
          case "multiply":
            // A page's first place and its last lie inside: but if not even one page fits, the first is still a page.
            if (a !== undefined && a > 0) require(into, right, by(Math.max(1, Math.floor(limit.below / a))));
            if (b !== undefined && b > 0) require(into, left, by(Math.max(1, Math.floor(limit.below / b))));
            return;
          case "divide":
            return b === undefined ? undefined : require(into, left, by(limit.below * b));
          case "subtract":
            return require(into, left, b === undefined ? limit : by(limit.below + b));
          case "minimum":
          case "maximum":
            return [left, right].forEach((side) => require(into, side, limit));
          default:
            return;
        }
      }
      default:
        return;
    }
  };

  const seen = new Set<Expr | Reduce>();
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    operandsOf(expr).forEach(visit);
    if (expr.kind === "load") {
      axesOf.get(expr.input)!.forEach((axis, d) => require(needed, expr.indices[d]!, { below: extents[axis]!, axis }));
    }
    if (expr.kind === "binary" && comparisons.has(expr.operator) && expr.left.type !== "f32") {
      for (const [side, other] of [
        [expr.left, expr.right],
        [expr.right, expr.left],
      ] as const) {
        for (const { axis } of other.free) require(compared, side, { below: extents[axis]!, axis });
      }
    }
    if (expr.kind === "field") visitReduce(expr.of);
  };
  const visitReduce = (reduce: Reduce): void => {
    if (seen.has(reduce)) return;
    seen.add(reduce);
    const { axis } = reduce;
    // The count may be as large as the axis, and zero.
    require(needed, reduce.count, { below: extents[axis]! + 1, axis });
    partsOf(reduce).forEach(visit);
  };
  for (const output of kernel.outputs) {
    output.place?.forEach((index, d) => {
      const axis = output.axes[d]!;
      require(needed, index, { below: extents[axis]!, axis });
      visit(index);
    });
    visit(output.value);
  }
  return {
    inputs: new Map([...compared.inputs, ...needed.inputs]),
    parameters: new Map([...compared.parameters, ...needed.parameters]),
  };
}

function tighten(bounds: Map<string, Bounds>, name: string, limit: Bounds): void {
  const below = Math.max(0, limit.below);
  const known = bounds.get(name);
  if (known === undefined || below < known.below) bounds.set(name, { ...limit, below });
}

/** The value of a constant or of an extent. */
export function integerOf(expr: Expr, extents: Readonly<Record<string, number>>): number | undefined {
  if (expr.kind === "constant") return expr.bits;
  return expr.kind === "extent" ? extents[expr.axis] : undefined;
}
