/** The audited text of the language's own operations gives the reference arithmetic's bits. */
import { expect, test } from "vitest";
import { binaryBits, canonical, unaryBits } from "../dsl/bits.ts";
import { roundBf16 } from "../dsl/numbers.ts";
import { Floats } from "./floats.ts";
import { Integers } from "./integers.ts";
import type { Callable } from "./machine.ts";
import { auditedMachine, auditedText, primitivesOf } from "./primitives.ts";
import { Machine } from "./machine.ts";
import { type Term, TermPool, type Value } from "./term.ts";
import { parseWgsl } from "./wgsl/index.ts";

const integers = new Integers(new TermPool());
const floats = new Floats(integers);
// With a mask that is known, constants go all the way through.
const machine = auditedMachine(integers, floats, { ones: 0xffffffff, zero: 0 });

const patternOf = (value: Value): number => (typeof value === "object" ? value.bits : Number(value));
const call = (name: string, type: "f32" | "i32") => {
  const callable = machine.callable(name);
  return (...bits: number[]): number =>
    patternOf(callable(...bits.map((pattern) => (type === "f32" ? floats.constant(pattern, false) : pattern))));
};

/** Every sign and exponent with several fractions, the specials, and a walk through all patterns. */
function* patterns(step: number): Generator<number> {
  for (let high = 0; high < 512; high++) {
    for (const fraction of [0, 1, 0x7fff, 0x8000, 0x8001, 0x18000, 0x3fffff, 0x400000, 0x7fffff])
      yield ((high << 23) | fraction) >>> 0;
  }
  for (let bits = 0; bits < 2 ** 32; bits += step) yield bits;
}

test.each([
  ["round_bf16", (bits: number): number => roundBf16(bits)],
  ["canonical", canonical],
  ["seal", (bits: number): number => bits],
  ["truncate_u32", (bits: number): number => unaryBits("toU32", "f32", bits)],
  ["truncate_i32", (bits: number): number => unaryBits("toI32", "f32", bits)],
] as const)("%s", (name, reference) => {
  const compute = call(name, "f32");
  let different = 0;
  for (const bits of patterns(104_729)) if (compute(bits) !== reference(bits)) different++;
  expect(different).toBe(0);
});

/** Floats are terms to the machine, even if they are known: the text's own arithmetic, spelled out. */
test("f32_of_u32 rounds once", () => {
  expect(auditedText).toContain("f32(x >> 16u) * 0x1p16f + f32(x & 0xffffu)");
  const f32Of = (bits: number): number => unaryBits("toF32", "u32", bits);
  let different = 0;
  for (const bits of patterns(104_729)) {
    const sum = binaryBits(
      "add",
      "f32",
      binaryBits("multiply", "f32", f32Of(bits >>> 16), f32Of(0x10000)),
      f32Of(bits & 0xffff),
    );
    if (sum !== f32Of(bits)) different++;
  }
  expect(different).toBe(0);
});

test("absolute_i32", () => {
  const compute = call("absolute_i32", "i32");
  let different = 0;
  for (const bits of patterns(104_729)) if (compute(bits) !== unaryBits("absolute", "i32", bits)) different++;
  expect(different).toBe(0);
});

test.each([
  ["max_by_bits", "maximum"],
  ["min_by_bits", "minimum"],
] as const)("%s", (name, operator) => {
  const compute = call(name, "f32");
  let different = 0;
  const some = [...patterns(50_000_017)].map(canonical);
  some.forEach((a, at) => {
    for (const b of [a, some[(at * 7919 + 1) % some.length]!, (a ^ 0x80000000) >>> 0, 0, 0x80000000, 0x7fc00000].map(
      canonical,
    )) {
      if (canonical(compute(a, b)) !== binaryBits(operator, "f32", a, b)) different++;
    }
  });
  expect(different).toBe(0);
});

test("a function is taken for an operation by what it computes, whatever its name; one bit less and it is not", () => {
  const own = new Integers(new TermPool());
  const ownFloats = new Floats(own);
  const constants = { ones: own.pool.leaf("ones", "integer", ""), zero: own.hidden(0) };
  const machineOf = (text: string): Machine =>
    new Machine(parseWgsl(text), own, ownFloats, constants, primitivesOf(own, ownFloats, constants));
  const x = ownFloats.pool.leaf("argument", "float", "x");
  const renamed = machineOf(auditedText.replaceAll("round_bf16", "nearest"));
  expect((renamed.callable("nearest") as Callable)(x)).toBe(ownFloats.roundBf16(x));
  const word = own.pool.leaf("argument", "integer", "x");
  const same = machineOf(auditedText.replaceAll("f32_of_u32", "halves"));
  expect((same.callable("halves") as Callable)(word)).toBe(ownFloats.ofU32(word));
  const once = machineOf(auditedText.replace("| uniforms.zero);\n}\nfn truncate_u32", "| 0u);\n}\nfn truncate_u32"));
  expect(once.callable("f32_of_u32")(word)).not.toBe(ownFloats.ofU32(word));
  // SwiftShader's own conversion rounds twice where the first bit is set.
  const twice = machineOf(auditedText.replace(/bitcast<f32>\(bitcast<u32>\(f32\(x >> 16u\)[^;]*/, "f32(x)"));
  expect(twice.callable("f32_of_u32")(word)).not.toBe(ownFloats.ofU32(word));
  const changes: [string, string, string][] = [
    ["round_bf16", "0x7fffu", "0x7ffeu"],
    ["round_bf16", "0x23800000u", "0x24000000u"],
    ["canonical", "0x7fc00000u", "0x7fc00001u"],
    ["seal", "| uniforms.zero", "| 0u"],
    ["seal", "| uniforms.zero", "& 0xffffffffu"],
    ["max_by_bits", "order_key(a) < order_key(b)", "order_key(b) < order_key(a)"],
  ];
  for (const [name, from, to] of changes) {
    const text = auditedText.replace(new RegExp(`(fn ${name}[^}]*?)${from.replace(/[()|&.]/g, "\\$&")}`), `$1${to}`);
    expect(text).not.toBe(auditedText);
    const changed = machineOf(text).callable(name);
    const arguments_: Term[] = name === "max_by_bits" ? [x, ownFloats.pool.leaf("argument", "float", "y")] : [x];
    const kinds = {
      round_bf16: "roundBf16",
      canonical: "canonical",
      seal: "argument",
      max_by_bits: "maximumByBits",
    } as const;
    const result = changed(...arguments_) as Term;
    // The seal that does nothing leaves what it is given, which is why a sum that needs one stays unsealed.
    if (name === "seal") expect(changed(ownFloats.add(x, x, true))).toBe(ownFloats.add(x, x, true));
    else expect(result.kind).not.toBe(kinds[name as keyof typeof kinds]);
  }
});
