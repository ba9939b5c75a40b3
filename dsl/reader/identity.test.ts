import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readKernels } from "./index.ts";

/** What is said of a reducer whose one field `s` has this identity and combine, over leaves of a dtype. */
function told(identity: string, combine: string, { type = "f32", leaf = "x(token, c)" } = {}): string[] {
  const source = `import { abs, batch, divide, exp, kernel, log, max, min, model, reduce, reducer } from "treefold";
    const mine = reducer({ state: { s: "${type}" }, identity: { s: ${identity} }, combine: (l, r) => ({ s: ${combine} }) });
    export const one = kernel({ axes: { token: batch, channel: model }, inputs: { x: "${type}[token, channel]" }, output: "${type}[token]",
      body: ({ x }, { token, channel }) => reduce(channel, "chain", mine, (c) => ({ s: ${leaf} })).s });`;
  return readKernels("one.kernel.ts", { source }).diagnostics.map(({ code, fix }) => `${code}: ${fix}`);
}

const lowest = "-3.4028234663852886e38";
const largest = "3.4028234663852886e38";
const write = (value: string): string[] => [
  `R014: write s: ${value} in the identity, which leaves every state as it is`,
];

describe("an identity that fits", () => {
  test.each([
    ["a sum", "0", "l.s + r.s"],
    ["a product", "1", "l.s * r.s"],
    ["a maximum", lowest, "max(l.s, r.s)"],
    ["a minimum", largest, "min(l.s, r.s)"],
    ["a mean square", "0", "l.s + r.s", "f32", "x(token, c) * x(token, c)"],
    ["a maximum of magnitudes", "0", "max(l.s, r.s)", "f32", "abs(x(token, c))"],
    ["a sum of logarithms", lowest, "max(l.s, r.s) + log(exp(l.s - max(l.s, r.s)) + exp(r.s - max(l.s, r.s)))"],
    ["a minimum of u32", "0xffffffff", "min(l.s, r.s)", "u32"],
    ["a maximum of u32", "0", "max(l.s, r.s)", "u32"],
    ["a maximum of i32", "-0x80000000", "max(l.s, r.s)", "i32"],
    ["a sum of i32", "0", "l.s + r.s", "i32"],
    ["bits", "0xffffffff", "l.s & r.s", "u32"],
  ])("%s from %s", (_, identity, combine, type = "f32", leaf = "x(token, c)") =>
    expect(told(identity, combine, { type, leaf })).toEqual([]),
  );
});

describe("an identity that does not fit, and the one that does", () => {
  test.each([
    ["-1e30", "max(l.s, r.s)", lowest],
    ["-(2 ** 100)", "max(l.s, r.s)", lowest],
    ["-3.4e38", "max(l.s, r.s)", lowest],
    ["-(2 ** 126)", "max(l.s, r.s)", lowest],
    ["0", "max(l.s, r.s)", lowest],
    ["1e30", "min(l.s, r.s)", largest],
    ["0", "min(l.s, r.s)", largest],
    ["1", "l.s + r.s", "0"],
    ["1e-6", "l.s + r.s", "0"],
    ["0", "l.s * r.s", "1"],
  ])("%s of %s", (identity, combine, fitting) => expect(told(identity, combine)).toEqual(write(fitting)));

  test.each([
    ["100", "min(l.s, r.s)", "u32", "4294967295"],
    ["1", "l.s + r.s", "u32", "0"],
    ["-1000000", "max(l.s, r.s)", "i32", "-2147483648"],
    ["0", "min(l.s, r.s)", "i32", "2147483647"],
  ])("%s of %s in %s", (identity, combine, type, fitting) =>
    expect(told(identity, combine, { type })).toEqual(write(fitting)),
  );

  test("none that is usual", () =>
    expect(told("0", "l.s - r.s")[0]).toMatch(/^R014: no usual identity fits this combine of /));

  test("where a combine calculates with a maximum, the identity keeps clear of overflow", () => {
    const read = (identity: string): string[] =>
      readKernels("one.kernel.ts", {
        source: `import { batch, exp, kernel, max, model, reduce, reducer } from "treefold";
      const online = reducer({ state: { m: "f32", l: "f32" }, identity: { m: ${identity}, l: 0 }, combine(left, right) {
        const m = max(left.m, right.m);
        return { m, l: left.l * exp(left.m - m) + right.l * exp(right.m - m) };
      } });
      export const one = kernel({ axes: { token: batch, channel: model }, inputs: { x: "f32[token, channel]" }, output: "f32[token]",
        body: ({ x }, { token, channel }) => reduce(channel, "chain", online, (c) => ({ m: x(token, c), l: 1 })).l });`,
      }).diagnostics.map(({ fix }) => fix);
    expect(read("-(2 ** 126)")).toEqual([]);
    expect(read(lowest)).toEqual([]);
    expect(read("-1e30")).toEqual(["write m: -(2 ** 126) in the identity, which leaves every state as it is"]);
  });
});

/**
 * Reducers whose combines round, divide, cancel or choose: what they do to huge and tiny states is no fault of the
 * identity.
 */
const right: readonly (readonly [name: string, state: string, identity: string, combine: string, leaf: string])[] = [
  [
    "compensated sum",
    "s, e",
    "0, 0",
    "const s = l.s + r.s; const b = s - l.s; return { s, e: l.e + r.e + ((l.s - (s - b)) + (r.s - b)) };",
    "{ s: x(token, c), e: 0 }",
  ],
  [
    "scaled squares",
    "m, q",
    "1, 0",
    "const m = max(l.m, r.m); return { m, q: l.q * (l.m / m) * (l.m / m) + r.q * (r.m / m) * (r.m / m) };",
    "{ m: max(abs(x(token, c)), 1), q: 1 }",
  ],
  [
    "complex product",
    "a, b",
    "1, 0",
    "return { a: l.a * r.a - l.b * r.b, b: l.a * r.b + l.b * r.a };",
    "{ a: x(token, c), b: x(token, c) }",
  ],
  ["affine maps", "a, b", "1, 0", "return { a: l.a * r.a, b: r.a * l.b + r.b };", "{ a: x(token, c), b: x(token, c) }"],
  [
    "weighted mean",
    "w, m",
    "0, 0",
    "const t = l.w + r.w; return { w: t, m: (l.w * l.m + r.w * r.m) / max(t, 2 ** -100) };",
    "{ w: abs(x(token, c)) + 1, m: x(token, c) }",
  ],
  [
    "third moment",
    "n, m, s, t",
    "0, 0, 0, 0",
    `const n = l.n + r.n; const d = r.m - l.m; const k = max(n, 1);
    return { n, m: l.m + d * r.n / k, s: l.s + r.s + d * d * l.n * r.n / k, t: l.t + r.t + d * d * d * l.n * r.n * (l.n - r.n) / (k * k) + 3 * d * (l.n * r.s - r.n * l.s) / k };`,
    "{ n: 1, m: x(token, c), s: 0, t: 0 }",
  ],
  [
    "the largest and where",
    "b, i",
    `${lowest}, 0`,
    "return r.b > l.b ? { b: r.b, i: r.i } : { b: l.b, i: l.i };",
    "{ b: x(token, c), i: f32(c) }",
  ],
  [
    "both ends",
    "a, b",
    `${largest}, ${lowest}`,
    "return { a: min(l.a, r.a), b: max(l.b, r.b) };",
    "{ a: x(token, c), b: x(token, c) }",
  ],
  [
    "the two largest",
    "a, b",
    `${lowest}, ${lowest}`,
    "return { a: max(l.a, r.a), b: max(min(l.a, r.a), max(l.b, r.b)) };",
    `{ a: x(token, c), b: ${lowest} }`,
  ],
  [
    "sums that decay",
    "a, t",
    `0, ${lowest}`,
    "const t = max(l.t, r.t); return { a: l.a * exp(l.t - t) + r.a * exp(r.t - t), t };",
    "{ a: x(token, c), t: x(token, c) }",
  ],
  [
    "either of two chances",
    "p, q",
    "0, 0",
    "return { p: l.p + r.p - l.p * r.p, q: l.q + r.q };",
    "{ p: abs(tanh(x(token, c))), q: 1 }",
  ],
  ["the last one", "v, n", "0, 0", "return { v: r.n > 0 ? r.v : l.v, n: l.n + r.n };", "{ v: x(token, c), n: 1 }"],
];
test.each(right)("no false alarm: %s", (_, state, identity, combine, leaf) => {
  const fields = state.split(", ");
  const object = (values: readonly string[]): string =>
    `{ ${fields.map((field, i) => `${field}: ${values[i]}`).join(", ")} }`;
  const source = `import { abs, batch, exp, f32, kernel, max, min, model, reduce, reducer, tanh } from "treefold";
    const mine = reducer({ state: ${object(fields.map(() => '"f32"'))}, identity: ${object(identity.split(", "))}, combine(l, r) { ${combine} } });
    export const one = kernel({ axes: { token: batch, channel: model }, inputs: { x: "f32[token, channel]" }, output: "f32[token]",
      body: ({ x }, { token, channel }) => reduce(channel, "chain", mine, (c) => (${leaf})).${fields[0]} });`;
  expect(readKernels("one.kernel.ts", { source }).diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual(
    [],
  );
});

test("a maximum's identity is the lowest number, and no other", () => {
  fc.assert(
    fc.property(
      fc
        .double({ min: -3.402e38, max: 3.4e38, noNaN: true })
        .filter((value) => value === 0 || Math.abs(value) > 2 ** -126)
        // A whole number that f32 lacks is told of by itself.
        .map((value) => (Number.isInteger(value) ? Math.fround(value) : value)),
      (value) => {
        expect(told(`${value}`, "max(l.s, r.s)")).toEqual(write(lowest));
      },
    ),
    { numRuns: 40 },
  );
});
