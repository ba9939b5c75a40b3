/**
 * The compiler's own functions, as trees. A module has those that it calls. `seal` is the identity that no driver can
 * see through; the rest works on bits, since drivers differ in what their own functions do.
 */
import {
  arithmetic as op,
  bare,
  bitcast,
  call,
  condition,
  convert,
  hex,
  literal,
  name,
  select,
  u32,
  uniform,
  unseenZero,
} from "./build.ts";
import {
  type Block,
  type Expression,
  fixedSymbol,
  type FunctionTree,
  type Scalar,
  type Statement,
  type Symbol,
} from "./tree.ts";
import { expressionsIn } from "./walk.ts";

/** A body that grows: `bind` names a value, and gives the name. */
interface Body {
  readonly bind: (hint: string, value: Expression) => Expression;
}

function define(
  named: string,
  parameters: readonly (readonly [string, Scalar])[],
  result: Scalar,
  write: (body: Body, ...values: Expression[]) => Expression,
): FunctionTree {
  const symbols = parameters.map(([parameter, type]) => fixedSymbol("parameter", parameter, type));
  const statements: Statement[] = [];
  const bind = (hint: string, value: Expression): Expression => {
    const symbol = fixedSymbol("let", hint, value.type);
    statements.push({ kind: "let", symbol, value, origin: null });
    return name(symbol);
  };
  const value = write({ bind }, ...symbols.map(name));
  statements.push({ kind: "return", value });
  return {
    symbol: fixedSymbol("function", named, result),
    parameters: symbols,
    body: { statements },
  };
}

const bitsOf = (value: Expression): Expression => bitcast("u32", value);
const sign = 0x80000000;
const infinity = 0x7f800000;
const oneNaN = hex("u32", 0x7fc00000);
const magnitudeOf = (bits: Expression): Expression => op("&", bits, hex("u32", 0x7fffffff));
const isNaN = (magnitude: Expression): Expression => condition(">", magnitude, hex("u32", infinity));
/** As an argument, which needs no parentheses. */
const isNaNAlone = (magnitude: Expression): Expression => bare(condition(">", magnitude, hex("u32", infinity)));

export const seal = define("seal", [["x", "f32"]], "f32", (_, x) =>
  bitcast("f32", bare(op("|", bitsOf(x!), unseenZero))),
);

export const roundBf16 = define("round_bf16", [["x", "f32"]], "f32", ({ bind }, x) => {
  const bits = bind("bits", bitsOf(x!));
  const magnitude = bind("magnitude", magnitudeOf(bits));
  const odd = op("&", op(">>", bits, u32(16)), u32(1));
  const nearest = op("+", bare(op("+", bits, hex("u32", 0x7fff))), odd);
  const rounded = bind("rounded", op("&", nearest, hex("u32", 0xffff0000)));
  const tiny = bare(condition("<", magnitude, hex("u32", 0x23800000)));
  const flushed = bind("flushed", select(rounded, bare(op("&", bits, hex("u32", sign))), tiny));
  return bitcast("f32", select(flushed, oneNaN, isNaNAlone(magnitude)));
});

// NVIDIA's driver (580.159.04) loses items of a maximum over abs(x) of i32; over this it keeps them.
export const absoluteI32 = define("absolute_i32", [["x", "i32"]], "i32", ({ bind }, x) => {
  const spread = bind("sign", op(">>", x!, u32(31)));
  const absolute = bare(op("-", op("^", x!, spread), spread));
  return bitcast("i32", bare(op("&", bitsOf(absolute), uniform("ones", "u32"))));
});

// SwiftShader rounds f32(x) of 2^31 and more twice; of two exact halves the sum is rounded once.
export const f32OfU32 = define("f32_of_u32", [["x", "u32"]], "f32", (_, x) => {
  const high = convert("f32", bare(op(">>", x!, u32(16))));
  const low = convert("f32", bare(op("&", x!, hex("u32", 0xffff))));
  const sum = bare(op("+", bare(op("*", high, hex("f32", 0x47800000))), low));
  return bitcast("f32", bare(op("|", bitsOf(sum), unseenZero)));
});

export const truncateU32 = define("truncate_u32", [["x", "f32"]], "u32", ({ bind }, x) => {
  const bits = bind("bits", bitsOf(x!));
  const between = (left: Expression, right: Expression, operator: "&" | "|"): Expression =>
    bare(condition(operator, left, right));
  const negative = condition(">=", bits, hex("u32", sign));
  const low = bind("low", select(convert("u32", x!), u32(0), between(negative, isNaN(bits), "|")));
  const large = condition(">=", bits, hex("u32", 0x4f800000));
  const number = condition("<=", bits, hex("u32", infinity));
  return select(low, hex("u32", 0xffffff00), between(large, number, "&"));
});

export const truncateI32 = define("truncate_i32", [["x", "f32"]], "i32", ({ bind }, x) => {
  const bits = bind("bits", bitsOf(x!));
  const magnitude = bind("magnitude", magnitudeOf(bits));
  const negative = bare(condition(">=", bits, hex("u32", sign)));
  const bound = bind("bound", select(hex("i32", 0x7fffff80), literal("i32", sign), negative));
  const large = bare(condition(">=", magnitude, hex("u32", 0x4f000000)));
  return select(select(convert("i32", x!), bound, large), literal("i32", 0), isNaNAlone(magnitude));
});

/** Of a NaN, one and the same on every device. */
export const canonical = define("canonical", [["x", "f32"]], "f32", ({ bind }, x) => {
  const bits = bind("bits", bitsOf(x!));
  return bitcast("f32", select(bits, oneNaN, isNaNAlone(magnitudeOf(bits))));
});

const orderKey = define("order_key", [["x", "f32"]], "u32", ({ bind }, x) => {
  const raw = bind("raw", bitsOf(x!));
  const bits = bind("bits", select(raw, oneNaN, isNaNAlone(magnitudeOf(raw))));
  const negative = bare(condition("==", op(">>", bits, u32(31)), u32(1)));
  return op("^", bits, select(hex("u32", sign), hex("u32", 0xffffffff), negative));
});

const extreme = (named: string, picksSecond: (keyA: Expression, keyB: Expression) => Expression): FunctionTree =>
  define(
    named,
    [
      ["a", "f32"],
      ["b", "f32"],
    ],
    "f32",
    (_, a, b) => {
      const picked = bare(picksSecond(call(orderKey, a!), call(orderKey, b!)) as Expression & { kind: "binary" });
      return bitcast("f32", select(bitsOf(a!), bitsOf(b!), picked));
    },
  );

export const maxByBits = extreme("max_by_bits", (a, b) => condition("<", a, b));
export const minByBits = extreme("min_by_bits", (a, b) => condition("<", b, a));

/** All of them, each after what it calls; a module's own stand in this order. */
export const prelude: readonly FunctionTree[] = [
  orderKey,
  seal,
  roundBf16,
  absoluteI32,
  f32OfU32,
  truncateU32,
  truncateI32,
  canonical,
  maxByBits,
  minByBits,
];

/** The functions of the prelude that these blocks call, and those that they call. */
export function calledOf(blocks: readonly Block[]): FunctionTree[] {
  const called = new Set<Symbol>();
  const visit = (block: Block): void => {
    for (const expression of expressionsIn(block)) {
      const callee =
        expression.kind === "fence" ? seal.symbol : expression.kind === "call" ? expression.callee : undefined;
      if (callee === undefined || typeof callee === "string" || called.has(callee)) continue;
      called.add(callee);
      const own = prelude.find(({ symbol }) => symbol === callee);
      if (own !== undefined) visit(own.body);
    }
  };
  blocks.forEach(visit);
  return prelude.filter(({ symbol }) => called.has(symbol));
}

export const isOfPrelude = (symbol: Symbol): boolean => prelude.some((own) => own.symbol === symbol);
