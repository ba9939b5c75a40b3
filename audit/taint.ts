/**
 * What may depend on the batch: addresses, and whether a point exists. This is checked on the text, for all extents and
 * rows at once: those at which it is executed are few, and `if (rows == 1000u)` might lie between them.
 *
 * A value is a *count* if an extent of a batch axis reaches it by arithmetic, a *length* likewise of a sequence axis,
 * and a *row* if the number of the workgroup does. Rows and counts go into addresses as `row * stride`, a count only as
 * a factor, of whatever varies or of a number beside it. A count may bound: `row < count`, `row >= count`, `min(row,
 * count - 1u)`, `row / count`, `row % count`. What such a comparison decides may skip stores, end an invocation, take a
 * gather's value away, or go through an axis whose points have nothing in common. Nothing else compares a row or a
 * count, makes a float of it or stores it; and a length is compared only with what varies. (Without a batch axis there
 * is one request, and a length is its own.)
 *
 * A remainder of a row is a row, too, or the *place* of an element in its word, `(row * 71u + c) % 2u`: an address, and
 * by how much the word is shifted, and nothing else. But the number of a workgroup, divided by how many there are for
 * each row, leaves a remainder that no row has part in.
 */
import type { Kernel } from "../dsl/ir.ts";
import type { Pass } from "../runtime/artifact.ts";
import { extentsOf } from "../runtime/formula.ts";
import { carries, changesOuter } from "./carried.ts";
import { type BatchFlowReport, extentsThatVary } from "./taint-report.ts";
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
  varying,
} from "./taint-kinds.ts";
import { operatorOf } from "./taint-forms.ts";
import { assigned, isStorage, readsStorage } from "./slices.ts";
import { Fault } from "./errors.ts";
import type { Expression, Module, Statement, Variable } from "./wgsl/ast.ts";
import { computesWithIndices } from "./indices.ts";
import { factorOf, greatestCommonDivisor, isWorkgroupNumber } from "./workgroups.ts";
import { flowOfBinary } from "./taint-operations.ts";
import { flowOfBuiltin } from "./taint-builtins.ts";

/** @throws Fault */
export function checkBatchFlow(kernel: Kernel, pass: Pass, module: Module): BatchFlowReport {
  return new BatchFlow(kernel, pass).check(module);
}

export class BatchFlow {
  /** Uniforms that hold the extent of a batch or sequence axis. */
  readonly #extents: ReadonlyMap<string, "count" | "length">;
  readonly #parameters: ReadonlySet<string>;
  /** Whether the declaration computes with indices, other than to read by them. */
  readonly mayStoreIndex: boolean;
  /** Whether workgroups are of rows at all. */
  readonly hasBatch: boolean;
  /** Whether workgroups are of a sequence's points, too. */
  readonly hasSequence: boolean;
  readonly #flows = new Map<Variable, Flow>();
  perRow: number;
  #changed = false;
  judging = false;

  constructor(kernel: Kernel, pass: Pass) {
    this.hasBatch = extentsOf(pass.workgroups).some((extent) =>
      kernel.axes.some(({ name, role }) => name === extent && role === "batch"),
    );
    this.hasSequence = extentsOf(pass.workgroups).some((extent) =>
      kernel.axes.some(({ name, role }) => name === extent && role === "sequence"),
    );
    this.perRow = factorOf(pass.workgroups);
    this.mayStoreIndex = computesWithIndices(kernel);
    this.#parameters = new Set(pass.uniforms.flatMap(({ name, value }) => (value.kind === "parameter" ? [name] : [])));
    this.#extents = extentsThatVary(kernel, pass);
  }

  readonly #bounds = new Map<Expression, 0 | 1>();
  readonly splits = new Set<Expression>();

  check(module: Module): BatchFlowReport {
    // A value may flow around a loop: until nothing new is known, then once more to judge.
    do {
      this.#changed = false;
      this.#walk(module.entry.body);
    } while (this.#changed);
    this.judging = true;
    this.#walk(module.entry.body);
    for (const declaration of module.functions) {
      if (declaration === module.entry) continue;
      // What a function reads must come in by its parameters, or it would not be the same function everywhere.
      this.#walk(declaration.body);
    }
    return { bounds: this.#bounds, splits: this.splits, perRow: this.perRow };
  }

  /** A row meets how many there are: workgroups of one row are those that the text itself has there. */
  meets(expression: Expression, row: 0 | 1, flow: Flow): void {
    this.#bounds.set(expression, row);
    if (flow.index) this.lower(flow.unit ?? 1);
  }
  lower(factor: number): void {
    const perRow = greatestCommonDivisor(this.perRow, factor);
    if (perRow !== this.perRow) this.#changed = true;
    this.perRow = perRow;
  }

  #learn(variable: Variable, flow: Flow): void {
    const before = this.#flows.get(variable);
    const after = before === undefined ? flow : common(before, flow);
    if (before !== undefined && same(before, after)) return;
    this.#flows.set(variable, after);
    this.#changed = true;
  }

  refuse(message: string, line: number): void {
    if (this.judging) throw new Fault("taint", message, line);
  }

  #walk(statements: readonly Statement[]): void {
    for (const statement of statements) {
      const { line } = statement.at;
      switch (statement.kind) {
        case "declare":
          if (statement.value !== null) this.#learn(statement.variable, this.flowOf(statement.value));
          break;
        case "assign": {
          const flow = this.flowOf(statement.value);
          if (statement.target.kind === "element") this.#address(statement.target.index, statement.target.of);
          const variable = assigned(statement.target)!;
          const leaves = variable.kind === "storage" || variable.kind === "workgroup";
          if (leaves && isOfBatch(flow)) this.refuse("what is stored depends on the batch", line);
          if (variable.kind === "storage" && this.isLong(flow))
            this.refuse("how long a batch's longest request is, is stored", line);
          if (variable.kind === "storage" && flow.index && !this.mayStoreIndex)
            this.refuse(
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
          if (isOfBatch(flow) && !skips) this.refuse("what an invocation computes depends on the batch", line);
          if (flow.reach && changesOuter([...statement.then, ...statement.otherwise]))
            this.refuse("how long a batch's longest request is chooses between values", line);
          this.#walk(statement.then);
          this.#walk(statement.otherwise);
          break;
        }
        case "for": {
          this.#learn(statement.variable, join([this.flowOf(statement.from), counting]));
          const step = this.flowOf(statement.step);
          if (isOfBatch(step) || isOfLength(step)) this.refuse("a loop's step depends on the batch", line);
          const flow = this.#condition(statement.condition, false);
          // Going through an axis, the loop's variable is a row.
          if (flow.guard || flow.found) this.#learn(statement.variable, { ...counting, row: true });
          if (isOfBatch(flow) && carries(statement)) this.refuse("how often a loop runs depends on the batch", line);
          if (flow.reach && carries(statement))
            this.refuse("how often a loop runs depends on how long a batch's longest request is", line);
          this.#walk(statement.body);
          break;
        }
        case "while": {
          const flow = this.#condition(statement.condition, false);
          if (isOfBatch(flow) || flow.reach) this.refuse("how often a loop runs depends on the batch", line);
          this.#walk(statement.body);
          break;
        }
        case "return":
          if (statement.value !== null) this.flowOf(statement.value);
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
      const left = this.flowOf(condition.left);
      if (left.row && !left.count) return { ...varying, guard: true };
    }
    return this.flowOf(condition);
  }

  #address(index: Expression, of: Expression): void {
    const flow = this.flowOf(index);
    const own = of.kind === "name" && of.variable.kind !== "storage";
    if (flow.count || flow.padded || decides(flow))
      this.refuse("an address depends on how large the batch is, other than by its strides", index.at.line);
    if (own && (flow.row || flow.strided))
      this.refuse("memory of a workgroup's own is addressed by the row", index.at.line);
  }

  flowOf(expression: Expression): Flow {
    switch (expression.kind) {
      case "literal":
        return still;
      case "name": {
        const { builtin } = expression.variable;
        if (builtin === "workgroup_id") return { ...counting, row: this.hasBatch };
        if (builtin === "num_workgroups") return { ...still, count: this.hasBatch };
        return builtin === undefined ? (this.#flows.get(expression.variable) ?? still) : counting;
      }
      case "member": {
        if (expression.of.kind !== "name" || expression.of.variable.kind !== "uniform")
          return this.flowOf(expression.of);
        const extent = this.#extents.get(expression.name);
        if (extent !== undefined) return { ...still, [extent]: true, exactly: "extent" };
        return this.#parameters.has(expression.name) ? { ...still, data: true } : still;
      }
      case "element": {
        const { of } = expression;
        this.#address(expression.index, of);
        const held = this.flowOf(of);
        // What lies at an address is data, whoever's it is: the expressions tell whose. What was put into memory of a
        // workgroup's or an invocation's own stays what it was.
        if (of.kind === "name" && of.variable.kind === "storage") return loaded;
        if (of.kind === "name" && of.variable.kind === "workgroup") return join([varying, held]);
        const index = this.flowOf(expression.index);
        return join([held, { ...index, index: index.index && !held.data }]);
      }
      case "unary": {
        const flow = this.flowOf(expression.operand);
        if (isOfBatch(flow) || isOfLength(flow))
          this.refuse("what the batch decides is turned around", expression.at.line);
        return join([flow]);
      }
      case "binary":
        return isWorkgroupNumber(expression)
          ? { ...counting, row: this.hasBatch, divisor: 1, unit: 1 }
          : flowOfBinary(this, expression);
      case "builtin":
        return flowOfBuiltin(this, expression);
      case "call": {
        const flow = join(expression.arguments.map((argument) => this.flowOf(argument)));
        const reads = readsStorage(expression.callee);
        // An input in ranges is read through a function, which takes an address.
        if (
          flow.count ||
          decides(flow) ||
          ((flow.row || flow.strided || flow.place || this.isLong(flow) || flow.reach) && !reads)
        )
          this.refuse("a function is given what depends on the batch", expression.at.line);
        return reads ? loaded : flow;
      }
    }
  }

  /**
   * A point is what it was before it was brought below a length; whether it may be stored is for the declaration to
   * say.
   */
  isLong({ length, point }: Flow): boolean {
    return length || (point && !this.mayStoreIndex);
  }
}
