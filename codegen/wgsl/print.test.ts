/** The text of a tree: literals, parentheses, lines and names. */
import { describe, expect, test } from "vitest";
import {
  allOf,
  arithmetic,
  arrayOf,
  bare,
  call,
  component,
  condition,
  element,
  hex,
  literal,
  name,
  select,
  u32,
  unary,
  unseen,
  vectorOf,
  word,
} from "./build.ts";
import { hideLoopStarts } from "./loop-starts.ts";
import { nameModule } from "./name.ts";
import { calledOf, canonical, maxByBits, prelude } from "./prelude.ts";
import { expressionText, operationText, printBody, printModule } from "./print.ts";
import {
  type Block,
  type Expression,
  fixedSymbol,
  type Literal,
  localIndex,
  type Module,
  type Statement,
  symbol,
} from "./tree.ts";
import { verifyModule } from "./verify.ts";

const a = name(symbol("let", "a", "u32"));
const b = name(symbol("let", "b", "u32"));
const hints = ({ hint }: { hint: string }): string => hint;
const block = (...statements: Statement[]): Block => ({ statements });
const output = fixedSymbol("output", "output_data", arrayOf("f32"));

function moduleOf(body: Block, reserved: readonly string[] = []): Module {
  return {
    label: "linear, alone",
    uniforms: ["ones", "zero"].map((named) => ({ name: named, type: "u32" })),
    buffers: [
      { symbol: fixedSymbol("input", "x_data", arrayOf(vectorOf("u32", 4))), binding: 1 },
      { symbol: output, binding: 2 },
    ],
    workgroupArrays: [],
    functions: calledOf([body]),
    workgroupSize: 64,
    body,
    reserved: new Set(reserved),
  };
}

test.each<[Literal, string]>([
  [u32(0xffffffff), "4294967295u"],
  [literal("i32", -3), "-3i"],
  [literal("i32", 0x80000000), "i32(-2147483647 - 1)"],
  [hex("i32", 0x7fffff80), "0x7fffff80i"],
  [hex("u32", 0xffff), "0xffffu"],
  [word(0xffff), "0x0000ffffu"],
  [literal("bool", 1), "true"],
  [literal("f32", 0x3f800000), "1.0f"],
  [literal("f32", 0xc0200000), "-0x1.4p1f"],
  [literal("f32", 0x00000001), "0x0.000002p-126f"],
  [literal("f32", 0x4b800000), "0x1p24f"],
  [hex("f32", 0x47800000), "0x1p16f"],
])("%j is %s", (value, text) => {
  expect(expressionText(value, hints)).toBe(text);
});

test("what is no number has no literal, and is made of its bits", () => {
  expect(() => expressionText(literal("f32", 0x7fc00000), hints)).toThrow("WGSL has no literal for what is no number");
  expect(expressionText(unseen("f32", 0x7fc00000), hints)).toBe("bitcast<f32>((0x7fc00000u ^ uniforms.zero))");
  expect(expressionText(unseen("f32", 0), hints)).toBe("bitcast<f32>(uniforms.zero)");
  expect(expressionText(unseen("bool", 1), hints)).toBe("true");
});

test.each<[string, Expression, string, string]>([
  ["an operation", arithmetic("+", a, arithmetic("*", a, b)), "(a + (a * b))", "a + (a * b)"],
  ["a sign", unary("-", name(symbol("let", "x", "i32"))), "(-x)", "-x"],
  ["a bare operation", bare(arithmetic("+", a, b)), "a + b", "a + b"],
  ["a bare sign", bare(unary("~", a)), "~(a)", "~a"],
  [
    "a chain of conditions",
    allOf("&&", [condition("<", a, b), condition("<", b, a), condition("==", a, b)]),
    "(a < b) && (b < a) && (a == b)",
    "(a < b) && (b < a) && (a == b)",
  ],
  ["one condition of a chain", allOf("&", [condition("<", a, b)]), "(a < b)", "a < b"],
  ["an argument", select(a, b, condition("<", a, b)), "select(a, b, (a < b))", "select(a, b, (a < b))"],
])("%s is in parentheses where it is an operand", (_, value, operand, whole) => {
  expect(expressionText(value, hints)).toBe(operand);
  expect(operationText(value, hints)).toBe(whole);
});

test("a module is printed a line at a time, each with its place", () => {
  const origin = { file: "linear.kernel.ts", line: 3, column: 5 };
  const [stem, counter] = [symbol("var", "out 2", "u32"), symbol("counter", "out", "u32")];
  const body = block(
    { kind: "barrier" },
    { kind: "var", symbol: stem, value: name(localIndex), origin },
    { kind: "if", condition: condition(">=", name(stem), u32(3)), body: block({ kind: "return" }) },
    {
      kind: "for",
      counter,
      from: u32(0),
      condition: condition("<", name(counter), name(stem)),
      step: u32(2),
      body: block({
        kind: "assign",
        target: element(output, name(counter)),
        value: call(canonical, literal("f32", 0)),
        origin,
      }),
    },
  );
  const lines = printModule(verifyModule(moduleOf(body), "free", "planting"));
  expect(lines.map(({ text }) => text).join("\n")).toBe(`// linear, alone
struct Uniforms {
  ones: u32,
  zero: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> output_data: array<f32>;

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  workgroupBarrier();
  var out_0: u32 = local_index;
  if (out_0 >= 3u) {
    return;
  }
  for (var out_1 = 0u; out_1 < out_0; out_1 += 2u) {
    output_data[out_1] = canonical(0.0f);
  }
}`);
  expect(lines.flatMap((line, at) => (line.origin === null ? [] : [at]))).toEqual([17, 22]);
  expect(printBody(moduleOf(body))[1]).toEqual({ text: "var out_0: u32 = local_index;", origin });
});

describe("names", () => {
  const declare = (own: ReturnType<typeof symbol>): Statement => ({
    kind: "let",
    symbol: own,
    value: u32(0),
    origin: null,
  });

  test("are numbered in the order in which symbols were made, not in that of the text", () => {
    const [first, second, third] = [1, 2, 3].map(() => symbol("let", "k", "u32"));
    const names = nameModule(moduleOf(block(declare(third!), declare(first!), declare(second!))));
    expect([first, second, third].map((own) => names(own!))).toEqual(["k_0", "k_1", "k_2"]);
  });

  test.each([
    ["out 2", "out_0"],
    ["_x9", "x_0"],
    ["4", "value_0"],
    ["größe", "gr_e_0"],
    ["a_b_17", "a_b_0"],
  ])("of the hint '%s' is %s", (hint, text) => {
    const own = symbol("let", hint, "u32");
    expect(nameModule(moduleOf(block(declare(own))))(own)).toBe(text);
  });

  test("are none that is reserved, nor one that is given", () => {
    const [first, second] = [symbol("let", "k", "u32"), symbol("let", "k", "u32")];
    const names = nameModule(moduleOf(block(declare(first), declare(second)), ["k_0", "k_2"]));
    expect([names(first), names(second)]).toEqual(["k_1", "k_3"]);
    const given = fixedSymbol("let", "k_0", "u32");
    expect(nameModule(moduleOf(block(declare(given), declare(first))))(first)).toBe("k_1");
    expect(() => nameModule(moduleOf(block(declare(given), declare(fixedSymbol("let", "k_0", "u32")))))).toThrow(
      "two declarations are called k_0",
    );
    expect(() => names(given)).not.toThrow();
    expect(() => names(symbol("let", "k", "u32"))).toThrow("a let 'k' is named nowhere");
  });
});

test("a loop around another one starts at a zero that drivers cannot see", () => {
  const loop = (...statements: Statement[]): Statement => {
    const counter = symbol("counter", "k", "u32");
    const isBefore = condition("<", name(counter), u32(3));
    return { kind: "for", counter, from: u32(0), condition: isBefore, step: u32(1), body: block(...statements) };
  };
  const starts = printBody(moduleOf(hideLoopStarts(block(loop(loop()), loop()))))
    .map(({ text }) => text.trim())
    .filter((text) => text !== "}");
  expect(starts).toEqual(
    [
      "for (var k_0 = 0u; k_0 < 3u; k_0 += 1u) {",
      "for (var k_1 = uniforms.zero; k_1 < 3u; k_1 += 1u) {",
      "for (var k_2 = 0u; k_2 < 3u; k_2 += 1u) {",
    ].sort((x, y) => (x.includes("uniforms") ? -1 : y.includes("uniforms") ? 1 : 0)),
  );
});

describe("the compiler's own functions", () => {
  test.each(prelude.map((own) => [own.symbol.hint, own] as const))("%s has fitting types", (_, own) => {
    const body = block({
      kind: "assign",
      target: element(output, u32(0)),
      value: unseen("f32", 0),
      origin: null,
    });
    const module = { ...moduleOf(body), functions: prelude.slice(0, prelude.indexOf(own) + 1) };
    expect(() => verifyModule(module, "free", "planting")).not.toThrow();
  });

  test("stand in a module with those that they call", () => {
    const value = call(maxByBits, literal("f32", 0), literal("f32", 0));
    const called = calledOf([block({ kind: "assign", target: element(output, u32(0)), value, origin: null })]);
    expect(called.map((own) => own.symbol.hint)).toEqual(["order_key", "max_by_bits"]);
    expect(component(name(symbol("let", "v", vectorOf("u32", 4))), 3).member).toBe("w");
  });
});
