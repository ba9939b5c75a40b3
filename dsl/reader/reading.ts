/** The state of one kernel's reading, and the step from a value to a typed expression. */
import { Node } from "ts-morph";
import { Pool } from "../expr.ts";
import type { Expr, FunctionDeclaration, Input, Reduce, Reducer, ValueType } from "../ir.ts";
import { evaluate } from "./expressions.ts";
import { hole, standIn } from "./holes.ts";
import { bare, importEdit, shorten } from "./fixes.ts";
import { ModuleScopes } from "./module-scope.ts";
import type { Modules } from "./modules.ts";
import { isStem } from "./names.ts";
import type { NoteAt, Report } from "./report.ts";
import { describe, fault, type DeclaredAxis, type Domain, type FunctionLike, type Value } from "./values.ts";

export interface DeclaredInput extends Input {
  readonly at: Node;
}

const largestF32 = 3.4028234663852886e38;
const smallestF32 = 2 ** -126;

export class Reading {
  readonly pool = new Pool();
  readonly report: Report;
  readonly scopes: ModuleScopes;
  readonly axes = new Map<string, DeclaredAxis>();
  readonly inputs = new Map<string, DeclaredInput>();
  /** Axes of the outputs: their points are bound everywhere. */
  readonly outputAxes = new Set<string>();
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
  /** What reaches the outputs. */
  readonly stored: Expr[] = [];
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

  constructor(modules: Modules, report: Report) {
    this.report = report;
    report.isImported = (at, name) => this.scopes.isImported(at.getSourceFile(), name);
    report.importOf = (at, names) => importEdit(at.getSourceFile(), names);
    this.scopes = new ModuleScopes(modules, report, (initializer, scope, name) => evaluate(this, initializer, scope, name));
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
    const inside = (node: Node): boolean => node.getSourceFile() === around.getSourceFile() && node.getPos() >= around.getPos() && node.getEnd() <= around.getEnd();
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
      case "scalar": return value.expr.type;
      case "axis": return "u32";
      case "literal": case "choice": return "loose";
      default: return undefined;
    }
  }

  /**
   * The expression of a value, as `type` where one is wanted. Reports a mismatch and goes on with a conversion; says
   * nothing of a fault, which has been reported already. Undefined where no dtype is known.
   */
  expr(value: Value, at: Node, type?: ValueType): Expr | undefined {
    switch (value.kind) {
      case "fault": return type === undefined ? undefined : this.at(at, hole(this.pool, type, value.parts));
      case "scalar":
        if (type !== undefined && value.expr.type !== type) return this.#mismatch(value.expr, type, at);
        return value.expr;
      case "axis": {
        const index = this.at(at, this.pool.index(this.pool.axisVariable(value.axis.name)));
        return type === undefined || type === "u32" ? index : this.#mismatch(index, type, at);
      }
      case "literal": return this.#constant(value, type ?? (value.decimal ? "f32" : "u32"), at);
      case "choice": {
        const wanted = type ?? (this.#isDecimal(value) ? "f32" : "u32");
        const whenTrue = this.expr(value.whenTrue, at, wanted);
        const whenFalse = this.expr(value.whenFalse, at, wanted);
        if (whenTrue === undefined || whenFalse === undefined) return undefined;
        return this.at(at, this.pool.select(value.condition, whenTrue, whenFalse));
      }
      default: {
        const fix = value.kind === "tensor" ? `index it: ${value.input.name}(${value.input.axes.join(", ")})`
          : value.kind === "record" ? `take one of its fields: ${[...value.fields.keys()].map((field) => `.${field}`).join(", ")}`
          : value.kind === "function" || value.kind === "intrinsic" ? `call it: ${value.name}(…)`
          : value.kind === "range" ? "reduce over it, as in sum(range, \"chain\", (item) => …)"
          : value.kind === "scattered" ? "return the scatter itself as the output"
          : "write a number or an expression of tensors here";
        this.report.add("R006", at, `${type === undefined ? "a number" : withArticle(type)} is expected here, and this is ${describe(value)}`, fix);
        return type === undefined ? undefined : hole(this.pool, type);
      }
    }
  }

  #isDecimal(value: Value): boolean {
    return value.kind === "literal" ? value.decimal
      : value.kind === "choice" ? this.#isDecimal(value.whenTrue) || this.#isDecimal(value.whenFalse) : false;
  }

  #mismatch(expr: Expr, wanted: ValueType, at: Node): Expr {
    const found = expr.type;
    const text = shorten(bare(at).getText());
    const fix = wanted === "bool" ? `compare it: ${text} != 0`
      : found === "bool" ? `write select(${text}, 1, 0)` : `convert it: ${wanted}(${text})`;
    this.report.add("R006", at, `${wanted === "bool" ? "a condition" : wanted} is expected here, and this is ${found === "bool" ? "a condition" : found}`, fix);
    return this.at(at, standIn(this.pool, wanted, [expr]));
  }

  #constant({ value, decimal }: { value: number; decimal: boolean }, type: ValueType, at: Node): Expr | undefined {
    if (type === "f32") {
      const size = Math.abs(Math.fround(value));
      if (Math.abs(value) <= largestF32 && (value === 0 || size >= smallestF32)) return this.pool.f32(value);
      if (Math.abs(value) < 1) this.report.add("R006", at, `${value} is too small for an f32`, `write 0, or a number of at least 2 ** -126 (${smallestF32}): what is below is zero on some devices`);
      else this.report.add("R006", at, `${value} is no finite f32`, Number.isNaN(value) ? "choose a number that stands for nothing, such as 0, and test for it: kernels contain no NaN"
        : `kernels contain no infinities: use a finite bound, such as ${value < 0 ? "-" : ""}${largestF32} for the ${value < 0 ? "lowest" : "largest"} f32`.replace("e+", "e"));
      return hole(this.pool, type);
    }
    if (type === "bool") {
      this.report.add("R006", at, `a condition is expected here, and this is the number ${value}`, "write a comparison, or true or false");
      return hole(this.pool, type);
    }
    const [low, high] = type === "u32" ? [0, 0xffffffff] : [-0x80000000, 0x7fffffff];
    if (!decimal && value >= low && value <= high) return this.pool.constant(type, value);
    if (decimal || !Number.isInteger(value)) {
      this.report.add("R006", at, `${type} is expected here, and ${shorten(at.getText())} is a decimal number`,
        Number.isInteger(value) ? `write ${value}, or convert the other side to f32 with f32(…)` : "convert the other side to f32 with f32(…)");
    } else {
      this.report.add("R006", at, `${value} does not fit ${type}, which holds ${low} to ${high}`,
        value < 0 ? "convert the other side to i32 with i32(…)" : "use a smaller number");
    }
    return hole(this.pool, type);
  }

  /**
   * Both as expressions of one dtype. `at` is the place of the operation, which a mismatch is reported at; undefined
   * where a fault leaves the dtype unknown.
   */
  pair(left: Value, right: Value, at: Node, leftAt: Node, rightAt: Node, operation: string): [Expr, Expr] | undefined {
    const leftType = this.typeOf(left);
    const rightType = this.typeOf(right);
    if (leftType !== undefined && rightType !== undefined && leftType !== "loose" && rightType !== "loose" && leftType !== rightType) {
      const [to, of] = leftType === "bool" ? ["select", leftAt] as const : rightType === "bool" ? ["select", rightAt] as const
        : leftType === "f32" ? ["f32", rightAt] as const : rightType === "f32" ? ["f32", leftAt] as const : [leftType, rightAt] as const;
      const text = shorten(bare(of).getText());
      this.report.add("R006", at, `${operation} of ${leftType} and ${rightType}`,
        to === "select" ? `turn the condition into a number: select(${text}, 1, 0)`
          : of === rightAt && right.kind === "axis" && operation === "'/'" ? `divide by the number of its points: f32(extent(${text}))`
          : `convert one side: ${to}(${text})`);
      const type = to === "select" ? leftType === "bool" ? rightType : leftType : to;
      const as = (value: Value, node: Node): Expr => {
        const expr = this.expr(value, node)!;
        return expr.type === type ? expr : this.at(node, standIn(this.pool, type, [expr]));
      };
      return [as(left, leftAt), as(right, rightAt)];
    }
    const concrete = [leftType, rightType].find((type) => type !== undefined && type !== "loose") as ValueType | undefined;
    const type = concrete ?? (this.#isDecimal(left) || this.#isDecimal(right) ? "f32" : undefined);
    // What is unknown next to an f32 should be one; next to an integer, either side may have to change.
    if (type !== "f32" && type !== "bool" && (left.kind === "fault" || right.kind === "fault")) return undefined;
    const a = this.expr(left, leftAt, type);
    const b = this.expr(right, rightAt, type);
    return a === undefined || b === undefined ? undefined : [a, b];
  }
}

export function withArticle(type: ValueType): string {
  return type === "bool" ? "a condition" : type === "u32" ? "a u32" : `an ${type}`;
}
