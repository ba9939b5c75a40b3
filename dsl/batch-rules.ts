/**
 * The batch rules of a kernel that no reader has read, such as one in the IR's own text (spec/rules.md): however it was
 * written, what a request's results are made of may not depend on who else is in the batch.
 */
import { type Batch, dependenceOf, findFloat, isBatchAxis, isBatchLeaf, isLongest, isPlacement } from "./batch.ts";
import type { Expr, Kernel, Output } from "./ir.ts";
import { collect, operandsOf, partsOf } from "./visit.ts";

export interface BatchFault {
  /** As `R005`. */
  readonly rule: string;
  readonly message: string;
  readonly fix: string;
  /** What is at fault. */
  readonly expr: Expr;
}

const known = new WeakMap<Kernel, readonly BatchFault[]>();

/** All that breaks a rule, each once. */
export function batchFaults(kernel: Kernel): readonly BatchFault[] {
  let faults = known.get(kernel);
  if (faults === undefined) known.set(kernel, (faults = new BatchRules(kernel).check()));
  return faults;
}

class BatchRules {
  readonly #kernel: Kernel;
  readonly #batch: Batch;
  readonly #faults: BatchFault[] = [];
  readonly #seen = new Set<Expr>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#batch = {
      axes: new Map(kernel.axes.map((axis) => [axis.name, axis])),
      inputs: new Map(kernel.inputs.map((input) => [input.name, input])),
    };
  }

  check(): readonly BatchFault[] {
    for (const output of this.#kernel.outputs) {
      this.#visit(output.value);
      this.#free("R004", output.value, `the value of '${output.name}'`);
      output.place?.forEach((index, position) => this.#place(output, index, output.axes[position]!));
    }
    return this.#faults;
  }

  #add(rule: string, expr: Expr, message: string, fix: string): void {
    if (!this.#faults.some((fault) => fault.expr === expr && fault.rule === rule))
      this.#faults.push({ rule, message, fix, expr });
  }

  #visit(expr: Expr): void {
    if (this.#seen.has(expr)) return;
    this.#seen.add(expr);
    if (expr.kind === "load") expr.indices.forEach((index, position) => this.#index(expr, index, position));
    if (expr.kind === "select") this.#free("R003", expr.condition, "a branch");
    if (expr.kind !== "field") return operandsOf(expr).forEach((part) => this.#visit(part));
    const { axis, start, count } = expr.of;
    if (isBatchAxis(this.#batch, axis))
      this.#add("R002", expr, `a reduction goes over the batch axis '${axis}'`, "reduce over a model or sequence axis");
    for (const bound of [start, count]) {
      this.#free("R003", bound, "a reduction's bound");
      if (findFloat(bound, new Set()) !== undefined) {
        this.#add(
          "R024",
          bound,
          "a reduction's bound is made of floats",
          "bound it by integers, and leave items out in the leaf",
        );
      }
    }
    partsOf(expr.of).forEach((part) => this.#visit(part));
  }

  #free(rule: string, expr: Expr, what: string): void {
    const found = dependenceOf(this.#batch, expr);
    if (found !== undefined)
      this.#add(
        rule,
        expr,
        `${what} depends on ${this.#nameOf(found.leaf)}`,
        "let batch axes and placement tables do nothing but address",
      );
  }

  #nameOf(leaf: Expr): string {
    if (leaf.kind === "load") return `the placement table '${leaf.input}'`;
    const axis = leaf.kind === "index" ? leaf.variable.axis : leaf.kind === "extent" ? leaf.axis : "";
    return isLongest(this.#batch, axis)
      ? `the extent of the sequence axis '${axis}', which is the longest request's`
      : `the batch axis '${axis}'`;
  }

  /** A batch axis is indexed by its own point, or by a placement table; any other axis by neither. */
  #index(load: Expr & { kind: "load" }, index: Expr, position: number): void {
    const batch = this.#batch;
    const input = batch.inputs.get(load.input);
    const axis = input?.axes[position];
    if (input === undefined || axis === undefined) return;
    const parts = loadedIn(index);
    if (isBatchAxis(batch, axis)) {
      if (index.kind === "index" && index.variable.kind === "axis" && index.variable.axis === axis) return;
      if (!parts.some((part) => isBatchLeaf(batch, part)) && parts.some((part) => isPlacement(batch, part))) return;
      this.#add(
        "R005",
        index,
        `the batch axis '${axis}' of '${load.input}' is indexed by what is neither its own point nor a placement ` +
          "table: it reads another's row",
        `index it by '${axis}' itself, or through gather by a placement table`,
      );
      return;
    }
    const found = dependenceOf(batch, index);
    const owned = found?.leaf.kind === "load" && input.axes.some((name) => isBatchAxis(batch, name));
    if (found !== undefined && !(owned && load.guarded)) {
      this.#add(
        "R004",
        index,
        `${this.#nameOf(found.leaf)} indexes the axis '${axis}' of '${load.input}'`,
        "index it by a model or sequence axis, or by a request-owned table",
      );
    }
  }

  #place(output: Output, index: Expr, axis: string): void {
    this.#visit(index);
    if (isBatchAxis(this.#batch, axis)) {
      if (index.kind === "index" && index.variable.kind === "axis" && index.variable.axis === axis) return;
      const parts = loadedIn(index);
      if (
        parts.some((part) => isBatchLeaf(this.#batch, part)) ||
        !parts.some((part) => isPlacement(this.#batch, part))
      ) {
        this.#add(
          "R005",
          index,
          `the place on the batch axis '${axis}' of '${output.name}' is neither its own point nor a placement table's`,
          "write where a placement table says",
        );
      }
      return;
    }
    const found = dependenceOf(this.#batch, index);
    const isMeant =
      found?.leaf.kind === "load"
        ? output.axes.some((name) => isBatchAxis(this.#batch, name))
        : isBatchAxis(this.#batch, axis);
    if (found !== undefined && !isMeant)
      this.#add(
        "R004",
        index,
        `${this.#nameOf(found.leaf)} enters the place on the axis '${axis}' of '${output.name}'`,
        "write to a batch axis",
      );
  }
}

/** What an index is made of, the addresses of its loads left out. */
function loadedIn(index: Expr): Expr[] {
  return [...collect([index], (part) => (part.kind === "load" ? [] : operandsOf(part)))];
}
