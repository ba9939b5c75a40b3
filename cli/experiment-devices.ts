/** One prompt on several drivers, each in a process of its own, since a process has one. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { DeviceInfo, Model } from "../runtime/index.ts";
import { runMain } from "./experiment-process.ts";
import { hashLogits } from "./forward.ts";

/** The model's kernels, and what becomes of the same schedules if their arithmetic is left to the device. */
const arithmetics = ["treefold", "builtin"] as const;
type Kind = (typeof arithmetics)[number];

export interface Request {
  readonly model: string;
  readonly prompt: string;
  readonly maxTokens: number;
}

interface Run {
  /** SHA-256 over the logits of the prompt and of the model's own kernels' continuation, f32 little-endian. */
  readonly logits: string;
  /** The greedy continuation, and its text. */
  readonly ids: readonly number[];
  readonly text: string;
}

/** What one device gives; the logits themselves lie in the folder that it was given, in `KIND.f32`. */
export interface Seen {
  readonly device: DeviceInfo;
  readonly vocabulary: number;
  readonly runs: Readonly<Record<Kind, Run>>;
}

export interface Compared {
  readonly arithmetic: Kind;
  readonly devices: readonly (Run & { readonly device: DeviceInfo })[];
  /** Logits in which some device differs from the first one. */
  readonly different: number;
  readonly of: number;
  /** The first token with such logits, and the first that is another in some continuation; null where there is none. */
  readonly firstToken: number | null;
  readonly firstId: number | null;
  /** The largest difference of a logit. */
  readonly largest: number;
}

/** On this process's device. */
export async function runHere({ model: directory, prompt, maxTokens }: Request, folder: string): Promise<Seen> {
  const [{ loadCheckpoint, treefold }, { builtin }] = await Promise.all([
    import("../models/load.ts"),
    import("../models/ordinary.ts"),
  ]);
  const ours = await loadCheckpoint(directory, { source: treefold });
  try {
    const fed = await continuation(ours, prompt, maxTokens);
    const theirs = await loadCheckpoint(directory, { source: builtin, device: ours.device });
    try {
      const other = await continuation(theirs, prompt, maxTokens);
      const runs = {
        treefold: await runOf("treefold", ours, fed, fed, folder),
        builtin: await runOf("builtin", theirs, other, fed, folder),
      };
      return { device: ours.device.info, vocabulary: ours.config.vocabulary, runs };
    } finally {
      theirs.dispose();
    }
  } finally {
    ours.dispose();
  }
}

interface Continuation {
  readonly prompt: readonly number[];
  readonly ids: readonly number[];
  readonly text: string;
}

async function continuation(model: Model, prompt: string, maxTokens: number): Promise<Continuation> {
  const [completion] = await model.generateAll([prompt], { maxTokens });
  return { prompt: model.tokenizer.encode(prompt), ids: completion!.ids, text: completion!.text };
}

async function runOf(
  kind: Kind,
  model: Model,
  { ids, text }: Continuation,
  fed: Continuation,
  folder: string,
): Promise<Run> {
  const [logits] = await model.forward([[...fed.prompt, ...fed.ids]]);
  await writeFile(join(folder, `${kind}.f32`), new Uint8Array(logits!.buffer, logits!.byteOffset, logits!.byteLength));
  return { logits: hashLogits(logits!), ids, text };
}

/** @throws Error where fewer than two drivers offer a device */
export async function compareDevices(
  request: Request,
  manifests: readonly string[],
  progress: (what: string) => void,
): Promise<Compared[]> {
  const root = await mkdtemp(join(tmpdir(), "treefold-devices-"));
  try {
    const seen: (Seen & { readonly folder: string })[] = [];
    for (const [at, manifest] of manifests.entries()) {
      progress(`driver ${at + 1} of ${manifests.length}, ${basename(manifest)}`);
      const folder = await mkdtemp(join(root, "driver-"));
      const one = await runOn(manifest, request, folder);
      const isNew = !seen.some(
        ({ device }) => device.description === one?.device.description && device.driver === one.device.driver,
      );
      if (one !== undefined && isNew) seen.push({ ...one, folder });
    }
    if (seen.length < 2) {
      const found =
        seen.length === 0
          ? "no driver here offers a device"
          : `there is one device here, ${seen[0]!.device.description}`;
      throw new Error(
        `${found}; fix: install another Vulkan driver, such as mesa-vulkan-drivers, or name one with --driver`,
      );
    }
    return await Promise.all(arithmetics.map((kind) => compare(kind, seen)));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/**
 * Undefined where the driver offers no device here. @throws Error with what the process said, where it failed otherwise
 */
async function runOn(
  manifest: string,
  { model, prompt, maxTokens }: Request,
  folder: string,
): Promise<Seen | undefined> {
  const args = [
    "experiment",
    "devices",
    "--model",
    model,
    "--prompt",
    prompt,
    "--max-tokens",
    String(maxTokens),
    "--here",
    folder,
  ];
  const { code, out, said } = await runMain(args, { VK_DRIVER_FILES: manifest });
  if (code === 0) return JSON.parse(out) as Seen;
  if (/offers no adapter|no adapter was found/.test(said)) return undefined;
  const ended = `the process ended with ${String(code)}; fix: leave the driver out, by naming others with --driver`;
  throw new Error(`on the driver of ${manifest}: ${said === "" ? ended : said}`);
}

async function compare(kind: Kind, seen: readonly (Seen & { readonly folder: string })[]): Promise<Compared> {
  const all = await Promise.all(
    seen.map(async ({ folder }) => {
      const { buffer, byteOffset, byteLength } = await readFile(join(folder, `${kind}.f32`));
      return new Uint32Array(buffer.slice(byteOffset, byteOffset + byteLength));
    }),
  );
  const [first, ...others] = all;
  let different = 0;
  let firstLogit: number | null = null;
  let largest = 0;
  const values = all.map(({ buffer }) => new Float32Array(buffer));
  for (let at = 0; at < first!.length; at++) {
    if (others.every((logits) => logits[at] === first![at])) continue;
    different++;
    firstLogit ??= at;
    for (const other of values.slice(1)) largest = Math.max(largest, Math.abs(other[at]! - values[0]![at]!));
  }
  const ids = seen.map(({ runs }) => runs[kind].ids);
  const longest = Math.max(...ids.map(({ length }) => length));
  const firstId =
    Array.from({ length: longest }, (_, at) => at).find((at) => ids.some((one) => one[at] !== ids[0]![at])) ?? null;
  return {
    arithmetic: kind,
    devices: seen.map(({ device, runs }) => ({ device, ...runs[kind] })),
    different,
    of: first!.length,
    firstToken: firstLogit === null ? null : Math.floor(firstLogit / seen[0]!.vocabulary),
    firstId,
    largest,
  };
}
