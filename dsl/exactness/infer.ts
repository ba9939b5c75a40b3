/**
 * Exactness inference: the range of every expression of a kernel, by abstract interpretation, and the operations whose
 * operands or results may be subnormal, so that devices may disagree on them.
 *
 * Functions are evaluated through their bodies, each time for the ranges that they are called with; reductions by a
 * fixpoint over their combine, which holds for every tree and number of items; choices under what their conditions
 * tell, which is how a `flush` shows. Whatever is not known is any value.
 *
 * A result that may be subnormal is no fault as long as what takes it makes it zero anyway: it is blamed where it is
 * calculated with, compared, looked at by its bits or stored.
 */
import type { Binary, Call, Constant, Expr, Kernel, Reduce, Unary } from "../ir.ts";
import * as integer from "./integers.ts";
import { claimOf } from "./library.ts";
import * as float from "./range.ts";
import { join, marksOf, type Range } from "./range.ts";
import { magnitudeOf, under } from "./refine.ts";

/** An operation on which devices may disagree. */
export interface Finding {
  readonly operation: Unary | Binary;
  /** The smallest magnitude but zero that its exact result, or an operand, can have. */
  readonly least: number;
  readonly operands: readonly Range[];
  /** The calls and reductions in whose functions it stands, outermost first. */
  readonly within: readonly (Call | Reduce)[];
}

/** Where expressions are evaluated: what is told of them there, and what arguments and states stand for. */
interface Scope {
  readonly told: ReadonlyMap<Expr, Range>;
  readonly leaves: ReadonlyMap<string, Range>;
  readonly within: readonly (Call | Reduce)[];
  /** How many conditions stand around. */
  readonly depth: number;
  readonly ranges: Map<Expr, Range>;
  readonly reductions: Map<Reduce, ReadonlyMap<string, Range>>;
}

/** Conditions further inside tell nothing more, since every branch below is looked at anew. */
const deepest = 6;
/** How often a fold's range is joined before what still grows is taken to grow without bound. */
const patience = 4;
/** The bits of the least normal number. */
const leastNormalBits = 0x00800000;

function scopeOf(
  leaves: ReadonlyMap<string, Range>,
  within: Scope["within"],
  told: Scope["told"] = new Map(),
  depth = 0,
): Scope {
  return { told, leaves, within, depth, ranges: new Map(), reductions: new Map() };
}

export class Inference {
  /** What was found so far, by operation. */
  readonly findings = new Map<Expr, Finding>();
  readonly #possible = new Map<Expr, Finding>();
  readonly #calls = new Map<string, Range>();
  readonly #root = scopeOf(new Map(), []);

  /** The values that an expression outside of functions and combines can have. */
  rangeOf(expr: Expr): Range {
    return this.#of(expr, this.#root);
  }

  /** Looks at all that a kernel computes. Rounding to bf16 makes what is subnormal zero. */
  judge({ outputs }: Pick<Kernel, "outputs">): void {
    for (const { value, storage, place = [] } of outputs) {
      const range = this.rangeOf(value);
      if (storage !== "bf16") this.#settle(range);
      for (const index of place) this.#settle(this.rangeOf(index));
    }
  }

  #of(expr: Expr, scope: Scope): Range {
    const known = scope.told.get(expr) ?? scope.ranges.get(expr);
    if (known !== undefined) return known;
    const range = this.#find(expr, scope);
    scope.ranges.set(expr, range);
    return range;
  }

  #find(expr: Expr, scope: Scope): Range {
    switch (expr.kind) {
      case "constant":
        return ofConstant(expr);
      case "load": {
        for (const index of expr.indices) this.#settle(this.#of(index, scope));
        return expr.type === "f32"
          ? float.ofStorage(expr.storage === "bf16" ? "bf16" : "f32")
          : integer.anyInteger(expr.type);
      }
      case "argument":
        return scope.leaves.get(expr.name) ?? unknown(expr);
      case "state":
        return scope.leaves.get(stateName(expr.side, expr.field)) ?? unknown(expr);
      case "unary":
        return this.#unary(expr, this.#of(expr.operand, scope), scope);
      case "binary":
        return this.#binary(expr, scope);
      case "select": {
        this.#settle(this.#of(expr.condition, scope));
        const branch = (holds: boolean, value: Expr): Range | undefined => {
          const inner = this.#under(expr.condition, holds, scope);
          return inner === undefined ? undefined : this.#of(value, inner);
        };
        return join(branch(true, expr.whenTrue), branch(false, expr.whenFalse)) ?? unknown(expr);
      }
      case "call":
        return this.#call(expr, scope);
      case "field":
        return this.#reduce(expr.of, scope).get(expr.field)!;
      case "index":
      case "extent":
      case "parameter":
      case "register":
        return unknown(expr);
    }
  }

  #under(condition: Expr, holds: boolean, scope: Scope): Scope | undefined {
    const told = under(condition, holds, (expr) => this.#of(expr, scope));
    if (told === undefined || told.size === 0 || scope.depth >= deepest) return told === undefined ? undefined : scope;
    return scopeOf(scope.leaves, scope.within, new Map([...scope.told, ...told]), scope.depth + 1);
  }

  #unary(expr: Unary, operand: Range, scope: Scope): Range {
    switch (expr.operator) {
      case "negate":
      case "absolute":
        if (expr.type !== "f32") return { ...integer.anyInteger(expr.type), ...marksOf(operand) };
        return this.#operation(expr, [operand], float[expr.operator](operand), operand.least, scope);
      case "floor":
        return this.#operation(expr, [operand], float.floor(operand), 1, scope);
      case "roundBf16":
        return float.toBf16(settled(operand));
      case "toF32":
        return integer.toFloat(operand);
      case "bitsOf":
        return integer.toBits(operand);
      case "fromBits":
        return integer.fromBits(operand);
      case "toU32":
      case "toI32":
        return expr.operand.type === "f32"
          ? integer.truncated(settled(operand), expr.type)
          : integer.combineIntegers("add", expr.type, operand, integer.ofInteger(0));
      case "complement":
      case "not":
        return { ...integer.anyInteger(expr.type), ...marksOf(operand) };
    }
  }

  #binary(expr: Binary, scope: Scope): Range {
    const tested = magnitudeOf(expr);
    if (tested !== undefined) return integer.magnitudeBits(this.#of(tested, scope));
    const { operator, left, right } = expr;
    const [a, b] = [this.#of(left, scope), this.#of(right, scope)];
    if (left.type === "f32") {
      switch (operator) {
        case "minimum":
        case "maximum":
          return float[operator](a, b);
        case "multiply":
          return this.#operation(expr, [a, b], float.multiply(a, b), float.leastProduct(a, b), scope);
        case "add":
        case "subtract": {
          const sum = float.add(a, operator === "add" ? b : float.negate(b));
          return this.#operation(expr, [a, b], sum, sum.least, scope);
        }
        default:
          return this.#operation(expr, [a, b], integer.anyInteger("bool"), Math.min(a.least, b.least), scope);
      }
    }
    if (expr.type !== "bool") return integer.combineIntegers(operator, expr.type, a, b);
    // What is subnormal lies below every normal magnitude, as does the zero that may stand for it.
    const isRobust =
      (magnitudeOf(left) !== undefined && b.low >= leastNormalBits) ||
      (magnitudeOf(right) !== undefined && a.low >= leastNormalBits);
    return { ...integer.anyInteger("bool"), ...(isRobust ? {} : marksOf(a, b)) };
  }

  /** A float operation: devices agree on it where its operands and its result are zero or normal. */
  #operation(operation: Unary | Binary, operands: readonly Range[], result: Range, least: number, scope: Scope): Range {
    const { from: _, ...plain } = result;
    operands.forEach((range) => this.#settle(range));
    if (operands.some(({ blamed, from }) => blamed === true || from !== undefined)) return { ...plain, blamed: true };
    const finding: Finding = { operation, least, operands, within: scope.within };
    if (operands.some(float.mayBeSubnormal)) {
      this.#blame(finding);
      return { ...plain, blamed: true };
    }
    if (operation.type !== "f32" || !float.mayBeSubnormal(result)) return plain;
    this.#possible.set(operation, finding);
    return { ...plain, from: operation };
  }

  /** What is taken here must not be subnormal. */
  #settle({ from }: Range): void {
    if (from !== undefined) this.#blame(this.#possible.get(from)!);
  }

  #blame(finding: Finding): void {
    const known = this.findings.get(finding.operation);
    if (known === undefined || finding.least < known.least) this.findings.set(finding.operation, finding);
  }

  #call(expr: Call, scope: Scope): Range {
    const { callee } = expr;
    const args = expr.arguments.map((arg) => this.#of(arg, scope));
    // The library's functions take what is subnormal for zero.
    const claim = callee.library === true ? claimOf(callee.name, args) : undefined;
    if (claim !== undefined) return args.some(({ blamed }) => blamed === true) ? { ...claim, blamed: true } : claim;
    const key = `${callee.result.id} ${args.map(keyOf).join(" ")}`;
    let range = this.#calls.get(key);
    if (range === undefined) {
      const leaves = new Map(callee.parameters.map(({ name }, position) => [name, args[position]!]));
      this.#calls.set(key, (range = this.#of(callee.result, scopeOf(leaves, [...scope.within, expr]))));
    }
    return range;
  }

  #reduce(reduce: Reduce, scope: Scope): ReadonlyMap<string, Range> {
    const known = scope.reductions.get(reduce);
    if (known !== undefined) return known;
    const { fields } = reduce.reducer;
    this.#settle(this.#of(reduce.start, scope));
    const count = this.#of(reduce.count, scope);
    this.#settle(count);
    const leaves = reduce.leaf.map((leaf) => this.#of(leaf, scope));
    let states = fields.map(({ identity }, position) => join(ofConstant(identity), leaves[position]!)!);
    for (let round = 0; ; round++) {
      const sides = new Map(
        fields.flatMap(({ name }, position) => [
          [stateName("left", name), states[position]!] as const,
          [stateName("right", name), states[position]!] as const,
        ]),
      );
      const inner = scopeOf(sides, [...scope.within, reduce]);
      const next = fields.map(({ type, combine, name, identity }, position) => {
        const before = states[position]!;
        const after = join(before, this.#of(combine, inner))!;
        const exact =
          identity.bits === 0 && isSumOf(combine, name)
            ? float.sumOf(before, count.high, leaves[position]!)
            : undefined;
        return exact ?? (round < patience ? after : widened(before, after, type));
      });
      const isStable = next.every((range, position) => float.sameRange(range, states[position]!));
      states = next;
      if (isStable) break;
    }
    const result = new Map(fields.map(({ name }, position) => [name, states[position]!]));
    scope.reductions.set(reduce, result);
    return result;
  }
}

function stateName(side: "left" | "right", field: string): string {
  return `${side} ${field}`;
}

/** What makes a subnormal value zero on all devices takes no harm from one that is zero already. */
function settled({ from: _, ...range }: Range): Range {
  return range;
}

function ofConstant({ type, bits }: Constant): Range {
  return type === "f32" ? float.ofConstant(bits) : integer.ofInteger(type === "i32" ? bits | 0 : bits);
}

function unknown(expr: Expr): Range {
  return expr.type === "f32" ? float.anything : integer.anyInteger(expr.type);
}

function keyOf({ low, high, least, quantum, bits, belowAll, aboveAll, from, blamed }: Range): string {
  return [low, high, least, quantum, bits, belowAll, aboveAll, from?.id, blamed].join(",");
}

/** Whether a field is the f32 sum of both sides' own. */
function isSumOf(combine: Expr, name: string): boolean {
  if (combine.kind !== "binary" || combine.operator !== "add" || combine.type !== "f32") return false;
  const { left, right } = combine;
  return (
    left.kind === "state" &&
    right.kind === "state" &&
    left.side !== right.side &&
    left.field === name &&
    right.field === name
  );
}

/** What still grows, grown as far as it can. */
function widened(before: Range, after: Range, type: "f32" | "u32" | "i32"): Range {
  if (type !== "f32")
    return float.sameRange(before, after) ? after : { ...integer.anyInteger(type), ...marksOf(after) };
  return {
    ...after,
    low: after.low < before.low ? -float.largest : after.low,
    high: after.high > before.high ? float.largest : after.high,
    quantum: after.quantum < before.quantum ? float.leastQuantum : after.quantum,
    bits: after.bits > before.bits ? float.full : after.bits,
    least: after.least < before.least ? 2 ** float.leastQuantum : after.least,
  };
}
