/**
 * Wrong checkpoints as the commands tell them: one line that says what, where and how to fix it, nothing on stdout,
 * nothing left behind, and all of it before a device is opened or a kernel compiled. The commands run in this process;
 * that such an error ends a process with exit code 1 and no stack, model.test.ts and the end of this file say.
 */
import { execFileSync } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { demoDirectory } from "../models/places.ts";
import { besideKernels, treefold } from "../spec/fixtures/commands.ts";
import { readOracle } from "../spec/fixtures/oracles.ts";
import { register as registerBuild } from "./build.ts";
import { register as registerForward } from "./forward.ts";
import { register as registerGenerate } from "./generate.ts";
import { tries } from "../spec/fixtures/effort.ts";

besideKernels();

vi.mock("../runtime/device.ts", async (original) => ({
  ...(await original<object>()),
  openDevice: () => {
    throw new Error("a device was opened");
  },
}));
vi.mock("../models/compile-model.ts", async (original) => ({
  ...(await original<object>()),
  compileKernels: () => {
    throw new Error("a kernel was compiled");
  },
}));

const { directory: oracle } = await readOracle("qwen3");
let root: string;
let model: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "treefold-faults-"));
  for (const name of ["cache", "tmp"]) await mkdir(join(root, name));
  vi.stubEnv("TREEFOLD_CACHE", join(root, "cache"));
  vi.stubEnv("TMPDIR", join(root, "tmp"));
  model = join(root, "model");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

/** The line that a command ends with, the model's directory as DIR; it has left nothing anywhere. */
async function lineOf(...args: string[]): Promise<string> {
  const program = new Command().exitOverride().configureOutput({ outputError: () => undefined });
  for (const register of [registerBuild, registerForward, registerGenerate]) register(program);
  const out = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  try {
    const error: unknown = await program.parseAsync(args, { from: "user" }).then(
      () => {
        throw new Error("no fault was found");
      },
      (reason: unknown) => reason,
    );
    expect(out).not.toHaveBeenCalled();
    for (const name of ["cache", "tmp"]) expect(await readdir(join(root, name))).toEqual([]);
    expect((await readdir(root)).filter((name) => !["cache", "tmp", "model"].includes(name))).toEqual([]);
    return (error as Error).message.replaceAll(model, "DIR");
  } finally {
    out.mockRestore();
  }
}
const forward = (): Promise<string> => lineOf("forward", "--model", model, "--ids", "1,2");
const build = (): Promise<string> => lineOf("build", "--model", model, "--out", join(root, "library"));
const generate = (): Promise<string> => lineOf("generate", "--model", model, "--prompt", "In the beginning");

type Header = Record<string, { dtype: unknown; shape: unknown; data_offsets: unknown }>;
const weights = (): string => join(model, "model.safetensors");
async function editHeader(edit: (header: Header) => unknown): Promise<void> {
  const bytes = await readFile(weights());
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const edited = edit(JSON.parse(bytes.subarray(8, end).toString("utf8")) as Header);
  const text = Buffer.isBuffer(edited)
    ? edited
    : Buffer.from(typeof edited === "string" ? edited : JSON.stringify(edited));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await writeFile(weights(), Buffer.concat([length, text, bytes.subarray(end)]));
}
/** Changes one tensor's entry. */
const entry =
  (fields: object, name = "model.norm.weight") =>
  (): Promise<void> =>
    editHeader((header) => ({ ...header, [name]: { ...header[name], ...fields } }));
const announce = (length: bigint) => async (): Promise<void> => {
  const bytes = await readFile(weights());
  bytes.writeBigUInt64LE(length);
  await writeFile(weights(), bytes);
};
const config = (fields: object) => async (): Promise<void> => {
  const file = join(model, "config.json");
  await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, "utf8")) as object), ...fields }));
};
/** The weights as shards, by an index that says so. */
const sharded = (map: (names: string[]) => Record<string, string>) => async (): Promise<void> => {
  let names: string[] = [];
  await editHeader((header) => {
    names = Object.keys(header).filter((name) => name !== "__metadata__");
    return header;
  });
  await writeFile(
    join(model, "model.safetensors.index.json"),
    JSON.stringify({ metadata: {}, weight_map: map(names) }),
  );
};
const all =
  (file: string) =>
  (names: string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, file]));

const file = "DIR/model.safetensors: ";
const norm = `${file}tensor 'model.norm.weight': `;
const faults: [string, () => Promise<unknown>, string][] = [
  ["no directory", () => rm(model, { recursive: true }), "DIR: there is no such directory; fix: "],
  [
    "a file for a directory",
    async () => {
      await rm(model, { recursive: true });
      await writeFile(model, "");
    },
    "DIR: is not a directory; fix: ",
  ],
  [
    "a directory for its weights",
    async () => {
      await rm(weights());
      await mkdir(weights());
    },
    `${file}is a directory, not a file; fix: `,
  ],
  [
    "a directory for its configuration",
    async () => {
      await rm(join(model, "config.json"));
      await mkdir(join(model, "config.json"));
    },
    "DIR/config.json: is a directory, not a file; fix: ",
  ],
  [
    "a pipe for its weights",
    async () => {
      await rm(weights());
      execFileSync("mkfifo", [weights()]);
    },
    `${file}is not a regular file; fix: `,
  ],
  ["truncated weights", () => truncate(weights(), 100_000), `${file}tensor '`],
  ["weights of 7 bytes", () => truncate(weights(), 7), `${file}has 7 bytes, too few for a safetensors header; fix: `],
  ["a header past the end", announce(10_000_000n), `${file}announces a header of 10000000 bytes in a file of `],
  [
    "a header of over 100 MB",
    async () => {
      await announce(100_000_001n)();
      await truncate(weights(), 2e8);
    },
    `${file}announces a header of 100000001 bytes, and the format allows 100000000; fix: `,
  ],
  [
    "a header of 2^60 bytes",
    announce(2n ** 60n),
    `${file}announces a header of 1152921504606846976 bytes in a file of `,
  ],
  [
    "a header that is no UTF-8",
    () => editHeader(() => Buffer.from([0x7b, 0xff, 0x7d])),
    `${file}the header is not JSON (`,
  ],
  [
    "a header nested deeply",
    () => editHeader(() => `{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}`),
    `${file}the header is nested more than 32 deep; fix: `,
  ],
  [
    "a tensor's name twice",
    () =>
      editHeader((header) =>
        JSON.stringify(header).replace(/}$/, `,"model.norm.weight":${JSON.stringify(header["model.norm.weight"])}}`),
      ),
    `${file}the header has the name 'model.norm.weight' twice`,
  ],
  ["overlapping tensors", () => editHeader((header) => moved(header, (at) => at - 2)), `${file}tensor '`],
  [
    "shared data",
    () => editHeader((header) => ({ ...header, "a.copy": header["model.norm.weight"] })),
    `${file}tensor '`,
  ],
  [
    "reversed offsets",
    () =>
      editHeader((header) => ({
        ...header,
        "model.norm.weight": {
          ...header["model.norm.weight"],
          data_offsets: [...(header["model.norm.weight"]!.data_offsets as number[])].reverse(),
        },
      })),
    `${norm}has data_offsets [`,
  ],
  [
    "a negative offset",
    entry({ data_offsets: [-128, 0] }),
    `${norm}has data_offsets [-128,0], which are not [begin, end]; fix: `,
  ],
  [
    "a fractional offset",
    entry({ data_offsets: [0, 127.5] }),
    `${norm}has data_offsets [0,127.5], which are not [begin, end]; fix: `,
  ],
  ["offsets outside of the file", entry({ data_offsets: [2 ** 40, 2 ** 40 + 128] }), `${file}tensor '`],
  ["a hole", () => editHeader((header) => moved(header, (at) => at + 2)), `${file}tensor '`],
  [
    "a size that is not its shape's",
    entry({ shape: [63] }),
    `${norm}has 128 bytes of data, but BF16 [63] takes 126; fix: `,
  ],
  [
    "a shape whose product overflows",
    entry({ shape: [2 ** 52, 2 ** 52] }),
    `${norm}has shape [4503599627370496,4503599627370496], whose product is too large for any file; fix: `,
  ],
  [
    "a tensor called __proto__",
    () => editHeader((header) => JSON.stringify(header).replace('"model.norm.weight"', '"__proto__"')),
    `${file}tensor '__proto__': has a name that no model's tensor has; fix: `,
  ],
  ["an unknown dtype", entry({ dtype: "BF17" }), `${norm}has dtype "BF17", which safetensors does not know; fix: `],
  [
    "a missing tensor",
    () => editHeader((header) => JSON.stringify(header).replace("model.norm.weight", "model.norm.wait")),
    `${norm}is missing; fix: `,
  ],
  ["a wrong shape", entry({ shape: [8, 8] }), `${norm}has shape [8,8], but config.json asks for [64]; fix: `],
  [
    "a missing shard",
    sharded(all("model-00001-of-00002.safetensors")),
    "DIR/model-00001-of-00002.safetensors: cannot be read (ENOENT); fix: ",
  ],
  [
    "a tensor in two shards",
    async () => {
      await copyFile(weights(), join(model, "other.safetensors"));
      await sharded((names) => ({ ...all("model.safetensors")(names), [names[0]!]: "other.safetensors" }))();
    },
    "DIR/",
  ],
  ["an index that names a place outside", sharded(all("../x.safetensors")), "DIR/model.safetensors.index.json: "],
  ["an index that names an absolute path", sharded(all("/etc/passwd")), "DIR/model.safetensors.index.json: "],
  ...([0, -64, 64.5, 2 ** 53, 1e300, "64", null] as const).map((size): [string, () => Promise<unknown>, string] => [
    `hidden_size ${JSON.stringify(size)}`,
    config({ hidden_size: size }),
    "DIR/config.json: hidden_size: ",
  ]),
  ...[
    "num_hidden_layers",
    "vocab_size",
    "intermediate_size",
    "num_attention_heads",
    "num_key_value_heads",
    "max_position_embeddings",
  ].map((name): [string, () => Promise<unknown>, string] => [
    `${name} 0`,
    config({ [name]: 0 }),
    `DIR/config.json: ${name}: `,
  ]),
  ["heads that key and value heads do not divide", config({ num_key_value_heads: 3 }), "DIR/config.json: num_"],
  [
    "a vocabulary that is not the embedding's",
    config({ vocab_size: 319 }),
    `${file}tensor 'model.embed_tokens.weight': has shape [320,64], but config.json asks for [319,64]; fix: `,
  ],
  ["an unknown architecture", config({ model_type: "mamba" }), 'DIR/config.json: model_type: "mamba"'],
  [
    "an unknown rope type",
    config({ rope_parameters: { rope_type: "yarn", rope_theta: 1e6 } }),
    "DIR/config.json: rope_parameters.rope_type: ",
  ],
  ["a configuration that is no JSON", () => writeFile(join(model, "config.json"), "{"), "DIR/config.json: "],
  [
    "a circle of links for its tokenizer",
    () => symlink("tokenizer.json", join(model, "tokenizer.json")),
    "DIR/tokenizer.json: cannot be read (ELOOP); fix: ",
  ],
  [
    "a link to no tokenizer",
    () => symlink("nowhere", join(model, "tokenizer.json")),
    "DIR/tokenizer.json: cannot be read (ENOENT); fix: ",
  ],
  [
    "a directory for its tokenizer",
    () => mkdir(join(model, "tokenizer.json")),
    "DIR/tokenizer.json: is a directory, not a file; fix: ",
  ],
];
/** All tensors but the first, elsewhere. */
function moved(header: Header, to: (at: number) => number): Header {
  return Object.fromEntries(
    Object.entries(header).map(([name, value]) => {
      const [begin, end] = (value.data_offsets ?? [0, 0]) as [number, number];
      return [name, begin === 0 ? value : { ...value, data_offsets: [to(begin), to(end)] }];
    }),
  );
}

describe("forward and build refuse", () => {
  it.each(faults)("%s", async (_, damage, expected) => {
    await cp(oracle, model, { recursive: true });
    await damage();
    const line = await forward();
    expect(line.slice(0, expected.length)).toBe(expected);
    expect(line).toMatch(/^DIR[^\n\r]*; fix: [^\n\r]+$/);
    expect(await build()).toBe(line);
  });

  it("nothing that is beside a checkpoint, and don't wait for it", async () => {
    await cp(oracle, model, { recursive: true });
    execFileSync("mkfifo", [join(model, "pipe.json")]);
    await mkdir(join(model, "folder.safetensors"));
    await symlink("circle.json", join(model, "circle.json"));
    for (const command of [forward, build]) expect(await command()).toBe("a kernel was compiled");
  });
});

describe("generate with the demo", () => {
  const required = [
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
  ];
  beforeEach(async () => {
    await mkdir(model);
    for (const name of required) await copyFile(join(demoDirectory, name), join(model, name));
  });

  const places = tries(10, 50);
  it.each(required)("refuses %s cut at any of its places", async (name) => {
    const whole = await readFile(join(model, name));
    // A last line end may be missing.
    const length = name.endsWith(".json") ? whole.toString("utf8").trimEnd().length : whole.length;
    for (let place = 0; place < places; place++) {
      await writeFile(join(model, name), whole.subarray(0, Math.floor((place * length) / places)));
      expect(await generate()).toMatch(new RegExp(`^DIR/${name}: [^\n\r]+; fix: [^\n\r]+$`));
    }
  });

  it.each(required)("refuses a directory without %s", async (name) => {
    await rm(join(model, name));
    expect(await generate()).toBe(
      `DIR/${name}: cannot be read (ENOENT); fix: give a checkpoint directory that holds ${name}`,
    );
  });

  it("goes on where nothing is missing", async () => {
    expect(await generate()).toBe("a kernel was compiled");
  });

  it("needs its tokenizer, and forward does not", async () => {
    await rm(join(model, "tokenizer.json"));
    expect(await forward()).toBe("a kernel was compiled");
    expect(await generate()).toContain("DIR/tokenizer.json: cannot be read (ENOENT)");
  });
});

it("ends a process with exit code 1, and says no more", async () => {
  await cp(oracle, model, { recursive: true });
  await truncate(weights(), 100_000);
  for (const args of [
    ["forward", "--ids", "1"],
    ["generate", "--prompt", "x"],
    ["build", "--out", join(root, "library")],
  ]) {
    const { code, out, err } = treefold(args[0]!, "--model", model, ...args.slice(1));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^error: [^\n]*model\.safetensors: tensor '[^\n]*; fix: [^\n]*\n$/);
  }
});
