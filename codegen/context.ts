/** What the parts of one pass's lowering share: values, what is known of them, and the module's declarations. */
import type { Expr, FunctionDeclaration, Reduce, Register, SourceLocation, ValueType, Variable } from "../dsl/ir.ts";
import type { Pool } from "../dsl/expr.ts";
import { rewrite } from "../dsl/rewrite.ts";
import type { Arithmetic, WordRange } from "../runtime/artifact.ts";
import { Affine, type Fact } from "./affine.ts";
import { type InputData, inputDataOf, outputDataOf } from "./buffers.ts";
import { InternalCompilerError, ScheduleError } from "./errors.ts";
import type { PassKernel } from "./pass-kernel.ts";
import type { Nest } from "./nest/nest.ts";
import { type Division, divisionOf } from "./nest/points.ts";
import type { PassStep, Step } from "./schedule/step.ts";
import { Block } from "./statements.ts";
import { arrayOf, name } from "./wgsl/build.ts";
import { type Expression, type FunctionTree, type Symbol, symbol } from "./wgsl/tree.ts";

export interface PassRequest {
  readonly kernel: PassKernel;
  /** The schedule's steps for the pass. Their order does not matter: `inOrder` (nest/apply.ts) sorts them. */
  readonly steps: readonly PassStep[];
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
  /** Output axes, outermost first; the last is the one along which neighboring invocations lie. */
  readonly axes: readonly Division[];
  /** Invocations at each of a workgroup's points, which share reductions. */
  readonly ways: number;
  /** Leaves that chains over neighbors take in one round. */
  readonly leaves: number;
  readonly layouts: ReadonlyMap<string, readonly number[]>;
  readonly vectors: ReadonlySet<string>;
  readonly ranges: ReadonlyMap<string, readonly WordRange[]>;
  readonly arithmetic: Arithmetic;
  readonly strict: boolean;
  readonly pool: Pool;
  readonly affine: Affine;
  readonly top = new Block(null);
  /** The buffers of each input and output. */
  readonly inputData: ReadonlyMap<string, InputData>;
  readonly outputData: ReadonlyMap<string, Symbol>;
  /** Arrays in workgroup memory. */
  readonly shared: { readonly symbol: Symbol; readonly length: number }[] = [];
  /** Arrays that `Load` nodes read, by what these have for an input. */
  readonly tables = new Map<string, Symbol>();
  /** The reductions that have been lowered, with a value for each field. */
  readonly results = new Map<Reduce, ReadonlyMap<string, Expr>>();
  /** Folds' own additions, whose order drivers keep; every other float operation is fenced. */
  readonly folds = new Set<Expr>();
  /** Functions of the author's and the library's, each after those that it calls. */
  readonly functions: FunctionTree[] = [];
  readonly functionOf = new Map<FunctionDeclaration, Symbol>();
  readonly hints = new Map<Expr | Reduce, string>();
  readonly origins = new Map<Expr | Reduce, SourceLocation>();

  readonly #maxWorkgroupBytes: number;
  readonly #blocks = new Map<Variable, Block>();
  readonly #held = new Map<Register, Expression>();

  constructor(request: PassRequest, nest: Nest) {
    this.kernel = request.kernel;
    this.axes = nest.axes.map((axis) => divisionOf(nest, axis));
    this.ways = nest.ways;
    this.leaves = nest.leaves;
    this.layouts = request.layouts;
    this.vectors = request.vectors;
    this.ranges = request.ranges;
    this.arithmetic = request.arithmetic;
    this.strict = request.strict;
    this.#maxWorkgroupBytes = request.maxWorkgroupBytes;
    this.pool = request.kernel.pool;
    this.affine = new Affine(this.pool);
    this.inputData = inputDataOf(request);
    this.outputData = outputDataOf(request.kernel);
    for (const [expr, name] of request.kernel.names) this.hints.set(expr, name);
    for (const [expr, location] of request.kernel.origins) this.origins.set(expr, location);
  }

  /** A value that is in scope in `block`, as an expression of the kernel's that stays there. */
  register(value: Expression, block: Block, fact: Fact = {}): Register {
    const hint = value.kind === "name" ? value.symbol.hint : value.kind;
    const home: Variable = { name: hint, axis: "", kind: "item" };
    this.#blocks.set(home, block);
    const register = this.pool.register(hint, value.type as ValueType, new Set([home]));
    this.#held.set(register, value);
    this.affine.know(register, fact);
    return register;
  }

  /** What a register stands for. */
  held(register: Register): Expression {
    const value = this.#held.get(register);
    if (value === undefined) throw new InternalCompilerError(`register ${register.name} holds nothing`);
    return value;
  }

  /** Binds a value to a name in `block`, whatever it mentions. */
  bind(hint: string, value: Expression, block: Block, fact: Fact = {}): Register {
    const bound = symbol("let", hint, value.type);
    block.let(bound, value);
    return this.register(name(bound), block, fact);
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
    return rewrite(this.pool, expr, replace, memo, (before, after) => {
      const hint = this.hints.get(before);
      if (hint !== undefined && !this.hints.has(after)) this.hints.set(after, hint);
      const origin = this.origins.get(before);
      if (origin !== undefined && !this.origins.has(after)) this.origins.set(after, origin);
    });
  }

  workgroupWordsLeft(): number {
    return this.#maxWorkgroupBytes / 4 - this.shared.reduce((words, array) => words + array.length, 0);
  }

  /** Declares an array in workgroup memory, for a step that is refused where there is no room. */
  declareShared(hint: string, type: "f32" | "u32" | "i32", length: number, step: Step["step"]): Symbol {
    if (length > this.workgroupWordsLeft()) {
      throw new ScheduleError(
        `workgroup memory has no room for ${length} more words of its ${this.#maxWorkgroupBytes} bytes`,
        "leave it out, or give it smaller numbers",
        step,
      );
    }
    const array = symbol("workgroup", hint, arrayOf(type, length));
    this.shared.push({ symbol: array, length });
    return array;
  }

  /** Makes an array readable through `Load` nodes. @returns what these have for an input, which no tensor is called */
  declareTable(array: Symbol): string {
    const key = `table ${this.tables.size}`;
    this.tables.set(key, array);
    return key;
  }

  /** For each output axis, the variable behind the invocation's place along it; none where all are at one place. */
  readonly axisHomes = new Map<string, Variable>();

  /** Whether a value differs along an output axis. */
  mentions(expr: { readonly free: ReadonlySet<Variable> }, axis: string): boolean {
    const home = this.axisHomes.get(axis);
    return home !== undefined && expr.free.has(home);
  }
}
