/**
 * The parser on this side: it reads all that the compiler prints, and takes anything else for what it is.
 * tint.any-device.test.ts holds it against Tint.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tries } from "../../spec/fixtures/effort.ts";
import { mutantOf, passesInRanges, printedPasses, randomPasses } from "../../spec/fixtures/wgsl-corpus.ts";
import type { Expression } from "./ast.ts";
import { parseWgsl, WgslError } from "./index.ts";

const printed = [...printedPasses({ rows: 5, items: 133, width: 17 }), ...passesInRanges()];

/** A module with a text in its entry point, and with more declarations. */
const moduleWith = (body: string, declarations = ""): string => `struct Uniforms {
  ones: u32,
  zero: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> y_data: array<u32>;
var<workgroup> tile: array<f32, 8>;${declarations}
@compute @workgroup_size(8, 4)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
${body}
}
`;

describe("the parser reads", () => {
  test.each([
    ["every kernel under every schedule that fits", () => printed],
    ["random kernels", () => randomPasses(tries(8, 20), 1)],
    [
      "sums at sizes that large tiles fit",
      () => printedPasses({ rows: 3, items: 70, width: 68 }, ["linear", "linearBiasF32", "sumOfDifferences"]),
    ],
  ])("%s", (_, passes) => {
    const read = passes();
    expect(read.length).toBeGreaterThan(tries(7, 20));
    for (const { wgsl, workgroupSize, bindings, uniforms } of read) {
      const module = parseWgsl(wgsl);
      expect(module.workgroupSize).toBe(workgroupSize);
      expect(module.storage.map(({ binding, access }) => [binding, access])).toEqual(
        bindings.map(({ binding, access }) => [binding, access]),
      );
      expect(module.uniform!.type).toMatchObject({ members: uniforms.map(({ name }) => ({ name })) });
      expect(module.functions.at(-1)).toBe(module.entry);
    }
  });

  test.each([
    ["u - u - u + u", "(((u - u) - u) + u)"],
    ["u + u * u % u - u", "((u + ((u * u) % u)) - u)"],
    ["u << 1u < u + u && !b", "(((u << 1) < (u + u)) && !(b))"],
    ["u | u | (u & u)", "((u | u) | (u & u))"],
    ["b || b || u >= u", "((b || b) || (u >= u))"],
    ["-i.x - -(i.y)", "(-(i.x) - -(i.y))"],
    ["select(u, uniforms.ones, u < u)", "select(u, uniforms.ones, (u < u))"],
    ["bitcast<f32>(y_data[u + 1u] >> 16u)", "bitcast(([](y_data, (u + 1)) >> 16))"],
    ["0x1.8p-3f", `${0x3e400000}`],
    ["0xfffffffeu", `${0xfffffffe}`],
    ["i32(-2147483647 - 1)", `${0x80000000}`],
  ])("%s", (text, shown) => {
    const { entry } = parseWgsl(
      moduleWith(
        `  let u = 1u; let b = true; let f = ${text};`,
        "\n@group(0) @binding(3) var<storage, read> i_data: array<vec2<i32>>;",
      ).replace("let f", "let i = i_data[0u]; let f"),
    );
    const last = entry.body.at(-1)!;
    expect(last.kind === "declare" && show(last.value!)).toBe(shown);
  });
});

function show(expression: Expression): string {
  switch (expression.kind) {
    case "literal":
      return `${expression.bits}`;
    case "name":
      return expression.variable.name;
    case "member":
      return `${show(expression.of)}.${expression.name}`;
    case "element":
      return `[](${show(expression.of)}, ${show(expression.index)})`;
    case "unary":
      return `${expression.operator}(${show(expression.operand)})`;
    case "binary":
      return `(${show(expression.left)} ${expression.operator} ${show(expression.right)})`;
    case "call":
      return `${expression.callee.name}(${expression.arguments.map(show).join(", ")})`;
    case "builtin":
      return `${expression.name}(${expression.arguments.map(show).join(", ")})`;
  }
}

test("an inner scope's name is another variable", () => {
  const { entry } = parseWgsl(
    moduleWith(
      "  let u = 1u;\n  for (var n = 0u; n < u; n += 1u) {\n    let u = n;\n    y_data[u] = u;\n  }\n  y_data[u] = u;",
    ),
  );
  const [outer, loop, after] = entry.body;
  if (outer?.kind !== "declare" || loop?.kind !== "for" || after?.kind !== "assign")
    throw new Error("other statements");
  const [inner, within] = loop.body;
  if (inner?.kind !== "declare" || within?.kind !== "assign") throw new Error("other statements");
  expect(inner.variable).not.toBe(outer.variable);
  expect(within.value).toMatchObject({ variable: inner.variable });
  expect(after.value).toMatchObject({ variable: outer.variable });
});

test("whatever an edit makes of a text is read, or is an error at a place of it", () => {
  const texts = printed
    .map(({ wgsl }) => wgsl)
    .sort((a, b) => a.length - b.length)
    .slice(0, 150);
  fc.assert(
    fc.property(mutantOf(texts), ({ text }) => {
      const error = errorOf(text);
      if (error === undefined) return;
      const line = text.split(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/)[error.line - 1];
      expect(error.column).toBeGreaterThan(0);
      expect(error.column).toBeLessThanOrEqual(line!.length + 1);
      expect(error.message).toBe(`${error.line}:${error.column} ${error.problem}; ${error.fix}`);
      expect(error.message).not.toContain("\n");
    }),
    { numRuns: tries(200, 1000), seed: 1 },
  );
});

test("brackets that nest without end are an error, too", () => {
  for (const bracket of ["(", "[", "{", "x[(", "if (b) {"])
    expect(() => parseWgsl(moduleWith(bracket.repeat(20_000)))).toThrow(WgslError);
});

describe("faults are told where they stand, and how to mend them", () => {
  const faults: readonly { readonly body: string; readonly declarations?: string; readonly message: string }[] = [
    {
      body: "let a = 1u + 1i;",
      message: "11:9 '+' stands between u32 and i32; convert one of them, with u32(…) or i32(…)",
    },
    {
      body: "let a = 1u & 2u == 2u;",
      message:
        "11:17 '==' may not follow '&' without parentheses; put parentheses around the operation that comes first",
    },
    { body: "let a = b;", message: "11:9 there is no 'b' here; declare it further up, in this block or around it" },
    {
      body: "let a = 1u;\na = 2u;",
      message: "12:1 'a' cannot be written: it is a let; assign a var, workgroup memory or a read_write buffer",
    },
    {
      body: "x_data[0u] = 1.0f;",
      message:
        "11:1 'x_data' cannot be written: it is a buffer with access read; assign a var, workgroup memory or a read_write buffer",
    },
    { body: "let a = 1u;\nlet a = 1u;", message: "12:5 'a' is declared twice in one scope; choose another name" },
    { body: "let a = 1;", message: "11:9 1 has no suffix; write 1u or 1i" },
    {
      body: "let a = 0.1f;",
      message:
        "11:9 0.1f is not exactly an f32; write digits and u or i behind them, or a float that an f32 holds exactly, with f behind it",
    },
    { body: "let a = local_index << 32u;", message: "11:24 '<<' shifts 32 bits by 32; shift by 31 at most" },
    {
      body: "let a = local_index / 0u;",
      message: "11:23 '/' divides by a zero that is plain to see; divide by something else",
    },
    {
      body: "let a = 0x1p127f * 2.0f;",
      message: "11:9 this constant is no finite f32; change the constants of which it is computed",
    },
    {
      body: "let a = tile[8u];",
      message: "11:14 8 is outside of array<f32, 8>; use an index from 0 to below its length",
    },
    { body: "let a = select(1.0f, 2.0f, 3u);", message: "11:28 argument 3 of 'select' is u32; give it bool" },
    {
      body: "let a = sqrt(1.0f);",
      message:
        "11:9 there is no function 'sqrt' here; declare it further up, or use select, min, max, abs, floor, fma, bitcast<…> or a conversion",
    },
    {
      body: "y_data[0u] = 1.0f;",
      message: "11:14 what it is assigned to is u32, and this is f32; convert it, or compute it as u32",
    },
    { body: "let a = 1u", message: "12:1 ';' expected, and there is '}'; write ';' here" },
    {
      body: "loop { }",
      message:
        "11:1 no statement begins with 'loop'; use let, var, for, while, if, return, an assignment or workgroupBarrier(), or close the block",
    },
    { body: "let a = (1u;", message: "11:12 ')' expected, and there is ';'; write ')' here" },
    {
      body: "",
      declarations: "\nfn half() -> f32 { }",
      message: "9:20 'half' may end without a value; end it with return",
    },
    {
      body: "",
      declarations: "\nfn f() -> f32 { workgroupBarrier(); return 1.0f; }",
      message: "9:17 a barrier outside of the entry point; put it into the entry point",
    },
  ];
  test.each(faults)("$message", ({ body, declarations, message }) => {
    expect(errorOf(moduleWith(body, declarations))?.message).toBe(message);
  });
});

function errorOf(text: string): WgslError | undefined {
  try {
    parseWgsl(text);
    return undefined;
  } catch (error) {
    if (error instanceof WgslError) return error;
    throw error;
  }
}
