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
import type { Kernel } from "../dsl/ir.ts";
import type { Pass } from "../runtime/artifact.ts";
import { extentsOf } from "../runtime/formula.ts";
import { carries, changesOuter } from "./carried.ts";
import { type BatchFlowReport, extentsThatVary } from "./flow-report.ts";
import {
  common,
  counting,
  decides,
  type Flow,
  isOfBatch,
  isOfLength,
  join,
  loaded,
  same,
  still,
  unitOf,
  varying,
} from "./flow-kinds.ts";
import { isBound, isLeft, isLiteral, isProduct, isZero, operatorOf, quotient } from "./flow-forms.ts";
import { assigned, isStorage, readsStorage } from "./slices.ts";
import { Fault } from "./stop.ts";
import type { Expression, Module, Statement, Variable } from "./wgsl/ast.ts";
import { computesWithIndices } from "./indices.ts";
import { factorOf, greatestCommonDivisor, isWorkgroupNumber } from "./workgroups.ts";

/** Of eight bits each: every place among so many is executed. */
const elementsInWord = 4;

/** @throws Fault */
export function checkBatchFlow(kernel: Kernel, pass: Pass, module: Module): BatchFlowReport {
  return new BatchFlow(kernel, pass).check(module);
}

class BatchFlow {
  /** Uniforms that hold the extent of a batch or sequence axis. */
  readonly #extents: ReadonlyMap<string, "count" | "length">;
  readonly #parameters: ReadonlySet<string>;
  /** Whether the declaration computes with indices, other than to read by them. */
  readonly #mayStoreIndex: boolean;
  /** Whether workgroups are of rows at all. */
  readonly #hasBatch: boolean;
  /** Whether workgroups are of a sequence's points, too. */
  readonly #hasSequence: boolean;
  readonly #flows = new Map<Variable, Flow>();
  #perRow: number;
  #changed = false;
  #judging = false;

  constructor(kernel: Kernel, pass: Pass) {
    this.#hasBatch = extentsOf(pass.workgroups).some((extent) =>
      kernel.axes.some(({ name, role }) => name === extent && role === "batch"),
    );
    this.#hasSequence = extentsOf(pass.workgroups).some((extent) =>
      kernel.axes.some(({ name, role }) => name === extent && role === "sequence"),
    );
    this.#perRow = factorOf(pass.workgroups);
    this.#mayStoreIndex = computesWithIndices(kernel);
    this.#parameters = new Set(pass.uniforms.flatMap(({ name, value }) => (value.kind === "parameter" ? [name] : [])));
    this.#extents = extentsThatVary(kernel, pass);
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

  /** A row meets how many there are: workgroups of one row are those that the text itself has there. */
  #meets(expression: Expression, row: 0 | 1, flow: Flow): void {
    this.#bounds.set(expression, row);
    if (flow.index) this.#lower(flow.unit ?? 1);
  }
  #lower(factor: number): void {
    const perRow = greatestCommonDivisor(this.#perRow, factor);
    if (perRow !== this.#perRow) this.#changed = true;
    this.#perRow = perRow;
  }

  #learn(variable: Variable, flow: Flow): void {
    const before = this.#flows.get(variable);
    const after = before === undefined ? flow : common(before, flow);
    if (before !== undefined && same(before, after)) return;
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
        case "declare":
          if (statement.value !== null) this.#learn(statement.variable, this.#flowOf(statement.value));
          break;
        case "assign": {
          const flow = this.#flowOf(statement.value);
          if (statement.target.kind === "element") this.#address(statement.target.index, statement.target.of);
          const variable = assigned(statement.target)!;
          const leaves = variable.kind === "storage" || variable.kind === "workgroup";
          if (leaves && isOfBatch(flow)) this.#refuse("what is stored depends on the batch", line);
          if (variable.kind === "storage" && this.#isLong(flow))
            this.#refuse("how long a batch's longest request is, is stored", line);
          if (variable.kind === "storage" && flow.index && !this.#mayStoreIndex)
            this.#refuse(
              "what is stored is computed from its own place, of which the declaration computes nothing",
              line,
            );
          if (variable.kind !== "storage") this.#learn(variable, flow);
          break;
        }
        case "if": {
          const flow = this.#condition(statement.condition, true);
          const ends = statement.otherwise.length === 0 && statement.then.every(({ kind }) => kind === "return");
          const stores =
            statement.otherwise.length === 0 &&
            statement.then.every((one) => one.kind === "assign" && isStorage(one.target));
          // A row that there is not ends; one that there is, is stored.
          const skips = ends ? !flow.guard && !flow.found : stores && !flow.past;
          if (isOfBatch(flow) && !skips) this.#refuse("what an invocation computes depends on the batch", line);
          if (flow.reach && changesOuter([...statement.then, ...statement.otherwise]))
            this.#refuse("how long a batch's longest request is chooses between values", line);
          this.#walk(statement.then);
          this.#walk(statement.otherwise);
          break;
        }
        case "for": {
          this.#learn(statement.variable, join([this.#flowOf(statement.from), counting]));
          const step = this.#flowOf(statement.step);
          if (isOfBatch(step) || isOfLength(step)) this.#refuse("a loop's step depends on the batch", line);
          const flow = this.#condition(statement.condition, false);
          // Going through an axis, the loop's variable is a row.
          if (flow.guard || flow.found) this.#learn(statement.variable, { ...counting, row: true });
          if (isOfBatch(flow) && carries(statement)) this.#refuse("how often a loop runs depends on the batch", line);
          if (flow.reach && carries(statement))
            this.#refuse("how often a loop runs depends on how long a batch's longest request is", line);
          this.#walk(statement.body);
          break;
        }
        case "while": {
          const flow = this.#condition(statement.condition, false);
          if (isOfBatch(flow) || flow.reach) this.#refuse("how often a loop runs depends on the batch", line);
          this.#walk(statement.body);
          break;
        }
        case "return":
          if (statement.value !== null) this.#flowOf(statement.value);
          break;
        case "barrier":
          break;
      }
    }
  }

  /** A condition; of an `if`, `row == 0u` is one, too: what has no such axis is stored by one row alone. */
  #condition(condition: Expression, mayBeFirst: boolean): Flow {
    if (condition.kind === "binary" && operatorOf(condition) === "&&") {
      return join([this.#condition(condition.left, mayBeFirst), this.#condition(condition.right, mayBeFirst)]);
    }
    if (
      mayBeFirst &&
      condition.kind === "binary" &&
      condition.operator === "==" &&
      condition.right.kind === "literal" &&
      condition.right.bits === 0
    ) {
      const left = this.#flowOf(condition.left);
      if (left.row && !left.count) return { ...varying, guard: true };
    }
    return this.#flowOf(condition);
  }

  #address(index: Expression, of: Expression): void {
    const flow = this.#flowOf(index);
    const own = of.kind === "name" && of.variable.kind !== "storage";
    if (flow.count || flow.padded || decides(flow))
      this.#refuse("an address depends on how large the batch is, other than by its strides", index.at.line);
    if (own && (flow.row || flow.strided))
      this.#refuse("memory of a workgroup's own is addressed by the row", index.at.line);
  }

  #flowOf(expression: Expression): Flow {
    switch (expression.kind) {
      case "literal":
        return still;
      case "name": {
        const { builtin } = expression.variable;
        if (builtin === "workgroup_id") return { ...counting, row: this.#hasBatch };
        if (builtin === "num_workgroups") return { ...still, count: this.#hasBatch };
        return builtin === undefined ? (this.#flows.get(expression.variable) ?? still) : counting;
      }
      case "member": {
        if (expression.of.kind !== "name" || expression.of.variable.kind !== "uniform")
          return this.#flowOf(expression.of);
        const extent = this.#extents.get(expression.name);
        if (extent !== undefined) return { ...still, [extent]: true, exactly: "extent" };
        return this.#parameters.has(expression.name) ? { ...still, data: true } : still;
      }
      case "element": {
        const { of } = expression;
        this.#address(expression.index, of);
        const held = this.#flowOf(of);
        // What lies at an address is data, whoever's it is: the expressions tell whose. What was put into memory of a workgroup's or an invocation's own stays what it was.
        if (of.kind === "name" && of.variable.kind === "storage") return loaded;
        if (of.kind === "name" && of.variable.kind === "workgroup") return join([varying, held]);
        const index = this.#flowOf(expression.index);
        return join([held, { ...index, index: index.index && !held.data }]);
      }
      case "unary": {
        const flow = this.#flowOf(expression.operand);
        if (isOfBatch(flow) || isOfLength(flow))
          this.#refuse("what the batch decides is turned around", expression.at.line);
        return join([flow]);
      }
      case "binary":
        return isWorkgroupNumber(expression)
          ? { ...counting, row: this.#hasBatch, divisor: 1, unit: 1 }
          : this.#binary(expression);
      case "builtin":
        return this.#builtin(expression);
      case "call": {
        const flow = join(expression.arguments.map((argument) => this.#flowOf(argument)));
        const reads = readsStorage(expression.callee);
        // An input in ranges is read through a function, which takes an address.
        if (
          flow.count ||
          decides(flow) ||
          ((flow.row || flow.strided || flow.place || this.#isLong(flow) || flow.reach) && !reads)
        )
          this.#refuse("a function is given what depends on the batch", expression.at.line);
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
          if (bounds === 0) this.#refuse("a row is bounded by something other than their number", expression.at.line);
          const row = flows.findIndex((flow) => flow.row && !flow.count);
          if (row === 0 || row === 1) this.#meets(expression, row, flows[row]!);
        }
        // Below a count that is one is a row; below another, `min(i * 65536u, count * 4096u)`, is whatever that is.
        const below = flows.some(({ count, exactly }) => count && exactly === "last");
        const own = flows.find((flow) => !flow.count)!;
        if (bounds === 1 && all.varying && below)
          return { ...all, count: false, row: all.row || this.#hasBatch, clamped: true, ...unitOf(own) };
        if (bounds > 0 && !all.row && all.varying)
          this.#refuse("something is bounded by what is computed from the number of rows", expression.at.line);
        // A request's own length, if it is one of data.
        if (
          isOfLength(all) &&
          all.varying &&
          flows.some((flow) => !isOfLength(flow) && flow.data) &&
          flows.every(isBound)
        ) {
          return { ...all, length: false, point: false, own: true };
        }
        // Of a sequence's tiles, no more than there are lanes.
        if (all.length && !all.varying && flows.some(({ exactly }) => exactly === "extent" || exactly === "tiles"))
          return { ...all, exactly: "tiles" };
        if (
          flows.some(({ exactly }) => exactly === "left") &&
          flows.every(({ exactly, length, point }) => exactly === "left" || !(length || point))
        )
          return { ...all, exactly: "left" };
        if (all.length && all.varying) {
          if (flows.some(({ length, exactly }) => length && (exactly === "last" || exactly === "last tile")))
            return { ...all, length: false, point: true };
          this.#refuse(
            "something is bounded by what is computed from how long a batch's longest request is",
            expression.at.line,
          );
        }
        if (all.point && !this.#mayStoreIndex)
          this.#refuse(
            "something is bounded by what was brought below the length of a batch's longest request",
            expression.at.line,
          );
        return all;
      }
      case "select": {
        // A gather's value, or zero: of a row that data names, and of memory.
        const [whenFalse, whenTrue, condition] = flows as [Flow, Flow, Flow];
        const gathers = !condition.past && isZero(expression.arguments[0]!) && whenTrue.data;
        // A length is the longest request's: within it a request's own values are all there are to choose.
        if (condition.slot || ((isOfBatch(condition) || condition.reach) && !gathers))
          this.#refuse("the batch chooses between values", expression.at.line);
        if (isOfBatch(whenFalse) || isOfBatch(whenTrue))
          this.#refuse("what depends on the batch is chosen from", expression.at.line);
        return join([
          whenFalse,
          whenTrue,
          condition.varying ? varying : still,
          condition.guard ? { ...still, padded: true } : still,
        ]);
      }
      default:
        if (expression.name === "max" && isOfLength(all) && !isOfBatch(all) && !all.padded) {
          const [length] = flows;
          return {
            ...all,
            ...(isLiteral(expression.arguments[1]!, 1) &&
              length!.exactly !== undefined && { exactly: length!.exactly }),
          };
        }
        if (isOfBatch(all) || isOfLength(all) || (all.padded && expression.name !== "bitcast"))
          this.#refuse("what depends on the batch is computed with", expression.at.line);
        return all;
    }
  }

  #binary(expression: Expression & { kind: "binary" }): Flow {
    const {
      at: { line },
    } = expression;
    const operator = operatorOf(expression);
    const [left, right] = [this.#flowOf(expression.left), this.#flowOf(expression.right)];
    const all = { ...join([left, right]), clamped: false };
    switch (operator) {
      case "<":
      case "<=":
      case ">":
      case ">=":
      case "==":
      case "!=":
        return this.#comparison(expression, left, right);
      case "/":
      case "%":
        if (all.strided && !(left.exactly === "even" && isLiteral(expression.right, 2) && operator === "/"))
          this.#refuse("a number of strides is divided", line);
        if (right.place) this.#refuse("something is divided by a row's remainder", line);
        // Which of several rows, and which place among them.
        if ((right.count || right.length) && !isProduct(right))
          this.#refuse("something is divided by what is computed from a count", line);
        if (left.row && right.length && !this.#hasSequence)
          this.#refuse("a row is divided by a length, and there is one workgroup for all of it", line);
        if (right.count) {
          if (!left.row || left.count)
            this.#refuse("something other than a row is divided by how large the batch is", line);
          // Another axis is numbered more slowly than this one.
          if (left.divisor !== undefined) this.#lower(left.divisor);
          return { ...counting, row: true, ...(left.divisor !== undefined && { unit: left.divisor }) };
        }
        if (right.row) this.#refuse("something is divided by a row", line);
        if (left.row && expression.right.kind !== "literal" && !right.length)
          this.#refuse("a row is divided by something other than a number, a length or their count", line);
        if (this.#judging && this.#isWithinRow(left, expression.right)) this.#splits.add(expression);
        return operator === "/"
          ? quotient(left, all, expression.right)
          : this.#remainder(left, right, all, expression.right);
      case "*": {
        // A stride; a factor of the upper half would be a negative one.
        if (
          all.row &&
          [expression.left, expression.right].some((factor) => factor.kind === "literal" && factor.bits > 0x7fffffff)
        )
          this.#refuse("a row is subtracted", line);
        // A stride of what varies is an address, and nothing else.
        if (left.count !== right.count && !isProduct(left.count ? left : right))
          this.#refuse("a stride is computed from a count otherwise than by its extents", line);
        if (left.count !== right.count && (left.count ? right : left).varying)
          return {
            ...all,
            count: false,
            strided: true,
            ...((left.exactly === "even" || right.exactly === "even") && { exactly: "even" as const }),
          };
        if (all.count && isLiteral(expression.right, 2)) return { ...all, exactly: "even" };
        // Whatever an even number of elements is multiplied by, it is a whole number of words.
        if (all.count && (left.exactly === "even" || right.exactly === "even")) return { ...all, exactly: "even" };
        if (left.exactly === "full tiles" && expression.right.kind === "literal")
          return { ...all, exactly: "full tiles" };
        // A shift takes the last five bits of its number, so that these have two or four values, all of which are executed.
        const isShift =
          (isLiteral(expression.right, 16) || isLiteral(expression.right, 8)) &&
          (left.exactly === "few" || !(isOfLength(left) || isOfBatch(left)));
        if (isShift) return { ...all, exactly: "bits" };
        if (isProduct(left) && isProduct(right, expression.right))
          return { ...all, ...(left.row && unitOf(left)), exactly: "product" };
        if (left.exactly === "left" && expression.right.kind === "literal") return { ...all, exactly: "left" };
        return { ...all, ...(left.row && expression.right.kind === "literal" && unitOf(left)) };
      }
      case "+":
      case "-":
      case "&&":
      case "||":
        if (operator === "-" && right.row) this.#refuse("a row is subtracted", line);
        if (all.padded) this.#refuse("what may be padding is computed with", line);
        if (operator === "-" && all.strided) this.#refuse("something is subtracted from a number of strides", line);
        if (operator === "-" && all.place) this.#refuse("a row's remainder is subtracted, or subtracted from", line);
        // The same row of another item: `count + row`, of which both sides are the same at every count or at one at most.
        if (operator === "+" && left.count !== right.count && !isProduct(left.count ? left : right))
          this.#refuse("a number of strides is computed from a count otherwise than by its extents", line);
        if (operator === "+" && left.count !== right.count && (left.count ? right : left).varying)
          return { ...all, count: false, strided: true };
        if (operator === "-" && left.exactly === "extent" && isLiteral(expression.right, 1))
          return { ...all, exactly: "last" };
        if (operator === "-" && left.exactly === "tiles" && isLiteral(expression.right, 1))
          return { ...all, exactly: "last tile" };
        // What is left of a request's own length: of a point that there is, and there it is what was brought there.
        if (
          operator === "-" &&
          left.own &&
          !isOfLength(left) &&
          right.point &&
          !right.length &&
          right.exactly !== "left"
        )
          return { ...all, exactly: "left" };
        if (
          isLeft(left) &&
          isLeft(right) &&
          (left.exactly === "left" || right.exactly === "left") &&
          (operator === "+" || right.exactly !== "left")
        )
          return { ...all, exactly: "left" };
        if (operator === "+" && left.exactly === "full tiles" && expression.right.kind === "literal")
          return { ...all, exactly: "tiles" };
        if (
          operator === "+" &&
          (left.exactly === "extent" || left.exactly === "tiles") &&
          expression.right.kind === "literal"
        )
          return { ...all, exactly: `extent and ${expression.right.bits}` };
        if (operator === "+" && left.row !== right.row) return { ...all, ...unitOf(left.row ? left : right) };
        return all;
      case ">>":
        // The part of a word that is an element's.
        if (right.place && !isOfBatch({ ...right, place: false }) && !isOfBatch(left) && left.data)
          return join([left, varying]);
        if (right.exactly === "bits" && left.data && !right.place)
          return this.#elsewhere(join([left, { ...right, index: false, point: false, own: false }]), false, line);
        return this.#elsewhere(all, false, line);
      default:
        return this.#elsewhere(all, operator === "|", line);
    }
  }

  #elsewhere(all: Flow, mayBePadded: boolean, line: number): Flow {
    if (isOfBatch(all) || this.#isLong(all) || (all.own && !this.#mayStoreIndex) || (all.padded && !mayBePadded))
      this.#refuse("what depends on the batch meets an operation that no address needs", line);
    return all;
  }

  /** A point is what it was before it was brought below a length; whether it may be stored is for the declaration to say. */
  #isLong({ length, point }: Flow): boolean {
    return length || (point && !this.#mayStoreIndex);
  }

  #remainder(left: Flow, right: Flow, all: Flow, by: Expression): Flow {
    if (by.kind === "literal" && by.bits > 0 && by.bits <= elementsInWord)
      return { ...this.#bounded(left, right, all, by), exactly: "few" };
    if (by.kind === "literal" && left.exactly === "left")
      return { ...this.#bounded(left, right, all, by), exactly: "left" };
    return this.#bounded(left, right, all, by);
  }

  #bounded(left: Flow, right: Flow, all: Flow, by: Expression): Flow {
    const bounded = { ...join([left]), row: false, clamped: false };
    if (left.count || (by.kind !== "literal" && !right.length)) return all;
    // Of workgroups of one row, by a number, and of points of one sequence.
    const hasNoRow = this.#isWithinRow(left, by) || (left.divisor !== undefined && by.kind !== "literal");
    const isOfRow = left.row && !hasNoRow;
    // With more values than these it is a row still: they are not all executed.
    return isOfRow && !(by.kind === "literal" && by.bits <= elementsInWord)
      ? { ...bounded, row: true }
      : { ...bounded, place: left.place || isOfRow };
  }

  #isWithinRow({ divisor }: Flow, by: Expression): boolean {
    return divisor !== undefined && by.kind === "literal" && this.#perRow % (divisor * by.bits) === 0;
  }

  #comparison(expression: Expression & { kind: "binary" }, left: Flow, right: Flow): Flow {
    const {
      operator,
      at: { line },
    } = expression;
    const all = join([left, right]);
    if (all.strided) this.#refuse("a number of strides is compared", line);
    if (all.place) this.#refuse("a row's remainder is compared", line);
    if (decides(left) || decides(right) || all.padded) this.#refuse("whether a point exists is compared", line);
    if (all.count) {
      // `row < count` and `row >= count`, and the same of an index that data gave.
      const bounds = right.count && !left.count && left.varying && (operator === "<" || operator === ">=");
      if (!bounds) this.#refuse("how large the batch is decides something other than whether a point exists", line);
      const isNumber = left.divisor === 1 && operator === ">=";
      if (!(right.exactly === "extent" || (isNumber && isProduct(right))))
        this.#refuse("what is computed from how large the batch is decides whether a point exists", line);
      if (left.row && operator === "<") this.#meets(expression, 0, left);
      // What was brought below the count is, whatever the count.
      if (bounds && left.clamped && operator === "<") return varying;
      const of = operator === ">=" ? "past" : left.row || !left.data ? "guard" : "found";
      return { ...varying, [of]: true };
    }
    if (all.row) this.#refuse("a row is compared with something other than their number", line);
    // A point of a sequence, brought below its length.
    if (isOfLength(left) && right.length && left.varying && right.exactly === "extent" && operator === "<")
      return { ...still, varying: true, reach: true, index: all.index };
    // How many items are left: the point is one that there is, or nothing comes of it.
    if (right.exactly === "left" && !isOfLength(left) && operator === "<") return varying;
    if (
      (left.own && !right.varying) ||
      (right.own && !left.varying) ||
      ((left.own || right.own) && operator.endsWith("=") && operator !== "<=" && operator !== ">=")
    ) {
      this.#refuse("a request's own length decides something on its own", line);
    }
    const [long, other] = isOfLength(left) ? [left, right] : [right, left];
    if (
      long.length &&
      !(long.exactly === "extent" || long.exactly === "tiles" || (long.exactly === "product" && left.divisor === 1))
    ) {
      this.#refuse("what is computed from how long a batch's longest request is decides whether a point exists", line);
    }
    if (isOfLength(long) && (operator === "==" || operator === "!=" || !other.varying)) {
      this.#refuse("how long a batch's longest request is decides something on its own", line);
    }
    return {
      ...still,
      varying: all.varying,
      reach: isOfLength(long),
      slot: long.exactly === "tiles",
      index: all.index,
    };
  }
}
