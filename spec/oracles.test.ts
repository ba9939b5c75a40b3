/** The architectures against float64, without a device: small models by the reference evaluator. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { float64Logits } from "./fixtures/float64-model.ts";
import { some } from "./fixtures/effort.ts";
import { oracleNames, readOracle, relativeError } from "./fixtures/oracles.ts";
import { addBiases, asF32, rewriteCheckpoint, type RewriteOptions } from "./fixtures/rewrite.ts";
import { ReferenceModel } from "./reference-model.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "treefold-oracles-"));
});
afterAll(() => rm(directory, { recursive: true }));

describe.each(oracleNames)("%s", (name) => {
  it("by the reference evaluator is within 1% of float64 over all positions", async () => {
    const oracle = await readOracle(name);
    const error = relativeError((await ReferenceModel.load(oracle.directory)).forward(oracle.ids), oracle);
    console.log(`${name}: relative error ${error.toFixed(5)}`);
    expect(error).toBeLessThanOrEqual(0.01);
  });

  it("in our own double precision agrees with the oracle, which others computed", async () => {
    const oracle = await readOracle(name);
    const own = Float32Array.from((await float64Logits(oracle.directory, oracle.ids)).flat());
    expect(relativeError(new Uint32Array(own.buffer), oracle)).toBeLessThan(1e-6);
  });
});

describe("what the oracles leave out", () => {
  const qwen2 = { model_type: "qwen2", attention_bias: undefined };
  const plain = { rope_theta: 1e6, rope_type: "default" };
  const variants: [string, RewriteOptions][] = [
    ["Qwen2", { config: { ...qwen2, rope_parameters: plain }, add: addBiases }],
    [
      "Llama 2, in the form of transformers 4",
      { config: { rope_parameters: undefined, head_dim: undefined, rope_scaling: null } },
    ],
    ["a tied head", { config: { tie_word_embeddings: true } }],
    [
      "weights that bf16 does not hold",
      {
        encode: (name, bits) =>
          asF32(
            name,
            bits.map((value, index) => value | ((index * 40503) & 0xffff)),
          ),
      },
    ],
  ];
  it.each(some("architectures against float64, without a device", 2, variants))(
    "%s stays within a hundredth of our own double precision",
    async (what, options) => {
      const { directory: from, ids } = await readOracle("llama3");
      const to = join(directory, what);
      await rewriteCheckpoint(from, to, options);
      const logits = await float64Logits(to, ids);
      const error = relativeError((await ReferenceModel.load(to)).forward(ids), { directory: to, ids, logits });
      console.log(`${what}: relative error ${error.toFixed(5)}`);
      expect(error).toBeLessThanOrEqual(0.01);
    },
  );
});
