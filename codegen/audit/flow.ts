/**
 * What may depend on the batch's extents: addresses, and whether a point exists. This is checked on the text, for all
 * extents at once: the sizes at which it is executed are few, and `if (rows == 1000u)` might lie between them.
 *
 * A value is a *count* if an extent of a batch axis reaches it by arithmetic. A count becomes an index by dividing a
 * number by it, by the remainder, or by `min(index, count - 1)`. Counts may address. They may be compared as in
 * `index < count` and `index >= count`; what is decided by that may skip stores, end an invocation, take the place of
 * a gather's value, or go through an axis whose points have nothing in common.
 */
import type { Kernel } from "../../dsl/ir.ts";
import type { Pass } from "../../runtime/artifact.ts";
import { assigned, isStorage, partsOf } from "./slices.ts";
import { Fault } from "./stop.ts";
import type { Expression, Module, Statement, Variable } from "./wgsl/ast.ts";

/** `count`: derived from a batch extent. `guard`: whether a point exists. `varying`: derived from who runs, or from data. */
interface Flow {
  readonly count: boolean;
  readonly guard: boolean;
  readonly varying: boolean;
}
const still: Flow = { count: false, guard: false, varying: false };
const join = (flows: readonly Flow[]): Flow => ({
  count: flows.some(({ count }) => count), guard: flows.some(({ guard }) => guard), varying: flows.some(({ varying }) => varying),
});

/** @throws Fault */
export function checkBatchFlow(kernel: Kernel, pass: Pass, module: Module): void {
  new BatchFlow(kernel, pass).check(module);
}

class BatchFlow {
  /** Uniforms that hold the extent of a batch axis. */
  readonly #extents: ReadonlySet<string>;
  readonly #flows = new Map<Variable, Flow>();
  #changed = false;

  constructor(kernel: Kernel, pass: Pass) {
    const batch = new Set(kernel.axes.filter(({ role }) => role === "batch").map(({ name }) => name));
    this.#extents = new Set(pass.uniforms.flatMap(({ name, value }) =>
      value.kind === "formula" && typeof value.formula === "object" && "extent" in value.formula && batch.has(value.formula.extent) ? [name] : []));
  }

  check(module: Module): void {
    // A value may flow around a loop: until nothing new is known, then once more to judge.
    do {
      this.#changed = false;
      this.#walk(module.entry.body, false);
    } while (this.#changed);
    this.#walk(module.entry.body, true);
    for (const declaration of module.functions) if (declaration !== module.entry) this.#walk(declaration.body, true);
  }

  #learn(variable: Variable, flow: Flow): void {
    const before = this.#flows.get(variable) ?? still;
    const after = join([before, flow]);
    if (after.count === before.count && after.guard === before.guard && after.varying === before.varying) return;
    this.#flows.set(variable, after);
    this.#changed = true;
  }

  #walk(statements: readonly Statement[], judge: boolean): void {
    for (const statement of statements) {
      const fault = (message: string): void => {
        if (judge) throw new Fault("taint", message, statement.at.line);
      };
      switch (statement.kind) {
        case "declare": if (statement.value !== null) this.#learn(statement.variable, this.#flowOf(statement.value, judge)); break;
        case "assign": {
          const flow = this.#flowOf(statement.value, judge);
          if (statement.target.kind === "element") this.#flowOf(statement.target.index, judge);
          const variable = assigned(statement.target)!;
          const leaves = variable.kind === "storage" || variable.kind === "workgroup";
          if (leaves && (flow.count || flow.guard)) fault("what is stored depends on how large the batch is");
          if (!leaves) this.#learn(variable, flow);
          break;
        }
        case "if": {
          const flow = this.#flowOf(statement.condition, judge);
          const inner = [...statement.then, ...statement.otherwise];
          const onlySkips = inner.every((one) => one.kind === "return" || (one.kind === "assign" && isStorage(one.target)));
          if ((flow.count || flow.guard) && !onlySkips) fault("what an invocation computes depends on how large the batch is");
          this.#walk(statement.then, judge);
          this.#walk(statement.otherwise, judge);
          break;
        }
        case "for": {
          this.#learn(statement.variable, { ...this.#flowOf(statement.from, judge), varying: true });
          this.#flowOf(statement.step, judge);
          const flow = this.#flowOf(statement.condition, judge);
          if ((flow.count || flow.guard) && carries(statement)) fault("how often a loop runs depends on how large the batch is");
          this.#walk(statement.body, judge);
          break;
        }
        case "while": {
          const flow = this.#flowOf(statement.condition, judge);
          if (flow.count || flow.guard) fault("how often a loop runs depends on how large the batch is");
          this.#walk(statement.body, judge);
          break;
        }
        case "return": if (statement.value !== null) this.#flowOf(statement.value, judge); break;
        case "barrier": break;
      }
    }
  }

  #flowOf(expression: Expression, judge: boolean): Flow {
    switch (expression.kind) {
      case "literal": return still;
      case "name": {
        const { variable } = expression;
        if (variable.builtin !== undefined) return { ...still, varying: true };
        return this.#flows.get(variable) ?? still;
      }
      case "member":
        if (expression.of.kind === "name" && expression.of.variable.kind === "uniform") return { ...still, count: this.#extents.has(expression.name) };
        return this.#flowOf(expression.of, judge);
      case "element": {
        const { of } = expression;
        this.#flowOf(expression.index, judge);
        // What a count addresses is data, whoever's it is: the expressions tell whose.
        if (of.kind === "name" && (of.variable.kind === "storage" || of.variable.kind === "workgroup")) return { ...still, varying: true };
        return join([this.#flowOf(of, judge), this.#flowOf(expression.index, judge)]);
      }
      case "binary": return this.#binary(expression, judge);
      case "builtin": {
        const flows = expression.arguments.map((argument) => this.#flowOf(argument, judge));
        if (expression.name === "min" && flows.some(({ count }) => count)) {
          const bounded = expression.arguments.filter((_, at) => flows[at]!.count);
          if (bounded.length === 1 && isLast(bounded[0]!) && flows.some(({ varying }) => varying)) return { ...still, varying: true };
        }
        if (expression.name === "select") return this.#select(expression, flows, judge);
        const all = join(flows);
        const isFloat = expression.type.kind === "scalar" && expression.type.name === "f32";
        if (judge && isFloat && (all.count || all.guard)) throw new Fault("taint", "a float is made of how large the batch is", expression.at.line);
        return all;
      }
      case "call": {
        const flows = expression.arguments.map((argument) => this.#flowOf(argument, judge));
        // A function that reads an input in ranges takes an address.
        const all = join(flows);
        const isFloat = expression.callee.result?.kind === "scalar" && expression.callee.parameters.every(({ type }) => type.kind === "scalar" && type.name === "f32");
        if (judge && isFloat && (all.count || all.guard)) throw new Fault("taint", "a function is given how large the batch is", expression.at.line);
        return { ...still, varying: all.varying };
      }
      default: return join(partsOf(expression).map((part) => this.#flowOf(part, judge)));
    }
  }

  #binary(expression: Expression & { kind: "binary" }, judge: boolean): Flow {
    const { operator } = expression;
    const [left, right] = [this.#flowOf(expression.left, judge), this.#flowOf(expression.right, judge)];
    const all = join([left, right]);
    if ((operator === "/" || operator === "%") && right.count && !left.count) return { ...still, varying: true };
    const compares = ["<", "<=", ">", ">=", "==", "!="].includes(operator);
    if (!compares || !all.count) return all;
    const isIndex = !left.count && left.varying;
    const isBound = right.count && (operator === "<" || operator === ">=");
    if (judge && !(isIndex && isBound)) {
      throw new Fault("taint", "how large the batch is decides something other than whether a point exists", expression.at.line);
    }
    return { count: false, guard: true, varying: all.varying };
  }

  /** A gather's value or zero; anything else that the batch decides is none of the kernel's business. */
  #select(expression: Expression & { kind: "builtin" }, [whenFalse, whenTrue, condition]: readonly Flow[], judge: boolean): Flow {
    const decides = condition!.count || condition!.guard;
    if (judge && decides && !isZero(expression.arguments[0]!)) {
      throw new Fault("taint", "how large the batch is chooses between values", expression.at.line);
    }
    return join([whenFalse!, whenTrue!, { ...still, varying: condition!.varying }]);
  }
}

/** `count - 1`. */
function isLast(expression: Expression): boolean {
  if (expression.kind === "name") return true;
  return expression.kind === "binary" && expression.operator === "-" && expression.right.kind === "literal" && expression.right.bits === 1;
}

/** Zero, a hidden one included. */
function isZero(expression: Expression): boolean {
  if (expression.kind === "literal") return expression.bits === 0;
  if (expression.kind === "builtin" && expression.name === "bitcast") return isZero(expression.arguments[0]!);
  return expression.kind === "member" && expression.name === "zero";
}

/** Whether a loop hands anything from one of its rounds to the next, or out. */
function carries(loop: Statement & { kind: "for" }): boolean {
  const own = new Set<Variable>();
  let carried = false;
  const walk = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      switch (statement.kind) {
        case "declare": own.add(statement.variable); break;
        case "assign": {
          const variable = assigned(statement.target)!;
          if (variable.kind !== "storage" && !own.has(variable)) carried = true;
          break;
        }
        case "if": walk(statement.then); walk(statement.otherwise); break;
        case "for": own.add(statement.variable); walk(statement.body); break;
        case "while": walk(statement.body); break;
        default: break;
      }
    }
  };
  walk(loop.body);
  return carried;
}
