/** Where the rules of bounds, cuts, sides and names end: what stands beside a wrong kernel and is right. */
import { describe, expect, test } from "vitest";
import { readKernels } from "./index.ts";

function codesOf(
  body: string,
  inputs = `x: "f32[token, key]", n: "u32[token]"`,
  before = "",
  axes = "token: batch, key: sequence, c: model",
): string[] {
  const taken = [...inputs.matchAll(/(\w+):/g)].map(([, name]) => name).join(", ");
  const source = `import { argmax, batch, below, extent, f32, gather, i32, kernel, max, min, model, reduce, reducer, runs, select, sequence, sum, u32, upTo } from "treefold";
${before}
export const one = kernel({ axes: { ${axes} }, inputs: { ${inputs} }, output: "f32[token, c]", body: ({ ${taken} }, { token, key, c }) => ${body} });`;
  return [...new Set(readKernels("one.kernel.ts", { source }).diagnostics.map(({ code }) => code))].filter(
    (code) => code !== "R021",
  );
}

describe("the request's own bound", () => {
  const bounded = (bound: string): string[] =>
    codesOf(
      `sum(below(key, ${bound}), "chain", (k) => x(token, k)) + y(c)`,
      `x: "f32[token, key]", y: "f32[c]", n: "u32[token]", of: "u32[c]", p: "i32[token]"`,
      "const before = (a: number, b: number) => a - b; const from = (a: number, b: number) => max(a, b) - b;",
    );
  test.each([
    "n(token)",
    "n(token) + 1",
    "min(n(token), of(c))",
    "min(of(c), n(token) / 2)",
    "max(n(token), 1)",
    "c > 3 ? n(token) : 0",
    "n(token) % 7",
    "max(n(token), of(c)) - of(c)",
    "max(n(token), 128) - 128",
    "n(token) - min(n(token), 5)",
    "n(token) - n(token) % 16",
    "n(token) / 16 * 16",
    "n(token) - n(token) / 2",
    "n(token) - (n(token) & 3)",
    "n(token) > 2 ? n(token) - 2 : 0",
    "n(token) >= of(c) ? n(token) - of(c) : 0",
    "n(token) === 0 ? 0 : n(token) - 1",
    "select(of(c) < n(token) && c > 2, n(token) - of(c), n(token))",
    "u32(max(p(token) - 3, 0))",
    "u32(max(p(token), 0))",
    "p(token) > 4 ? u32(p(token) - 4) : 0",
    "from(n(token), 3)",
    "from(n(token), 7) * 2",
    "min(n(token) - 2, n(token))",
    "n(token) - 1 + 1",
    "n(token) + 2 - 1",
  ])("%s", (bound) => {
    expect(bounded(bound)).toEqual([]);
  });
  test.each([
    "of(c)",
    "100",
    "max(n(token), of(c))",
    "max(n(token), 2)",
    "n(token) + of(c)",
    "c > 3 ? n(token) : 5",
    "of(c) - n(token)",
    "extent(c)",
    "max(n(token), of(c)) - 1",
    "n(token) - 1",
    "n(token) - of(c)",
    "n(token) - 2 - 3",
    "(n(token) - 2) * 3",
    "(n(token) - 2) / 3",
    "n(token) + 4294967294",
    "n(token) * 4294967295",
    "~n(token)",
    "u32(~p(token))",
    "u32(p(token))",
    "u32(-p(token))",
    "u32(p(token) - 2)",
    "u32(i32(n(token)) - 2)",
    "max(n(token) - 2, 0)",
    "min(n(token) - 2, 128)",
    "n(token) > 2 ? n(token) - 4 : 0",
    "n(token) > 2 ? 0 : n(token) - 1",
    "of(c) > 2 ? n(token) - 2 : 0",
    "before(n(token), 1)",
    "before(n(token), of(c))",
    'sum(c, "chain", (i) => n(token) - 1)',
    "n(token) ^ 0xffffffff",
  ])("%s is not", (bound) => {
    expect(bounded(bound)).toEqual(["R003"]);
  });
});

describe("the last item of a range", () => {
  const bounded = (bound: string): string[] =>
    codesOf(
      `sum(upTo(key, ${bound}), "chain", (k) => x(token, k)) + y(c)`,
      `x: "f32[token, key]", y: "f32[c]", n: "u32[token]"`,
    );
  // The count is one more, and wraps back.
  test.each(["n(token)", "n(token) - 1", "max(n(token), 1) - 1"])("%s", (bound) => expect(bounded(bound)).toEqual([]));
  test.each(["n(token) - 2", "~n(token)", "n(token) / 2 - 2"])("%s is not", (bound) =>
    expect(bounded(bound)).toEqual(["R003"]),
  );
});

describe("bounds of integers", () => {
  const bounded = (bound: string): string[] =>
    codesOf(`sum(below(c, ${bound}), "chain", (i) => x(token, i))`, `x: "f32[token, c]", n: "u32[token]"`);
  test.each(["n(token)", "select(n(token) > 3, 1, 2)", 'argmax(c, "chain", (i) => n(token) + i)'])("%s", (bound) =>
    expect(bounded(bound)).toEqual([]),
  );
  test.each([
    "u32(x(token, 0))",
    "select(x(token, 0) > 0, 1, 2)",
    'argmax(c, "chain", (i) => x(token, i))',
    'sum(c, "chain", (i) => u32(x(token, i)))',
  ])("%s is made of floats", (bound) => {
    expect(bounded(bound)).toEqual(["R024"]);
  });
});

describe("cuts of a sequence", () => {
  const folded = (tree: string, index: string): string[] =>
    codesOf(
      `sum(upTo(key, n(token)), "${tree}", (k) => gather(x, token, ${index}) * y(c))`,
      `x: "f32[token, key]", y: "f32[c]", n: "u32[token]"`,
      "const shifted = (a: number, b: number) => a + b;",
    );
  test.each([
    ["chain 64, chain", "k + 1"],
    ["pairwise", "k - 3"],
    ["pairwise", "k + c"],
    ["pairwise", "k * 2 + extent(c)"],
    ["chain", "n(token) - k"],
    ["chain 64, chain", "n(token) * 64 + k"],
    ["chain 16, chain 4, chain", "k + n(token) * 128"],
    ["lanes 8 chain, pairwise", "k + 8 * n(token)"],
  ])("stay: %s at %s", (tree, index) => expect(folded(tree, index)).toEqual([]));
  test.each([
    ["chain 64, chain", "k + n(token)"],
    ["pairwise", "n(token) - k"],
    ["pairwise", "k + n(token) * 64"],
    ["chain 64, chain", "n(token) * 32 + k"],
    ["lanes 8 chain, chain", "(n(token) + k) / 16"],
    ["chain 64, chain", "shifted(k, n(token))"],
    ["chain 16, chain 4, chain", "k + n(token) * 16"],
  ])("move: %s at %s", (tree, index) => expect(folded(tree, index)).toEqual(["R027"]));
});

describe("sides of a combine", () => {
  const combined = (combine: string): string[] =>
    codesOf(
      `reduce(c, "chain", two, (i) => ({ s: x(token, i), t: x(token, i) })).s + x(token, c)`,
      `x: "f32[token, c]"`,
      `const two = reducer({ state: { s: "f32", t: "f32" }, identity: { s: 0, t: 0 }, combine: (left, right) => (${combine}) });`,
    );
  test.each([
    "{ s: left.s + right.s, t: right.t }",
    "{ s: left.s + right.s, t: left.s + right.s }",
    "{ s: right.t + left.t, t: left.t + right.t }",
  ])("%s", (combine) => {
    expect(combined(combine)).toEqual([]);
  });
  test.each([
    "{ s: right.s, t: right.t }",
    "{ s: left.s, t: left.t }",
    "{ s: left.s + right.s, t: left.t }",
    "{ s: left.s + right.s, t: right.t * 1 }",
    "{ s: left.s + right.s, t: 0 }",
    "{ s: left.s + left.s, t: left.t + right.t }",
  ])("%s ignores one", (combine) => {
    expect(combined(combine)).toEqual(["R026"]);
  });
});

describe("names", () => {
  const named = (body: string): string[] =>
    codesOf(body, `x: "f32[token, c]", y: "f32[c]"`, "const scale = 2;\nconst twice = (v: number) => v * 2;");
  test.each([
    'sum(c, "chain", (i) => x(token, i)) + max(c, "chain", (i) => x(token, i)) + y(c)',
    "{ const scale = y(c); return scale * x(token, c); }",
    "{ const v = twice(y(c)); return v * x(token, c); }",
  ])("%s", (body) => {
    expect(named(body)).toEqual([]);
  });
  test.each([
    'sum(c, "chain", (c) => x(token, c)) + y(c)',
    'sum(c, "chain", (y) => x(token, y)) + y(c)',
    '{ const v = y(c); return sum(c, "chain", (i) => { const v = x(token, i); return v; }) * v; }',
    'sum(c, "chain", (i) => sum(c, "chain", (i) => x(token, i) * y(i)))',
    "{ function y2(token: number) { return token; } return y2(y(c)) * x(token, c); }",
  ])("%s hides one", (body) => {
    expect(named(body)).toEqual(["R025"]);
  });
});
