/** What the parts of one pass's lowering share: names, what is known of them, and the module's declarations. */
import type { Expr, FunctionDeclaration, Reduce, Register, SourceLocation, ValueType, Variable } from "../dsl/ir.ts";
import type { Pool } from "../dsl/expr.ts";
import { rewrite } from "../dsl/rewrite.ts";
import type { Arithmetic, WordRange } from "../runtime/artifact.ts";
import { Affine, type Fact } from "./affine.ts";
import { InternalCompilerError, ScheduleError } from "./errors.ts";
import type { PassKernel } from "./pass-kernel.ts";
import type { Mapping } from "./schedule/mapping.ts";
import type { Step } from "./schedule/step.ts";
import { Block } from "./statements.ts";

/** An array in workgroup memory or of an invocation's own, read through `Load` nodes that name it. */
export interface Table {
  readonly name: string;
  readonly type: "f32" | "u32" | "i32";
}

export interface PassRequest {
  readonly kernel: PassKernel;
  readonly mapping: Mapping;
  /** Inputs stored in blocks, by their block sizes. */
  readonly layouts: ReadonlyMap<string, readonly number[]>;
  /** Inputs that are read four words at a time. */
  readonly vectors: ReadonlySet<string>;
  /** Inputs that are bound in ranges of their words. */
  readonly ranges: ReadonlyMap<string, readonly WordRange[]>;
  readonly arithmetic: Arithmetic;
  readonly maxWorkgroupBytes: number;
  /** Whether conditions are joined by `&` and `|` in place of `&&` and `||`, of which drivers make branches. */
  readonly strict: boolean;
}

export class Context {
  readonly kernel: PassKernel;
  readonly mapping: Mapping;
  readonly layouts: ReadonlyMap<string, readonly number[]>;
  readonly vectors: ReadonlySet<string>;
  readonly ranges: ReadonlyMap<string, readonly WordRange[]>;
  readonly arithmetic: Arithmetic;
  readonly strict: boolean;
  readonly pool: Pool;
  readonly affine: Affine;
  readonly top = new Block(null);
  /** Arrays in workgroup memory. */
  readonly shared: { readonly name: string; readonly type: "f32" | "u32" | "i32"; readonly length: number }[] = [];
  readonly tables = new Map<string, Table>();
  /** The reductions that have been lowered, with a value for each field. */
  readonly results = new Map<Reduce, ReadonlyMap<string, Expr>>();
  /** Folds' own additions, whose order drivers keep; every other float operation is sealed. */
  readonly folds = new Set<Expr>();
  readonly functions = new Map<FunctionDeclaration, string>();
  readonly functionTexts: string[] = [];
  readonly hints = new Map<Expr | Reduce, string>();
  readonly origins = new Map<Expr | Reduce, SourceLocation>();

  readonly #maxWorkgroupBytes: number;
  readonly #blocks = new Map<Variable, Block>();
  readonly #names = new Map<string, number>();

  constructor(request: PassRequest) {
    this.kernel = request.kernel;
    this.mapping = request.mapping;
    this.layouts = request.layouts;
    this.vectors = request.vectors;
    this.ranges = request.ranges;
    this.arithmetic = request.arithmetic;
    this.strict = request.strict;
    this.#maxWorkgroupBytes = request.maxWorkgroupBytes;
    this.pool = request.kernel.pool;
    this.affine = new Affine(this.pool);
    for (const [expr, name] of request.kernel.names) this.hints.set(expr, name);
    for (const [expr, location] of request.kernel.origins) this.origins.set(expr, location);
  }

  /** A fresh identifier. The number keeps it clear of WGSL's keywords; tensors, which keep their names, it steers around. */
  fresh(hint: string): string {
    const stem =
      hint
        .replace(/[^A-Za-z0-9]+/g, "_")
        .replace(/^[_\d]+|_+$/g, "")
        .replace(/_?\d+$/, "") || "value";
    const count = this.#names.get(stem) ?? 0;
    this.#names.set(stem, count + 1);
    const name = `${stem}_${count}`;
    const { inputs, outputs } = this.kernel;
    return [...inputs, ...outputs].some((tensor) => tensor.name === name) ? this.fresh(hint) : name;
  }

  /** A name that is valid in `block`, as an expression that stays there. */
  register(name: string, type: ValueType, block: Block, fact: Fact = {}): Register {
    const home: Variable = { name, axis: "", kind: "item" };
    this.#blocks.set(home, block);
    const register = this.pool.register(name, type, new Set([home]));
    this.affine.know(register, fact);
    return register;
  }

  /** Binds a value to a name in `block`, whatever it mentions. */
  bind(hint: string, text: string, type: ValueType, block: Block, fact: Fact = {}): Register {
    const name = this.fresh(hint);
    block.let(name, text);
    return this.register(name, type, block, fact);
  }

  /** The outermost block in which everything that the expression mentions has a name. */
  homeOf(expr: { readonly free: ReadonlySet<Variable> }): Block {
    let home = this.top;
    for (const variable of expr.free) {
      const block = this.#blocks.get(variable);
      if (block === undefined)
        throw new InternalCompilerError(
          `${variable.kind} ${variable.name} of axis ${variable.axis} has no value where it is used`,
        );
      if (block.depth > home.depth) home = block;
    }
    return home;
  }

  /** Rewrites an expression and keeps the names and places of what it came from. */
  rewrite(
    expr: Expr,
    replace: (expr: Expr) => Expr | undefined,
    memo: Map<Expr | Reduce, Expr | Reduce> = new Map(),
  ): Expr {
    const result = rewrite(this.pool, expr, replace, memo);
    for (const [before, after] of memo) {
      if (before === after) continue;
      const hint = this.hints.get(before);
      if (hint !== undefined && !this.hints.has(after)) this.hints.set(after, hint);
      const origin = this.origins.get(before);
      if (origin !== undefined && !this.origins.has(after)) this.origins.set(after, origin);
    }
    return result;
  }

  workgroupWordsLeft(): number {
    return this.#maxWorkgroupBytes / 4 - this.shared.reduce((words, array) => words + array.length, 0);
  }

  /** Declares an array in workgroup memory, for a step that is refused where there is no room. */
  declareShared(hint: string, type: "f32" | "u32" | "i32", length: number, step: Step["step"]): string {
    if (length > this.workgroupWordsLeft()) {
      throw new ScheduleError(
        `workgroup memory has no room for ${length} more words of its ${this.#maxWorkgroupBytes} bytes`,
        "leave it out, or give it smaller numbers",
        step,
      );
    }
    const name = this.fresh(hint);
    this.shared.push({ name, type, length });
    return name;
  }

  /** For each output axis, the variable behind the invocation's place along it; none where all are at one place. */
  readonly axisHomes = new Map<string, Variable>();

  /** Whether a value differs along an output axis. */
  mentions(expr: { readonly free: ReadonlySet<Variable> }, axis: string): boolean {
    const home = this.axisHomes.get(axis);
    return home !== undefined && expr.free.has(home);
  }
}
