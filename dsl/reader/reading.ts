/** The state of one kernel's reading, and the step from a value to a typed expression. */
import { Node, type BinaryExpression } from "ts-morph";
import { Pool } from "../expr.ts";
import type { Expr, FunctionDeclaration, Input, Reduce, Reducer, ValueType } from "../ir.ts";
import { hole, standIn } from "./holes.ts";
import {
  bare,
  converted,
  importEdit,
  insertAfter,
  instead,
  operandText,
  renew,
  replaceBy,
  shorten,
  write,
  quotientAs,
} from "./fixes.ts";
import { ModuleScopes } from "./module-scope.ts";
import type { Modules } from "./modules.ts";
import { isStem } from "./names.ts";
import { areBound, indicesFor } from "./points.ts";
import type { Fix, NoteAt, Report } from "./report.ts";
import {
  describe,
  fault,
  fieldNode,
  type DeclaredAxis,
  type Domain,
  type FunctionLike,
  type Scope,
  type Value,
} from "./values.ts";

export interface DeclaredInput extends Input {
  readonly at: Node;
}

/** A function whose body is read in place of a call. */
export interface Inlined {
  readonly node: FunctionLike;
  readonly scope: Scope;
}

/**
 * How expressions and functions are read. Each kind of expression has a file that reads it and that needs the others for
 * its parts. They reach them through `Reading`, so that their imports go one way: up to expressions.ts, which knows all.
 */
export interface Interpreter {
  evaluate(reading: Reading, node: Node, scope: Scope, name?: string): Value;
  inline(reading: Reading, callee: Inlined, args: readonly Value[]): Value;
}

const largestF32 = 3.4028234663852886e38;
const bound = "3.4028234663852886e38";
const smallestF32 = 2 ** -126;

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
    switch (value.kind) {
      case "fault":
        return type === undefined ? undefined : this.at(at, hole(this.pool, type, value.parts));
      case "scalar":
        if (type !== undefined && value.expr.type !== type) return this.#mismatch(value.expr, type, at);
        return value.expr;
      case "axis": {
        const index = this.at(at, this.pool.index(this.pool.axisVariable(value.axis.name)));
        return type === undefined || type === "u32" ? index : this.#mismatch(index, type, at);
      }
      case "literal":
        return this.#constant(value, type ?? (value.decimal ? "f32" : "u32"), at);
      case "choice": {
        const wanted = type ?? (this.#isDecimal(value) ? "f32" : "u32");
        const whenTrue = this.expr(value.whenTrue, value.nodes[0], wanted);
        const whenFalse = this.expr(value.whenFalse, value.nodes[1], wanted);
        if (whenTrue === undefined || whenFalse === undefined) return undefined;
        return this.at(at, this.pool.select(value.condition, whenTrue, whenFalse));
      }
      default: {
        const fix = this.#instead(value, at, type);
        this.report.add(
          "R006",
          at,
          `${type === undefined ? "a number" : withArticle(type)} is expected here, and this is ${describe(value)}`,
          fix,
        );
        return type === undefined ? undefined : hole(this.pool, type);
      }
    }
  }

  /** What to write where a value is no number. */
  #instead(value: Value, at: Node, type: ValueType | undefined): string | Fix {
    switch (value.kind) {
      case "tensor": {
        const indices = indicesFor(this, value.input.axes, at);
        const fix = renew(at, "index it", `${bare(at).getText()}(${indices.join(", ")})`);
        return areBound(this, indices) ? fix : { ...fix, edits: [] };
      }
      case "record": {
        const names = [...value.fields.keys()];
        const fitting = [...value.fields]
          .filter(([, field]) => type === undefined || this.typeOf(field) === type || this.typeOf(field) === "loose")
          .map(([name]) => name);
        return {
          words: `take one of its fields: ${names.map((field) => `.${field}`).join(", ")}`,
          edits:
            fitting.length === 0
              ? []
              : [
                  value.at === undefined
                    ? insertAfter(at, `.${fitting[0]}`)
                    : replaceBy(at, fieldNode(value, fitting[0]!)?.getText() ?? at.getText()),
                ],
        };
      }
      case "text": {
        const number =
          value.text.trim() !== "" && Number.isFinite(Number(value.text)) ? String(Number(value.text)) : undefined;
        return number === undefined
          ? "write a number or an expression of tensors here"
          : renew(at, "write it without quotes", number);
      }
      case "function":
      case "intrinsic":
        return `call it: ${value.name}(…)`;
      case "range":
        return 'reduce over it, as in sum(range, "chain", (item) => …)';
      case "scattered":
        return "return the scatter itself as the output";
      default:
        return "write a number or an expression of tensors here";
    }
  }

  /** Whether a value is an index, or what all outputs hold is a u32: arithmetic modulo 2 ** 32 is right there. */
  #isUnsigned(at: Node): boolean {
    const parent = at.getParent();
    if (
      (Node.isBinaryExpression(parent) && !/[<>=]/.test(parent.getOperatorToken().getText())) ||
      Node.isParenthesizedExpression(parent)
    )
      return this.#isUnsigned(parent);
    if (Node.isCallExpression(parent) && parent.getExpression() !== at)
      return (
        parent.getExpression().getText() === "gather" || !this.scopes.isLanguageName(parent.getExpression().getText())
      );
    return this.outputTypes.has("u32") && !this.outputTypes.has("i32");
  }

  #isDecimal(value: Value): boolean {
    return value.kind === "literal"
      ? value.decimal
      : value.kind === "choice"
        ? this.#isDecimal(value.whenTrue) || this.#isDecimal(value.whenFalse)
        : false;
  }

  #mismatch(expr: Expr, wanted: ValueType, at: Node): Expr {
    const found = expr.type;
    const fix =
      wanted === "bool"
        ? renew(at, "compare it", `${operandText(at)} !== 0`)
        : found === "bool"
          ? renew(
              at,
              "turn it into a number",
              wanted === "f32"
                ? `select(${bare(at).getText()}, 1, 0)`
                : `select(${bare(at).getText()}, ${wanted}(1), ${wanted}(0))`,
            )
          : (quotientAs(at, wanted, expr) ?? renew(at, "convert it", converted(at, wanted, expr)));
    this.report.add(
      "R006",
      at,
      `${wanted === "bool" ? "a condition" : wanted} is expected here, and this is ${found === "bool" ? "a condition" : found}`,
      fix,
    );
    return this.at(at, standIn(this.pool, wanted, [expr]));
  }

  #constant({ value, decimal }: { value: number; decimal: boolean }, type: ValueType, at: Node): Expr | undefined {
    const text =
      !Number.isFinite(value) && /^[-+]?[\d.]/.test(bare(at).getText()) ? shorten(bare(at).getText()) : String(value);
    if (type === "f32") {
      const size = Math.abs(Math.fround(value));
      if (Math.abs(value) <= largestF32 && (value === 0 || size >= smallestF32)) return this.pool.f32(value);
      if (Math.abs(value) < 1)
        this.report.add("R006", at, `${value} is too small for an f32`, {
          ...write(at, "0"),
          more: `, or a number of at least 2 ** -126 (${smallestF32}): what is below is zero on some devices`,
        });
      else
        this.report.add(
          "R006",
          at,
          `${text} is no finite f32`,
          Number.isNaN(value)
            ? {
                ...write(at, "0"),
                more: ", or another number that stands for nothing, and test for it: kernels contain no NaN",
              }
            : {
                ...instead(
                  `kernels contain no infinities: use a finite bound, such as ${value < 0 ? "-" : ""}${bound} for the ${value < 0 ? "lowest" : "largest"} f32`,
                  at,
                  `${value < 0 ? "-" : ""}${bound}`,
                ),
              },
        );
      return hole(this.pool, type);
    }
    if (type === "bool") {
      this.report.add("R006", at, `a condition is expected here, and this is the number ${value}`, {
        ...write(at, String(value !== 0)),
        more: ", or a comparison",
      });
      return hole(this.pool, type);
    }
    const [low, high] = type === "u32" ? [0, 0xffffffff] : [-0x80000000, 0x7fffffff];
    if (!decimal && value >= low && value <= high) return this.pool.constant(type, value);
    const partner = partnerOf(at);
    const other = (to: string): Fix =>
      partner === undefined
        ? { words: `convert the other side to ${to} with ${to}(…)`, edits: [] }
        : renew(partner, "convert the other side", `${to}(${bare(partner).getText()})`);
    const operator = Node.isBinaryExpression(at.getParent())
      ? (at.getParent() as BinaryExpression).getOperatorToken().getText()
      : "";
    if (!Number.isInteger(value) && /^[%&|^]$/.test(operator)) {
      this.report.add(
        "R006",
        at,
        `${type} is expected here, and ${shorten(at.getText())} is a decimal number`,
        `write a whole number: '${operator}' is for integers`,
      );
      return hole(this.pool, type);
    }
    if (Number.isInteger(value) ? value < low || value > high : !Number.isFinite(value)) {
      this.report.add(
        "R006",
        at,
        `${text} does not fit ${type}, which holds ${low} to ${high}`,
        value < 0 && type === "u32"
          ? partner === undefined
            ? (this.#inIdentity(at) ??
              `write ${Number.isInteger(value) && value >= -0x80000000 ? `${value >>> 0}, or ` : ""}declare i32`)
            : other("i32")
          : `write a number that ${type} holds, or calculate in ${type === "i32" && value > 0 && value <= 0xffffffff ? "u32 or " : ""}f32`,
      );
      return hole(this.pool, type);
    }
    if (decimal || !Number.isInteger(value)) {
      const isWhole =
        Number.isInteger(value) && (this.outputTypes.has(type) || !this.outputTypes.has("f32") || this.#isUnsigned(at));
      const whole = String(Math.max(Math.trunc(value), type === "u32" ? 0 : Math.trunc(value)));
      this.report.add(
        "R006",
        at,
        `${type} is expected here, and ${shorten(at.getText())} is a decimal number`,
        isWhole || partner === undefined
          ? { ...write(at, whole), more: ", or convert the other side to f32 with f32(…)" }
          : (inFloats(at, partner, this.outputTypes.has(type) ? type : undefined) ?? other("f32")),
      );
      // What is meant is a float then.
      if (!isWhole && partner !== undefined) return undefined;
    }
    return hole(this.pool, type);
  }

  /** An identity below 0 is mostly meant to be zero. */
  #inIdentity(at: Node): Fix | undefined {
    const isIdentity = at
      .getAncestors()
      .some((above) => Node.isPropertyAssignment(above) && above.getName() === "identity");
    return isIdentity
      ? { words: "write a number from 0 to 4294967295, such as 0", edits: [replaceBy(at, "0")] }
      : undefined;
  }

  /**
   * Both as expressions of one dtype. `at` is the place of the operation, which a mismatch is reported at; undefined
   * where a fault leaves the dtype unknown.
   */
  pair(left: Value, right: Value, at: Node, leftAt: Node, rightAt: Node, operation: string): [Expr, Expr] | undefined {
    const leftType = this.typeOf(left);
    const rightType = this.typeOf(right);
    if (
      leftType !== undefined &&
      rightType !== undefined &&
      leftType !== "loose" &&
      rightType !== "loose" &&
      leftType !== rightType
    ) {
      const [to, of] =
        leftType === "bool"
          ? (["select", leftAt] as const)
          : rightType === "bool"
            ? (["select", rightAt] as const)
            : leftType === "f32"
              ? (["f32", rightAt] as const)
              : rightType === "f32"
                ? (["f32", leftAt] as const)
                : this.#isUnsigned(at)
                  ? (["u32", leftType === "u32" ? rightAt : leftAt] as const)
                  : // A negative number is none as a u32.
                    (["i32", leftType === "u32" ? leftAt : rightAt] as const);
      const text = bare(of).getText();
      const isCount = to === "f32" && of === rightAt && right.kind === "axis" && operation === "'/'";
      const another = leftType === "bool" ? rightType : leftType;
      this.report.add(
        "R006",
        at,
        `${operation} of ${nameOf(leftType)} and ${nameOf(rightType)}`,
        to === "select"
          ? renew(
              of,
              "turn the condition into a number",
              another === "f32" ? `select(${text}, 1, 0)` : `select(${text}, ${another}(1), ${another}(0))`,
            )
          : isCount
            ? renew(of, "divide by the number of its points", `f32(extent(${text}))`)
            : (quotientAs(of, to, of === leftAt ? exprOf(left) : exprOf(right)) ??
              renew(of, "convert one side", converted(of, to, of === leftAt ? exprOf(left) : exprOf(right)))),
      );
      if (isCount) return [this.expr(left, leftAt)!, hole(this.pool, "f32")];
      const type = to === "select" ? (leftType === "bool" ? rightType : leftType) : to;
      const as = (value: Value, node: Node): Expr => {
        const expr = this.expr(value, node)!;
        return expr.type === type ? expr : this.at(node, standIn(this.pool, type, [expr]));
      };
      return [as(left, leftAt), as(right, rightAt)];
    }
    if ((leftType === "bool" && rightType === "loose") || (leftType === "loose" && rightType === "bool")) {
      const of = leftType === "bool" ? leftAt : rightAt;
      this.report.add(
        "R006",
        at,
        `${operation} of a condition and a number`,
        renew(of, "turn the condition into a number", `select(${bare(of).getText()}, 1, 0)`),
      );
      return undefined;
    }
    const concrete = [leftType, rightType].find((type) => type !== undefined && type !== "loose") as
      | ValueType
      | undefined;
    const type = concrete ?? (this.#isDecimal(left) || this.#isDecimal(right) ? "f32" : undefined);
    // What is unknown next to an f32 should be one; next to an integer, either side may have to change.
    if (type !== "f32" && type !== "bool" && (left.kind === "fault" || right.kind === "fault")) return undefined;
    const a = this.expr(left, leftAt, type);
    const b = this.expr(right, rightAt, type);
    return a === undefined || b === undefined ? undefined : [a, b];
  }
}

function exprOf(value: Value): Expr | undefined {
  return value.kind === "scalar" ? value.expr : undefined;
}

function nameOf(type: ValueType): string {
  return type === "bool" ? "a condition" : type;
}

/** An operation on an integer and a decimal number, calculated in f32 and given back as the integer that is asked for. */
function inFloats(at: Node, partner: Node, type: ValueType | undefined): Fix | undefined {
  const operation = at.getParent();
  if (type === undefined || !Node.isBinaryExpression(operation) || /[<>=]/.test(operation.getOperatorToken().getText()))
    return undefined;
  const [left, right] = [operation.getLeft(), operation.getRight()].map((side) =>
    side === partner ? `f32(${bare(partner).getText()})` : side.getText(),
  );
  return renew(operation, "calculate in f32", `${type}(${left} ${operation.getOperatorToken().getText()} ${right})`);
}

/** The other operand of the operation that a node stands in. */
function partnerOf(node: Node): Node | undefined {
  const parent = node.getParent();
  if (Node.isParenthesizedExpression(parent) || Node.isPrefixUnaryExpression(parent)) return partnerOf(parent);
  if (!Node.isBinaryExpression(parent)) return undefined;
  return parent.getLeft() === node ? parent.getRight() : parent.getLeft();
}

export function withArticle(type: ValueType): string {
  return type === "bool" ? "a condition" : type === "u32" ? "a u32" : `an ${type}`;
}
