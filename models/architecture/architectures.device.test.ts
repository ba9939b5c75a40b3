/** The architectures and ways of saving a checkpoint, on a device: near float64, and the reference evaluator's bits. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDevice, type Device } from "../../runtime/index.ts";
import { bitsOf } from "../../spec/fixtures/bits.ts";
import { doesForAll, shareOf } from "../../spec/fixtures/effort.ts";
import { oracleNames, readOracle, relativeError } from "../../spec/fixtures/oracles.ts";
import {
  addBiases,
  asF16WhereExact,
  asF32,
  rewriteCheckpoint,
  type RewriteOptions,
} from "../../spec/fixtures/rewrite.ts";
import { ReferenceModel } from "../../spec/reference-model.ts";
import { loadCheckpoint } from "../load.ts";
import { demoDirectory } from "../places.ts";

let device: Device;
let directory: string;
beforeAll(async () => {
  device = await openDevice();
  directory = await mkdtemp(join(tmpdir(), "treefold-architectures-"));
});
afterAll(async () => {
  device.dispose();
  await rm(directory, { recursive: true });
});

/** The bits of every position's logits, and the model's fingerprint. */
async function run(of: string, ids: readonly number[]): Promise<{ bits: Uint32Array; fingerprint: string }> {
  const model = await loadCheckpoint(of, { device });
  try {
    return { bits: bitsOf((await model.forward([ids]))[0]!), fingerprint: model.fingerprint };
  } finally {
    model.dispose();
  }
}

describe.each(oracleNames)("%s", (name) => {
  it("is within 1% of float64 over all positions, and has the reference evaluator's bits", async () => {
    const oracle = await readOracle(name);
    const { bits } = await run(oracle.directory, oracle.ids);
    console.log(`${name}: relative error ${relativeError(bits, oracle).toFixed(5)}`);
    expect(relativeError(bits, oracle)).toBeLessThanOrEqual(0.01);
    expect(bits).toEqual((await ReferenceModel.load(oracle.directory)).forward(oracle.ids));
  });
});

describe("variants", () => {
  const precise: RewriteOptions["encode"] = (name, bits) =>
    asF32(
      name,
      bits.map((value, index) => value | ((index * 40503) & 0xffff)),
    );
  const qwen2 = { model_type: "qwen2", attention_bias: undefined };
  const variants: [string, RewriteOptions][] = [
    ["Qwen2, whose queries, keys and values have a bias", { config: qwen2, add: addBiases }],
    ["a tied head", { config: { tie_word_embeddings: true } }],
    [
      "Qwen2 with a tied head and weights that bf16 does not hold",
      { config: { ...qwen2, tie_word_embeddings: true }, add: addBiases, encode: precise },
    ],
  ];
  it.each(shareOf(variants))("%s: the reference evaluator's bits, and others than without", async (what, options) => {
    const oracle = await readOracle("llama3");
    const ids = oracle.ids.slice(0, 20);
    const changed = join(directory, what);
    await rewriteCheckpoint(oracle.directory, changed, options);
    const { bits } = await run(changed, ids);
    expect(bits).toEqual((await ReferenceModel.load(changed)).forward(ids));
    expect(bits).not.toEqual((await run(oracle.directory, ids)).bits);
  });
});

describe("the demo checkpoint", () => {
  if (!doesForAll) console.log("How it was saved is tried on another driver.");
  it.runIf(doesForAll)("gives the same logits and fingerprint however it was saved", async () => {
    const ids = [17, 5, 300, 4, 1999];
    const original = await run(demoDirectory, ids);
    const rewritings: Record<string, RewriteOptions> = {
      f16: { encode: asF16WhereExact },
      f32: { encode: asF32 },
      shards: { shards: 5 },
      "transformers 4": {
        config: {
          rope_parameters: undefined,
          dtype: undefined,
          rope_theta: 10000,
          rope_scaling: null,
          torch_dtype: "bfloat16",
        },
      },
    };
    for (const [what, options] of Object.entries(rewritings)) {
      await rewriteCheckpoint(demoDirectory, join(directory, what), options);
      expect(await run(join(directory, what), ids), what).toEqual(original);
    }
  });
});
