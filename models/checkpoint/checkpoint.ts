/** A Hugging Face checkpoint directory: its configuration, and its weights, checked and read one at a time. */
import { createHash, type Hash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readConfig, type ModelConfig } from "./config.ts";
import { CheckpointError } from "./error.ts";
import { SafetensorsFile } from "./safetensors.ts";

/** A weight that an architecture needs. */
export interface WeightDeclaration {
  readonly name: string;
  readonly shape: readonly number[];
}

export class Checkpoint {
  readonly #hash: Hash = createHash("sha256");

  private constructor(
    readonly directory: string,
    readonly config: ModelConfig,
    private readonly weights: SafetensorsFile,
  ) {
    this.#hash.update(JSON.stringify(config));
  }

  /** @throws CheckpointError */
  static async open(directory: string): Promise<Checkpoint> {
    const status = await stat(directory).catch(() => undefined);
    if (status?.isDirectory() !== true) {
      throw new CheckpointError(directory, null, status === undefined ? "there is no such directory" : "is not a directory",
        "give the directory that holds config.json and model.safetensors");
    }
    const config = await readConfig(directory);
    const index = join(directory, "model.safetensors.index.json");
    if (await stat(index).catch(() => undefined) !== undefined) {
      throw new CheckpointError(index, null, "a checkpoint in several shards is not supported", "merge the shards into one model.safetensors");
    }
    return new Checkpoint(directory, config, await SafetensorsFile.open(join(directory, "model.safetensors")));
  }

  /** Finds every weight's fault before the first byte of data is read, so that a wrong checkpoint fails at once. */
  check(declarations: readonly WeightDeclaration[]): void {
    for (const { name, shape } of declarations) this.#entry(name, shape);
  }

  #entry(name: string, shape: readonly number[]) {
    const { file, tensors } = this.weights;
    const entry = tensors.get(name);
    if (entry === undefined) {
      throw new CheckpointError(file, `tensor '${name}'`, "is missing", "check that config.json and the weights belong together");
    }
    if (entry.shape.length !== shape.length || entry.shape.some((extent, axis) => extent !== shape[axis])) {
      throw new CheckpointError(file, `tensor '${name}'`, `has shape [${entry.shape.join(", ")}], but config.json asks for [${shape.join(", ")}]`,
        "check that config.json and the weights belong together");
    }
    if (entry.dtype !== "BF16") {
      throw new CheckpointError(file, `tensor '${name}'`, `has dtype ${entry.dtype}, which is not supported`, "save the checkpoint as bfloat16");
    }
    return entry;
  }

  /**
   * The bf16 patterns of one weight, row-major. What the arithmetic could not multiply exactly is settled here: magnitudes
   * below 2^-56 become zeros of their sign, and a magnitude of 2^54 or more, an infinity or a NaN is a fault.
   */
  async read({ name, shape }: WeightDeclaration): Promise<Uint16Array> {
    const entry = this.#entry(name, shape);
    const bytes = await this.weights.read(entry);
    this.#hash.update(JSON.stringify([name, shape])).update(bytes);
    const patterns = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
    for (let index = 0; index < patterns.length; index++) {
      const exponent = (patterns[index]! >>> 7) & 0xff;
      if (exponent < 127 - 56) patterns[index]! &= 0x8000;
      else if (exponent >= 127 + 54) {
        throw new CheckpointError(this.weights.file, `tensor '${name}'`,
          `element ${index} is ${widen(patterns[index]!)}, and weights must be below 2^54 in magnitude`, "check the training run or the conversion");
      }
    }
    return patterns;
  }

  /** SHA-256 over the configuration and every weight read so far, in the order read. */
  get sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  async close(): Promise<void> {
    await this.weights.close();
  }
}

function widen(pattern: number): number {
  return new Float32Array(new Uint32Array([pattern << 16]).buffer)[0]!;
}
