/** Whether a reducer's identity fits: combine(identity, s) = s for the states that its leaf can give. */
import { Node } from "ts-morph";
import { bitAlgebra } from "../bits.ts";
import { Denotation } from "../denotation.ts";
import { bitsOfF32, f32OfBits, operandsOf } from "../expr.ts";
import type { Expr, Load, Reduce, Reducer } from "../ir.ts";
import { roundBf16 } from "../numbers.ts";
import { holdsHole } from "./holes.ts";
import type { Reading } from "./reading.ts";

const samples = 24;
/** Rounding in exp and division; an identity that does not fit is off by far more. */
const tolerance = 1e-3;
const smallExtent = 3;

/**
 * Evaluates the leaf on made-up inputs, of both signs and many magnitudes, and combines the identity with each state:
 * only states that the leaf can give are asked for, so that a norm of magnitudes may have the identity 0.
 */
export function checkIdentity(reading: Reading, reduce: Reduce, leafAt: Node): boolean {
  const { fields } = reduce.reducer;
  // A faulty leaf's field can be anything: only what is combined without it is asked for.
  const unknown = new Set(fields.filter((_, position) => holdsHole(reduce.leaf[position]!)).map((field) => field.name));
  const isKnown = fields.map((field) => !unknown.has(field.name) && !reads(field.combine, unknown));
  const leaf = reduce.leaf.map((expr, position) => (unknown.has(fields[position]!.name) ? reading.pool.constant(expr.type, expr.type === "f32" ? bitsOfF32(1) : 1) : expr));
  for (let seed = 0; seed < samples; seed++) {
    const [state, combined] = combineOnce(reading, { ...reduce, leaf }, seed);
    if (!fields.every((field, position) => isFinite(field.type, state[position]!))) continue;
    const wrong = fields.findIndex((field, position) => isKnown[position]! && !agree(field.type, state[position]!, combined[position]!));
    if (wrong === -1) continue;
    const declaration = [...reading.reducers].find(([, reducer]) => reducer === reduce.reducer)?.[0];
    const identity = show(reduce.reducer, fields.map((field) => field.identity.bits));
    const described = typeof declaration === "object" && Node.isObjectLiteralExpression(declaration) ? declaration.getProperty("identity") : undefined;
    reading.report.add("R014", described ?? leafAt,
      `the identity ${identity} of '${reduce.reducer.name}' does not leave every state as it is`,
      `choose an identity for which combine(identity, s) is s: 0 for a sum, 1 for a product, -3.4028234663852886e38 for a maximum; '${fields[wrong]!.name}' changes`,
      [{ message: `combine(identity, ${show(reduce.reducer, state)}) gives ${show(reduce.reducer, combined)}` }, { message: "such a state comes from this leaf", at: leafAt }]);
    return false;
  }
  return true;
}

/** Whether a combine reads one of these fields. */
function reads(expr: Expr, fields: ReadonlySet<string>): boolean {
  return expr.kind === "state" ? fields.has(expr.field) : operandsOf(expr).some((part) => reads(part, fields));
}

/** A state that the leaf gives, and what the identity makes of it. */
function combineOnce(reading: Reading, reduce: Reduce, seed: number): [state: number[], combined: number[]] {
  const extents = Object.fromEntries([...reading.axes.keys()].map((axis) => [axis, smallExtent]));
  const parameters = new Proxy<Record<string, number>>({}, { get: (_, name) => (hash(`${seed} ${String(name)}`) % 7) + 1 });
  const algebra = bitAlgebra(extents, parameters, (load, indices) => madeUp(load, indices, seed));
  const denotation = new Denotation(algebra);
  const { pool } = reading;
  const stateOf = (leaf: Reduce["leaf"]): number[] => {
    let scope = denotation.bind(reduce.variable, seed % smallExtent);
    for (const variable of new Set(leaf.flatMap((expr) => [...expr.free]))) if (variable !== reduce.variable) scope = denotation.bind(variable, 0, scope);
    return leaf.map((expr) => denotation.valueOf(expr, scope));
  };
  const state = stateOf(reduce.leaf);
  const constants = state.map((bits, position) => pool.constant(reduce.reducer.fields[position]!.type, bits));
  const single = pool.reduce({ axis: reduce.axis, variable: reduce.variable, start: pool.u32(0), count: pool.u32(1), tree: [{ fold: "chain" }], reducer: reduce.reducer, leaf: constants });
  return [state, reduce.reducer.fields.map((field) => denotation.valueOf(pool.field(single, field.name)))];
}

/** An element of an input: small integers, or floats of either sign from 2^-8 to 2^8. */
function madeUp(load: Load, indices: readonly number[], seed: number): number {
  const random = hash(`${seed} ${load.input} ${indices.join(" ")}`);
  if (load.type === "u32") return random % smallExtent;
  if (load.type === "i32") return (random % 15) - 7 >>> 0;
  const bits = bitsOfF32((random & 1 ? -1 : 1) * (1 + ((random >>> 1) & 0xff) / 256) * 2 ** (((random >>> 9) % 17) - 8));
  return load.storage === "bf16" ? roundBf16(bits) : bits;
}

/** FNV-1a, mixed once more. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0)!, 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

function isFinite(type: string, bits: number): boolean {
  return type !== "f32" || (bits & 0x7fffffff) < 0x7f800000;
}

function agree(type: string, state: number, combined: number): boolean {
  if (type !== "f32") return state === combined;
  const [a, b] = [f32OfBits(state), f32OfBits(combined)];
  return Math.abs(a - b) <= tolerance * Math.abs(a);
}

function show(reducer: Reducer, state: readonly number[]): string {
  const value = (type: string, bits: number): string => type === "f32" ? String(Number(f32OfBits(bits).toPrecision(7))) : String(type === "i32" ? bits | 0 : bits);
  return `{ ${reducer.fields.map((field, position) => `${field.name}: ${value(field.type, state[position]!)}`).join(", ")} }`;
}
