import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { bitsOfF32, f32OfBits } from "../../dsl/expr.ts";
import type { Kernel } from "../../dsl/ir.ts";
import { roundBf16 } from "../../dsl/numbers.ts";
import { readKernels } from "../../dsl/reader/index.ts";
import { evaluate } from "../../spec/evaluator.ts";
import { rotaryTables } from "../../runtime/model/rotary.ts";

/** The kernels of a file of this folder, by name; reading one must report nothing. */
function kernelsOf(file: string): (name: string) => Kernel {
  const { kernels, diagnostics } = readKernels(fileURLToPath(new URL(file, import.meta.url)));
  expect(diagnostics).toEqual([]);
  return (name) => {
    const found = kernels.find((kernel) => kernel.name === name);
    if (found === undefined) throw new Error(`${file} has no kernel ${name}`);
    return found;
  };
}

/** Numbers of about unit size with full mantissas, the same for the same seed. */
function numbers(count: number, seed: number): number[] {
  let state = (seed * 2654435761) | 1;
  return Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.fround((state >>> 0) / 2 ** 31 - 1) * 2;
  });
}
const f32 = (values: readonly number[]): Uint32Array => Uint32Array.from(values, bitsOfF32);
const bf16 = (values: readonly number[]): Uint32Array =>
  Uint32Array.from(values, (value) => roundBf16(bitsOfF32(value)));
const floats = (bits: Uint32Array): number[] => Array.from(bits, f32OfBits);

/** Runs a kernel with one output. */
function run(
  kernel: Kernel,
  extents: Record<string, number>,
  inputs: Record<string, Uint32Array>,
  parameters: Record<string, number> = {},
): number[] {
  return floats(Object.values(evaluate(kernel, { extents, inputs, parameters }))[0]!);
}

function expectNear(actual: readonly number[], expected: readonly number[], relative: number, absolute = 0): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    const allowed = relative * Math.abs(expected[i]!) + absolute;
    if (!(Math.abs(value - expected[i]!) <= allowed)) expect.fail(`element ${i} is ${value}, not ${expected[i]}`);
  });
}
const total = (count: number, term: (i: number) => number): number =>
  Array.from({ length: count }, (_, i) => term(i)).reduce((a, b) => a + b, 0);

/** One rounding to bf16, and one to f32 with a few operations behind it. */
const toBf16 = 2 ** -8;
const toF32 = 2 ** -20;

describe("rmsNorm", () => {
  const kernel = kernelsOf("rmsNorm.kernel.ts");
  it("scales rows to a root mean square of one, and by the gain", () => {
    const [tokens, channels] = [3, 200];
    const x = numbers(tokens * channels, 1);
    const gain = floats(bf16(numbers(channels, 2)));
    const expected = x.map((value, i) => {
      const row = Math.floor(i / channels) * channels;
      const meanSquare = total(channels, (c) => x[row + c]! ** 2) / channels;
      return (value / Math.sqrt(meanSquare + 1e-6)) * gain[i % channels]!;
    });
    const inputs = { x: f32(x), gain: bf16(gain) };
    expectNear(
      run(kernel("rmsNorm"), { token: tokens, channel: channels }, inputs, { epsilon: 1e-6 }),
      expected,
      toBf16,
    );
  });

  it("does the same for each head, in f32", () => {
    const [tokens, heads, dim] = [2, 3, 32];
    const x = numbers(tokens * heads * dim, 3);
    const gain = floats(bf16(numbers(dim, 4)));
    const expected = x.map((value, i) => {
      const row = Math.floor(i / dim) * dim;
      return (value / Math.sqrt(total(dim, (d) => x[row + d]! ** 2) / dim + 1e-6)) * gain[i % dim]!;
    });
    const inputs = { x: f32(x), gain: bf16(gain) };
    expectNear(
      run(kernel("rmsNormHeads"), { token: tokens, head: heads, dim }, inputs, { epsilon: 1e-6 }),
      expected,
      toF32,
    );
  });

  it("makes zeros of a row of zeros", () => {
    const inputs = { x: new Uint32Array(8), gain: bf16(numbers(8, 5)) };
    expect(
      run(kernel("rmsNorm"), { token: 1, channel: 8 }, inputs, { epsilon: 1e-6 }).every((value) => value === 0),
    ).toBe(true);
  });
});

describe("linear", () => {
  const kernel = kernelsOf("linear.kernel.ts");
  it("multiplies by the transposed weight, and adds a bias", () => {
    const [tokens, out, inner] = [3, 5, 300];
    const [x, weight, bias] = [bf16(numbers(tokens * inner, 1)), bf16(numbers(out * inner, 2)), bf16(numbers(out, 3))];
    const expected = Array.from({ length: tokens * out }, (_, i) =>
      total(inner, (k) => f32OfBits(x[Math.floor(i / out) * inner + k]!) * f32OfBits(weight[(i % out) * inner + k]!)),
    );
    const extents = { token: tokens, out, inner };
    expectNear(run(kernel("linear"), extents, { x, weight }), expected, 0, 1e-4);
    const withBias = expected.map((value, i) => value + f32OfBits(bias[i % out]!));
    expectNear(run(kernel("linearBias"), extents, { x, weight, bias }), withBias, 0, 1e-4);
  });
});

describe("rotary", () => {
  it("turns each pair of channels by its angle", () => {
    const [tokens, heads, dim, places] = [4, 2, 8, 50];
    const { half, cosine, sine } = rotaryTables({ headSize: dim, base: 100 }, places);
    const positions = [0, 1, 49, 17];
    const x = numbers(tokens * heads * dim, 1);
    const expected = x.map((_, i) => {
      const [row, d] = [Math.floor(i / dim) * dim, i % dim];
      const angle = positions[Math.floor(i / (heads * dim))]! * 100 ** (-(d % half) / half);
      const [low, high] = [x[row + (d % half)]!, x[row + (d % half) + half]!];
      return d < half ? low * Math.cos(angle) - high * Math.sin(angle) : high * Math.cos(angle) + low * Math.sin(angle);
    });
    const inputs = { x: f32(x), position: Uint32Array.from(positions), cosine: f32([...cosine]), sine: f32([...sine]) };
    const extents = { token: tokens, head: heads, dim, half, place: places };
    expectNear(run(kernelsOf("rotary.kernel.ts")("rotary"), extents, inputs), expected, 0, 1e-6);
  });
});

describe("storeRows", () => {
  it("writes each row to its own slot and leaves the others", () => {
    const x = numbers(2 * 6, 1);
    const before = bf16(numbers(5 * 6, 2));
    const kernel = kernelsOf("storeRows.kernel.ts")("storeRows");
    const data = {
      extents: { token: 2, slot: 5, kvHead: 2, dim: 3 },
      inputs: { x: f32(x), place: Uint32Array.of(4, 1) },
      initial: { [kernel.outputs[0]!.name]: before },
    };
    const after = Object.values(evaluate(kernel, data))[0]!;
    const rows = bf16(x);
    expect([...after]).toEqual([...before.slice(0, 6), ...rows.slice(6), ...before.slice(12, 24), ...rows.slice(0, 6)]);
  });
});

describe("attention", () => {
  const kernel = kernelsOf("attention.kernel.ts")("attention");
  const [heads, kvHeads, dim, page] = [4, 2, 8, 16];
  const scale = Math.fround(1 / Math.sqrt(dim));
  const width = kvHeads * dim;

  /** A request of `length` tokens: its queries, and its keys and values as they are stored. */
  function request(length: number, seed: number) {
    const q = numbers(length * heads * dim, seed).map((value) => 2 * value);
    return {
      length,
      q,
      keys: bf16(numbers(length * width, seed + 1)),
      values: bf16(numbers(length * width, seed + 2)),
    };
  }
  type Request = ReturnType<typeof request>;

  /** Attends for some positions of several requests at once, whose pages lie in the pools in the order of `order`. */
  function attend(
    requests: readonly Request[],
    wanted: readonly (readonly number[])[],
    order: (pages: number) => number[],
  ): Uint32Array[] {
    const blocks = Math.max(...requests.map((one) => Math.ceil(one.length / page)));
    const pages = Uint32Array.from(order(requests.length * blocks));
    const poolSize = pages.length * page * width;
    const poison = new Uint32Array(poolSize).fill(0x7fc00000);
    const [keys, values] = [poison.slice(), poison.slice()];
    requests.forEach((one, row) => {
      for (let k = 0; k < one.length; k++) {
        const slot = pages[row * blocks + Math.floor(k / page)]! * page + (k % page);
        keys.set(one.keys.subarray(k * width, (k + 1) * width), slot * width);
        values.set(one.values.subarray(k * width, (k + 1) * width), slot * width);
      }
    });
    const tokens = wanted.flatMap((positions, row) => positions.map((position) => ({ row, position })));
    const inputs = {
      q: f32(
        tokens.flatMap(({ row, position }) =>
          requests[row]!.q.slice(position * heads * dim, (position + 1) * heads * dim),
        ),
      ),
      keys,
      values,
      pages,
      position: Uint32Array.from(tokens, (token) => token.position),
      rowOf: Uint32Array.from(tokens, (token) => token.row),
    };
    const extents = {
      token: tokens.length,
      row: requests.length,
      slot: pages.length * page,
      block: blocks,
      key: blocks * page,
      head: heads,
      kvHead: kvHeads,
      dim,
      page,
    };
    const output = Object.values(evaluate(kernel, { extents, inputs, parameters: { scale } }))[0]!;
    let at = 0;
    return wanted.map((positions) => output.slice(at * heads * dim, (at += positions.length) * heads * dim));
  }
  const inOrder = (pages: number): number[] => Array.from({ length: pages }, (_, i) => i);
  const backwards = (pages: number): number[] => inOrder(pages).reverse();
  const all = (one: Request): number[] => Array.from({ length: one.length }, (_, i) => i);

  it("is softmax-weighted values over the keys up to the token's own", () => {
    const one = request(150, 1);
    const expected = one.q.map((_, i) => {
      const [position, head, d] = [Math.floor(i / (heads * dim)), Math.floor(i / dim) % heads, i % dim];
      const shared = Math.floor(head / (heads / kvHeads));
      const scores = Array.from(
        { length: position + 1 },
        (_, k) =>
          scale *
          total(
            dim,
            (c) =>
              f32OfBits(roundBf16(bitsOfF32(one.q[(position * heads + head) * dim + c]!))) *
              f32OfBits(one.keys[(k * kvHeads + shared) * dim + c]!),
          ),
      );
      const largest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - largest));
      const sum = total(weights.length, (k) => weights[k]!);
      return total(
        weights.length,
        (k) => (weights[k]! / sum) * f32OfBits(one.values[(k * kvHeads + shared) * dim + d]!),
      );
    });
    // Weights are rounded to bf16, and so is the result.
    expectNear(floats(attend([one], [all(one)], inOrder)[0]!), expected, toBf16, 2 ** -9);
  });

  it("gives a token's bits whatever it is computed with and wherever its pages lie", () => {
    const crowd = [request(70, 1), request(150, 11), request(33, 21)];
    const alone = attend([crowd[1]!], [all(crowd[1]!)], inOrder)[0]!;
    const together = attend(crowd, crowd.map(all), backwards)[1]!;
    expect(together).toEqual(alone);
    const decode = attend(crowd, [[69], [149], []], backwards)[1]!;
    expect(decode).toEqual(alone.slice(149 * heads * dim));
    const chunk = attend(crowd, [[], [64, 65, 66], [32]], inOrder)[1]!;
    expect(chunk).toEqual(alone.slice(64 * heads * dim, 67 * heads * dim));
  });

  it("is the value itself for a single key, and never -0", () => {
    const one = request(1, 5);
    one.values.fill(0x80000000);
    expect([...attend([one], [[0]], inOrder)[0]!].every((bits) => bits === 0)).toBe(true);
  });
});

describe("swiGlu", () => {
  it("is silu(gate) * up", () => {
    const [gate, up] = [numbers(40, 1).map((value) => 4 * value), numbers(40, 2)];
    const expected = gate.map((g, i) => (g / (1 + Math.exp(-g))) * up[i]!);
    expectNear(
      run(kernelsOf("swiGlu.kernel.ts")("swiGlu"), { token: 4, channel: 10 }, { gate: f32(gate), up: f32(up) }),
      expected,
      toBf16,
    );
  });
});

describe("embedding, add and selectRows", () => {
  it("move and add exactly", () => {
    const table = bf16(numbers(7 * 4, 1));
    const row = (id: number): number[] => floats(table.slice(id * 4, (id + 1) * 4));
    const embedding = kernelsOf("embedding.kernel.ts")("embedding");
    const extents = { token: 3, vocabulary: 7, channel: 4 };
    expect(run(embedding, extents, { table, id: Uint32Array.of(6, 0, 6) })).toEqual([...row(6), ...row(0), ...row(6)]);
    expect(run(embedding, extents, { table, id: Uint32Array.of(7, 2, 4e9) })).toEqual([
      0,
      0,
      0,
      0,
      ...row(2),
      0,
      0,
      0,
      0,
    ]);

    const [x, y] = [numbers(12, 2), numbers(12, 3)];
    expect(run(kernelsOf("add.kernel.ts")("add"), { token: 3, channel: 4 }, { x: f32(x), y: f32(y) })).toEqual(
      x.map((value, i) => Math.fround(value + y[i]!)),
    );
    expect(
      run(
        kernelsOf("selectRows.kernel.ts")("selectRows"),
        { row: 2, token: 3, channel: 4 },
        { x: f32(x), tokenOf: Uint32Array.of(2, 0) },
      ),
    ).toEqual([...x.slice(8), ...x.slice(0, 4)]);
  });
});

describe("logits", () => {
  const kernel = kernelsOf("logits.kernel.ts");
  it("argmax is the lowest of the most likely ids", () => {
    const logits = f32([1, 3, -2, 3, 0.5, -1, -8, -1, -1, -7]);
    const result = evaluate(kernel("argmax"), { extents: { token: 2, id: 5 }, inputs: { logits } });
    expect([...Object.values(result)[0]!]).toEqual([1, 0]);
  });

  it("logSoftmax is the logarithm of the probability", () => {
    const [tokens, ids] = [2, 300];
    const logits = numbers(tokens * ids, 1).map((value) => Math.fround(5 * value));
    const expected = logits.map((value, i) => {
      const row = Math.floor(i / ids) * ids;
      return value - Math.log(total(ids, (k) => Math.exp(logits[row + k]!)));
    });
    expectNear(run(kernel("logSoftmax"), { token: tokens, id: ids }, { logits: f32(logits) }), expected, 0, 3e-6);
  });
});
