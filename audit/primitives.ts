/**
 * The language's operations on floats that WGSL has no word for. Each is a function in the text; it is taken for the
 * operation only if it computes the very term that the audited text below does. What that text gives is tested against
 * the reference arithmetic (dsl/bits.ts), bit by bit, in primitives.test.ts.
 */
import { own } from "../dsl/own.ts";
import type { Floats } from "./floats.ts";
import type { Integers } from "./integers.ts";
import { type Callable, Machine, type Recognise, type Uniforms } from "./machine.ts";
import type { Term, Value, Word } from "./term.ts";
import type { FunctionDeclaration, Module } from "./wgsl/ast.ts";
import { parseWgsl } from "./wgsl/index.ts";

/** `ones` is all ones and `zero` 0, in every text. */
export const auditedText = `struct Uniforms {
  ones: u32,
  zero: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}
fn round_bf16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) & 0xffff0000u;
  let flushed = select(rounded, bits & 0x80000000u, magnitude < 0x23800000u);
  return bitcast<f32>(select(flushed, 0x7fc00000u, magnitude > 0x7f800000u));
}
fn absolute_i32(x: i32) -> i32 {
  let sign = x >> 31u;
  return bitcast<i32>(bitcast<u32>((x ^ sign) - sign) & uniforms.ones);
}
fn f32_of_u32(x: u32) -> f32 {
  return bitcast<f32>(bitcast<u32>(f32(x >> 16u) * 0x1p16f + f32(x & 0xffffu)) | uniforms.zero);
}
fn truncate_u32(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let low = select(u32(x), 0u, (bits >= 0x80000000u) | (bits > 0x7f800000u));
  return select(low, 0xffffff00u, (bits >= 0x4f800000u) & (bits <= 0x7f800000u));
}
fn truncate_i32(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let bound = select(0x7fffff80i, i32(-2147483647 - 1), bits >= 0x80000000u);
  return select(select(i32(x), bound, magnitude >= 0x4f000000u), 0i, magnitude > 0x7f800000u);
}
fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}
fn order_key(x: f32) -> u32 {
  let raw = bitcast<u32>(x);
  let bits = select(raw, 0x7fc00000u, (raw & 0x7fffffffu) > 0x7f800000u);
  return bits ^ select(0x80000000u, 0xffffffffu, (bits >> 31u) == 1u);
}
fn max_by_bits(a: f32, b: f32) -> f32 {
  return bitcast<f32>(select(bitcast<u32>(a), bitcast<u32>(b), order_key(a) < order_key(b)));
}
fn min_by_bits(a: f32, b: f32) -> f32 {
  return bitcast<f32>(select(bitcast<u32>(a), bitcast<u32>(b), order_key(b) < order_key(a)));
}
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
}
`;

let parsed: Module | undefined;

/** The machine of the audited text, with functions as they stand there. */
export function auditedMachine(integers: Integers, floats: Floats, constants: Uniforms): Machine {
  parsed ??= parseWgsl(auditedText);
  return new Machine(parsed, integers, floats, constants, () => undefined);
}

/** What recognises the primitives among the functions of a text whose terms live in this pool. */
export function primitivesOf(integers: Integers, floats: Floats, constants: Uniforms): Recognise {
  const operations: Record<string, Callable> = {
    seal: (x) => floats.seal(x as Term),
    round_bf16: (x) => floats.roundBf16(x as Term),
    absolute_i32: (x) => integers.absolute(x as Word),
    f32_of_u32: (x) => floats.ofU32(x as Word),
    truncate_u32: (x) => truncated(floats, integers, "truncateU32", x as Term),
    truncate_i32: (x) => truncated(floats, integers, "truncateI32", x as Term),
    canonical: (x) => floats.canonical(x as Term),
    max_by_bits: (a, b) => floats.maximum(a as Term, b as Term),
    min_by_bits: (a, b) => floats.minimum(a as Term, b as Term),
  };
  const machine = auditedMachine(integers, floats, constants);
  const known = new Map<Value, Callable>();
  for (const declaration of machine.module.functions) {
    const operation = own(operations, declaration.name);
    if (operation !== undefined)
      known.set(summaryOf(declaration, machine.callable(declaration.name), integers), operation);
  }
  return (declaration, run) => {
    try {
      return known.get(summaryOf(declaration, run, integers));
    } catch {
      // A function that needs its arguments to be known is no primitive; what is wrong with it shows where it is
      // called.
      return undefined;
    }
  };
}

/** A float's integer part: the one integer operation on floats that depends on no other bits. */
export function truncated(floats: Floats, integers: Integers, kind: "truncateU32" | "truncateI32", x: Term): Word {
  return x === floats.nothing ? 0 : integers.pool.node(kind, "integer", x);
}

/** What a function gives for arguments that are not known. */
export function summaryOf(declaration: FunctionDeclaration, run: Callable, { pool }: Integers): Value {
  return run(
    ...declaration.parameters.map(({ type }, at) => {
      const scalar = type.kind === "scalar" ? type.name : "u32";
      return pool.leaf("argument", scalar === "f32" ? "float" : scalar === "bool" ? "bool" : "integer", `${at}`);
    }),
  );
}
