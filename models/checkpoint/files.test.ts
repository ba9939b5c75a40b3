/** A checkpoint's files as a disk may hold them: deleted, cut, replaced by what is no file, or changing. */
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listWeights, weightsOf } from "../architecture/weights.ts";
import { demoDirectory } from "../places.ts";
import { Checkpoint } from "./checkpoint.ts";
import type { ModelConfig } from "./config.ts";
import { CheckpointError } from "./error.ts";
import { readTokenizerFiles } from "./tokenizer.ts";

const required = [
  "config.json",
  "generation_config.json",
  "model.safetensors",
  "tokenizer.json",
  "tokenizer_config.json",
];

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "treefold-files-"));
  for (const name of required) await copyFile(join(demoDirectory, name), join(directory, name));
});
afterEach(() => rm(directory, { recursive: true }));

/** All that building a model reads, but for the data. */
async function readAll(): Promise<{ config: ModelConfig; ids: readonly number[] }> {
  const checkpoint = await Checkpoint.open(directory);
  try {
    const { config } = checkpoint;
    checkpoint.check(listWeights(weightsOf(config)));
    const { tokenizer } = await readTokenizerFiles(directory, config.vocabulary);
    return { config, ids: tokenizer.encode("In the beginning") };
  } finally {
    await checkpoint.close();
  }
}
async function refusal(): Promise<string> {
  const error = await readAll().then(
    () => {
      throw new Error("no fault was found");
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  expect((error as Error).message).not.toMatch(/[\n\r]/);
  return (error as Error).message.replaceAll(directory, "DIR");
}

it("knows every file of the demo", async () => {
  // The reference is for tests only.
  expect(
    (await readdir(demoDirectory))
      .filter((name) => name.includes(".") && name !== "reference.json" && !name.endsWith(".md"))
      .sort(),
  ).toEqual([...required].sort());
});

describe.each(required)("%s", (name) => {
  it("must be there", async () => {
    await rm(join(directory, name));
    expect(await refusal()).toBe(
      `DIR/${name}: cannot be read (ENOENT); fix: give a checkpoint directory that holds ${name}`,
    );
  });
});

describe.each(required)("%s", (name) => {
  it("is refused cut at any of 50 places", async () => {
    const whole = await readFile(join(directory, name));
    // A last line end may be missing.
    const length = name.endsWith(".json") ? whole.toString("utf8").trimEnd().length : whole.length;
    for (let place = 0; place < 50; place++) {
      await writeFile(join(directory, name), whole.subarray(0, Math.floor((place * length) / 50)));
      expect(await refusal()).toMatch(new RegExp(`^DIR/${name}: .+; fix: `));
    }
  });

  it("is refused as a directory, a named pipe, a circle of links or a device, and at once", async () => {
    const file = join(directory, name);
    const replace = async (make: () => unknown): Promise<string> => {
      await rm(file, { recursive: true });
      await make();
      return refusal();
    };
    expect(await replace(() => mkdir(file))).toContain(`DIR/${name}: is a directory, not a file; fix: `);
    expect(await replace(() => execFileSync("mkfifo", [file]))).toContain(`DIR/${name}: is not a regular file; fix: `);
    expect(await replace(() => symlink(file, file))).toContain(
      `DIR/${name}: cannot be read (ELOOP); fix: check what the path leads to, and that you may read it`,
    );
    expect(await replace(() => symlink("/dev/zero", file))).toContain(`DIR/${name}: is not a regular file; fix: `);
  });
});

it("refuses a vocabulary that is not the embedding's", async () => {
  const fields = JSON.parse(await readFile(join(directory, "config.json"), "utf8")) as object;
  await writeFile(join(directory, "config.json"), JSON.stringify({ ...fields, vocab_size: 2047 }));
  expect(await refusal()).toBe(
    "DIR/model.safetensors: tensor 'model.embed_tokens.weight': has shape [2048,192], but config.json asks for " +
      "[2047,192]; " +
      "fix: check that config.json and the weights belong together",
  );
});

it("refuses an index that is none, whatever lies beside it", async () => {
  const index = join(directory, "model.safetensors.index.json");
  await mkdir(index);
  expect(await refusal()).toContain("DIR/model.safetensors.index.json: is a directory, not a file; ");
  await rm(index, { recursive: true });
  await symlink(index, index);
  expect(await refusal()).toContain("DIR/model.safetensors.index.json: cannot be read (ELOOP); ");
});

it("refuses a directory that is a file, a circle of links or too long a name", async () => {
  const refusalOf = (path: string): Promise<unknown> =>
    Checkpoint.open(path).then(
      (checkpoint) => checkpoint.close(),
      (error: unknown) => (error as Error).message,
    );
  await symlink(join(directory, "circle"), join(directory, "circle"));
  expect(await refusalOf(join(directory, "circle"))).toContain(
    "circle: cannot be read (ELOOP); fix: give the directory that holds config.json and model.safetensors",
  );
  expect(await refusalOf(join(directory, "x".repeat(300)))).toContain("cannot be read (ENAMETOOLONG); ");
  expect(await refusalOf(join(directory, "config.json", "x"))).toContain("cannot be read (ENOTDIR); ");
  expect(await refusalOf("a\0b")).toContain("a\\u{0}b: cannot be read (ERR_INVALID_ARG_VALUE); ");
});

describe("a file that changes while it is read", () => {
  const declaration = { name: "model.embed_tokens.weight", shape: [2048, 192], storage: "smallest" } as const;

  it("is refused when it becomes shorter", async () => {
    const checkpoint = await Checkpoint.open(directory);
    await truncate(join(directory, "model.safetensors"), 10_000);
    const reading = (async () => {
      for await (const { words } of checkpoint.read(declaration, "bf16")) void words;
    })();
    await expect(reading).rejects.toThrow(
      /tensor 'model\.embed_tokens\.weight': the file ends at byte 10000; fix: copy or download/,
    );
    await checkpoint.close();
  });

  it("is never rounded to what it was stored as", async () => {
    const bytes = new Uint8Array(new Float32Array([1, 1.5, 2, 2.5]).buffer);
    const header = new TextEncoder().encode(
      JSON.stringify({ w: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] } }),
    );
    const length = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
    await writeFile(join(directory, "model.safetensors"), Buffer.concat([length, header, bytes]));
    const checkpoint = await Checkpoint.open(directory);
    const weight = { name: "w", shape: [2, 2], storage: "smallest" } as const;
    const storage = await checkpoint.storageOf(weight);
    expect(storage).toBe("bf16");
    await writeFile(
      join(directory, "model.safetensors"),
      Buffer.concat([length, header, new Uint8Array(new Float32Array([1, 1.001, 2, 2.5]).buffer)]),
    );
    const reading = (async () => {
      for await (const { words } of checkpoint.read(weight, storage)) void words;
    })();
    await expect(reading).rejects.toThrow(/tensor 'w': changed while it was read; fix: load the model again/);
    await checkpoint.close();
  });
});

it("refuses a header of over 100 MB and one longer than the file", async () => {
  const file = join(directory, "model.safetensors");
  const announce = async (headerBytes: bigint, fileBytes: number): Promise<string> => {
    await writeFile(file, new Uint8Array(new BigUint64Array([headerBytes]).buffer));
    // A hole, which takes no disk.
    await truncate(file, fileBytes);
    return refusal();
  };
  expect(await announce(100_000_001n, 2e8)).toContain(
    "DIR/model.safetensors: announces a header of 100000001 bytes, and the format allows 100000000; ",
  );
  expect(await announce(1000n, 1007)).toContain(
    "DIR/model.safetensors: announces a header of 1000 bytes in a file of 1007; ",
  );
  for (const length of [2n ** 60n, 2n ** 63n, 2n ** 64n - 1n])
    expect(await announce(length, 1e6)).toContain(`announces a header of ${length} bytes in a file of 1000000; `);
});
