/**
 * Operations as WGSL text, with the arithmetic that keeps its bits on every driver: an exact product that feeds an
 * addition is an explicit `fma`, a fold's own addition stands bare, and every other float operation is sealed, so
 * that no driver can contract, regroup or factor it. Zeros and identities come out of a uniform, since drivers fold
 * `0.0 + x` to x.
 */
import type { Binary, BinaryOperator, Call, Constant, Expr, Load, Unary } from "../dsl/ir.ts";
import { f32OfBits } from "../dsl/expr.ts";
import type { Arithmetic } from "../runtime/artifact.ts";
import { InternalCompilerError } from "./errors.ts";
import { isExactProduct } from "../dsl/exactness/significant-bits.ts";

/** How an operation's parts get their text. */
export interface Printer {
  text(operand: Expr): string;
  load(load: Load): string;
  call(call: Call): string;
  /** Whether this is a fold's own addition, whose place in the chain drivers keep. */
  isFold(expr: Expr): boolean;
  readonly arithmetic: Arithmetic;
  /** Whether conditions are joined by `&` and `|`, which evaluate both sides, in place of `&&` and `||`. */
  readonly strict: boolean;
}

const symbols: Partial<Record<BinaryOperator, string>> = {
  add: "+",
  subtract: "-",
  multiply: "*",
  divide: "/",
  remainder: "%",
  and: "&",
  or: "|",
  xor: "^",
  shiftLeft: "<<",
  shiftRight: ">>",
  less: "<",
  lessEqual: "<=",
  equal: "==",
  notEqual: "!=",
  bothTrue: "&&",
  eitherTrue: "||",
};

/** An f32 as a WGSL literal with exactly these bits. */
function f32Literal(bits: number): string {
  const sign = bits >>> 31 ? "-" : "";
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  const value = f32OfBits(bits);
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 24) return `${sign}${Math.abs(value)}.0f`;
  const digits = (fraction << 1).toString(16).padStart(6, "0").replace(/0+$/, "");
  const point = digits === "" ? "" : `.${digits}`;
  return exponent === 0 ? `${sign}0x0${point}p-126f` : `${sign}0x1${point}p${exponent - 127}f`;
}

/** A constant that the driver's compiler cannot see: identities, zeros, and what WGSL has no literal for. */
export function hiddenConstant(constant: Constant): string {
  if (constant.type === "bool") return constant.bits !== 0 ? "true" : "false";
  const bits = constant.bits === 0 ? "uniforms.zero" : `(${hex(constant.bits)} ^ uniforms.zero)`;
  return constant.type === "u32" ? bits : `bitcast<${constant.type}>(${bits})`;
}

const hex = (bits: number): string => `0x${bits.toString(16).padStart(8, "0")}u`;

export function constantText(constant: Constant): string {
  switch (constant.type) {
    case "bool":
      return constant.bits !== 0 ? "true" : "false";
    case "u32":
      return `${constant.bits}u`;
    case "i32":
      return (constant.bits | 0) === -0x80000000 ? "i32(-2147483647 - 1)" : `${constant.bits | 0}i`;
    case "f32": {
      const special =
        (constant.bits & 0x7fffffff) === 0 ||
        ((constant.bits >>> 23) & 0xff) === 0xff ||
        ((constant.bits >>> 23) & 0xff) === 0;
      return special ? hiddenConstant(constant) : f32Literal(constant.bits);
    }
  }
}

/** One operation over its operands' texts. */
export function operationText(expr: Expr, printer: Printer): string {
  switch (expr.kind) {
    case "load":
      return printer.load(expr);
    case "call":
      return printer.call(expr);
    case "unary":
      return unaryText(expr, printer.text(expr.operand));
    case "binary":
      return expr.left.type === "f32" && expr.type === "f32" ? floatText(expr, printer) : plainText(expr, printer);
    case "select":
      return `select(${printer.text(expr.whenFalse)}, ${printer.text(expr.whenTrue)}, ${printer.text(expr.condition)})`;
    default:
      throw new InternalCompilerError(`${expr.kind} is not an operation`);
  }
}

function unaryText(expr: Unary, operand: string): string {
  switch (expr.operator) {
    case "negate":
      return `(-${operand})`;
    case "absolute":
      return expr.type === "i32" ? `absolute_i32(${operand})` : `abs(${operand})`;
    case "floor":
      return `floor(${operand})`;
    case "complement":
      return `(~${operand})`;
    case "not":
      return `(!${operand})`;
    case "roundBf16":
      return `round_bf16(${operand})`;
    case "toF32":
      return expr.operand.type === "u32" ? `f32_of_u32(${operand})` : `f32(${operand})`;
    case "toU32":
      return expr.operand.type === "f32" ? `truncate_u32(${operand})` : `u32(${operand})`;
    case "toI32":
      return expr.operand.type === "f32" ? `truncate_i32(${operand})` : `i32(${operand})`;
    case "bitsOf":
      return `bitcast<u32>(${operand})`;
    case "fromBits":
      return `bitcast<f32>(${operand})`;
  }
}

function plainText(expr: Binary, { text, strict }: Printer): string {
  if (strict && expr.operator === "bothTrue") return `(${text(expr.left)} & ${text(expr.right)})`;
  if (strict && expr.operator === "eitherTrue") return `(${text(expr.left)} | ${text(expr.right)})`;
  if (expr.operator === "minimum" || expr.operator === "maximum") {
    return `${expr.operator === "minimum" ? "min" : "max"}(${text(expr.left)}, ${text(expr.right)})`;
  }
  const shift = expr.operator === "shiftLeft" || expr.operator === "shiftRight";
  const divides = expr.operator === "divide" || expr.operator === "remainder";
  const right =
    expr.right.kind === "constant" && shift
      ? `${expr.right.bits & 31}u`
      : expr.right.kind === "constant" && divides && expr.right.bits === 0
        ? hiddenConstant(expr.right)
        : shift && expr.right.type === "i32"
          ? `bitcast<u32>(${text(expr.right)})`
          : text(expr.right);
  const symbol = symbols[expr.operator];
  if (symbol === undefined) throw new InternalCompilerError(`no text for ${expr.operator} of ${expr.left.type}`);
  return `(${text(expr.left)} ${symbol} ${right})`;
}

/** The device's own function in place of one of the library's; undefined where WGSL has none. */
export function builtinText(name: string, args: readonly string[]): string | undefined {
  switch (name) {
    case "exp":
    case "log":
    case "sqrt":
    case "tanh":
      return `${name}(${args[0]!})`;
    case "rsqrt":
      return `inverseSqrt(${args[0]!})`;
    case "reciprocal":
      return `(1.0f / ${args[0]!})`;
    case "divide":
      return `(${args[0]!} / ${args[1]!})`;
    default:
      return undefined;
  }
}

const bare: Partial<Record<BinaryOperator, string>> = { add: "+", subtract: "-", multiply: "*" };

function floatText(expr: Binary, printer: Printer): string {
  const symbol = bare[expr.operator];
  if (printer.arithmetic === "builtin" && symbol !== undefined)
    return `(${printer.text(expr.left)} ${symbol} ${printer.text(expr.right)})`;
  return promisedText(expr, printer);
}

function promisedText(expr: Binary, { text: plain, isFold, arithmetic }: Printer): string {
  // What is constant throughout is an error of the text where it overflows, so one that the driver can't see is made of it.
  const parts = [expr.left, expr.right].flatMap((part) => (isExactProduct(part) ? [part.left, part.right] : [part]));
  const text = (part: Expr): string =>
    part.kind === "constant" && parts.every(({ kind }) => kind === "constant") ? hiddenConstant(part) : plain(part);
  switch (expr.operator) {
    case "minimum":
      return `min_by_bits(${text(expr.left)}, ${text(expr.right)})`;
    case "maximum":
      return `max_by_bits(${text(expr.left)}, ${text(expr.right)})`;
    case "multiply":
      return `seal(${text(expr.left)} * ${text(expr.right)})`;
    case "add":
    case "subtract":
      break;
    default:
      throw new InternalCompilerError(`no text for ${expr.operator} of f32`);
  }
  const minus = expr.operator === "subtract";
  const seal = (sum: string): string => (arithmetic === "free" && isFold(expr) ? sum : `seal(${sum})`);
  if (isExactProduct(expr.right)) {
    const factor = minus ? `-(${text(expr.right.left)})` : text(expr.right.left);
    return seal(`fma(${factor}, ${text(expr.right.right)}, ${text(expr.left)})`);
  }
  if (isExactProduct(expr.left)) {
    return seal(
      `fma(${text(expr.left.left)}, ${text(expr.left.right)}, ${minus ? `-(${text(expr.right)})` : text(expr.right)})`,
    );
  }
  return seal(`${text(expr.left)} ${minus ? "-" : "+"} ${text(expr.right)}`);
}
