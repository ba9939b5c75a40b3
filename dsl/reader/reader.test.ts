import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyEdits } from "../diagnostics.ts";
import { everythingIn } from "../visit.ts";
import type { Expr, Field, Kernel, Load, Reduce } from "../ir.ts";
import { printTree } from "../tree-notation.ts";
import { packageRoot } from "./modules.ts";
import { checkExtents, readKernels } from "./index.ts";

/** The kernels of a source that has no faults. */
function read(source: string): Kernel[] {
  const { kernels, diagnostics } = readKernels("right.kernel.ts", { source });
  expect(diagnostics).toEqual([]);
  return kernels;
}

const expressionsOf = (kernel: Kernel): Expr[] => [...everythingIn(kernel)];

function reductionsOf(kernel: Kernel): Reduce[] {
  return [
    ...new Set(
      expressionsOf(kernel)
        .filter((expr): expr is Field => expr.kind === "field")
        .map((field) => field.of),
    ),
  ];
}

function loadsOf(kernel: Kernel, input: string): Load[] {
  return expressionsOf(kernel).filter((expr): expr is Load => expr.kind === "load" && expr.input === input);
}

const header = `import { argmax, batch, below, bf16, exp, extent, f32, gather, i32, kernel, max, model, reduce, reducer, rsqrt, runs, scatter, select,
  sequence, sum, upTo } from "treefold";\n`;

describe("reading kernels", () => {
  test("RMSNorm: one reduction, a mean and a gain", () => {
    const [kernel] = read(`${header}
      export const rmsNorm = kernel({
        axes: { token: batch, channel: model },
        inputs: { x: "f32[token, channel]", gain: "bf16[channel]" },
        params: { epsilon: "f32" },
        output: "bf16[token, channel]",
        body({ x, gain, epsilon }, { token, channel }) {
          const meanSquare = sum(channel, "lanes 64 chain, pairwise", (c) => x(token, c) * x(token, c)) / f32(extent(channel));
          return x(token, channel) * rsqrt(meanSquare + epsilon) * gain(channel);
        },
      });`);
    expect(kernel).toMatchObject({
      name: "rmsNorm",
      axes: [
        { name: "token", role: "batch" },
        { name: "channel", role: "model" },
      ],
      inputs: [
        { name: "x", storage: "f32", axes: ["token", "channel"], ownership: "request", unique: false },
        { name: "gain", storage: "bf16", axes: ["channel"], ownership: "request", unique: false },
      ],
      parameters: [{ name: "epsilon", type: "f32" }],
      outputs: [{ name: "output", storage: "bf16", axes: ["token", "channel"], over: ["token", "channel"] }],
      location: { file: "right.kernel.ts", line: 4, column: 20 },
    });
    const [reduce] = reductionsOf(kernel!);
    expect(reduce).toMatchObject({
      axis: "channel",
      start: { kind: "constant", bits: 0 },
      count: { kind: "extent", axis: "channel" },
      reducer: { name: "sum" },
    });
    expect(printTree(reduce!.tree)).toBe("lanes 64 chain, pairwise");
    expect(kernel!.origins.get(reduce!)).toEqual({ file: "right.kernel.ts", line: 10, column: 30 });
    const mean = [...kernel!.names].find(([, name]) => name === "meanSquare")![0];
    expect(mean).toMatchObject({ kind: "call", callee: { name: "divide" }, type: "f32" });
  });

  test("linear: the leaf is a product of two loads over one item", () => {
    const [kernel] = read(`${header}
      const tree = "chain 128, chain";
      export const linear = kernel({
        axes: { token: batch, out: model, inner: model },
        inputs: { x: "f32[token, inner]", weight: "bf16[out, inner]" },
        output: "f32[token, out]",
        body: ({ x, weight }, { token, out, inner }) => sum(inner, tree, (k) => bf16(x(token, k)) * weight(out, k)),
      });`);
    const value = kernel!.outputs[0]!.value as Field;
    expect(value).toMatchObject({ kind: "field", field: "value" });
    const [leaf] = value.of.leaf;
    expect(leaf).toMatchObject({
      kind: "binary",
      operator: "multiply",
      left: { kind: "unary", operator: "roundBf16", operand: { kind: "load", input: "x" } },
      right: { kind: "load", input: "weight", storage: "bf16", type: "f32", guarded: false },
    });
    expect([...value.free].map((variable) => variable.name)).toEqual(["token", "out"]);
    expect(value.of.reducer.fields).toMatchObject([
      { name: "value", type: "f32", identity: { bits: 0 }, combine: { operator: "add" } },
    ]);
  });

  test("online softmax: runs of a bounded domain, nested reductions that share their scores, gathers through a page table", () => {
    const [kernel] = read(`${header}
      const softmax = reducer({
        state: { m: "f32", l: "f32", acc: "f32" },
        identity: { m: -(2 ** 126), l: 0, acc: 0 },
        combine(left, right) {
          const m = max(left.m, right.m);
          const [before, after] = [exp(left.m - m), exp(right.m - m)];
          return { m, l: left.l * before + right.l * after, acc: left.acc * before + right.acc * after };
        },
      });
      export const attention = kernel({
        axes: { token: batch, row: batch, slot: batch, block: sequence, key: sequence, dim: model },
        inputs: {
          q: "f32[token, dim]", keys: "bf16[slot, dim]", values: "bf16[slot, dim]",
          position: "u32[token]", rowOf: "placement u32[token]", pages: "placement u32[row, block]",
        },
        output: "f32[token, dim]",
        body({ q, keys, values, position, rowOf, pages }, { token, dim, key }) {
          const slotOf = (k: number) => gather(pages, rowOf(token), k / 16) * 16 + k % 16;
          const score = (k: number) => sum(dim, "chain", (d) => q(token, d) * gather(keys, slotOf(k), d));
          const { l, acc } = reduce(runs(upTo(key, position(token)), 64), "chain", softmax, (run) => {
            const m = max(run, "chain", score);
            const weight = (k: number) => exp(score(k) - m);
            return { m, l: sum(run, "chain", weight), acc: sum(run, "chain", (k) => weight(k) * gather(values, slotOf(k), dim)) };
          });
          return acc / l;
        },
      });`);
    const outer = reductionsOf(kernel!).find((reduce) => reduce.reducer.name === "softmax")!;
    const { pool } = kernel!;
    const last = loadsOf(kernel!, "position")[0]!;
    const keys = pool.minimum(pool.add(last, pool.u32(1)), pool.extent("key"));
    expect(outer).toMatchObject({ axis: "key", variable: { name: "run" } });
    expect(outer.start).toBe(pool.u32(0));
    expect(outer.count).toBe(pool.divideUp(keys, 64));
    expect(outer.reducer.fields.map(({ name, identity }) => [name, identity.bits])).toEqual([
      ["m", 0xfe800000],
      ["l", 0],
      ["acc", 0],
    ]);

    const [m, l, acc] = outer.leaf.map((field) => (field as Field).of) as [Reduce, Reduce, Reduce];
    const offset = pool.multiply(pool.index(outer.variable), pool.u32(64));
    for (const inner of [m, l, acc]) {
      expect(inner.start).toBe(offset);
      expect(inner.count).toBe(pool.minimum(pool.u32(64), pool.subtract(keys, offset)));
    }
    // The maximum stands inside the leaves of the sums, so it has a variable of its own; the sums share theirs.
    expect(l.variable).toBe(acc.variable);
    expect(m.variable).not.toBe(l.variable);
    expect(acc.leaf[0]).toMatchObject({ operator: "multiply", left: l.leaf[0] });
    expect((acc.leaf[0] as { left: Expr }).left).toBe(l.leaf[0]);
    // What does not mention the output's axis is shared by all its points.
    expect([...l.free].map((variable) => variable.name).sort()).toEqual(["run", "token"]);
    expect([...acc.free].map((variable) => variable.name).sort()).toEqual(["dim", "run", "token"]);
    expect(loadsOf(kernel!, "keys").every((load) => load.guarded)).toBe(true);
  });

  test("Welford's variance: a reducer with a count", () => {
    const [kernel] = read(`${header}
      const welford = reducer({
        state: { n: "f32", mean: "f32", m2: "f32" },
        identity: { n: 0, mean: 0, m2: 0 },
        combine(left, right) {
          const n = left.n + right.n;
          const delta = right.mean - left.mean;
          const share = select(n === 0, 0, right.n / n);
          return { n, mean: left.mean + delta * share, m2: left.m2 + right.m2 + delta * delta * left.n * share };
        },
      });
      export const variance = kernel({
        axes: { token: batch, channel: model },
        inputs: { x: "f32[token, channel]" },
        outputs: { mean: "f32[token]", variance: "f32[token]" },
        body({ x }, { token, channel }) {
          const { n, mean, m2 } = reduce(channel, "chain 32, pairwise", welford, (c) => ({ n: 1, mean: x(token, c), m2: 0 }));
          return { mean, variance: m2 / n };
        },
      });`);
    const [reduce, ...others] = reductionsOf(kernel!);
    expect(others).toEqual([]);
    expect(kernel!.outputs.map(({ name, over }) => [name, over])).toEqual([
      ["mean", ["token"]],
      ["variance", ["token"]],
    ]);
    expect(kernel!.outputs[0]!.value).toBe(kernel!.pool.field(reduce!, "mean"));
    expect(reduce!.leaf).toMatchObject([
      { kind: "constant", bits: 0x3f800000 },
      { kind: "load" },
      { kind: "constant", bits: 0 },
    ]);
  });

  test("embedding: a gather by a request's own id", () => {
    const [kernel] = read(`${header}
      export const embedding = kernel({
        axes: { token: batch, vocabulary: model, channel: model },
        inputs: { table: "bf16[vocabulary, channel]", id: "u32[token]" },
        output: "f32[token, channel]",
        body: ({ table, id }, { token, channel }) => gather(table, id(token), channel),
      });`);
    expect(kernel!.outputs[0]!.value).toMatchObject({
      kind: "load",
      input: "table",
      storage: "bf16",
      guarded: true,
      indices: [{ kind: "load", input: "id", guarded: false }, { kind: "index" }],
    });
  });

  test("KV scatter: slots of a unique placement table, whole or in two parts", () => {
    const [kernel] = read(`${header}
      export const storeKeys = kernel({
        axes: { token: batch, page: batch, place: model, head: model, dim: model },
        inputs: { k: "f32[token, head, dim]", slot: "unique placement u32[token]" },
        output: "bf16[page, place, head, dim]",
        body: ({ k, slot }, { token, place, head, dim }) =>
          scatter([slot(token) / extent(place), slot(token) % extent(place), head, dim], k(token, head, dim)),
      });`);
    const [output] = kernel!.outputs;
    expect(output).toMatchObject({
      axes: ["page", "place", "head", "dim"],
      over: ["token", "head", "dim"],
      value: { kind: "load", input: "k" },
    });
    expect(output!.place).toMatchObject([
      { operator: "divide" },
      { operator: "remainder" },
      { kind: "index" },
      { kind: "index" },
    ]);
    expect(kernel!.inputs[1]).toMatchObject({ ownership: "placement", unique: true });
  });

  test("argmax: a u32 key in the order of the bits, and the lowest index", () => {
    const [kernel] = read(`${header}
      export const best = kernel({
        axes: { token: batch, id: model },
        inputs: { logits: "f32[token, id]" },
        output: "u32[token]",
        body: ({ logits }, { token, id }) => argmax(id, "lanes 64 chain, pairwise", (i) => logits(token, i)),
      });`);
    const value = kernel!.outputs[0]!.value as Field;
    expect(value).toMatchObject({ kind: "field", field: "index", type: "u32" });
    expect(value.of.reducer.fields.map(({ name, type, identity }) => [name, type, identity.bits])).toEqual([
      ["key", "u32", 0],
      ["index", "u32", 0xffffffff],
    ]);
    expect(value.of.leaf[1]).toBe(kernel!.pool.index(value.of.variable));
  });
});

describe("the details", () => {
  const body = (
    text: string,
    inputs = 'x: "f32[token, channel]", n: "u32[token]", s: "i32[token]"',
    output = "f32[token, channel]",
  ): Kernel =>
    read(`${header}export const one = kernel({ axes: { token: batch, channel: model }, inputs: { ${inputs} }, output: "${output}",
      body: ({ x${inputs.includes("n:") ? ", n, s" : ""} }, { token, channel }) => ${text} });`)[0]!;
  const xOnly = 'x: "f32[token, channel]"';

  test("integer literals take the dtype of what they meet", () => {
    const kernel = body("x(token, channel) * 2 + f32(n(token) / 16) + f32(s(token) - 1)");
    const constants = expressionsOf(kernel)
      .filter((expr) => expr.kind === "constant")
      .map(({ type, bits }) => [type, bits]);
    expect(constants).toContainEqual(["f32", 0x40000000]);
    expect(constants).toContainEqual(["u32", 16]);
    expect(constants).toContainEqual(["i32", 1]);
  });

  test("choices between literals take it too, and comparisons turn", () => {
    const kernel = body("x(token, channel) > 0 ? 1 : -1", xOnly);
    expect(kernel.outputs[0]!.value).toMatchObject({
      kind: "select",
      type: "f32",
      condition: { operator: "less", left: { kind: "constant", bits: 0 }, right: { kind: "load" } },
      whenTrue: { bits: 0x3f800000 },
      whenFalse: { bits: 0xbf800000 },
    });
  });

  test("constants are folded as written, and float arithmetic is not", () => {
    expect(body("x(token, channel) * (2 ** -3 / 4)", xOnly).outputs[0]!.value).toMatchObject({
      operator: "multiply",
      right: { kind: "constant", bits: 0x3d000000 },
    });
    expect(body("x(token, channel) * 1 + 0", xOnly).outputs[0]!.value).toMatchObject({
      operator: "add",
      left: { operator: "multiply" },
    });
  });

  test("a remainder or a minimum keeps an index from data inside its axis", () => {
    expect(body("x(token, (channel + n(token)) % extent(channel)) + 0 * f32(s(token))").inputs).toHaveLength(3);
    read(`import { batch, extent, kernel, min, model } from "treefold";
      export const one = kernel({ axes: { token: batch, d: model }, inputs: { x: "f32[token, d]" }, params: { shift: "u32" }, output: "f32[token, d]",
        body: ({ x, shift }, { token, d }) => x(token, min(d + shift, extent(d) - 1)) });`);
  });

  test("a sequence axis is its own request's, or is bounded by the request's table", () => {
    const one = (axes: string, text: string): number =>
      read(`import { batch, below, extent, f32, gather, kernel, max, min, model, runs, sequence, sum, upTo } from "treefold";
      export const one = kernel({ axes: { token: ${axes}, key: sequence }, inputs: { x: "f32[token, key]", n: "u32[token]" }, output: "f32[token]",
        body: ({ x, n }, { token, key }) => ${text} });`).length;
    // Without a batch axis, the extent is the request's length.
    expect(one("model", 'sum(key, "chain", (k) => x(token, k)) / f32(extent(key)) + f32(n(token))')).toBe(1);
    for (const domain of [
      "upTo(key, n(token))",
      "below(key, n(token))",
      "below(key, min(n(token), 5))",
      "upTo(key, n(token) / 2)",
      "below(key, max(n(token), 1) - 1)",
      "below(key, min(n(token), extent(key)))",
    ]) {
      expect(one("batch", `sum(${domain}, "chain", (k) => x(token, k)) / f32(n(token))`)).toBe(1);
    }
    expect(one("batch", "gather(x, token, min(n(token), extent(key) - 1))")).toBe(1);
  });

  test("sibling reductions over one domain share their variable; a nested one has its own", () => {
    const kernel = body(
      `sum(channel, "chain", (a) => x(token, a)) + max(channel, "chain", (b) => x(token, b))
      + sum(channel, "chain", (c) => sum(channel, "chain", (d) => x(token, c) * x(token, d)))`,
      xOnly,
      "f32[token]",
    );
    const [first, second, outer, inner] = reductionsOf(kernel);
    expect(first!.variable).toBe(second!.variable);
    expect(outer!.variable).not.toBe(inner!.variable);
    expect(new Set(reductionsOf(kernel).map((reduce) => reduce.variable)).size).toBe(2);
  });

  test("functions are resolved once for each dtype, and called by name", () => {
    const [kernel] = read(`${header}
      function twice(value: number) { return value + value; }
      export const one = kernel({ axes: { token: batch }, inputs: { x: "f32[token]", n: "u32[token]" }, output: "f32[token]",
        body: ({ x, n }, { token }) => twice(twice(x(token))) + f32(twice(n(token))) });`);
    const calls = expressionsOf(kernel!).flatMap((expr) => (expr.kind === "call" ? [expr.callee] : []));
    expect([...new Set(calls)].map(({ name, parameters }) => [name, parameters])).toEqual([
      ["twice", [{ name: "value", type: "f32" }]],
      ["twice_u32", [{ name: "value", type: "u32" }]],
    ]);
  });

  test("aliases, namespaces and modules of one's own", () => {
    const [kernel] = read(`import * as tree from "treefold";
      import { sum as total } from "treefold";
      export const one = tree.kernel({ axes: { token: tree.batch, channel: tree.model }, inputs: { x: "f32[token, channel]" }, output: "f32[token]",
        body: (values, axes) => total(axes.channel, "chain", (c) => values.x(axes.token, c)) });`);
    expect(reductionsOf(kernel!)).toHaveLength(1);
    const { kernels, diagnostics } = readKernels(join(packageRoot, "models", "kernels", "attention.kernel.ts"));
    expect(diagnostics).toEqual([]);
    expect(kernels.map(({ name }) => name)).toEqual(["attention"]);
  });

  test("a module may import and do what concerns no kernel", () => {
    const [kernel] = read(`import { readFileSync } from "node:fs";
      import { batch, kernel } from "treefold";
      const text = readFileSync("weights.txt", "utf8").split(" ").map(Number);
      export const copy = kernel({ axes: { token: batch }, inputs: { x: "f32[token]" }, output: "f32[token]", body: ({ x }, { token }) => x(token) });
      export default text;`);
    expect(kernel!.name).toBe("copy");
  });

  test("every expression but constants tells where it was written", () => {
    const kernel = body("x(token, channel) * 2", xOnly);
    for (const expr of expressionsOf(kernel)) if (expr.kind !== "constant") expect(kernel.origins.has(expr)).toBe(true);
  });
});

describe("extents", () => {
  const rotated = `${header}export const rotated = kernel({ axes: { token: batch, dim: model, half: model }, inputs: { x: "f32[token, dim]" }, output: "f32[token, dim]",
    body: ({ x }, { token, dim, half }) => x(token, dim < extent(half) ? dim + extent(half) : dim - extent(half)) + x(token, extent(dim) - 1 - dim) + 0 * f32(extent(half)) });`;

  test("an index that fits is let be, also where only a condition shows it", () => {
    expect(checkExtents(read(rotated)[0]!, { dim: 64, half: 32 })).toEqual([]);
  });

  test("one that does not is reported where it was written", () => {
    expect(checkExtents(read(rotated)[0]!, { dim: 64, half: 40 })).toMatchObject([
      {
        code: "R008",
        message: "the index of 'x' on the axis 'dim' runs from 0 to 79; the axis has 64 items",
        location: { line: 4 },
      },
    ]);
  });

  test("runs stay inside their axis", () => {
    const [kernel] = read(`${header}
      const total = reducer({ state: { s: "f32" }, identity: { s: 0 }, combine: (left, right) => ({ s: left.s + right.s }) });
      export const sums = kernel({ axes: { token: batch, channel: model }, inputs: { x: "f32[token, channel]", n: "u32[token]" }, output: "f32[token]",
        body: ({ x, n }, { token, channel }) =>
          reduce(runs(below(channel, n(token)), 64), "chain", total, (run) => ({ s: sum(run, "chain", (c) => x(token, c)) })).s });`);
    expect(checkExtents(kernel!, { channel: 100 })).toEqual([]);
  });
});

describe("with typecheck", () => {
  const source = `import { batch, kernel, model } from "treefold";
export const one = kernel({
  axes: { token: batch, channel: model },
  inputs: { x: "f32[token, channel]" },
  output: "f32[token, channel]",
  body({ x }, { token, channel }) {
    const scaled: string = x(token, channel);
    return x(token, chanel) + scaled;
  },
});`;

  test("TypeScript's own errors are told once no rule has anything to say", () => {
    const { kernels, diagnostics } = readKernels("typed.kernel.ts", { source, typecheck: true });
    expect(kernels).toEqual([]);
    expect(diagnostics.map(({ code, location }) => [code, location.line])).toEqual([["R013", 8]]);
    const mended = readKernels("typed.kernel.ts", {
      source: applyEdits(source, diagnostics[0]!.edits!),
      typecheck: true,
    });
    expect(mended.kernels).toEqual([]);
    expect(mended.diagnostics.map(({ code, location }) => [code, location.line])).toContainEqual(["TS2322", 7]);
    for (const { fix } of [...diagnostics, ...mended.diagnostics]) expect(fix).not.toBe("");
  });

  test("a right kernel stays right", () => {
    const file = join(packageRoot, "models", "kernels", "linear.kernel.ts");
    expect(readKernels(file, { typecheck: true }).diagnostics).toEqual([]);
  });
});
