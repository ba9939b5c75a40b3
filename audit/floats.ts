/**
 * Arithmetic on f32 terms. Nothing is computed; an operation of the text becomes a term of its own kind, and only what
 * cannot change a bit is rewritten (x, y, z: any f32; NaNs count as one):
 *
 * - commuted operands: x + y = y + x, and x * y = y * x, since each is the one rounded result of a symmetric function;
 * - signs: x + (-y) = x - y, (-x) * y = -(x * y), x - (-y) = x + y: IEEE 754 defines them so, and rounding to nearest
 *   is symmetric;
 * - bits: a bitcast there and back is the value, and so is `seal`, which adds no bit to it;
 * - exact products: where the factors have at most 24 significant bits between them, x * y is rounded nowhere, so
 *   fma(x, y, z) = z + x * y.
 *
 * What stands unsealed in the text stays apart as `raw`: a driver may contract, regroup or factor it.
 */
import { bitsOfF32, f32OfBits } from "../dsl/expr.ts";
import type { Integers } from "./integers.ts";
import type { Term, TermKind, TermPool, Truth, Word } from "./term.ts";

const full = 24;

export class Floats {
  readonly pool: TermPool;
  readonly #integers: Integers;
  /** What stands for floats that no chosen element needs. */
  readonly nothing: Term;
  readonly #significant = new Map<Term, number>();

  constructor(integers: Integers) {
    this.pool = integers.pool;
    this.#integers = integers;
    this.nothing = this.pool.leaf("nothing", "float", "");
  }

  /** A zero counts as hidden only where the text hides it from the driver's compiler, which would drop its addition. */
  constant(bits: number, hidden: boolean): Term {
    return this.pool.constant("float", bits, hidden && bits << 1 === 0 ? "hidden" : "");
  }

  #unary(kind: TermKind, a: Term): Term {
    return a === this.nothing ? a : this.pool.node(kind, "float", a);
  }
  #binary(kind: TermKind, a: Term, b: Term): Term {
    return a === this.nothing || b === this.nothing ? this.nothing : this.pool.node(kind, "float", a, b);
  }
  #commuting(kind: TermKind, a: Term, b: Term): Term {
    return a.id < b.id ? this.#binary(kind, a, b) : this.#binary(kind, b, a);
  }

  negate(a: Term): Term {
    if (a.kind === "float") return this.constant((a.bits ^ 0x80000000) >>> 0, a.name !== "");
    return a.kind === "negate" ? a.a! : this.#unary("negate", a);
  }
  magnitude(a: Term): Term {
    return a.kind === "float" ? this.constant(a.bits & 0x7fffffff, a.name !== "") : this.#unary("magnitude", a);
  }
  floor(a: Term): Term {
    return this.#unary("floor", a);
  }
  roundBf16(a: Term): Term {
    return this.#unary("roundBf16", a);
  }
  canonical(a: Term): Term {
    return this.#unary("canonical", a);
  }
  maximum(a: Term, b: Term): Term {
    return this.#binary("maximumByBits", a, b);
  }
  minimum(a: Term, b: Term): Term {
    return this.#binary("minimumByBits", a, b);
  }

  /**
   * A sealed sum; `raw`: one that stands unsealed. Of two that are negative both stay so: -a - b is -b - a, and no -(a
   * + b).
   */
  add(a: Term, b: Term, raw = false): Term {
    const [x, y] = [this.#withoutSign(a), this.#withoutSign(b)];
    if ((x === a) === (y === b)) return this.#commuting(raw ? "rawAdd" : "add", a, b);
    return y !== b
      ? this.#binary(raw ? "rawSubtract" : "subtract", a, y)
      : this.#binary(raw ? "rawSubtract" : "subtract", b, x);
  }
  subtract(a: Term, b: Term, raw = false): Term {
    return this.add(a, this.negate(b), raw);
  }
  multiply(a: Term, b: Term, raw = false): Term {
    const [x, y] = [this.#withoutSign(a), this.#withoutSign(b)];
    const product = this.#commuting(raw ? "rawMultiply" : "multiply", x, y);
    return (x !== a) === (y !== b) ? product : this.negate(product);
  }
  #withoutSign(a: Term): Term {
    if (a.kind === "negate") return a.a!;
    return a.kind === "float" && a.bits >>> 31 === 1 ? this.negate(a) : a;
  }

  /** `fma(a, b, c)` of the text, unsealed. */
  fma(a: Term, b: Term, c: Term): Term {
    if (a === this.nothing || b === this.nothing || c === this.nothing) return this.nothing;
    if (this.significantBits(a) + this.significantBits(b) <= full) return this.add(c, this.multiply(a, b), true);
    return this.pool.node("rawFma", "float", a, b, c);
  }

  /** `x & ones` on the bits of a value. */
  seal(x: Term): Term {
    switch (x.kind) {
      case "rawAdd":
        return this.pool.node("add", "float", x.a!, x.b);
      case "rawSubtract":
        return this.pool.node("subtract", "float", x.a!, x.b);
      case "rawMultiply":
        return this.pool.node("multiply", "float", x.a!, x.b);
      case "rawFma":
        return this.pool.node("fma", "float", x.a!, x.b, x.c);
      case "negate":
        return this.negate(this.seal(x.a!));
      default:
        return x;
    }
  }

  less(a: Term, b: Term): Truth {
    return a.kind === "float" && b.kind === "float"
      ? f32OfBits(a.bits) < f32OfBits(b.bits)
      : this.#comparison("lessFloat", a, b);
  }
  lessEqual(a: Term, b: Term): Truth {
    return a.kind === "float" && b.kind === "float"
      ? f32OfBits(a.bits) <= f32OfBits(b.bits)
      : this.#comparison("lessEqualFloat", a, b);
  }
  equal(a: Term, b: Term): Truth {
    if (a.kind === "float" && b.kind === "float") return f32OfBits(a.bits) === f32OfBits(b.bits);
    return a.id < b.id ? this.#comparison("equalFloat", a, b) : this.#comparison("equalFloat", b, a);
  }
  #comparison(kind: TermKind, a: Term, b: Term): Term {
    return this.pool.node(kind, "bool", a, b);
  }

  bitsOf(x: Term): Word {
    if (x.kind === "float") return x.name === "" ? x.bits : this.#integers.hidden(x.bits);
    return x.kind === "fromBits" ? x.a! : this.pool.node("bits", "integer", x);
  }
  fromBits(bits: Word): Term {
    const known = this.#integers.known(bits);
    if (known !== undefined) return this.constant(known, typeof bits !== "number");
    const term = bits as Term;
    return term.kind === "bits" ? term.a! : this.pool.node("fromBits", "float", term);
  }

  /**
   * The f32 nearest to an integer. A zero that the driver's compiler can work out is no hidden one. `raw`: by WGSL's
   * own conversion, which a driver may round twice from 2^31 on.
   */
  ofU32(bits: Word, raw = false): Term {
    const known = this.#integers.known(bits);
    if (known !== undefined) return this.constant(bitsOfF32(known), typeof bits !== "number");
    return this.pool.node(
      raw && this.#integers.high(bits) >= 2 ** 31 ? "rawFromU32" : "fromU32",
      "float",
      bits as Term,
    );
  }
  ofI32(bits: Word): Term {
    const known = this.#integers.known(bits);
    return known !== undefined
      ? this.constant(bitsOfF32(known | 0), typeof bits !== "number")
      : this.pool.node("fromI32", "float", bits as Term);
  }
  /** WGSL's conversion of a value that is in range; math on the bits around it makes it whole. */
  convert(kind: "convertU32" | "convertI32", x: Term): Word {
    if (x.kind !== "float") return this.pool.node(kind, "integer", x);
    const value = Math.trunc(f32OfBits(x.bits));
    const [least, most] = kind === "convertU32" ? [0, 0xffffffff] : [-(2 ** 31), 2 ** 31 - 1];
    return Number.isNaN(value) ? 0 : Math.min(Math.max(value, least), most) >>> 0;
  }

  /**
   * Significant bits that a value can have at most: bf16 has 8, f32 has 24, an exact product the sum of its factors'.
   */
  significantBits(x: Term): number {
    let bits = this.#significant.get(x);
    if (bits === undefined) this.#significant.set(x, (bits = this.#countBits(x)));
    return bits;
  }
  #countBits(x: Term): number {
    switch (x.kind) {
      case "float":
        return (x.bits & 0x7fffffff) === 0 ? 0 : full - trailingZeros((x.bits & 0x7fffff) | 0x800000);
      // A float whose low bits are zero has that many fewer of them.
      case "fromBits":
        return full - Math.min(full - 1, trailingZerosOf(x.a!));
      case "roundBf16":
        return 8;
      case "negate":
      case "magnitude":
      case "canonical":
        return this.significantBits(x.a!);
      case "maximumByBits":
      case "minimumByBits":
        return Math.max(this.significantBits(x.a!), this.significantBits(x.b!));
      case "multiply":
        return Math.min(full, this.significantBits(x.a!) + this.significantBits(x.b!));
      case "select":
        return Math.max(this.significantBits(x.b!), this.significantBits(x.c!));
      default:
        return full;
    }
  }
}

const trailingZeros = (bits: number): number => (bits === 0 ? 32 : 31 - Math.clz32(bits & -bits));

function trailingZerosOf(word: Term): number {
  switch (word.kind) {
    case "integer":
    case "hidden":
      return trailingZeros(word.bits);
    case "affine":
      return Math.min(trailingZeros(word.bits), ...word.coefficients.map(trailingZeros));
    case "select":
      return Math.min(trailingZerosOf(word.b!), trailingZerosOf(word.c!));
    default:
      return 0;
  }
}
