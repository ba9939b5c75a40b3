/**
 * All diagnostics of a file come at once: independent faults of one kernel are told together, and nothing
 * besides. What is not used is told once there is no other fault, since that may be why it is not. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tries } from "./fixtures/effort.ts";
import { readKernels } from "../dsl/reader/index.ts";

const right = `import { batch, below, exp, extent, f32, gather, kernel, max, model, reduce, reducer, sqrt, sum, u32 } from "treefold";

const total = reducer({
  state: { s: "f32", n: "f32" },
  identity: { s: 0, n: 0 },
  combine: (left, right) => ({ s: left.s + right.s, n: left.n + right.n }),
});

function squash(value: number): number {
  return value / (1 + exp(-value));
}

export const mixed = kernel({
  axes: { token: batch, channel: model, inner: model },
  inputs: { gate: "f32[token, channel]", up: "bf16[channel, inner]", id: "u32[token]", table: "f32[inner, channel]" },
  params: { eps: "f32" },
  outputs: { scaled: "f32[token, channel]", peak: "f32[token]" },
  body({ gate, up, id, table, eps }, { token, channel, inner }) {
    const mean = sum(channel, "chain 32, chain", (c) => gate(token, c)) / f32(extent(channel));
    const { s, n } = reduce(channel, "chain", total, (c) => ({ s: gate(token, c) * gate(token, c), n: 1 }));
    const scale = sqrt(s / n + eps);
    const row = sum(inner, "pairwise", (i) => up(channel, i) * 0.5);
    const first = sum(below(channel, id(token)), "chain", (c) => gate(token, c));
    const looked = gather(table, id(token), channel);
    const bent = squash(gate(token, channel) - mean);
    const high = max(channel, "lanes 8 chain, chain", (c) => gate(token, c) + 1);
    const near = gate(token, channel) > 0 ? 1 : 2;
    return { scaled: bent / scale + row * looked + near, peak: high + first };
  },
});
`;

/** A name, what is replaced (once), and by what. */
const faults: readonly (readonly [name: string, from: string, to: string])[] = [
  ["no tree", `sum(channel, "chain 32, chain", (c)`, `sum(channel, (c)`],
  ["misspelt tree", `"pairwise"`, `"pairwsie"`],
  ["integer divisor", `f32(extent(channel))`, `extent(channel)`],
  ["brackets", `s: gate(token, c) *`, `s: gate[token][c] *`],
  ["Math.sqrt", `sqrt(s / n + eps)`, `Math.sqrt(s / n + eps)`],
  ["parameter called", `+ eps);`, `+ eps());`],
  ["let", `const row`, `let row`],
  ["loop", `    const first`, `    for (let j = 0; j < 3; j++) { const other = table(j, 0); }\n    const first`],
  ["data index", `gather(table, id(token), channel)`, `table(id(token), channel)`],
  ["unknown name", `up(channel, i) * 0.5`, `up(channel, i) * factor`],
  ["rank", `(c) => gate(token, c) + 1`, `(c) => gate(c) + 1`],
  ["unbound axis", `peak: high + first`, `peak: high + first + gate(token, channel)`],
  ["batch in arithmetic", `row * looked`, `row * looked + f32(token)`],
  ["batch branch", `gate(token, channel) > 0 ?`, `token > 0 ?`],
  ["neighbour", `gate(token, channel) - mean`, `gate(token - 1, channel) - mean`],
  ["identity", `identity: { s: 0, n: 0 }`, `identity: { s: 0, n: 2 }`],
  ["bound of a batch", `below(channel, id(token))`, `below(channel, extent(token))`],
  ["unused input", `table: "f32[inner, channel]"`, `table: "f32[inner, channel]", spareTensor: "f32[inner]"`],
  ["unused axis", `inner: model }`, `inner: model, leftOver: model }`],
  ["fault of a function", `value / (1 + exp(-value))`, `value / (1 + exp(-value) + Math.cosh(value))`],
  ["if", `    const high`, `    if (mean > 1) { return { scaled: mean, peak: mean }; }\n    const high`],
  ["power", `* gate(token, c), n: 1`, `* (gate(token, c) ** 3), n: 1`],
  ["unused import", `sqrt, sum, u32 }`, `sqrt, round, sum, u32 }`],
  ["not imported", `batch, below, exp,`, `batch, below,`],
  ["statement", `    const near`, `    console.log(mean);\n    const near`],
  [
    "arguments in another order",
    `max(channel, "lanes 8 chain, chain", (c) => gate(token, c) + 1)`,
    `max((c) => gate(token, c) + 1, channel, "lanes 8 chain, chain")`,
  ],
  ["chain of comparisons", `gate(token, channel) > 0 ? 1 : 2`, `0 < gate(token, channel) < 1 ? 1 : 2`],
  ["another request's row", `return { scaled: bent`, `return { scaled: gather(gate, id(token), channel) + bent`],
  ["bound of floats", `below(channel, id(token))`, `below(channel, u32(gate(token, 0)))`],
  ["hidden name", `(i) => up(channel, i) * 0.5`, `(gate) => up(channel, gate) * 0.5`],
  ["index outside", `return { scaled: bent`, `return { scaled: gate(token, channel + 1) + bent`],
];

/** The kernel with these faults; undefined where one leaves no place for another. */
function plant(chosen: readonly number[]): string | undefined {
  let source = right;
  for (const index of chosen) {
    const [, from, to] = faults[index]!;
    if (!source.includes(from)) return undefined;
    source = source.replace(from, () => to);
  }
  return source;
}

/** What is said, without its place, since faults move one another, and sorted. */
function told(source: string): string[] {
  return readKernels("mixed.kernel.ts", { source })
    .diagnostics.map(({ code, message }) => `${code} ${message}`)
    .sort();
}

const single = faults.map((_, index) => told(plant([index])!));

/** What two faults both bring about is told once for each place, so the texts are compared as sets. */
const setOf = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

function expectUnion(chosen: readonly number[]): void {
  const source = plant(chosen);
  if (source === undefined) return;
  const all = setOf(chosen.flatMap((index) => single[index]!));
  const others = all.filter((text) => !text.startsWith("R021"));
  // An import is no kernel's.
  const isAlone = others.every((text) => text.includes("exports no"));
  expect(setOf(told(source)), chosen.map((index) => faults[index]![0]).join(" and ")).toEqual(isAlone ? all : others);
}

describe("all at once", () => {
  test("without a fault, nothing is told", () => expect(told(right)).toEqual([]));
  test.each(faults.map(([name], index) => [name, index] as const))("%s alone is told", (_, index) =>
    expect(single[index]).toHaveLength(1),
  );

  test("pairs of faults are told as each alone", () => {
    const pairs = faults.flatMap((_, first) =>
      faults.slice(first + 1).map((_, at) => [first, first + 1 + at] as const),
    );
    const step = tries(16, 1);
    for (let at = 0; at < pairs.length; at += step) expectUnion(pairs[at]!);
  });

  test("many faults are told as each alone", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(faults.length - 1), { minLength: 3, maxLength: 8 }), (chosen) =>
        expectUnion(chosen),
      ),
      { numRuns: tries(15, 60) },
    );
  });
});
