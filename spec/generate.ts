/**
 * JavaScript for a kernel: the denotation's order as nested loops, fast enough for real sizes.
 *
 * Each value is computed in the outermost loop that knows all it mentions. A reduction or call that mentions an inner
 * variable but not some loop around it (attention's scores under the head's channels) is kept in a table.
 */
import { DenotationError } from "../dsl/denotation.ts";
import { Pool, bitsOfF32, f32OfBits } from "../dsl/expr.ts";
import { rewrite } from "../dsl/rewrite.ts";
import type {
  Constant,
  Expr,
  FunctionDeclaration,
  Kernel,
  Load,
  Output,
  Reduce,
  Reducer,
  Variable,
} from "../dsl/ir.ts";
import { roundBf16 } from "../dsl/numbers.ts";
import { isComplete, valuesOf, type Level } from "../dsl/tree.ts";
import { binaryText, literal, spanText, unaryText, unsigned, view } from "./operators.ts";
import { holdsFloats } from "../runtime/storage.ts";

/** Fills `outputs` from `inputs`; `outside` is told of an index that leaves its axis. */
export type Generated = (
  inputs: Readonly<Record<string, Uint32Array>>,
  outputs: Readonly<Record<string, Uint32Array>>,
  outside: (input: string, axis: string, index: number) => never,
) => void;

type Extents = Readonly<Record<string, number>>;

/** Generates, and lets the engine compile, a kernel at these extents. */
export function generate(kernel: Kernel, extents: Extents, parameters: Readonly<Record<string, number>>): Generated {
  const text = new Generator(kernel, extents, parameters).text();
  const compiled = new Function("inputs", "outputs", "outside", "bitsOf", "fromBits", "roundBf16", "unfit", text) as (
    ...args: unknown[]
  ) => void;
  return (inputs, outputs, outside) => compiled(inputs, outputs, outside, floatBits, f32OfBits, roundFloat, unfit);
}

const float = new Float32Array(1);
const pattern = new Uint32Array(float.buffer);
function floatBits(value: number): number {
  float[0] = value;
  return value !== value ? 0x7fc00000 : pattern[0]!;
}
function roundFloat(value: number): number {
  float[0] = value;
  pattern[0] = roundBf16(pattern[0]!);
  return float[0];
}
function unfit(values: number, items: number): never {
  throw new DenotationError(`the tree leaves ${values} values of ${items} items, not the one that is wanted`);
}

/** A stretch of generated text in which some variables are known. */
interface Scope {
  readonly parent: Scope | undefined;
  /**
   * The variable that this scope binds, and what it is called; the root, a function's and a combine's scopes bind none.
   */
  readonly variable?: Variable;
  readonly index?: string;
  /** Whether the variable is known to lie inside its axis. */
  readonly inside?: boolean;
  /** A branch inside the scope of the same variable: what it computes is known only in it. */
  readonly branch?: boolean;
  readonly lines: string[];
  readonly values: Map<Expr | Reduce, string | readonly string[]>;
  /** What arguments and states are called. */
  readonly leaf?: (expr: Expr) => string | undefined;
  /** The name of the counter of this scope's iterations, once a table needs it. */
  epoch?: string;
}

/** Tables of more values than this are not worth their memory. */
const largestTable = 2 ** 22;

class Generator {
  readonly #pool = new Pool();
  readonly #rewritten = new Map<Expr | Reduce, Expr | Reduce>();
  readonly #declarations: string[] = [];
  readonly #functions = new Map<FunctionDeclaration, string>();
  readonly #axesOf: ReadonlyMap<string, readonly string[]>;
  #names = 0;

  constructor(
    readonly kernel: Kernel,
    readonly extents: Extents,
    readonly parameters: Readonly<Record<string, number>>,
  ) {
    this.#axesOf = new Map([...kernel.inputs, ...kernel.outputs].map((tensor) => [tensor.name, tensor.axes]));
  }

  text(): string {
    const root = this.#scope(undefined);
    for (const { name, storage } of this.kernel.inputs)
      this.#declarations.push(`const in_${name} = ${view(storage, `inputs["${name}"]`)};`);
    for (const { name, storage } of this.kernel.outputs) {
      this.#declarations.push(
        `const out_${name} = ${view(storage, `outputs["${name}"]`)}, bits_${name} = outputs["${name}"];`,
      );
    }
    const nests = new Map<string, Output[]>();
    for (const output of this.kernel.outputs) {
      const over = output.over.join(" ");
      nests.set(over, [...(nests.get(over) ?? []), output]);
    }
    for (const outputs of nests.values()) this.#nest(outputs, 0, root);
    return `"use strict";\n${[...this.#declarations, ...root.lines].join("\n")}`;
  }

  #name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  #scope(parent: Scope | undefined, more: Partial<Scope> = {}): Scope {
    return { parent, lines: [], values: new Map(), ...more };
  }

  /** The expression with extents as constants, so that what follows from them is folded. */
  #known(expr: Expr): Expr {
    return rewrite(
      this.#pool,
      expr,
      (node) => (node.kind === "extent" ? this.#pool.u32(this.extents[node.axis]!) : undefined),
      this.#rewritten,
    );
  }

  /** The loops over the axes of outputs that share them, and the stores inside. */
  #nest(outputs: readonly Output[], depth: number, scope: Scope): void {
    const { over } = outputs[0]!;
    if (depth === over.length) {
      for (const output of outputs) this.#store(output, scope);
      return;
    }
    const axis = over[depth]!;
    const index = this.#name("i");
    const inner = this.#scope(scope, { variable: this.kernel.pool.axisVariable(axis), index, inside: true });
    this.#nest(outputs, depth + 1, inner);
    scope.lines.push(
      `for (let ${index} = 0; ${index} < ${this.extents[axis]}; ${index}++) {`,
      ...this.#body(inner),
      "}",
    );
  }

  /** The lines of a loop's body, which counts its iterations if some table asks for it. */
  #body(scope: Scope): string[] {
    return scope.epoch === undefined ? scope.lines : [`${scope.epoch}++;`, ...scope.lines];
  }

  #store(output: Output, scope: Scope): void {
    const place =
      output.place?.map((index) => this.#known(index)) ??
      output.over.map((axis) => this.#pool.index(this.kernel.pool.axisVariable(axis)));
    const indices = place.map((index) => unsigned(index, this.#value(index, scope)));
    const value = this.#value(this.#known(output.value), scope);
    const at = this.#name("at");
    const element = `out_${output.name}[${at}]`;
    const store = output.storage === "bf16" ? `${element} = roundBf16(${value});` : `${element} = ${value};`;
    const isFloat = holdsFloats(output.storage);
    const lines = [
      `const ${at} = ${this.#flat(output.axes, indices)};`,
      store,
      ...(isFloat ? [`if (${value} !== ${value}) bits_${output.name}[${at}] = 0x7fc00000;`] : []),
    ];
    const guards =
      output.place === undefined ? [] : output.axes.map((axis, d) => `${indices[d]} < ${this.extents[axis]}`);
    scope.lines.push(`${guards.length > 0 ? `if (${guards.join(" && ")}) ` : ""}{ ${lines.join(" ")} }`);
  }

  #flat(axes: readonly string[], indices: readonly string[]): string {
    return indices.reduce(
      (flat, index, d) => (d === 0 ? index : `(${flat}) * ${this.extents[axes[d]!]} + ${index}`),
      "0",
    );
  }

  /** The scope that a value belongs to: the outermost that knows all it mentions. */
  #home(expr: Expr | Reduce, scope: Scope): Scope {
    let home = scope;
    while (home.variable !== undefined && !expr.free.has(home.variable)) home = home.parent!;
    return home;
  }

  #find(expr: Expr | Reduce, scope: Scope): string | readonly string[] | undefined {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
      const known = at.values.get(expr);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  /** What an expression's value is called, where `scope` is; emits what computes it where that belongs. */
  #value(expr: Expr, scope: Scope): string {
    switch (expr.kind) {
      case "constant":
        return literal(expr);
      case "extent":
        return `${this.extents[expr.axis]}`;
      case "index":
        return this.#binding(expr.variable, scope).index!;
      case "parameter":
        return literal(this.#parameter(expr.name, expr.type));
      case "argument":
      case "state":
      case "register": {
        for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
          const name = at.leaf?.(expr);
          if (name !== undefined) return name;
        }
        throw new Error(`${expr.kind} stands outside of what gives it a value`);
      }
      case "field":
        return this.#reduction(expr.of, scope)[expr.of.reducer.fields.findIndex((field) => field.name === expr.field)]!;
    }
    const home = this.#home(expr, scope);
    const known = this.#find(expr, home);
    if (known !== undefined) return known as string;
    const names =
      expr.kind === "call" ? this.#tabled(expr, home, (at) => [this.#compute(expr, at)]) : [this.#compute(expr, home)];
    home.values.set(expr, names[0]!);
    return names[0]!;
  }

  #parameter(name: string, type: Expr["type"]): Constant {
    const value = this.parameters[name]!;
    return type === "f32" ? this.#pool.constant("f32", bitsOfF32(value)) : this.#pool.constant(type, value);
  }

  #binding(variable: Variable, scope: Scope): Scope {
    let at = scope;
    while (at.variable !== variable) {
      if (at.parent === undefined) throw new Error(`'${variable.name}' has no value here`);
      at = at.parent;
    }
    return at;
  }

  #compute(expr: Expr, home: Scope): string {
    const name = this.#name("t");
    const text = this.#text(expr, home);
    home.lines.push(`const ${name} = ${text};`);
    return name;
  }

  #text(expr: Expr, home: Scope): string {
    const value = (operand: Expr): string => this.#value(operand, home);
    switch (expr.kind) {
      case "load":
        return this.#load(expr, home);
      case "unary":
        return unaryText(expr.operator, expr.operand.type, value(expr.operand));
      case "binary":
        return binaryText(expr.operator, expr.left.type, value(expr.left), value(expr.right));
      case "select":
        return `${value(expr.condition)} ? ${value(expr.whenTrue)} : ${value(expr.whenFalse)}`;
      case "call":
        return `${this.#function(expr.callee)}(${expr.arguments.map(value).join(", ")})`;
      default:
        throw new Error(`${expr.kind} is not computed`);
    }
  }

  #load(load: Load, home: Scope): string {
    const axes = this.#axesOf.get(load.input)!;
    const indices = load.indices.map((index) => unsigned(index, this.#value(index, home)));
    const element = `in_${load.input}[${this.#flat(axes, indices)}]`;
    const open = axes
      .map((axis, d) => ({ axis, index: indices[d]!, extent: this.extents[axis]! }))
      .filter((_, d) => !this.#isInside(load.indices[d]!, axes[d]!, home));
    if (load.guarded)
      return open.length === 0
        ? element
        : `${open.map(({ index, extent }) => `${index} < ${extent}`).join(" && ")} ? ${element} : 0`;
    for (const { axis, index, extent } of open)
      home.lines.push(`if (${index} >= ${extent}) outside("${load.input}", "${axis}", ${index});`);
    return element;
  }

  #isInside(index: Expr, axis: string, scope: Scope): boolean {
    if (index.kind === "constant") return index.bits < this.extents[axis]!;
    return (
      index.kind === "index" && index.variable.axis === axis && this.#binding(index.variable, scope).inside === true
    );
  }

  #function(callee: FunctionDeclaration): string {
    let name = this.#functions.get(callee);
    if (name !== undefined) return name;
    name = this.#name(`${callee.name.replace(/\W/g, "_")}_`);
    this.#functions.set(callee, name);
    const body = this.#scope(undefined, { leaf: (expr) => (expr.kind === "argument" ? `a_${expr.name}` : undefined) });
    const result = this.#value(callee.result, body);
    const parameters = callee.parameters.map((parameter) => `a_${parameter.name}`).join(", ");
    this.#declarations.push(`function ${name}(${parameters}) {`, ...body.lines, `return ${result};`, "}");
    return name;
  }

  /**
   * Computes values in `home`, or looks them up where they were computed before in an iteration of a loop around
   * `home` that they do not depend on.
   */
  #tabled(expr: Expr | Reduce, home: Scope, compute: (at: Scope) => readonly string[]): readonly string[] {
    const table = this.#tableFor(expr, home);
    if (table === undefined) return compute(home);
    const branch = this.#scope(home, {
      variable: home.variable!,
      index: home.index!,
      inside: home.inside!,
      branch: true,
    });
    const computed = compute(branch);
    const [key, stamp] = [this.#name("key"), this.#name("stamp")];
    const names = computed.map(() => this.#name("v"));
    const tables = computed.map(() => this.#name("table"));
    this.#declarations.push(
      `const ${stamp} = new Int32Array(${table.size}), ` +
        `${tables.map((name) => `${name} = new Float64Array(${table.size})`).join(", ")};`,
    );
    home.lines.push(
      `const ${key} = ${table.key};`,
      `let ${names.join(", ")};`,
      `if (${stamp}[${key}] === ${table.epoch}) { ` +
        `${names.map((name, i) => `${name} = ${tables[i]}[${key}];`).join(" ")} ` +
        "} else {",
      ...branch.lines,
      ...names.map((name, i) => `${name} = ${tables[i]}[${key}] = ${computed[i]};`),
      `${stamp}[${key}] = ${table.epoch};`,
      "}",
    );
    return names;
  }

  #tableFor(expr: Expr | Reduce, home: Scope): { key: string; size: number; epoch: string } | undefined {
    if (home.variable === undefined) return undefined;
    let found: { key: string; size: number; epoch: string } | undefined;
    const keys: Scope[] = [];
    for (let at: Scope | undefined = home; at?.variable !== undefined; at = at.parent) {
      if (at.branch === true) continue;
      if (expr.free.has(at.variable)) keys.push(at);
      else {
        const size = keys.reduce((size, { variable }) => size * this.extents[variable!.axis]!, 1);
        if (size > largestTable) break;
        const inRange = keys
          .slice(0, -1)
          .filter((key) => key.inside !== true)
          .map((key) => `${key.index} < ${this.extents[key.variable!.axis]}`);
        const flat = this.#flat(
          keys.map((key) => key.variable!.axis).reverse(),
          keys.map((key) => key.index!).reverse(),
        );
        const around = this.#around(at);
        found = {
          size,
          key: inRange.length === 0 ? flat : `${inRange.join(" && ")} ? ${flat} : -1`,
          epoch: around === undefined ? "1" : this.#epoch(around),
        };
      }
    }
    return found;
  }

  /** The loop around a scope. */
  #around(scope: Scope): Scope | undefined {
    let at = scope.parent;
    while (at?.branch === true) at = at.parent;
    return at?.variable === undefined ? undefined : at;
  }

  #epoch(scope: Scope): string {
    if (scope.epoch === undefined) {
      scope.epoch = this.#name("epoch");
      this.#declarations.push(`let ${scope.epoch} = 0;`);
    }
    return scope.epoch;
  }

  #reduction(reduce: Reduce, scope: Scope): readonly string[] {
    const home = this.#home(reduce, scope);
    const known = this.#find(reduce, home);
    if (known !== undefined) return known as readonly string[];
    const names = this.#tabled(reduce, home, (at) => this.#fold(reduce, at));
    home.values.set(reduce, names);
    return names;
  }

  /** A reduction's fold, as loops appended to `home`; gives what its fields are called. */
  #fold(reduce: Reduce, home: Scope): readonly string[] {
    const { tree, reducer } = reduce;
    const start = this.#value(reduce.start, home);
    const rows = [this.#value(reduce.count, home)];
    for (const level of tree) rows.push(this.#valuesOf(level, rows[rows.length - 1]!, home));
    const last = rows[tree.length]!;
    const item = reduce.item === undefined ? undefined : this.#value(reduce.item, home);
    if (item !== undefined) home.lines.push(`if (${item} >= ${last}) unfit(${last}, ${rows[0]});`);
    else if (!isComplete(tree)) home.lines.push(`if (${last} !== 1) unfit(${last}, ${rows[0]});`);
    const inside =
      reduce.start.kind === "constant" &&
      reduce.start.bits === 0 &&
      reduce.count.kind === "constant" &&
      reduce.count.bits <= this.extents[reduce.axis]!;

    /** Appends to `lines` what computes value `index` of row `row`. */
    const valueOf = (row: number, index: string, lines: string[]): readonly string[] => {
      if (row === 0) {
        const name = this.#name("k");
        const scope = this.#scope(home, { variable: reduce.variable, index: name, inside });
        const fields = reduce.leaf.map((field) => this.#value(field, scope));
        lines.push(`const ${name} = ${start === "0" ? index : `(${start} + ${index}) >>> 0`};`, ...this.#body(scope));
        return fields;
      }
      const level = tree[row - 1]!;
      const [at, end] = [this.#name("j"), this.#name("end")];
      const span = spanText(level, index, rows[row - 1]!);
      const body: string[] = [];
      const below = valueOf(row - 1, at, body);
      const folded = reducer.fields.map(() => this.#name("s"));
      const states = folded.map((name, f) => `${name} = ${literal(reducer.fields[f]!.identity)}`);
      const identities = `let ${states.join(", ")};`;
      const step = level.lanes ?? 1;
      const loop = `for (let ${at} = ${span.first}, ${end} = ${span.end}; ${at} < ${end}; ${at} += ${step}) {`;
      if (level.fold === "chain")
        lines.push(identities, loop, ...body, ...this.#combine(reducer, folded, folded, below, home), "}");
      else lines.push(identities, ...this.#pairwise(reducer, folded, below, loop, body, home));
      return folded;
    };
    const lines: string[] = [];
    const names = valueOf(tree.length, item ?? "0", lines);
    home.lines.push(...lines);
    return names;
  }

  /**
   * The balanced tree over items as they come, with a stack of partials: after item i (from 0), as many merges as i
   * has trailing ones; at the end, what is left from the right.
   */
  #pairwise(
    reducer: Reducer,
    folded: readonly string[],
    item: readonly string[],
    loop: string,
    body: readonly string[],
    home: Scope,
  ): string[] {
    const stack = folded.map(() => this.#name("stack"));
    const merged = folded.map(() => this.#name("m"));
    const rest = folded.map(() => this.#name("m"));
    const popped = stack.map((name) => `${name}[top]`);
    this.#declarations.push(...stack.map((name) => `const ${name} = new Float64Array(32);`));
    return [
      `{ let top = 0, seen = 0;`,
      loop,
      ...body,
      `let ${merged.map((name, f) => `${name} = ${item[f]}`).join(", ")};`,
      `for (let odd = seen++; odd & 1; odd >>= 1) { top--;`,
      ...this.#combine(reducer, merged, popped, merged, home),
      "}",
      ...stack.map((name, f) => `${name}[top] = ${merged[f]};`),
      "top++; }",
      `if (top > 0) { top--; let ${rest.map((name, f) => `${name} = ${popped[f]}`).join(", ")};`,
      `while (top > 0) { top--;`,
      ...this.#combine(reducer, rest, popped, rest, home),
      "}",
      ...this.#combine(reducer, folded, folded, rest, home),
      "} }",
    ];
  }

  /** `into = combine(left, right)`. */
  #combine(
    reducer: Reducer,
    into: readonly string[],
    left: readonly string[],
    right: readonly string[],
    home: Scope,
  ): string[] {
    const sides = { left, right };
    const scope = this.#scope(home, {
      leaf: (expr) =>
        expr.kind === "state"
          ? sides[expr.side][reducer.fields.findIndex((field) => field.name === expr.field)]
          : undefined,
    });
    const values = reducer.fields.map((field) => this.#value(field.combine, scope));
    if (values.length === 1) return [...scope.lines, `${into[0]} = ${values[0]};`];
    const next = values.map(() => this.#name("n"));
    return [
      ...scope.lines,
      `const ${next.map((name, f) => `${name} = ${values[f]}`).join(", ")};`,
      ...into.map((name, f) => `${name} = ${next[f]};`),
    ];
  }

  #valuesOf(level: Level, items: string, home: Scope): string {
    if (/^\d+$/.test(items)) return `${valuesOf(level, Number(items))}`;
    const lanes = level.lanes ?? 1;
    if (level.count === undefined && lanes === 1) return "1";
    const name = this.#name("row");
    const group = lanes * (level.count ?? 0);
    home.lines.push(
      level.count === undefined
        ? `const ${name} = Math.min(${lanes}, ${items});`
        : `const ${name} = Math.floor(${items} / ${group}) * ${lanes} + Math.min(${lanes}, ${items} % ${group});`,
    );
    return name;
  }
}
