/**
 * What may depend on the batch: addresses, and whether a point exists. This is checked on the text, for all extents and
 * rows at once: those at which it is executed are few, and `if (rows == 1000u)` might lie between them.
 *
 * A value is a *count* if an extent of a batch axis reaches it by arithmetic, a *length* likewise of a sequence axis, and
 * a *row* if the number of the workgroup does. Rows and counts go into
 * addresses as `row * stride`, a count only as a factor, of whatever varies or of a number beside it. A count may bound: `row < count`, `row >= count`,
 * `min(row, count - 1u)`, `row / count`, `row % count`. What such a comparison decides may skip stores, end an
 * invocation, take a gather's value away, or go through an axis whose points have nothing in common. Nothing else
 * compares a row or a count, makes a float of it or stores it; and a length is compared only with what varies. (Without
 * a batch axis there is one request, and a length is its own.)
 *
 * A remainder of a row is a row, too, or the *place* of an element in its word, `(row * 71u + c) % 2u`: an address, and by how much the word is
 * shifted, and nothing else. But the number of a workgroup, divided by how many there are for each row, leaves a remainder that no row has part in.
 */
import type { Kernel } from "../../dsl/ir.ts";
import type { Pass } from "../../runtime/artifact.ts";
import { extentsOf } from "../../runtime/formula.ts";
import { assigned, isStorage, readsStorage } from "./slices.ts";
import { Fault } from "./stop.ts";
import type { Expression, Module, Statement, Variable } from "./wgsl/ast.ts";
import { factorOf, greatestCommonDivisor, isWorkgroupNumber } from "./workgroups.ts";

/**
 * `guard`: whether a row exists, `past`: whether it does not, `found`: whether there is a row that data names; so a
 * comparison with a count tells. `padded`: a row's value, or zero where there is no such row, which may be stored.
 * `reach`: whether something lies within a length. `clamped`: brought below the count by a `min`.
 * `strided`: a number of strides and what varies, an address and nothing else. `place`: a row's remainder. `varying`: of who runs, or of data. `data`: of what memory holds.
 */
const kinds = ["count", "length", "row", "guard", "past", "found", "padded", "clamped", "strided", "place", "reach", "varying", "data"] as const;
interface Flow extends Readonly<Record<(typeof kinds)[number], boolean>> {
  /** What the number of the workgroup was divided by, where the value is the quotient. */
  readonly divisor?: number;
}
const still: Flow = {
  count: false, length: false, row: false, guard: false, past: false, found: false, padded: false, clamped: false, strided: false, place: false, reach: false, varying: false, data: false,
};
const varying: Flow = { ...still, varying: true };
const loaded: Flow = { ...varying, data: true };
const join = (flows: readonly Flow[]): Flow => {
  const joined: Record<(typeof kinds)[number], boolean> = { ...still };
  for (const kind of kinds) joined[kind] = flows.some((flow) => flow[kind]);
  return joined;
};
/** Whether a value depends on the batch, in whichever way. */
const decides = ({ guard, past, found }: Flow): boolean => guard || past || found;
const isOfBatch = (flow: Flow): boolean => flow.count || flow.row || flow.strided || flow.place || decides(flow);

/** Of eight bits each: every place among so many is executed. */
const elementsInWord = 4;

/** Where a row meets how many there are, `row < count` or `min(row, count - 1u)`: which of the operands is the row. */
export type RowBounds = ReadonlyMap<Expression, 0 | 1>;

export interface BatchFlowReport {
  readonly bounds: RowBounds;
  /** Quotients and remainders of a workgroup's number that tell the workgroups of one row apart. */
  readonly splits: ReadonlySet<Expression>;
  /** Workgroups of one row that are numbered one after the other. */
  readonly perRow: number;
}

/** @throws Fault */
export function checkBatchFlow(kernel: Kernel, pass: Pass, module: Module): BatchFlowReport {
  return new BatchFlow(kernel, pass).check(module);
}

class BatchFlow {
  /** Uniforms that hold the extent of a batch or sequence axis. */
  readonly #extents = new Map<string, "count" | "length">();
  readonly #parameters: ReadonlySet<string>;
  /** Whether workgroups are of rows at all. */
  readonly #hasBatch: boolean;
  readonly #flows = new Map<Variable, Flow>();
  #perRow: number;
  #changed = false;
  #judging = false;

  constructor(kernel: Kernel, pass: Pass) {
    this.#hasBatch = extentsOf(pass.workgroups).some((extent) => kernel.axes.some(({ name, role }) => name === extent && role === "batch"));
    this.#perRow = factorOf(pass.workgroups);
    this.#parameters = new Set(pass.uniforms.flatMap(({ name, value }) => (value.kind === "parameter" ? [name] : [])));
    for (const { name, value } of pass.uniforms) {
      if (value.kind !== "formula" || typeof value.formula !== "object" || !("extent" in value.formula)) continue;
      const { extent } = value.formula;
      const role = kernel.axes.find((axis) => axis.name === extent)?.role;
      if (role === "batch" || (role === "sequence" && kernel.axes.some((axis) => axis.role === "batch"))) this.#extents.set(name, role === "sequence" ? "length" : "count");
    }
  }

  readonly #bounds = new Map<Expression, 0 | 1>();
  readonly #splits = new Set<Expression>();

  check(module: Module): BatchFlowReport {
    // A value may flow around a loop: until nothing new is known, then once more to judge.
    do {
      this.#changed = false;
      this.#walk(module.entry.body);
    } while (this.#changed);
    this.#judging = true;
    this.#walk(module.entry.body);
    for (const declaration of module.functions) {
      if (declaration === module.entry) continue;
      // What a function reads must come in by its parameters, or it would not be the same function everywhere.
      this.#walk(declaration.body);
    }
    return { bounds: this.#bounds, splits: this.#splits, perRow: this.#perRow };
  }

  #learn(variable: Variable, flow: Flow): void {
    const before = this.#flows.get(variable);
    const after = before === undefined || before.divisor === flow.divisor ? { ...join([before ?? still, flow]), ...(flow.divisor !== undefined && { divisor: flow.divisor }) } : join([before, flow]);
    if (before !== undefined && before.divisor === after.divisor && kinds.every((kind) => after[kind] === before[kind])) return;
    this.#flows.set(variable, after);
    this.#changed = true;
  }

  #refuse(message: string, line: number): void {
    if (this.#judging) throw new Fault("taint", message, line);
  }

  #walk(statements: readonly Statement[]): void {
    for (const statement of statements) {
      const { line } = statement.at;
      switch (statement.kind) {
        case "declare": if (statement.value !== null) this.#learn(statement.variable, this.#flowOf(statement.value)); break;
        case "assign": {
          const flow = this.#flowOf(statement.value);
          if (statement.target.kind === "element") this.#address(statement.target.index, statement.target.of);
          const variable = assigned(statement.target)!;
          const leaves = variable.kind === "storage" || variable.kind === "workgroup";
          if (leaves && isOfBatch(flow)) this.#refuse("what is stored depends on the batch", line);
          if (!leaves) this.#learn(variable, flow);
          break;
        }
        case "if": {
          const flow = this.#condition(statement.condition, true);
          const ends = statement.otherwise.length === 0 && statement.then.every(({ kind }) => kind === "return");
          const stores = statement.otherwise.length === 0 && statement.then.every((one) => one.kind === "assign" && isStorage(one.target));
          // A row that there is not ends; one that there is, is stored.
          const skips = ends ? !flow.guard && !flow.found : stores && !flow.past;
          if (isOfBatch(flow) && !skips) this.#refuse("what an invocation computes depends on the batch", line);
          if (flow.reach && changesOuter([...statement.then, ...statement.otherwise])) this.#refuse("how long a batch's longest request is chooses between values", line);
          this.#walk(statement.then);
          this.#walk(statement.otherwise);
          break;
        }
        case "for": {
          this.#learn(statement.variable, join([this.#flowOf(statement.from), varying]));
          this.#flowOf(statement.step);
          const flow = this.#condition(statement.condition, false);
          // Going through an axis, the loop's variable is a row.
          if (flow.guard || flow.found) this.#learn(statement.variable, { ...varying, row: true });
          if (isOfBatch(flow) && carries(statement)) this.#refuse("how often a loop runs depends on the batch", line);
          this.#walk(statement.body);
          break;
        }
        case "while":
          if (isOfBatch(this.#condition(statement.condition, false))) this.#refuse("how often a loop runs depends on the batch", line);
          this.#walk(statement.body);
          break;
        case "return": if (statement.value !== null) this.#flowOf(statement.value); break;
        case "barrier": break;
      }
    }
  }

  /** A condition; of an `if`, `row == 0u` is one, too: what has no such axis is stored by one row alone. */
  #condition(condition: Expression, mayBeFirst: boolean): Flow {
    if (condition.kind === "binary" && condition.operator === "&&") {
      return join([this.#condition(condition.left, mayBeFirst), this.#condition(condition.right, mayBeFirst)]);
    }
    if (mayBeFirst && condition.kind === "binary" && condition.operator === "==" && condition.right.kind === "literal" && condition.right.bits === 0) {
      const left = this.#flowOf(condition.left);
      if (left.row && !left.count) return { ...varying, guard: true };
    }
    return this.#flowOf(condition);
  }

  #address(index: Expression, of: Expression): void {
    const flow = this.#flowOf(index);
    const own = of.kind === "name" && of.variable.kind !== "storage";
    if (flow.count || flow.padded || decides(flow)) this.#refuse("an address depends on how large the batch is, other than by its strides", index.at.line);
    if (own && (flow.row || flow.strided)) this.#refuse("memory of a workgroup's own is addressed by the row", index.at.line);
  }

  #flowOf(expression: Expression): Flow {
    switch (expression.kind) {
      case "literal": return still;
      case "name": {
        const { builtin } = expression.variable;
        if (builtin === "workgroup_id") return { ...varying, row: this.#hasBatch };
        if (builtin === "num_workgroups") return { ...still, count: this.#hasBatch };
        return builtin === undefined ? (this.#flows.get(expression.variable) ?? still) : varying;
      }
      case "member": {
        if (expression.of.kind !== "name" || expression.of.variable.kind !== "uniform") return this.#flowOf(expression.of);
        const extent = this.#extents.get(expression.name);
        if (extent !== undefined) return { ...still, [extent]: true };
        return this.#parameters.has(expression.name) ? { ...still, data: true } : still;
      }
      case "element": {
        const { of } = expression;
        const isMemory = of.kind === "name" && (of.variable.kind === "storage" || of.variable.kind === "workgroup");
        this.#address(expression.index, of);
        // What lies at an address is data, whoever's it is: the expressions tell whose.
        return isMemory ? loaded : join([this.#flowOf(of), this.#flowOf(expression.index)]);
      }
      case "unary": {
        const flow = this.#flowOf(expression.operand);
        if (isOfBatch(flow)) this.#refuse("what the batch decides is turned around", expression.at.line);
        return flow;
      }
      case "binary": return isWorkgroupNumber(expression) ? { ...varying, row: this.#hasBatch, divisor: 1 } : this.#binary(expression);
      case "builtin": return this.#builtin(expression);
      case "call": {
        const flow = join(expression.arguments.map((argument) => this.#flowOf(argument)));
        const reads = readsStorage(expression.callee);
        // An input in ranges is read through a function, which takes an address.
        if (flow.count || decides(flow) || ((flow.row || flow.strided || flow.place) && !reads)) this.#refuse("a function is given what depends on the batch", expression.at.line);
        return reads ? loaded : flow;
      }
    }
  }

  #builtin(expression: Expression & { kind: "builtin" }): Flow {
    const flows = expression.arguments.map((argument) => this.#flowOf(argument));
    const all = join(flows);
    switch (expression.name) {
      case "min": {
        // `min(row, count - 1u)` is a row; `min(position + 1u, length)` is as long as it is.
        const bounds = flows.filter(({ count }) => count).length;
        if (all.strided) this.#refuse("a number of strides is bounded", expression.at.line);
        if (all.place) this.#refuse("a row's remainder is bounded", expression.at.line);
        if (all.row) {
          if (bounds === 0 && !all.length) this.#refuse("a row is bounded by something other than their number", expression.at.line);
          const row = flows.findIndex((flow) => flow.row && !flow.count);
          if (row === 0 || row === 1) this.#bounds.set(expression, row);
        }
        if (bounds === 1 && all.varying) return { ...all, count: false, clamped: true };
        if (all.length && all.varying) return { ...all, length: false };
        return all;
      }
      case "select": {
        // A gather's value, or zero: of a row that data names, and of memory.
        const [whenFalse, whenTrue, condition] = flows as [Flow, Flow, Flow];
        const gathers = !condition.past && isZero(expression.arguments[0]!) && whenTrue.data;
        // A length is the longest request's: within it a request's own values are all there are to choose.
        if ((isOfBatch(condition) || condition.reach) && !gathers) this.#refuse("the batch chooses between values", expression.at.line);
        if (isOfBatch(whenFalse) || isOfBatch(whenTrue)) this.#refuse("what depends on the batch is chosen from", expression.at.line);
        return join([whenFalse, whenTrue, condition.varying ? varying : still, condition.guard ? { ...still, padded: true } : still]);
      }
      default:
        if (isOfBatch(all) || (all.padded && expression.name !== "bitcast")) this.#refuse("what depends on the batch is computed with", expression.at.line);
        return all;
    }
  }

  #binary(expression: Expression & { kind: "binary" }): Flow {
    const { operator, at: { line } } = expression;
    const [left, right] = [this.#flowOf(expression.left), this.#flowOf(expression.right)];
    const all = { ...join([left, right]), clamped: false };
    switch (operator) {
      case "<": case "<=": case ">": case ">=": case "==": case "!=": return this.#comparison(expression, left, right);
      case "/": case "%":
        if (all.strided) this.#refuse("a number of strides is divided", line);
        if (right.place) this.#refuse("something is divided by a row's remainder", line);
        // Which of several rows, and which place among them.
        if (right.count) {
          if (!left.row || left.count) this.#refuse("something other than a row is divided by how large the batch is", line);
          // Another axis is numbered more slowly than this one.
          if (left.divisor !== undefined) this.#perRow = greatestCommonDivisor(this.#perRow, left.divisor);
          return { ...varying, row: true };
        }
        if (right.row) this.#refuse("something is divided by a row", line);
        if (left.row && expression.right.kind !== "literal" && !right.length) this.#refuse("a row is divided by something other than a number, a length or their count", line);
        if (this.#judging && this.#isWithinRow(left, expression.right)) this.#splits.add(expression);
        return operator === "/" ? quotient(left, all, expression.right) : this.#remainder(left, right, all, expression.right);
      case "*":
        // A stride; a factor of the upper half would be a negative one.
        if (all.row && [expression.left, expression.right].some((factor) => factor.kind === "literal" && factor.bits > 0x7fffffff)) this.#refuse("a row is subtracted", line);
        if (left.count !== right.count && (left.count ? right : left).varying) return { ...all, count: false };
        return all;
      case "+": case "-": case "&&": case "||":
        if (operator === "-" && right.row) this.#refuse("a row is subtracted", line);
        if (all.padded) this.#refuse("what may be padding is computed with", line);
        if (operator === "-" && all.strided) this.#refuse("something is subtracted from a number of strides", line);
        if (operator === "-" && all.place) this.#refuse("a row's remainder is subtracted, or subtracted from", line);
        // The same row of another item: `count + row`, of which both sides are the same at every count or at one at most.
        if (operator === "+" && left.count !== right.count && (left.count ? right : left).varying) return { ...all, count: false, strided: true };
        return all;
      case ">>":
        // The part of a word that is an element's.
        if (right.place && !isOfBatch({ ...right, place: false }) && !isOfBatch(left) && left.data) return join([left, varying]);
        return this.#elsewhere(all, false, line);
      default: return this.#elsewhere(all, operator === "|", line);
    }
  }

  #elsewhere(all: Flow, mayBePadded: boolean, line: number): Flow {
    if (isOfBatch(all) || (all.padded && !mayBePadded)) this.#refuse("what depends on the batch meets an operation that no address needs", line);
    return all;
  }

  #remainder(left: Flow, right: Flow, all: Flow, by: Expression): Flow {
    const bounded = { ...join([left]), row: false, clamped: false };
    if (left.count || (by.kind !== "literal" && !right.length)) return all;
    // Of workgroups of one row, by a number, and of points of one sequence.
    const hasNoRow = this.#isWithinRow(left, by) || (left.divisor !== undefined && by.kind !== "literal");
    const isOfRow = left.row && !hasNoRow;
    // With more values than these it is a row still: they are not all executed.
    return isOfRow && !(by.kind === "literal" && by.bits <= elementsInWord) ? { ...bounded, row: true } : { ...bounded, place: left.place || isOfRow };
  }

  #isWithinRow({ divisor }: Flow, by: Expression): boolean {
    return divisor !== undefined && by.kind === "literal" && this.#perRow % (divisor * by.bits) === 0;
  }

  #comparison(expression: Expression & { kind: "binary" }, left: Flow, right: Flow): Flow {
    const { operator, at: { line } } = expression;
    const all = join([left, right]);
    if (all.strided) this.#refuse("a number of strides is compared", line);
    if (all.place) this.#refuse("a row's remainder is compared", line);
    if (decides(left) || decides(right) || all.padded) this.#refuse("whether a point exists is compared", line);
    if (all.count) {
      // `row < count` and `row >= count`, and the same of an index that data gave.
      const bounds = right.count && !left.count && left.varying && (operator === "<" || operator === ">=");
      if (!bounds) this.#refuse("how large the batch is decides something other than whether a point exists", line);
      if (left.row && operator === "<") this.#bounds.set(expression, 0);
      // What was brought below the count is, whatever the count.
      if (bounds && left.clamped && operator === "<") return varying;
      const of = operator === ">=" ? "past" : left.row || !left.data ? "guard" : "found";
      return { ...varying, [of]: true };
    }
    if (all.row) this.#refuse("a row is compared with something other than their number", line);
    const [long, other] = left.length ? [left, right] : [right, left];
    if (long.length && !long.data && (operator === "==" || operator === "!=" || !other.varying)) {
      this.#refuse("how long a batch's longest request is decides something on its own", line);
    }
    return { ...still, varying: all.varying, reach: long.length && !long.data };
  }
}

function quotient(left: Flow, all: Flow, by: Expression): Flow {
  return left.divisor !== undefined && by.kind === "literal" ? { ...all, divisor: left.divisor * by.bits } : all;
}

/** Zero, a hidden one included. */
function isZero(expression: Expression): boolean {
  if (expression.kind === "literal") return expression.bits === 0;
  if (expression.kind === "builtin" && expression.name === "bitcast") return isZero(expression.arguments[0]!);
  return expression.kind === "member" && expression.name === "zero";
}

/** Whether a loop hands anything from one of its rounds to the next, or out. */
function carries(loop: Statement & { kind: "for" }): boolean {
  return changesOuter(loop.body, (variable) => variable.kind !== "storage");
}

/** Whether statements change a variable that lives on after them. */
function changesOuter(statements: readonly Statement[], counts = (variable: Variable): boolean => variable.kind === "var"): boolean {
  const own = new Set<Variable>();
  let carried = false;
  const walk = (inner: readonly Statement[]): void => {
    for (const statement of inner) {
      switch (statement.kind) {
        case "declare": own.add(statement.variable); break;
        case "assign": {
          const variable = assigned(statement.target)!;
          if (counts(variable) && !own.has(variable)) carried = true;
          break;
        }
        case "if": walk(statement.then); walk(statement.otherwise); break;
        case "for": own.add(statement.variable); walk(statement.body); break;
        case "while": walk(statement.body); break;
        default: break;
      }
    }
  };
  walk(statements);
  return carried;
}
