/**
 * Operations of the kernel as expressions of the shader. Of a product that is exact and feeds an addition it makes one
 * `fma`, which has the same bits fused or not. Fences are not its matter: a pass places them (wgsl/fences.ts). Zeros
 * and identities come out of a uniform, since drivers fold `0.0 + x` to x.
 */
import type { Binary, BinaryOperator, Call, Constant, Expr, Load, Unary } from "../dsl/ir.ts";
import type { Arithmetic } from "../runtime/artifact.ts";
import { InternalCompilerError } from "./errors.ts";
import { isExactProduct } from "../dsl/exactness/significant-bits.ts";
import {
  arithmetic as operation,
  bare,
  bitcast,
  call,
  callBuiltin,
  condition,
  convert,
  fma,
  literal,
  select,
  u32,
  unary,
  unseen,
} from "./wgsl/build.ts";
import { absoluteI32, f32OfU32, maxByBits, minByBits, roundBf16, truncateI32, truncateU32 } from "./wgsl/prelude.ts";
import type { ArithmeticOperator, Expression } from "./wgsl/tree.ts";

/** How an operation's parts become expressions of the shader. */
export interface Emitter {
  value(operand: Expr): Expression;
  load(load: Load): Expression;
  call(call: Call): Expression;
  /** Whether this is a fold's own addition, whose place in the chain drivers keep. */
  isFold(expr: Expr): boolean;
  readonly arithmetic: Arithmetic;
  /** Whether conditions are joined by `&` and `|`, which evaluate both sides, in place of `&&` and `||`. */
  readonly strict: boolean;
}

const arithmeticSymbols: Partial<Record<BinaryOperator, ArithmeticOperator>> = {
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
};

const conditionSymbols: Partial<Record<BinaryOperator, Parameters<typeof condition>[0]>> = {
  less: "<",
  lessEqual: "<=",
  equal: "==",
  notEqual: "!=",
  bothTrue: "&&",
  eitherTrue: "||",
};

/** A constant that the driver's compiler cannot see. */
export const hiddenConstant = ({ type, bits }: Constant): Expression => unseen(type, bits);

export function constantOf(constant: Constant): Expression {
  const exponent = (constant.bits >>> 23) & 0xff;
  const isSpecial = constant.type === "f32" && (exponent === 0 || exponent === 0xff);
  return isSpecial ? hiddenConstant(constant) : literal(constant.type, constant.bits);
}

/** One operation over its operands. */
export function operationOf(expr: Expr, emitter: Emitter): Expression {
  switch (expr.kind) {
    case "load":
      return emitter.load(expr);
    case "call":
      return emitter.call(expr);
    case "unary":
      return unaryOf(expr, emitter.value(expr.operand));
    case "binary":
      return expr.left.type === "f32" && expr.type === "f32" ? floatOf(expr, emitter) : plainOf(expr, emitter);
    case "select":
      return select(emitter.value(expr.whenFalse), emitter.value(expr.whenTrue), emitter.value(expr.condition));
    default:
      throw new InternalCompilerError(`${expr.kind} is not an operation`);
  }
}

function unaryOf(expr: Unary, operand: Expression): Expression {
  switch (expr.operator) {
    case "negate":
      return unary("-", operand);
    case "absolute":
      return expr.type === "i32" ? call(absoluteI32, operand) : callBuiltin("abs", [operand]);
    case "floor":
      return callBuiltin("floor", [operand]);
    case "complement":
      return unary("~", operand);
    case "not":
      return unary("!", operand);
    case "roundBf16":
      return call(roundBf16, operand);
    case "toF32":
      return expr.operand.type === "u32" ? call(f32OfU32, operand) : convert("f32", operand);
    case "toU32":
      return expr.operand.type === "f32" ? call(truncateU32, operand) : convert("u32", operand);
    case "toI32":
      return expr.operand.type === "f32" ? call(truncateI32, operand) : convert("i32", operand);
    case "bitsOf":
      return bitcast("u32", operand);
    case "fromBits":
      return bitcast("f32", operand);
  }
}

function plainOf(expr: Binary, { value, strict }: Emitter): Expression {
  if (strict && expr.operator === "bothTrue") return condition("&", value(expr.left), value(expr.right));
  if (strict && expr.operator === "eitherTrue") return condition("|", value(expr.left), value(expr.right));
  if (expr.operator === "minimum" || expr.operator === "maximum")
    return callBuiltin(expr.operator === "minimum" ? "min" : "max", [value(expr.left), value(expr.right)]);
  const right = rightOf(expr, value);
  const left = value(expr.left);
  const compared = conditionSymbols[expr.operator];
  if (compared !== undefined) return condition(compared, left, right);
  const symbol = arithmeticSymbols[expr.operator];
  if (symbol === undefined) throw new InternalCompilerError(`no text for ${expr.operator} of ${expr.left.type}`);
  return operation(symbol, left, right);
}

/** The right operand: of a shift a u32 below 32, and never a zero to divide by that the driver can see. */
function rightOf({ operator, right }: Binary, value: Emitter["value"]): Expression {
  const shifts = operator === "shiftLeft" || operator === "shiftRight";
  const divides = operator === "divide" || operator === "remainder";
  if (right.kind === "constant" && shifts) return u32(right.bits & 31);
  if (right.kind === "constant" && divides && right.bits === 0) return hiddenConstant(right);
  return shifts && right.type === "i32" ? bitcast("u32", value(right)) : value(right);
}

/** The device's own function in place of one of the library's; undefined where WGSL has none. */
export function builtinCall(name: string, args: readonly Expression[]): Expression | undefined {
  switch (name) {
    case "exp":
    case "log":
    case "sqrt":
    case "tanh":
      return callBuiltin(name, [args[0]!]);
    case "rsqrt":
      return callBuiltin("inverseSqrt", [args[0]!]);
    case "reciprocal":
      return operation("/", literal("f32", 0x3f800000), args[0]!);
    case "divide":
      return operation("/", args[0]!, args[1]!);
    default:
      return undefined;
  }
}

function floatOf(expr: Binary, emitter: Emitter): Expression {
  const { operator, left, right } = expr;
  const isSum = operator === "add" || operator === "subtract";
  if (emitter.arithmetic === "builtin" && (isSum || operator === "multiply"))
    return operation(arithmeticSymbols[operator]!, emitter.value(left), emitter.value(right));
  // WGSL rejects a constant expression that overflows. If every operand is constant, the driver sees none of them.
  const parts = [left, right].flatMap((part) => (isExactProduct(part) ? [part.left, part.right] : [part]));
  const isConstant = parts.every(({ kind }) => kind === "constant");
  const value = (part: Expr): Expression =>
    isConstant && part.kind === "constant" ? hiddenConstant(part) : emitter.value(part);
  switch (operator) {
    case "minimum":
      return call(minByBits, value(left), value(right));
    case "maximum":
      return call(maxByBits, value(left), value(right));
    case "multiply":
      return operation("*", value(left), value(right));
    case "add":
    case "subtract": {
      const sum = sumOf(operator === "subtract", left, right, value);
      return emitter.isFold(expr) ? { ...sum, accumulates: true } : sum;
    }
    default:
      throw new InternalCompilerError(`no text for ${operator} of f32`);
  }
}

function sumOf(
  minus: boolean,
  left: Expr,
  right: Expr,
  value: (part: Expr) => Expression,
): Expression & { kind: "binary" | "fma" } {
  const signed = (part: Expression): Expression => (minus ? bare(unary("-", part)) : part);
  if (isExactProduct(right)) return fma(signed(value(right.left)), value(right.right), value(left));
  if (isExactProduct(left)) return fma(value(left.left), value(left.right), signed(value(right)));
  return operation(minus ? "-" : "+", value(left), value(right));
}
