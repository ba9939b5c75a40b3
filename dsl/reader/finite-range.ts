/** Arithmetic that notes where it leaves the zero and normal numbers: of what comes after, nothing is promised. */
import { binaryBits, bitAlgebra, unaryBits } from "../bits.ts";
import type { Algebra } from "../denotation.ts";
import type { ValueType } from "../ir.ts";

/** A value's bits, and whether every operation behind it gave a zero or a normal number. */
export interface Tracked {
  readonly bits: number;
  readonly isPromised: boolean;
}

/** The algebra of bits for expressions that read nothing. A choice depends on the side that it takes only. */
export function trackingAlgebra(): Algebra<Tracked> {
  const reads = (): never => {
    throw new Error("a combine reads nothing but its states");
  };
  const plain = bitAlgebra({}, {}, reads);
  const known = (bits: number): Tracked => ({ bits, isPromised: true });
  return {
    constant: (constant) => known(plain.constant(constant)),
    identity: (constant) => known(plain.identity(constant)),
    extent: reads,
    parameter: reads,
    load: reads,
    unary: (operator, type, { bits, isPromised }) => ({ bits: unaryBits(operator, type, bits), isPromised }),
    binary(operator, type, left, right) {
      const bits = binaryBits(operator, type, left.bits, right.bits);
      return {
        bits,
        isPromised: left.isPromised && right.isPromised && staysFinite(operator, type, left.bits, right.bits, bits),
      };
    },
    select(condition, whenTrue, whenFalse) {
      const taken = condition.bits !== 0 ? whenTrue : whenFalse;
      return { bits: taken.bits, isPromised: condition.isPromised && taken.isPromised };
    },
    item: (start, index) => known(plain.item(start.bits, index)),
    integer: ({ bits }) => bits,
  };
}

/** A float sum or product of finite numbers is finite, and is neither subnormal nor a zero that was none. */
function staysFinite(operator: string, type: ValueType, left: number, right: number, result: number): boolean {
  if (type !== "f32" || (operator !== "add" && operator !== "subtract" && operator !== "multiply")) return true;
  if (exponentOf(left) === 0xff || exponentOf(right) === 0xff) return true;
  if (exponentOf(result) === 0xff) return false;
  if (exponentOf(result) > 0) return true;
  return isZero(result) && (operator !== "multiply" || isZero(left) || isZero(right));
}

function exponentOf(bits: number): number {
  return (bits >>> 23) & 0xff;
}

function isZero(bits: number): boolean {
  return (bits & 0x7fffffff) === 0;
}
