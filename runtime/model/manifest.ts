/** A generated library's manifest.json: what is in the library, with a hash of each part and one of the whole. */
import type { Arithmetic, ContractLevel, StorageType } from "../artifact.ts";
import type { WeightDtype, WeightStorage } from "./convert.ts";
import { ModelFileError, sha256Of, type Folder } from "./files.ts";
import type { RotaryOptions } from "./rotary.ts";

/** Grows whenever an older runtime could not read a library, or would read it wrongly. */
export const manifestFormat = "treefold-model 2";
export const manifestFile = "manifest.json";

/** What the runtime needs to know of a model's configuration. */
export interface RunConfig {
  /** `model_type` of the checkpoint's config.json. */
  readonly architecture: string;
  readonly vocabulary: number;
  /** Width of the residual stream. */
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly queryHeads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly rotary: RotaryOptions;
  readonly maxPositions: number;
  /** Ids that end a completion. */
  readonly endIds: readonly number[];
}

/** What an audit found of an artifact when the library was built. Nothing at run time depends on it. */
export interface KernelCertificate {
  /**
   * `checked`: it was executed at these sizes, and all that was compared there agrees. `proven`, for all sizes, is not
   * given yet.
   */
  readonly status: "proven" | "checked";
  /**
   * At which extents of batch and sequence axes the text was executed, how many output elements were compared there, of
   * how many, and how many ways through the text (null where not all were).
   */
  readonly sizes: readonly {
    readonly extents: Readonly<Record<string, number>>;
    readonly elements: number;
    readonly of: number;
    readonly paths: number | null;
  }[];
  /** SHA-256 over the declared expressions that were compared, and the sizes. */
  readonly expressionHash: string;
  /** A hash of the audit's own code. */
  readonly auditor: string;
}

/** One of a kernel's artifacts. All of a kernel's give the same bits; they differ in what they are fast at, or need. */
export interface KernelVariant {
  /** Meant for steps of this many tokens or more. Of several for as many, the first that the device takes is used. */
  readonly fromTokens: number;
  readonly schedule: string;
  /** `free` where absent. `sealed` ones are for devices whose self-test asks for them. */
  readonly arithmetic?: Arithmetic;
  readonly level: ContractLevel;
  /** The canonical tree of each reduction, outermost first. */
  readonly trees: readonly string[];
  /** What was declared, in the IR's text; libraries of the first compilers have none. */
  readonly declaration?: string;
  /** The artifact, its passes' WGSL apart. */
  readonly artifact: string;
  readonly wgsl: readonly string[];
  /** The artifact's own hash. */
  readonly sha256: string;
  /** Absent where the library was built without an audit. */
  readonly certificate?: KernelCertificate;
}

export interface WeightEntry {
  /** Its name in the checkpoint. */
  readonly name: string;
  /** What the program calls it: `embedding`, `layers.3.queries`. A tied head is the embedding. */
  readonly uses: readonly string[];
  /** Index into `weights.files`. */
  readonly file: number;
  readonly offsetBytes: number;
  readonly dtype: WeightDtype;
  readonly shape: readonly number[];
  /** What it is on the device. */
  readonly storage: WeightStorage & StorageType;
  /** SHA-256 over its words on the device, however it lies in the file. */
  readonly sha256: string;
}

/** What the reference evaluator gives, and every device must: written when the library was built, by no device. */
export interface Golden {
  /** A prompt, and its greedy continuation. */
  readonly ids: readonly number[];
  readonly promptTokens: number;
  /** SHA-256 over the little-endian f32 bits of all logits [ids.length, vocabulary], row-major. */
  readonly logits: string;
}

export interface Manifest {
  readonly format: typeof manifestFormat;
  readonly name: string;
  /** The compiler that wrote the library. */
  readonly compiler: string;
  readonly config: RunConfig;
  /** By the names that the program runs them by. */
  readonly kernels: Readonly<Record<string, readonly KernelVariant[]>>;
  /** The lowest of the kernels' levels; libraries of the first compilers say none. */
  readonly level?: ContractLevel;
  /** The file of the self-test (runtime/doctor); absent where the library was built without one. */
  readonly selfTest?: string;
  readonly golden?: Golden;
  readonly weights: {
    /** Names inside of the folder of weights. */
    readonly files: readonly string[];
    readonly tensors: readonly WeightEntry[];
  };
  /** Files of the tokenizer; null where the checkpoint had none. */
  readonly tokenizer: {
    readonly description: string;
    readonly settings: string;
    readonly chatTemplate: string | null;
  } | null;
  /** SHA-256 of each file but this one, the entry that users import, and the weights, which have their own. */
  readonly files: Readonly<Record<string, string>>;
  /**
   * The same of what users import, and may have a tool of theirs rewrite: an audit asks for these, and loading does
   * not.
   */
  readonly entry?: Readonly<Record<string, string>>;
  /**
   * SHA-256 over configuration, program, kernels and weights: what a result's bits can depend on beside the request and
   * the device.
   */
  readonly fingerprint: string;
}

const buildAgain = "build the library again";

/** The manifest's text ends with its own hash, so that a damaged one is found. */
export function manifestText(manifest: Manifest): string {
  const body = JSON.stringify(manifest, undefined, 2);
  return `${body.slice(0, -2)},\n  "sha256": "${sha256Of(body)}"\n}\n`;
}

/** @throws ModelFileError */
export async function readManifest(folder: Folder): Promise<Manifest> {
  const { manifest, isIntact } = await parseManifest(folder);
  if (!isIntact) throw damagedManifest(folder);
  return manifest;
}

/** It does not have the hash that it was written with. */
export function damagedManifest(folder: Folder): ModelFileError {
  return new ModelFileError({
    where: folder.pathOf(manifestFile),
    what: "it does not have the hash that it was written with",
    fix: buildAgain,
  });
}

/** The manifest, and whether it is as it was written. @throws ModelFileError where there is none */
export async function parseManifest(
  folder: Folder,
): Promise<{ readonly manifest: Manifest; readonly isIntact: boolean }> {
  const where = folder.pathOf(manifestFile);
  let value: Manifest & { readonly sha256: string };
  try {
    value = JSON.parse(await folder.readText(manifestFile)) as typeof value;
  } catch (cause) {
    if (cause instanceof ModelFileError) throw cause;
    throw new ModelFileError({ where, what: `it is not JSON (${(cause as Error).message})`, fix: buildAgain, cause });
  }
  if (typeof value !== "object" || value === null || value.format !== manifestFormat) {
    const format = String((value as Partial<Manifest> | null)?.format);
    throw new ModelFileError({
      where,
      what: `its format is '${format}', and this runtime reads '${manifestFormat}'`,
      fix: "build the library again with the compiler of this runtime's version",
    });
  }
  const { sha256, ...manifest } = value;
  return { manifest, isIntact: sha256Of(JSON.stringify(manifest, undefined, 2)) === sha256 };
}

/** A file of the library, if it is the one that was written. @throws ModelFileError */
export async function readVerified(folder: Folder, manifest: Manifest, file: string): Promise<string> {
  const text = await folder.readText(file);
  if (sha256Of(text) !== manifest.files[file]) throw damagedFile(folder, file);
  return text;
}

/** It does not have the hash that the manifest gives. */
export function damagedFile(folder: Folder, file: string): ModelFileError {
  return new ModelFileError({
    where: folder.pathOf(file),
    what: "it does not have the hash that the manifest gives",
    fix: buildAgain,
  });
}
