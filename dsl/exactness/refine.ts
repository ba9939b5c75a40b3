/** What a condition tells of the values that it compares, and of the floats whose bits these are. */
import { f32OfBits } from "../expr.ts";
import type { Expr } from "../ir.ts";
import { integers, magnitudeMask } from "./integers.ts";
import { between, largest, ofMagnitude, type Range } from "./range.ts";

const infinity = 0x7f800000;

/** The float of which an expression is the bits without the sign. */
export function magnitudeOf(expr: Expr): Expr | undefined {
  if (expr.kind !== "binary" || expr.operator !== "and") return undefined;
  const isMask = (side: Expr): boolean => side.kind === "constant" && side.bits === magnitudeMask;
  const bits = isMask(expr.right) ? expr.left : isMask(expr.left) ? expr.right : undefined;
  return bits?.kind === "unary" && bits.operator === "bitsOf" ? bits.operand : undefined;
}

/** The ranges of what a condition mentions, where it holds or does not; undefined where that can't be. */
export function under(
  condition: Expr,
  holds: boolean,
  of: (expr: Expr) => Range,
): ReadonlyMap<Expr, Range> | undefined {
  const told = new Map<Expr, Range>();
  const now = (expr: Expr): Range => told.get(expr) ?? of(expr);
  return tell(condition, holds, now, told) ? told : undefined;
}

function tell(condition: Expr, holds: boolean, of: (expr: Expr) => Range, told: Map<Expr, Range>): boolean {
  if (condition.kind === "unary" && condition.operator === "not") return tell(condition.operand, !holds, of, told);
  if (condition.kind !== "binary") return true;
  const { operator, left, right } = condition;
  if (operator === (holds ? "bothTrue" : "eitherTrue"))
    return tell(left, holds, of, told) && tell(right, holds, of, told);
  if (operator !== "less" && operator !== "lessEqual") return true;
  const [small, large] = holds ? [left, right] : [right, left];
  const isStrict = (operator === "less") === holds;
  return left.type === "f32"
    ? tellFloats(small, large, isStrict, holds, of, told)
    : tellIntegers(small, large, isStrict, of, told);
}

function tellIntegers(
  small: Expr,
  large: Expr,
  isStrict: boolean,
  of: (expr: Expr) => Range,
  told: Map<Expr, Range>,
): boolean {
  const [a, b] = [of(small), of(large)];
  const step = isStrict ? 1 : 0;
  return (
    tellInteger(small, a, a.low, Math.min(a.high, b.high - step), of, told) &&
    tellInteger(large, b, Math.max(b.low, a.low + step), b.high, of, told)
  );
}

function tellInteger(
  expr: Expr,
  range: Range,
  low: number,
  high: number,
  of: (expr: Expr) => Range,
  told: Map<Expr, Range>,
): boolean {
  if (low > high) return false;
  if (expr.kind === "constant") return true;
  told.set(expr, {
    ...integers({ low, high }, range.quantum, range.least),
    ...(range.from === undefined ? {} : { from: range.from }),
    ...(range.blamed === true ? { blamed: true } : {}),
  });
  if (expr.type !== "u32") return true;
  const float =
    magnitudeOf(expr) ??
    (expr.kind === "unary" && expr.operator === "bitsOf" && high < 2 ** 31 ? expr.operand : undefined);
  if (float === undefined) return true;
  const isFinite = high < infinity;
  const sized = ofMagnitude(
    of(float),
    low < infinity ? f32OfBits(low) : largest,
    isFinite ? f32OfBits(high) : Infinity,
  );
  const isBits = magnitudeOf(expr) === undefined;
  const found = sized === undefined || !isBits ? sized : between(sized, 0, largest, false, !isFinite);
  if (found === undefined) return false;
  told.set(float, found);
  return true;
}

/** Where a comparison does not hold, either side may be a NaN. */
function tellFloats(
  small: Expr,
  large: Expr,
  isStrict: boolean,
  holds: boolean,
  of: (expr: Expr) => Range,
  told: Map<Expr, Range>,
): boolean {
  const [a, b] = [of(small), of(large)];
  const nonzero = (range: Range | undefined, bound: number): Range | undefined =>
    isStrict && bound === 0 && range !== undefined ? ofMagnitude(range, range.least, Infinity) : range;
  const isCapped = !b.aboveAll && (holds || !b.belowAll);
  const isFounded = !a.belowAll && (holds || !a.aboveAll);
  const below = nonzero(
    between(a, -largest, isCapped ? b.high : largest, true, !holds || !isCapped),
    isCapped ? b.high : 1,
  );
  const above = nonzero(
    between(b, isFounded ? a.low : -largest, largest, !holds || !isFounded, true),
    isFounded ? a.low : 1,
  );
  if (below === undefined || above === undefined) return false;
  if (small.kind !== "constant") told.set(small, below);
  if (large.kind !== "constant") told.set(large, above);
  return true;
}
