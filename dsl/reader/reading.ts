/** The state of one kernel's reading. */
import type { Node } from "ts-morph";
import { Pool } from "../expr.ts";
import type { Expr, FunctionDeclaration, Input, Reduce, Reducer, ValueType } from "../ir.ts";
import { importEdit } from "./fixes.ts";
import { ModuleScopes } from "./module-scope.ts";
import type { Modules } from "./modules.ts";
import { isStem } from "./names.ts";
import type { NoteAt, Report } from "./report.ts";
import { exprOf, pairOf } from "./typed.ts";
import { fault, type DeclaredAxis, type Domain, type FunctionLike, type Scope, type Value } from "./values.ts";

export interface DeclaredInput extends Input {
  readonly at: Node;
}

/** A function whose body is read in place of a call. */
export interface Inlined {
  readonly node: FunctionLike;
  readonly scope: Scope;
}

/**
 * How expressions and functions are read. Each kind of expression has a file that reads it and that needs the others
 * for its parts. They reach them through `Reading`, so that their imports go one way: up to expressions.ts, which knows
 * all.
 */
export interface Interpreter {
  evaluate(reading: Reading, node: Node, scope: Scope, name?: string): Value;
  inline(reading: Reading, callee: Inlined, args: readonly Value[]): Value;
}

export class Reading {
  readonly pool = new Pool();
  readonly report: Report;
  readonly scopes: ModuleScopes;
  readonly axes = new Map<string, DeclaredAxis>();
  readonly inputs = new Map<string, DeclaredInput>();
  /** Axes of the outputs: their points are bound everywhere. */
  readonly outputAxes = new Set<string>();
  readonly outputTypes = new Set<ValueType>();
  readonly outputNames = new Set<string>();
  /** Names whose declarations are faulty: they are known, but mean nothing. */
  readonly faulty = new Set<string>();
  /** Where each expression was first written, and everywhere that it was. */
  readonly nodes = new Map<Expr | Reduce, Node>();
  readonly places = new Map<Expr | Reduce, Set<Node>>();
  readonly names = new Map<Expr | Reduce, string>();
  /** Inputs and parameters that were mentioned. */
  readonly used = new Set<string>();
  /** Names that mean nothing: what their author may have meant is not called unused. */
  readonly unknownNames = new Set<string>();
  /** Axes that types name and that nobody declares: reported once, and then known to be missing. */
  readonly missing = new Set<string>();
  /** Parameters by name, and the body that takes them. */
  readonly parameters = new Map<string, { readonly type: ValueType; readonly at: Node }>();
  body: FunctionLike | undefined;
  /** Names that the body takes and that are not there. */
  readonly untaken = new Set<string>();
  /** Which part of a declaration is being read, where that tells what a name should be. */
  reading: "axes" | undefined;
  /** The two states of the combine that is being read, and whether it was told that there is nothing else. */
  combining: { readonly sides: readonly string[]; isTold: boolean } | undefined;
  /** What reaches the outputs. */
  readonly stored: Expr[] = [];
  /** A part of the declaration is not there, so that names which mean nothing may be its. */
  isIncomplete = false;
  /** How many refused loops and branches stand around: what they assign goes away with them. */
  refused = 0;
  /** The domains being folded, outermost first, with the depth of their variables. */
  readonly folding: { domain: Domain; depth: number; item: string | undefined }[] = [];
  /** Functions being read, to notice recursion. */
  readonly calling: FunctionLike[] = [];
  /** Resolved functions by declaration and argument types; undefined: its result is no scalar, so it is inlined. */
  readonly functions = new Map<FunctionLike, Map<string, FunctionDeclaration | "faulty" | undefined>>();
  readonly functionNames = new Set<string>();
  readonly reducers = new Map<string | Node, Reducer>();
  /** Reducers with a fault, whose identities are not tried. */
  readonly faultyReducers = new Set<Reducer>();

  readonly #interpreter: Interpreter;

  constructor(modules: Modules, report: Report, interpreter: Interpreter) {
    this.report = report;
    this.#interpreter = interpreter;
    report.isImported = (at, name) => this.scopes.isImported(at.getSourceFile(), name);
    report.importOf = (at, names) => importEdit(at.getSourceFile(), names);
    this.scopes = new ModuleScopes(modules, report, (initializer, scope, name) =>
      this.evaluate(initializer, scope, name),
    );
  }

  /** The value of an expression; `fault`, after a report, where it has none. `name` is what its author calls it. */
  evaluate(node: Node, scope: Scope, name?: string): Value {
    return this.#interpreter.evaluate(this, node, scope, name);
  }

  /** Reads a function's body with these arguments. */
  inline(callee: Inlined, args: readonly Value[]): Value {
    return this.#interpreter.inline(this, callee, args);
  }

  /** Notes where an expression was first written. */
  at<T extends Expr | Reduce>(node: Node, expr: T): T {
    if (!this.nodes.has(expr)) this.nodes.set(expr, node);
    const places = this.places.get(expr);
    if (places === undefined) this.places.set(expr, new Set([node]));
    else places.add(node);
    return expr;
  }

  /** Where an expression was written inside of `around`, or else first. */
  placeOf(expr: Expr, around: Node): Node | undefined {
    const inside = (node: Node): boolean =>
      node.getSourceFile() === around.getSourceFile() &&
      node.getPos() >= around.getPos() &&
      node.getEnd() <= around.getEnd();
    return [...(this.places.get(expr) ?? [])].find(inside) ?? this.nodes.get(expr);
  }

  /** Notes what an author calls a value; the first name stays. */
  named(expr: Expr | Reduce, name: string): void {
    if (isStem(name) && !this.names.has(expr)) this.names.set(expr, name);
  }

  /** Reports a fault, and is what it leaves behind. */
  fault(code: string, at: Node, message: string, fix: string, notes: readonly NoteAt[] = []): Value {
    this.report.add(code, at, message, fix, notes);
    return fault;
  }

  /** The dtype of a value: undefined where it has none, `loose` where it takes that of what it meets. */
  typeOf(value: Value): ValueType | "loose" | undefined {
    switch (value.kind) {
      case "scalar":
        return value.expr.type;
      case "axis":
        return "u32";
      case "literal":
      case "choice":
        return "loose";
      default:
        return undefined;
    }
  }

  /**
   * The expression of a value, as `type` where one is wanted. Reports a mismatch and goes on with a conversion; says
   * nothing of a fault, which has been reported already. Undefined where no dtype is known.
   */
  expr(value: Value, at: Node, type?: ValueType): Expr | undefined {
    return exprOf(this, value, at, type);
  }

  /** Both operands, as expressions of one dtype; undefined where that is not known. */
  pair(left: Value, right: Value, at: Node, leftAt: Node, rightAt: Node, operation: string): [Expr, Expr] | undefined {
    return pairOf(this, left, right, at, leftAt, rightAt, operation);
  }
}
