/**
 * At which extents a text is executed: around every edge along batch and sequence axes that the text itself shows, or
 * the declaration's trees.
 */
import type { Kernel } from "../dsl/ir.ts";
import type { Artifact, Formula } from "../runtime/artifact.ts";
import type { BatchFlowReport } from "./taint-report.ts";
import { Integers } from "./integers.ts";
import { levelsOf } from "./levels.ts";
import { partsOf } from "./slices.ts";
import { Fault } from "./errors.ts";
import { TermPool, type Value } from "./term.ts";
import type { BinaryOperator, Expression, Module, Statement, Variable } from "./wgsl/ast.ts";

/**
 * Where a value comes from: the extents of axes (by `axis NAME`), data of tables (`data NAME`), the workgroup
 * (`workgroup`).
 */
type Sources = ReadonlySet<string>;

/** Where a literal makes values on both of its sides differ: what is added to an address only moves it. */
const edgeOperators = new Set(["/", "%", ">>", "<", "<=", ">", ">=", "==", "!=", "min", "max"]);

/**
 * Integers of the text that meet values of each source: 63 and 64 in `(uniforms.extent_token + 63u) / 64u`. By `splits`
 * the number of a workgroup comes apart into its row and a place along axes of the model, every one of which is gone
 * through at any extent.
 */
export function edgesOf(
  module: Module,
  splits: ReadonlySet<Expression>,
  extentOf: (uniform: string) => string | undefined,
): Map<string, Set<number>> {
  const sources = new Map<Variable, Set<string>>();
  const edges = new Map<string, Set<number>>();
  let changed = true;
  const note = (from: Sources, literal: number): void => {
    for (const source of from) {
      let known = edges.get(source);
      if (known === undefined) edges.set(source, (known = new Set()));
      known.add(literal);
    }
  };
  const merge = (variable: Variable, from: Sources): void => {
    let known = sources.get(variable);
    if (known === undefined) sources.set(variable, (known = new Set()));
    for (const source of from) {
      if (known.has(source)) continue;
      known.add(source);
      changed = true;
    }
  };
  const sourcesOf = (expression: Expression): Sources => {
    switch (expression.kind) {
      case "literal":
        return new Set();
      case "name":
        return expression.variable.builtin === "workgroup_id"
          ? new Set(["workgroup"])
          : (sources.get(expression.variable) ?? new Set());
      case "member": {
        if (expression.of.kind !== "name" || expression.of.variable.kind !== "uniform") return sourcesOf(expression.of);
        const axis = extentOf(expression.name);
        return new Set(axis === undefined ? [] : [`axis ${axis}`]);
      }
      case "element": {
        sourcesOf(expression.index);
        const { of } = expression;
        return of.kind === "name" && of.variable.kind === "storage"
          ? new Set([`data ${of.variable.binding ?? 0}`])
          : sourcesOf(of);
      }
      default: {
        const parts = partsOf(expression).map((part) => [part, sourcesOf(part)] as const);
        const selects = expression.kind === "builtin" && expression.name === "select";
        const all = new Set(parts.flatMap(([, from], at) => (selects && at === 2 ? [] : [...from])));
        const operator =
          expression.kind === "binary" ? expression.operator : expression.kind === "builtin" ? expression.name : "";
        if (edgeOperators.has(operator)) {
          // Of a comparison every literal counts, however deep it is added in.
          const comparing = comparisons.has(operator);
          const met = splits.has(expression) ? withoutWorkgroup(all) : all;
          for (const [part] of parts) literalsIn(part, comparing).forEach((literal) => note(met, literal));
          if (operator === "%") return met;
        }
        return all;
      }
    }
  };
  const walk = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      switch (statement.kind) {
        case "declare":
          if (statement.value !== null) merge(statement.variable, sourcesOf(statement.value));
          break;
        case "assign": {
          const from = sourcesOf(statement.value);
          if (statement.target.kind === "name") merge(statement.target.variable, from);
          else if (statement.target.kind === "element") sourcesOf(statement.target.index);
          break;
        }
        case "if":
          sourcesOf(statement.condition);
          walk(statement.then);
          walk(statement.otherwise);
          break;
        case "for": {
          merge(statement.variable, sourcesOf(statement.from));
          const from = sourcesOf(statement.condition);
          if (statement.step.kind === "literal") note(from, statement.step.bits);
          walk(statement.body);
          break;
        }
        case "while":
          sourcesOf(statement.condition);
          walk(statement.body);
          break;
        case "return":
          if (statement.value !== null) sourcesOf(statement.value);
          break;
        case "barrier":
          break;
      }
    }
  };
  while (changed) {
    changed = false;
    walk(module.entry.body);
  }
  return edges;
}

function withoutWorkgroup(sources: Sources): Sources {
  return new Set([...sources].filter((source) => source !== "workgroup"));
}

const comparisons = new Set(["<", "<=", ">", ">=", "==", "!="]);

/** The integer that an expression is, or all that stand in it. */
function literalsIn(expression: Expression, deep: boolean): number[] {
  const constant = constantOf(expression);
  if (constant !== undefined) return isInteger(expression) ? [constant] : [];
  // What is multiplied counts tiles; what is added moves the edge.
  const adds =
    (expression.kind === "binary" && (expression.operator === "+" || expression.operator === "-")) ||
    (expression.kind === "builtin" && (expression.name === "min" || expression.name === "max"));
  return deep && adds ? partsOf(expression).flatMap((part) => literalsIn(part, true)) : [];
}

const integers = new Integers(new TermPool());
const folds: Partial<Record<BinaryOperator, (a: number, b: number) => Value>> = {
  "+": (a, b) => integers.add(a, b),
  "-": (a, b) => integers.subtract(a, b),
  "*": (a, b) => integers.multiply(a, b),
  "/": (a, b) => integers.divide(a, b),
  "%": (a, b) => integers.remainder(a, b),
  "&": (a, b) => integers.and(a, b),
  "|": (a, b) => integers.or(a, b),
  "^": (a, b) => integers.xor(a, b),
  "<<": (a, b) => integers.shiftLeft(a, b),
  ">>": (a, b) => integers.shiftRight(a, b),
};
/** What an expression is that nothing but literals is in. */
function constantOf(expression: Expression): number | undefined {
  if (expression.kind === "literal") return expression.bits;
  if (expression.kind === "unary" && expression.operator === "~") {
    const operand = constantOf(expression.operand);
    return operand === undefined ? undefined : ~operand >>> 0;
  }
  if (expression.kind !== "binary") return undefined;
  const [left, right] = [constantOf(expression.left), constantOf(expression.right)];
  const value = left === undefined || right === undefined ? undefined : folds[expression.operator]?.(left, right);
  return typeof value === "number" ? value : undefined;
}

function isInteger(expression: Expression): boolean {
  return expression.type.kind === "scalar" && (expression.type.name === "u32" || expression.type.name === "i32");
}

/** Integers in a formula that meet an axis' extent. */
function edgesOfFormula(formula: Formula, axis: string, into: Set<number>): boolean {
  if (typeof formula === "number") return false;
  if ("extent" in formula) return formula.extent === axis;
  const left = edgesOfFormula(formula.left, axis, into);
  const right = edgesOfFormula(formula.right, axis, into);
  if (formula.operator === "multiply") return left || right;
  if (left && typeof formula.right === "number") into.add(formula.right);
  if (right && typeof formula.left === "number") into.add(formula.left);
  return left || right;
}

/** Workgroups that a grid of three by two holds beyond those that are needed, at most (case.ts). */
const mostSpare = 6;

/** Beyond this, an edge is not gone around: no tile, run or page is as long. */
const longestEdge = 4096;

export interface Case {
  /** Extents of the batch and sequence axes. */
  readonly extents: Readonly<Record<string, number>>;
  /**
   * The longest edge along a batch axis, and the rows of workgroups to spare: so far may a tile reach beyond its rows.
   */
  readonly overshoot: number;
  /** Whether all workgroups run here, and every way that they take is compared. */
  readonly isThorough: boolean;
  /** Whether there every element is compared, if that is cheap. */
  readonly isSmall: boolean;
  /** Values that tables and integer parameters take in turn, where control flow needs them. */
  readonly values: readonly number[];
  /** Others, of what bounds an axis of the model: by a table's name, or `parameter NAME`. */
  readonly valuesOf: ReadonlyMap<string, readonly number[]>;
}

/** One axis goes through its edges at a time, the others rest. `known`: the tables whose values steer control flow. */
export function casesOf(
  kernel: Kernel,
  artifact: Artifact,
  modules: readonly Module[],
  flows: readonly BatchFlowReport[],
  known: ReadonlySet<string>,
  farthest = longestEdge,
): Case[] {
  const edges = new Map<string, Set<number>>();
  modules.forEach((module, number) => {
    const { uniforms, bindings } = artifact.passes[number]!;
    const axisOf = (name: string): string | undefined => {
      const value = uniforms.find((field) => field.name === name)?.value;
      return value?.kind === "formula" && typeof value.formula === "object" && "extent" in value.formula
        ? value.formula.extent
        : undefined;
    };
    const tables = new Map(bindings.map(({ binding, name }) => [`data ${binding}`, name]));
    for (const [source, found] of edgesOf(module, flows[number]!.splits, axisOf)) {
      if (source.startsWith("data ") && !known.has(tables.get(source) ?? "")) continue;
      edges.set(source, new Set([...(edges.get(source) ?? []), ...found]));
    }
  });
  const data = [...edges].flatMap(([source, found]) => (source.startsWith("data ") ? [...found] : []));
  const workgroup = [...(edges.get("workgroup") ?? [])];
  const free = kernel.axes.filter(({ role }) => role !== "model");
  const levels = levelsOf(kernel);
  const edgesOfAxis = new Map(
    free.map(({ name, role }) => {
      const found = new Set(edges.get(`axis ${name}`) ?? []);
      for (const pass of artifact.passes) edgesOfFormula(pass.workgroups, name, found);
      if (role === "batch") workgroup.filter((edge) => edge > 64).forEach((edge) => found.add(edge));
      if (role === "sequence") data.forEach((edge) => found.add(edge));
      const far = [...found].find((edge) => edge > farthest);
      if (far !== undefined)
        throw new Fault("effort", `the text treats ${name} of ${far} apart, which is farther than an audit goes`);
      // The trees' own edges, as far as an audit goes: a level that is longer is gone through from within.
      levels.get(name)?.edges.forEach((edge) => edge <= longestEdge && found.add(edge));
      return [name, [...found].filter((edge) => edge > 1).sort((a, b) => a - b)] as const;
    }),
  );
  const extentsOf = (axis: string): number[] => {
    const around = edgesOfAxis.get(axis)!.flatMap((edge) => [edge - 1, edge, edge + 1, 2 * edge + 1]);
    const counts = [...(levels.get(axis)?.counts ?? [])].filter((count) => count <= longestEdge);
    return [...new Set([1, ...around, ...counts])].sort((a, b) => a - b);
  };
  // At rest a sequence axis reaches just beyond its longest edge.
  const resting = Object.fromEntries(
    free.map(({ name, role }) => [name, role === "batch" ? 3 : (edgesOfAxis.get(name)!.at(-1) ?? 1) + 1]),
  );
  const all = free.flatMap(({ name }) => extentsOf(name).map((extent) => ({ ...resting, [name]: extent })));
  // One row of everything, which is small enough to be compared whole; and requests of no length.
  const least = Object.fromEntries(free.map(({ name, role }) => [name, role === "batch" ? 1 : resting[name]!]));
  const empty = free.some(({ role }) => role === "sequence")
    ? [Object.fromEntries(free.map(({ name, role }) => [name, role === "batch" ? resting[name]! : 0]))]
    : [];
  // As many rows as a workgroup has places for: each place has a way of its own, if any has.
  const placesOf = (axis: string): number =>
    Math.max(
      resting[axis]!,
      ...artifact.passes.flatMap(({ workgroups }) => {
        const found = new Set<number>();
        edgesOfFormula(workgroups, axis, found);
        return [...found];
      }),
    );
  const full = Object.fromEntries(
    free.map(({ name, role }) => [name, role === "batch" ? placesOf(name) : resting[name]!]),
  );
  const cases = [resting, least, full, ...all, ...empty].filter(
    (extents, at, list) => list.findIndex((other) => isSame(extents, other)) === at,
  );
  const batch = free.flatMap(({ name, role }) => (role === "batch" ? [name] : []));
  const spareRows =
    Math.ceil(mostSpare / Math.min(...flows.map(({ perRow }) => perRow))) * Math.max(1, ...batch.map(placesOf));
  const overshoot = Math.max(1, ...batch.flatMap((name) => edgesOfAxis.get(name)!)) + spareRows;
  const edgesOfAll = [...edgesOfAxis.values()].flat();
  const made = cases.map((extents, at): Case => {
    const { values, valuesOf } = valuesFor(kernel, artifact, extents, edgesOfAll, data, levels, known);
    return { extents, overshoot, isThorough: at < 2 || isSame(extents, full), isSmall: at < 2, values, valuesOf };
  });
  // As many cases as a table that bounds an axis of the model has values, so that each takes all of them.
  const most = Math.max(0, ...made.flatMap(({ valuesOf }) => [...valuesOf.values()].map((values) => values.length)));
  const again = made.find(({ extents }) => isSame(extents, resting))!;
  return [
    ...made,
    ...Array.from({ length: Math.max(0, most - made.length) }, () => ({ ...again, isThorough: false, isSmall: false })),
  ];
}

function isSame(left: Readonly<Record<string, number>>, right: Readonly<Record<string, number>>): boolean {
  return Object.entries(left).every(([axis, extent]) => right[axis] === extent);
}

/**
 * Numbers around every edge that lies on a sequence axis, its last position first; neighbours differ. `valuesOf`: of a
 * table or parameter that bounds an axis of the model, the same along that axis.
 */
function valuesFor(
  kernel: Kernel,
  artifact: Artifact,
  extents: Readonly<Record<string, number>>,
  edges: readonly number[],
  data: readonly number[],
  levels: ReturnType<typeof levelsOf>,
  known: ReadonlySet<string>,
): Pick<Case, "values" | "valuesOf"> {
  const along = (longest: number, from: readonly number[]): number[] => {
    const around = from
      .flatMap((edge) => [edge, edge - 1, edge - 2, 2 * edge])
      .filter((value) => value >= 0 && value < longest);
    return [...new Set([longest - 1, 0, ...around, longest])];
  };
  const longest = Math.max(
    1,
    ...kernel.axes.flatMap(({ name, role }) => (role === "sequence" ? [extents[name]!] : [])),
  );
  const valuesOf = new Map<string, readonly number[]>();
  for (const [axis, { edges: own, counts, bounds }] of levels) {
    const extent = artifact.extents[axis];
    if (extent === undefined) continue;
    const from = [...edges, ...data, ...own, ...[...counts].map((count) => count + 1)].filter(
      (edge) => edge <= longestEdge,
    );
    for (const bound of bounds) {
      // Of the longest axes, as many items as an audit goes through.
      if (known.has(bound))
        valuesOf.set(bound, [
          ...new Set([...(valuesOf.get(bound) ?? []), ...along(Math.min(extent, longestEdge), from)]),
        ]);
    }
  }
  return { values: along(longest, edges), valuesOf };
}
