/** A reducer's states as bits, one for each field: compared, and shown. */
import { f32OfBits } from "../expr.ts";
import type { Reducer } from "../ir.ts";

export type State = readonly number[];

/** Rounding in exp and division; an identity that does not fit is off by far more. */
const tolerance = 1e-4;
/** In proportion to the largest number of a field: far beyond rounding, far below what a wrong weight does. */
const looseness = 2e-2;

export function agree(type: string, state: number, combined: number): boolean {
  if (type !== "f32") return state === combined;
  const [a, b] = [f32OfBits(state), f32OfBits(combined)];
  return Math.abs(a - b) <= tolerance * Math.abs(a);
}

export function isFinite({ fields }: Reducer, state: State): boolean {
  return fields.every(({ type }, position) => type !== "f32" || Number.isFinite(f32OfBits(state[position]!)));
}

/**
 * Whether two states differ by more than rounding: measured by what the field is in any of the states, and by all of
 * their numbers, beside which a field of roundings, as in a compensated sum, is small.
 */
export function differ({ fields }: Reducer, [a, b]: readonly [State, State], of: readonly State[]): boolean {
  const sizes = fields.map(({ type }, position) =>
    type === "f32" ? Math.max(...[a, b, ...of].map((state) => Math.abs(f32OfBits(state[position]!)))) : 0,
  );
  const largestOfAll = Math.max(...sizes);
  return fields.some(({ type }, position) =>
    type === "f32"
      ? Math.abs(f32OfBits(a[position]!) - f32OfBits(b[position]!)) >
        Math.max(looseness * sizes[position]!, (looseness / 2000) * largestOfAll)
      : a[position] !== b[position],
  );
}

export function show(reducer: Reducer, state: State): string {
  const value = (type: string, bits: number): string =>
    type === "f32" ? String(Number(f32OfBits(bits).toPrecision(7))) : String(type === "i32" ? bits | 0 : bits);
  return `{ ${reducer.fields.map((field, position) => `${field.name}: ${value(field.type, state[position]!)}`).join(", ")} }`;
}
