/** Results of a function against its claim, and a device's bits against the evaluator's, over arrays of arguments. */
import { type Claim, nearestFor } from "./claims.ts";

/** An argument, or a pair of them, and the result's bits there; `expected` is what should have been. */
export interface Example {
  readonly x: number;
  readonly y: number;
  readonly result: number;
  readonly expected: string;
}

/** An error, in the claim's unit, and where it is met: the argument's place among all, its bits and the result's. */
export interface Worst {
  readonly error: number;
  readonly place: number;
  readonly x: number;
  readonly y: number;
  readonly result: number;
}

/** What was found over some arguments. */
export interface Tally {
  arguments: number;
  /** Results of which the device has other bits than the evaluator. */
  different: number;
  /** Results that are not what is said of special values, of zeros or of overflow, or that are subnormal. */
  wrong: number;
  /** Results that are finite, as they should be, and not the nearest ones. */
  misrounded: number;
  /** The largest error, where it first is met; undefined where no result is finite. */
  worst: Worst | undefined;
  /** The first of those that are different or wrong. */
  readonly examples: Example[];
}

/** Arguments and results, bits all of them. */
export interface Results {
  /** The first argument's place among all. */
  readonly place: number;
  readonly x: Uint32Array;
  readonly y: Uint32Array;
  readonly evaluator: Uint32Array;
  readonly device: Uint32Array;
}

const examplesKept = 5;

export function emptyTally(): Tally {
  return { arguments: 0, different: 0, wrong: 0, misrounded: 0, worst: undefined, examples: [] };
}

/** Adds what others found. */
export function merge(into: Tally, more: Tally): void {
  into.arguments += more.arguments;
  into.different += more.different;
  into.wrong += more.wrong;
  into.misrounded += more.misrounded;
  // Threads take turns as they come: of equal errors the first place's is kept, so that a sweep says the same each
  // time.
  const [mine, other] = [into.worst, more.worst];
  if (
    other !== undefined &&
    (mine === undefined || other.error > mine.error || (other.error === mine.error && other.place < mine.place))
  )
    into.worst = other;
  into.examples.push(...more.examples.slice(0, examplesKept - into.examples.length));
}

/** Whether nothing was found that should not be. */
export function holds(tally: Tally, { bound }: Claim): boolean {
  const { different, wrong, misrounded, worst } = tally;
  // Half a place and the double's own error is more than half a place, so that nearest results are known by themselves.
  const accurate = bound === 0.5 ? misrounded === 0 : worst === undefined || worst.error <= bound;
  return tally.arguments > 0 && different === 0 && wrong === 0 && accurate;
}

const leastNormal = 2 ** -126;
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** For each field that a double has for e: how many of the last places of so many significant bits, at 2^e, make 1. */
const placesPerOne = (significantBits: number): Float64Array =>
  Float64Array.from(
    { length: 2048 },
    (_, field) => 2 ** Math.min(1023, Math.max(-1022, significantBits - 1 - (field - 1023))),
  );
const placesOfF32 = placesPerOne(24);
const placesOfBf16 = placesPerOne(8);

/** Compares, and adds what it finds to `tally`. Arguments that are subnormal count as zeros. */
export function compare(claim: Claim, found: Results, tally: Tally): void {
  const { place, x, y, evaluator, device } = found;
  const { reference, takes, unit, anyZero = false } = claim;
  const zeroAt = claim.zeroAt ?? never;
  const nearest = nearestFor(claim);
  const relative = unit === "2^-22 |x|";
  const perOne = unit === "ulp of bf16" ? placesOfBf16 : placesOfF32;
  // Below it the exact result counts as a zero; where errors are relative to the argument it may be one anyway.
  const least = relative ? 0 : leastNormal;
  const [xs, ys, results] = [takes === "f16" ? x : floats(x), floats(y), floats(evaluator)];
  let [misrounded, worst, worstAt] = [0, tally.worst?.error ?? -1, -1];

  for (let i = 0; i < x.length; i++) {
    const bits = evaluator[i]!;
    const result = results[i]!;
    const argument = zeroed(xs[i]!);
    const exact = reference(argument, zeroed(ys[i]!));
    if (device[i] !== bits) {
      tally.different++;
      note(tally, found, i, device[i]!, `the evaluator's 0x${bits.toString(16)}`);
    }
    if (zeroAt(argument) || Math.abs(exact) < least) {
      const isRight = result === 0 && (anyZero || (bits === 0) === (exact > 0 || Object.is(exact, 0)));
      if (!isRight) wrong(tally, found, i, "a zero, of the exact result's sign where that is said");
    } else if (exact !== exact) {
      if (bits !== 0x7fc00000) wrong(tally, found, i, "0x7fc00000");
    } else {
      const rounded = nearest(exact);
      if (rounded - rounded !== 0) {
        if (result !== rounded) wrong(tally, found, i, `${rounded}`);
      } else if (result - result !== 0 || (Math.abs(result) < leastNormal && (result !== 0 || !relative))) {
        wrong(tally, found, i, `${relative ? "zero or " : ""}finite and normal`);
      } else {
        if (result !== rounded) misrounded++;
        // Nearest results are off by half a place at most.
        if (result !== rounded || worst < 0.5) {
          double[0] = exact;
          const scale = relative ? 2 ** 22 / Math.abs(argument) : perOne[(words[1]! >>> 20) & 0x7ff]!;
          const error = Math.abs(result - exact) * scale;
          if (error > worst) {
            worst = error;
            worstAt = i;
          }
        }
      }
    }
  }
  tally.arguments += x.length;
  tally.misrounded += misrounded;
  if (worstAt >= 0)
    tally.worst = { error: worst, place: place + worstAt, x: x[worstAt]!, y: y[worstAt]!, result: evaluator[worstAt]! };
}

const never = (): boolean => false;

function zeroed(x: number): number {
  return Math.abs(x) < leastNormal ? 0 * x : x;
}

function floats(bits: Uint32Array): Float32Array {
  return new Float32Array(bits.buffer, bits.byteOffset, bits.length);
}

function wrong(tally: Tally, found: Results, at: number, expected: string): void {
  tally.wrong++;
  note(tally, found, at, found.evaluator[at]!, expected);
}

function note(tally: Tally, { x, y }: Results, at: number, result: number, expected: string): void {
  if (tally.examples.length < examplesKept) tally.examples.push({ x: x[at]!, y: y[at]!, result, expected });
}
