/**
 * From a value to a typed expression: conversions that are missing, numbers that do not fit, and what to write instead.
 */
import { Node, type BinaryExpression } from "ts-morph";
import type { Expr, ValueType } from "../ir.ts";
import { neighbors } from "../numbers.ts";
import {
  bare,
  converted,
  insertAfter,
  instead,
  operandText,
  quotientAs,
  renew,
  replaceBy,
  shorten,
  write,
} from "./fixes.ts";
import { hole, standIn } from "./poison.ts";
import { areBound, indicesFor } from "./points.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import { describe, fieldNode, type Value } from "./values.ts";

const largestF32 = 3.4028234663852886e38;
const bound = "3.4028234663852886e38";
const smallestF32 = 2 ** -126;

/**
 * The expression of a value, as `type` where one is wanted. Reports a mismatch and goes on with a conversion; says
 * nothing of a fault, which has been reported already. Undefined where no dtype is known.
 */
export function exprOf(reading: Reading, value: Value, at: Node, type?: ValueType): Expr | undefined {
  switch (value.kind) {
    case "fault":
      return type === undefined ? undefined : reading.at(at, hole(reading.pool, type, value.parts));
    case "scalar":
      if (type !== undefined && value.expr.type !== type) return mismatch(reading, value.expr, type, at);
      return value.expr;
    case "axis": {
      const index = reading.at(at, reading.pool.index(reading.pool.axisVariable(value.axis.name)));
      return type === undefined || type === "u32" ? index : mismatch(reading, index, type, at);
    }
    case "literal":
      return constantOf(reading, value, type ?? (value.decimal ? "f32" : "u32"), at);
    case "choice": {
      const wanted = type ?? (isDecimal(value) ? "f32" : "u32");
      const whenTrue = exprOf(reading, value.whenTrue, value.nodes[0], wanted);
      const whenFalse = exprOf(reading, value.whenFalse, value.nodes[1], wanted);
      if (whenTrue === undefined || whenFalse === undefined) return undefined;
      return reading.at(at, reading.pool.select(value.condition, whenTrue, whenFalse));
    }
    default: {
      const fix = insteadOf(reading, value, at, type);
      reading.report.add(
        "R006",
        at,
        `${type === undefined ? "a number" : withArticle(type)} is expected here, and this is ${describe(value)}`,
        fix,
      );
      return type === undefined ? undefined : hole(reading.pool, type);
    }
  }
}

/** What to write where a value is no number. */
function insteadOf(reading: Reading, value: Value, at: Node, type: ValueType | undefined): string | Fix {
  switch (value.kind) {
    case "tensor": {
      const indices = indicesFor(reading, value.input.axes, at);
      const fix = renew(at, "index it", `${bare(at).getText()}(${indices.join(", ")})`);
      return areBound(reading, indices) ? fix : { ...fix, edits: [] };
    }
    case "record": {
      const names = [...value.fields.keys()];
      const fitting = [...value.fields]
        .filter(
          ([, field]) => type === undefined || reading.typeOf(field) === type || reading.typeOf(field) === "loose",
        )
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
function isUnsigned(reading: Reading, at: Node): boolean {
  const parent = at.getParent();
  if (
    (Node.isBinaryExpression(parent) && !/[<>=]/.test(parent.getOperatorToken().getText())) ||
    Node.isParenthesizedExpression(parent)
  )
    return isUnsigned(reading, parent);
  if (Node.isCallExpression(parent) && parent.getExpression() !== at)
    return (
      parent.getExpression().getText() === "gather" || !reading.scopes.isLanguageName(parent.getExpression().getText())
    );
  return reading.outputTypes.has("u32") && !reading.outputTypes.has("i32");
}

function isDecimal(value: Value): boolean {
  return value.kind === "literal"
    ? value.decimal
    : value.kind === "choice"
      ? isDecimal(value.whenTrue) || isDecimal(value.whenFalse)
      : false;
}

function mismatch(reading: Reading, expr: Expr, wanted: ValueType, at: Node): Expr {
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
  reading.report.add(
    "R006",
    at,
    `${wanted === "bool" ? "a condition" : wanted} is expected here, and this is ` +
      `${found === "bool" ? "a condition" : found}`,
    fix,
  );
  return reading.at(at, standIn(reading.pool, wanted, [expr]));
}

function constantOf(
  reading: Reading,
  { value, decimal }: { value: number; decimal: boolean },
  type: ValueType,
  at: Node,
): Expr | undefined {
  const text =
    !Number.isFinite(value) && /^[-+]?[\d.]/.test(bare(at).getText()) ? shorten(bare(at).getText()) : String(value);
  if (type === "f32") {
    const size = Math.abs(Math.fround(value));
    if (!decimal && size <= 2 ** 32 && Math.fround(value) !== value && isWritten(at)) {
      const [low, high] = neighbors(value);
      const [near, other] = value - low <= high - value ? [low, high] : [high, low];
      reading.report.add("R006", at, `f32 holds no ${bare(at).getText()}: beyond 2 ** 24 it leaves whole numbers out`, {
        ...write(at, `${near}`),
        more: ` or ${other}, its neighbors, or calculate in u32 or i32`,
      });
      return reading.pool.f32(value);
    }
    if (Math.abs(value) <= largestF32 && (value === 0 || size >= smallestF32)) return reading.pool.f32(value);
    if (Math.abs(value) < 1)
      reading.report.add("R006", at, `${value} is too small for an f32`, {
        ...write(at, "0"),
        more: `, or a number of at least 2 ** -126 (${smallestF32}): what is below is zero on some devices`,
      });
    else
      reading.report.add(
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
                `kernels contain no infinities: use a finite bound, such as ${value < 0 ? "-" : ""}${bound} for ` +
                  `the ${value < 0 ? "lowest" : "largest"} f32`,
                at,
                `${value < 0 ? "-" : ""}${bound}`,
              ),
            },
      );
    return hole(reading.pool, type);
  }
  if (type === "bool") {
    reading.report.add("R006", at, `a condition is expected here, and this is the number ${value}`, {
      ...write(at, String(value !== 0)),
      more: ", or a comparison",
    });
    return hole(reading.pool, type);
  }
  const [low, high] = type === "u32" ? [0, 0xffffffff] : [-0x80000000, 0x7fffffff];
  if (!decimal && value >= low && value <= high) return reading.pool.constant(type, value);
  const partner = partnerOf(at);
  const other = (to: string): Fix =>
    partner === undefined
      ? { words: `convert the other side to ${to} with ${to}(…)`, edits: [] }
      : renew(partner, "convert the other side", `${to}(${bare(partner).getText()})`);
  const operator = Node.isBinaryExpression(at.getParent())
    ? (at.getParent() as BinaryExpression).getOperatorToken().getText()
    : "";
  if (!Number.isInteger(value) && /^[%&|^]$/.test(operator)) {
    reading.report.add(
      "R006",
      at,
      `${type} is expected here, and ${shorten(at.getText())} is a decimal number`,
      `write a whole number: '${operator}' is for integers`,
    );
    return hole(reading.pool, type);
  }
  if (Number.isInteger(value) ? value < low || value > high : !Number.isFinite(value)) {
    reading.report.add(
      "R006",
      at,
      `${text} does not fit ${type}, which holds ${low} to ${high}`,
      value < 0 && type === "u32"
        ? partner === undefined
          ? (inIdentity(at) ??
            `write ${Number.isInteger(value) && value >= -0x80000000 ? `${value >>> 0}, or ` : ""}declare i32`)
          : other("i32")
        : `write a number that ${type} holds, or calculate in ` +
            `${type === "i32" && value > 0 && value <= 0xffffffff ? "u32 or " : ""}f32`,
    );
    return hole(reading.pool, type);
  }
  if (decimal || !Number.isInteger(value)) {
    const isWhole =
      Number.isInteger(value) &&
      (reading.outputTypes.has(type) || !reading.outputTypes.has("f32") || isUnsigned(reading, at));
    const whole = String(Math.max(Math.trunc(value), type === "u32" ? 0 : Math.trunc(value)));
    reading.report.add(
      "R006",
      at,
      `${type} is expected here, and ${shorten(at.getText())} is a decimal number`,
      isWhole || partner === undefined
        ? { ...write(at, whole), more: ", or convert the other side to f32 with f32(…)" }
        : (inFloats(at, partner, reading.outputTypes.has(type) ? type : undefined) ?? other("f32")),
    );
    // What is meant is a float then.
    if (!isWhole && partner !== undefined) return undefined;
  }
  return hole(reading.pool, type);
}

/** An identity below 0 is mostly meant to be zero. */
function inIdentity(at: Node): Fix | undefined {
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
export function pairOf(
  reading: Reading,
  left: Value,
  right: Value,
  at: Node,
  leftAt: Node,
  rightAt: Node,
  operation: string,
): [Expr, Expr] | undefined {
  const leftType = reading.typeOf(left);
  const rightType = reading.typeOf(right);
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
              : isUnsigned(reading, at)
                ? (["u32", leftType === "u32" ? rightAt : leftAt] as const)
                : // A negative number is none as a u32.
                  (["i32", leftType === "u32" ? leftAt : rightAt] as const);
    const text = bare(of).getText();
    const isCount = to === "f32" && of === rightAt && right.kind === "axis" && operation === "'/'";
    const another = leftType === "bool" ? rightType : leftType;
    reading.report.add(
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
          : (quotientAs(of, to, of === leftAt ? scalarOf(left) : scalarOf(right)) ??
            renew(of, "convert one side", converted(of, to, of === leftAt ? scalarOf(left) : scalarOf(right)))),
    );
    if (isCount) return [exprOf(reading, left, leftAt)!, hole(reading.pool, "f32")];
    const type = to === "select" ? (leftType === "bool" ? rightType : leftType) : to;
    const as = (value: Value, node: Node): Expr => {
      const expr = exprOf(reading, value, node)!;
      return expr.type === type ? expr : reading.at(node, standIn(reading.pool, type, [expr]));
    };
    return [as(left, leftAt), as(right, rightAt)];
  }
  if ((leftType === "bool" && rightType === "loose") || (leftType === "loose" && rightType === "bool")) {
    const of = leftType === "bool" ? leftAt : rightAt;
    reading.report.add(
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
  const type = concrete ?? (isDecimal(left) || isDecimal(right) ? "f32" : undefined);
  // What is unknown next to an f32 should be one; next to an integer, either side may have to change.
  if (type !== "f32" && type !== "bool" && (left.kind === "fault" || right.kind === "fault")) return undefined;
  const a = exprOf(reading, left, leftAt, type);
  const b = exprOf(reading, right, rightAt, type);
  return a === undefined || b === undefined ? undefined : [a, b];
}

function scalarOf(value: Value): Expr | undefined {
  return value.kind === "scalar" ? value.expr : undefined;
}

function nameOf(type: ValueType): string {
  return type === "bool" ? "a condition" : type;
}

/**
 * An operation on an integer and a decimal number, calculated in f32 and given back as the integer that is asked for.
 */
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

function withArticle(type: ValueType): string {
  return type === "bool" ? "a condition" : type === "u32" ? "a u32" : `an ${type}`;
}

/** A number that stands where it is used; one that is calculated is rounded once. */
function isWritten(at: Node): boolean {
  const plain = bare(at);
  return Node.isPrefixUnaryExpression(plain) ? isWritten(plain.getOperand()) : Node.isNumericLiteral(plain);
}
