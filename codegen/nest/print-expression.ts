/** Expressions of a nest as text. What a statement uses more than once is named before it. */
import { f32OfBits } from "../../dsl/expr.ts";
import { collect, operandsOf } from "../../dsl/visit.ts";
import { binaryCalls, infix, prefix, unaryCalls } from "../../dsl/ir-operators.ts";
import type { Constant, Expr, Field, Variable } from "../../dsl/ir.ts";

/** What the nest around an expression says of its parts. */
export interface Words {
  /** The item that a variable stands for, over the indices of loops; none for an output axis. */
  readonly item: (variable: Variable) => Expr | undefined;
  readonly field: (field: Field) => string;
  /** The text of a part that is read from a buffer. */
  readonly buffered: (part: Expr) => string | undefined;
  /** What the author calls a part. */
  readonly author: (part: Expr) => string | undefined;
}

/** How tightly a prefix binds: more than any infix. */
const tightest = 11;

/** The text of an expression, and lines that name its shared parts. */
export function printExpression(
  expr: Expr,
  words: Words,
): { readonly text: string; readonly lines: readonly string[] } {
  const uses = new Map<Expr, number>();
  const below = (part: Expr): readonly Expr[] => (words.buffered(part) === undefined ? operandsOf(part) : []);
  for (const part of collect([expr], below)) {
    for (const operand of below(part)) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  }
  const names = new Map<Expr, string>();
  const lines: string[] = [];
  const text = (part: Expr, within = 0): string => {
    const known = names.get(part);
    if (known !== undefined) return known;
    if (part === expr || (uses.get(part) ?? 0) < 2 || !isWorthName(part) || words.buffered(part) !== undefined)
      return written(part, within);
    const value = written(part, 0);
    const name = words.author(part) ?? `t${names.size}`;
    const isTaken = [...names.values()].includes(name);
    names.set(part, isTaken ? `${name}_${names.size}` : name);
    lines.push(`${names.get(part)!} = ${value}`);
    return names.get(part)!;
  };
  const list = (parts: readonly Expr[]): string => parts.map((part) => text(part)).join(", ");
  const written = (part: Expr, within: number): string => {
    const buffered = words.buffered(part);
    if (buffered !== undefined) return buffered;
    switch (part.kind) {
      case "constant":
        return literal(part);
      case "index": {
        const item = words.item(part.variable);
        return item === undefined ? part.variable.name : text(item, within);
      }
      case "extent":
        return part.axis;
      case "parameter":
      case "argument":
      case "register":
        return part.name;
      case "state":
        return `${part.side}.${part.field}`;
      case "load":
        return `${part.input}${part.guarded ? "?" : ""}[${list(part.indices)}]`;
      case "unary": {
        const symbol = prefix[part.operator];
        return symbol === undefined
          ? `${unaryCalls[part.operator]}(${text(part.operand)})`
          : `${symbol}${text(part.operand, tightest)}`;
      }
      case "binary": {
        const operator = infix[part.operator];
        if (operator === undefined) return `${binaryCalls[part.operator]}(${list([part.left, part.right])})`;
        if (part.operator === "multiply" && isLoopIndex(part.left) && part.right.kind === "constant")
          return `${part.right.bits}${text(part.left)}`;
        const [symbol, precedence] = operator;
        const joined = `${text(part.left, precedence)} ${symbol} ${text(part.right, precedence + 1)}`;
        return precedence < within ? `(${joined})` : joined;
      }
      case "select":
        return `select(${list([part.condition, part.whenTrue, part.whenFalse])})`;
      case "call":
        return `${part.callee.name}(${list(part.arguments)})`;
      case "field":
        return words.field(part);
    }
  };
  const isLoopIndex = (part: Expr): boolean => part.kind === "index" && words.item(part.variable) === undefined;
  return { text: text(expr), lines };
}

/** Whether a part takes an operation of its own. */
function isWorthName(part: Expr): boolean {
  switch (part.kind) {
    case "unary":
    case "binary":
    case "select":
    case "call":
      return true;
    case "load":
      return part.indices.some(isWorthName);
    default:
      return false;
  }
}

function literal({ type, bits }: Constant): string {
  if (type === "bool") return bits !== 0 ? "true" : "false";
  if (type === "u32") return bits < 2 ** 16 ? `${bits}` : `0x${bits.toString(16)}`;
  if (type === "i32") return `${bits | 0}i`;
  const value = f32OfBits(bits);
  if (!Number.isFinite(value)) return `bits(0x${bits.toString(16)})`;
  if (Object.is(value, -0)) return "-0.0";
  for (let digits = 1; ; digits++) {
    const text = `${Number(value.toPrecision(digits))}`;
    if (Math.fround(Number(text)) === value) return /[.e]/.test(text) ? text : `${text}.0`;
  }
}
