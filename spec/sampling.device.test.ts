/**
 * Sampling on a device: each row has the reference evaluator's bits, which are of one row alone, whatever crowd it is
 * in. What does not keep to that is planted, and found.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rewrite } from "../dsl/rewrite.ts";
import type { Kernel } from "../dsl/ir.ts";
import type { Variant } from "../models/compile-model.ts";
import { createTensor, openDevice, type Device, type Program } from "../runtime/index.ts";
import type { DeviceMachine } from "../runtime/model/machine.ts";
import { sampleRows, scoreRows } from "../runtime/model/sampler.ts";
import { checkSampling, History, wordColumns, type Sampled, type SampleRow } from "../runtime/model/sampling.ts";
import { doesForAll } from "./fixtures/effort.ts";
import { samplerOn } from "./fixtures/sampling-device.ts";
import { randomLogits, randomRow } from "./fixtures/sampling-rows.ts";
import { Random } from "./random.ts";
import { referenceSample } from "./reference-sampler.ts";

/** More than the trees have lanes. */
const vocabulary = 307;
const crowd = 32;

interface Case {
  readonly logits: Uint32Array;
  readonly row: SampleRow;
}

let device: Device;
let sampler: { machine: DeviceMachine; program: Program };
beforeAll(async () => {
  device = await openDevice();
  sampler = await samplerOn(device, vocabulary);
});
afterAll(() => device.dispose());

const random = new Random(20270301, "sampling");
const cases: readonly Case[] = Array.from({ length: crowd }, () => ({
  logits: randomLogits(random, vocabulary),
  row: randomRow(random, vocabulary),
}));

/** What is compared: ids, and the bits of floats. */
function bitsOf({ id, logprob, top, finite }: Sampled): unknown {
  const bits = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;
  return { id, finite, logprob: bits(logprob), top: top.map((one) => ({ id: one.id, logprob: bits(one.logprob) })) };
}

async function run(some: readonly Case[], { machine, program } = sampler): Promise<unknown[]> {
  const tensor = createTensor(
    device,
    { name: "logits", storage: "f32", shape: [some.length, vocabulary] },
    Uint32Array.from(some.flatMap(({ logits }) => [...logits])),
  );
  try {
    return (
      await sampleRows(
        machine,
        program,
        tensor,
        some.map(({ row }) => row),
        vocabulary,
      )
    ).map(bitsOf);
  } finally {
    tensor.dispose();
  }
}

const known = new Map<Case, unknown>();
function expected(one: Case): unknown {
  if (!known.has(one)) {
    const { scores: _, ...rest } = referenceSample(one.logits, one.row);
    known.set(one, rest);
  }
  return known.get(one);
}

if (!doesForAll) console.log("Sampling is run on another driver here, and in CI on each.");
describe.runIf(doesForAll)("a row", () => {
  let alone: unknown[];
  beforeAll(async () => {
    alone = [];
    for (const one of cases) alone.push(...(await run([one])));
  });

  it("alone has the reference evaluator's bits", () => {
    cases.forEach((one, at) => expect(alone[at], `row ${at}`).toEqual(expected(one)));
  });

  it("has the same bits in a crowd, in another order, and in parts of it", async () => {
    expect(await run(cases)).toEqual(alone);
    const order = Array.from({ length: crowd }, (_, at) => (at * 13 + 5) % crowd);
    expect(await run(order.map((at) => cases[at]!))).toEqual(order.map((at) => alone[at]));
    for (const size of [2, 3, 4, 7]) expect(await run(cases.slice(5, 5 + size))).toEqual(alone.slice(5, 5 + size));
    // The same request many times over.
    expect(await run(Array.from({ length: 9 }, () => cases[3]!))).toEqual(Array.from({ length: 9 }, () => alone[3]));
  });

  it("does not mind neighbours that hold NaN, infinities or what is too large, which fail alone", async () => {
    const spoilt = cases.map(({ logits, row }, at): Case => {
      const bad = [0x7fc00000, 0x7f800000, 0xff800000, 0xffc00001, 0x71800000][at % 5]!;
      return {
        logits: at % 3 === 1 ? logits.map((bits, id) => (id === (at * 37) % vocabulary ? bad : bits)) : logits,
        row,
      };
    });
    const found = (await run(spoilt)) as { finite: boolean; id: number }[];
    found.forEach((one, at) => {
      if (at % 3 === 1) expect([one.finite, one.id < vocabulary], `row ${at}`).toEqual([false, true]);
      else expect(one, `row ${at}`).toEqual(alone[at]);
    });
  });

  it("that is greedy and has no edits takes the first of the largest", async () => {
    const row: SampleRow = {
      sampling: checkSampling({ topLogprobs: 3 }, vocabulary),
      seed: 0n,
      position: 9,
      history: new History([1]),
    };
    const logits = new Uint32Array(new Float32Array(vocabulary).fill(-1).fill(2, 100, 102).buffer);
    const [found] = (await run([{ logits, row }])) as [{ id: number; top: { id: number }[] }];
    expect([found.id, found.top.map(({ id }) => id)]).toEqual([100, [100, 101, 0]]);
    expect((await run([{ logits, row }, cases[0]!]))[0]).toEqual(found);
  });

  it("is scored with the bits that it was sampled with", async () => {
    const found = (await run(cases)) as { id: number; logprob: number }[];
    const tensor = createTensor(
      device,
      { name: "logits", storage: "f32", shape: [crowd, vocabulary] },
      Uint32Array.from(cases.flatMap(({ logits }) => [...logits])),
    );
    const scored = await scoreRows(
      sampler.machine,
      sampler.program,
      tensor,
      Uint32Array.from(found, ({ id }) => id),
    );
    tensor.dispose();
    expect([...scored]).toEqual(found.map(({ logprob }) => logprob));
  });
});

describe.runIf(doesForAll)("a fault is found:", () => {
  /** How many rows of a crowd are not what they are alone. */
  const differs = async (faulty: typeof sampler): Promise<number> => {
    const together = await run(cases, faulty);
    return together.filter((found, at) => JSON.stringify(found) !== JSON.stringify(expected(cases[at]!))).length;
  };

  const rewritten = (name: string, apply: (kernel: Kernel) => Kernel): Variant => ({
    name,
    apply: (kernel) => (kernel.name === "scores" ? apply(kernel) : kernel),
  });
  it("noise by the row instead of the id, which the compiler refuses", async () => {
    const variant = rewritten("noise by the row", (kernel) => {
      const { pool } = kernel;
      const id = pool.axisVariable("id");
      const row = pool.index(pool.axisVariable("token"));
      const value = rewrite(pool, kernel.outputs[0]!.value, (expr) =>
        expr.kind === "load" ? expr : expr.kind === "index" && expr.variable === id ? row : undefined,
      );
      return { ...kernel, outputs: [{ ...kernel.outputs[0]!, value }] };
    });
    await expect(samplerOn(device, vocabulary, variant)).rejects.toThrow(
      "a branch depends on the batch axis 'token' (R003)",
    );
  });

  it("noise by the place in the batch instead of the position", async () => {
    const { machine, program } = sampler;
    const faulty = new Proxy(machine, {
      get(target, name) {
        if (name !== "table")
          return typeof target[name as "run"] === "function"
            ? (target[name as "run"] as () => void).bind(target)
            : target[name as "bytes"];
        return (table: string, shape: readonly number[], elements: Uint32Array | Float32Array) =>
          target.table(
            table,
            shape,
            table === "words"
              ? elements.map((word, at) => (at % wordColumns === 2 ? Math.floor(at / wordColumns) : word))
              : elements,
          );
      },
    });
    expect(await differs({ machine: faulty, program })).toBeGreaterThan(crowd / 4);
  });
});
