/** A reducer's states as bits, one for each field: compared, and shown. */
import { f32OfBits } from "../expr.ts";
import type { Reducer } from "../ir.ts";

export type State = readonly number[];

/** Rounding in exp and division; an identity that does not fit is off by far more. */
const tolerance = 1e-4;
export function agree(type: string, state: number, combined: number): boolean {
  if (type !== "f32") return state === combined;
  const [a, b] = [f32OfBits(state), f32OfBits(combined)];
  return Math.abs(a - b) <= tolerance * Math.abs(a);
}

export function show(reducer: Reducer, state: State): string {
  const value = (type: string, bits: number): string =>
    type === "f32" ? String(Number(f32OfBits(bits).toPrecision(7))) : String(type === "i32" ? bits | 0 : bits);
  return `{ ${reducer.fields.map((field, position) => `${field.name}: ${value(field.type, state[position]!)}`).join(", ")} }`;
}
