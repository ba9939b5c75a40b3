/** How a checkpoint was saved never shows: every rewriting of the demo has the original's values, and so its hash. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bitsOfF32 } from "../../dsl/expr.ts";
import { inCi, some } from "../../spec/fixtures/effort.ts";
import {
  asF16WhereExact,
  asF32,
  f16Of,
  rewriteCheckpoint,
  safetensors,
  type RewriteOptions,
} from "../../spec/fixtures/rewrite.ts";
import { listWeights, mapWeights, weightsOf } from "../architecture/weights.ts";
import { demoDirectory } from "../places.ts";
import { Checkpoint } from "./checkpoint.ts";
import { fitsBf16, widen } from "../../runtime/model/convert.ts";
import { CheckpointError } from "./error.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "treefold-rewritten-"));
});
afterAll(() => rm(directory, { recursive: true }));

/** The hash of all that a model takes from a checkpoint, and how many of its weights are stored as bf16. */
async function contents(of: string): Promise<{ sha256: string; bf16: number }> {
  const checkpoint = await Checkpoint.open(of);
  try {
    const declared = weightsOf(checkpoint.config);
    checkpoint.check(listWeights(declared));
    let bf16 = 0;
    const hash = createHash("sha256").update(JSON.stringify(checkpoint.config));
    await mapWeights(declared, async (declaration) => {
      const storage = await checkpoint.storageOf(declaration);
      if (storage === "bf16") bf16++;
      hash.update(JSON.stringify([declaration.name, declaration.shape, storage]));
      for await (const { words } of checkpoint.read(declaration, storage)) hash.update(words);
    });
    return { sha256: hash.digest("hex"), bf16 };
  } finally {
    await checkpoint.close();
  }
}

const transformers4 = {
  rope_parameters: undefined,
  dtype: undefined,
  rope_theta: 10000,
  rope_scaling: null,
  torch_dtype: "bfloat16",
};

describe("a rewritten checkpoint", () => {
  const rewritings: [string, RewriteOptions][] = [
    ["as f16 where exact", { encode: asF16WhereExact }],
    ["as f32", { encode: asF32 }],
    ["as five shards", { shards: 5 }],
    ["with a configuration of transformers 4", { config: transformers4 }],
    [
      "in all of these ways",
      {
        encode: (name, bits) => (name.includes("mlp") ? asF32 : asF16WhereExact)(name, bits),
        shards: 3,
        config: transformers4,
      },
    ],
  ];
  it.each(some("ways to save a checkpoint", 2, [...rewritings].reverse()))(
    "%s has the original's values",
    async (what, options) => {
      const to = join(directory, what);
      await rewriteCheckpoint(demoDirectory, to, options);
      expect(await contents(to)).toEqual(await contents(demoDirectory));
      await rm(to, { recursive: true });
    },
  );

  it("keeps what bf16 does not hold as f32", async () => {
    const to = join(directory, "precise");
    const precise = (name: string, bits: Uint32Array) =>
      asF32(name, name.includes("q_proj") ? bits.map((value) => value | 1) : bits);
    await rewriteCheckpoint(demoDirectory, to, { encode: precise });
    const { sha256, bf16 } = await contents(to);
    const original = await contents(demoDirectory);
    expect(sha256).not.toBe(original.sha256);
    expect(bf16).toBe(original.bf16 - 6);
  });
});

describe("a large tensor", () => {
  it.runIf(inCi("tensors of half a gigabyte")).each([
    ["F32", 4],
    ["F16", 2],
  ] as const)("of %s passes through memory in chunks", async (dtype, size) => {
    const to = join(directory, `large ${dtype}`);
    await rewriteCheckpoint(demoDirectory, to, {});
    const declaration = { name: "large", shape: [2 ** 16, 2 ** 13 / size], storage: "smallest" } as const;
    const bytes = 2 ** 29;
    const header = JSON.stringify({ large: { dtype, shape: declaration.shape, data_offsets: [0, bytes] } });
    const length = new BigUint64Array([BigInt(header.length)]);
    await writeFile(join(to, "model.safetensors"), Buffer.concat([new Uint8Array(length.buffer), Buffer.from(header)]));
    // A hole: half a gigabyte that takes no disk.
    await truncate(join(to, "model.safetensors"), 8 + header.length + bytes);
    const checkpoint = await Checkpoint.open(to);
    let peak = 0;
    let words = 0;
    for await (const chunk of checkpoint.read(declaration, "bf16")) {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers);
      words += chunk.words.length;
    }
    await checkpoint.close();
    expect(words).toBe(bytes / size / 2);
    console.log(`${dtype}: ${(peak / 2 ** 20).toFixed(0)} MiB at most`);
    expect(peak).toBeLessThan(2 ** 28);
    await rm(to, { recursive: true });
  });
});

describe("conversion", () => {
  it("widens every f16 exactly", () => {
    const patterns = Uint16Array.from({ length: 2 ** 16 }, (_, pattern) => pattern);
    const bits = widen("F16", new Uint8Array(patterns.buffer));
    const finite = patterns.filter((pattern) => (pattern & 0x7c00) !== 0x7c00);
    expect(finite.every((pattern) => f16Of(bits[pattern]!) === pattern)).toBe(true);
    expect([bits[0x7c00], bits[0xfc00], bits[0x7e00]! > 0x7f800000]).toEqual([0x7f800000, 0xff800000, true]);
  });

  it("knows what bf16 holds", () => {
    expect(fitsBf16(Uint32Array.of(bitsOfF32(1.5), bitsOfF32(-3), 0x80000000))).toBe(true);
    expect(fitsBf16(Uint32Array.of(bitsOfF32(1.5), bitsOfF32(1 + 2 ** -8)))).toBe(false);
  });
});

describe("shards", () => {
  const index = "model.safetensors.index.json";
  let to: string;
  beforeAll(async () => {
    to = join(directory, "shards");
    await rewriteCheckpoint(demoDirectory, to, { shards: 2 });
  });

  async function refusal(): Promise<string> {
    const error = await Checkpoint.open(to).then(
      (checkpoint) => checkpoint.close(),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(CheckpointError);
    return (error as Error).message.replaceAll(to, "DIR");
  }
  async function withIndex<T>(change: (map: Record<string, unknown>) => unknown, run: () => Promise<T>): Promise<T> {
    const text = await readFile(join(to, index), "utf8");
    const { weight_map: map } = JSON.parse(text) as { weight_map: Record<string, unknown> };
    await writeFile(join(to, index), JSON.stringify({ weight_map: change(map) }));
    try {
      return await run();
    } finally {
      await writeFile(join(to, index), text);
    }
  }

  it.each([
    "../model.safetensors",
    "/etc/passwd",
    "a/b.safetensors",
    "a\\b.safetensors",
    "..",
    "C:x.safetensors",
    "x.bin",
    "",
    7,
    null,
  ])("refuses an index that names %j", async (name) => {
    expect(await withIndex((map) => ({ ...map, "model.norm.weight": name }), refusal)).toBe(
      `DIR/${index}: tensor 'model.norm.weight': lies in ${JSON.stringify(name)}, which is not the name of a ` +
        ".safetensors file beside the index; fix: give a shard's bare name, without a directory",
    );
  });

  it("refuses an index that does not fit its shards", async () => {
    expect(await withIndex(() => undefined, refusal)).toContain(
      `DIR/${index}: weight_map: undefined is not an object; `,
    );
    expect(await withIndex(() => ({}), refusal)).toContain(`DIR/${index}: weight_map: names no tensor; `);
    expect(await withIndex((map) => ({ ...map, absent: "absent.safetensors" }), refusal)).toContain(
      "DIR/absent.safetensors: cannot be read (ENOENT); ",
    );
    const first = "model-00001-of-00002.safetensors";
    expect(await withIndex((map) => ({ ...map, absent: first }), refusal)).toContain(
      `DIR/${index}: tensor 'absent': is not in ${first}, where the index says; `,
    );
    expect(await withIndex(({ ["model.norm.weight"]: _, ...map }) => map, refusal)).toMatch(
      /tensor 'model\.norm\.weight': is not in the index; /,
    );
  });

  it("refuses a tensor in two shards", async () => {
    const tensor = { name: "model.norm.weight", dtype: "BF16", shape: [192], bytes: new Uint8Array(384) };
    await writeFile(join(to, "extra.safetensors"), safetensors([tensor, { ...tensor, name: "extra" }]));
    expect(await withIndex((map) => ({ ...map, extra: "extra.safetensors" }), refusal)).toMatch(
      /^DIR\/extra\.safetensors: tensor 'model\.norm\.weight': lies in DIR\/model-0000\d-of-00002\.safetensors, too; /,
    );
  });

  it("refuses a missing shard", async () => {
    await rm(join(to, "model-00002-of-00002.safetensors"));
    expect(await refusal()).toBe(
      "DIR/model-00002-of-00002.safetensors: cannot be read (ENOENT); fix: download the checkpoint again, with " +
        "its index and all of its shards",
    );
  });
});
