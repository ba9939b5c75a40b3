/** A Hugging Face checkpoint directory: its configuration, and its weights, checked at once and read in chunks. */
import { stat } from "node:fs/promises";
import { readConfig, type ModelConfig } from "./config.ts";
import {
  convertRows,
  fitsBf16,
  rowsOf,
  settle,
  valueText,
  widen,
  type RowsOfWeight,
  type WeightDtype,
  type WeightStorage,
} from "../../runtime/model/convert.ts";
import { abridged, CheckpointError } from "./error.ts";
import { shortJson } from "./json.ts";
import { WeightFiles, type LocatedTensor } from "./shards.ts";

/** A weight that an architecture needs. */
export interface WeightDeclaration {
  readonly name: string;
  readonly shape: readonly number[];
  /** `f32`: always that. `smallest`: bf16 where that holds every value, else f32. */
  readonly storage: "f32" | "smallest";
}

/** Whole rows of a weight (the last axis is a row), as words of a tensor's buffer (runtime/artifact.ts, Layout). */
export interface WeightChunk {
  readonly firstRow: number;
  readonly rows: number;
  readonly words: Uint32Array<ArrayBuffer>;
}

const belongTogether = "check that config.json and the weights belong together";

export class Checkpoint {
  private constructor(
    readonly directory: string,
    readonly config: ModelConfig,
    private readonly weights: WeightFiles,
  ) {}

  /** @throws CheckpointError */
  static async open(directory: string): Promise<Checkpoint> {
    const fix = "give the directory that holds config.json and model.safetensors";
    const status = await stat(directory).catch((cause: NodeJS.ErrnoException) => {
      throw new CheckpointError(
        directory,
        null,
        cause.code === "ENOENT" ? "there is no such directory" : `cannot be read (${cause.code ?? String(cause)})`,
        fix,
        { cause },
      );
    });
    if (!status.isDirectory()) throw new CheckpointError(directory, null, "is not a directory", fix);
    return new Checkpoint(directory, await readConfig(directory), await WeightFiles.open(directory));
  }

  /** Finds every weight's fault before the first byte of data is read, so that a wrong checkpoint fails at once. */
  check(declarations: readonly WeightDeclaration[]): void {
    for (const declaration of declarations) this.#locate(declaration);
    const known = new Set(declarations.map(({ name }) => name));
    for (const [name, { shard }] of this.weights.tensors) {
      // What the model computes with and config.json does not tell of: a bias, a norm, a layer. Buffers of old
      // checkpoints are none.
      if (known.has(name) || !name.startsWith("model.") || name.endsWith(".rotary_emb.inv_freq")) continue;
      throw new CheckpointError(
        shard.file,
        `tensor '${abridged(name)}'`,
        `belongs to no ${this.config.architecture} as config.json describes it`,
        belongTogether,
      );
    }
  }

  #locate({ name, shape }: WeightDeclaration): LocatedTensor & { readonly dtype: WeightDtype } {
    const located = this.weights.tensors.get(name);
    if (located === undefined)
      throw new CheckpointError(this.weights.file, `tensor '${name}'`, "is missing", belongTogether);
    const {
      shard: { file },
      entry,
    } = located;
    if (entry.shape.length !== shape.length || entry.shape.some((extent, axis) => extent !== shape[axis])) {
      throw new CheckpointError(
        file,
        `tensor '${name}'`,
        `has shape ${shortJson(entry.shape)}, but config.json asks for ${shortJson(shape)}`,
        belongTogether,
      );
    }
    const { dtype } = entry;
    if (dtype !== "BF16" && dtype !== "F16" && dtype !== "F32") {
      throw new CheckpointError(
        file,
        `tensor '${name}'`,
        `has dtype ${dtype}, which is not supported`,
        "save the checkpoint as bfloat16, float16 or float32",
      );
    }
    return { ...located, dtype };
  }

  /** Where the weight's bytes lie, row-major. */
  placeOf(declaration: WeightDeclaration): {
    readonly file: string;
    readonly offsetBytes: number;
    readonly dtype: WeightDtype;
  } {
    const { shard, entry, dtype } = this.#locate(declaration);
    return { file: shard.file, offsetBytes: entry.offsetBytes, dtype };
  }

  /** What the weight is to be stored as. Only what the file holds as f16 or f32 is looked through. */
  async storageOf(declaration: WeightDeclaration): Promise<WeightStorage> {
    if (declaration.storage === "f32") return "f32";
    const { dtype } = this.#locate(declaration);
    if (dtype === "BF16") return "bf16";
    for await (const { bytes } of this.#rows(declaration)) {
      const bits = widen(dtype, bytes);
      // What is wrong with a value, reading says.
      settle(bits);
      if (!fitsBf16(bits)) return "f32";
    }
    return "bf16";
  }

  /**
   * A weight's words in the storage that `storageOf` gave, chunk by chunk. Magnitudes below 2^-56 become zeros of their
   * sign; 2^54 or more, an infinity or a NaN is a fault.
   */
  async *read(declaration: WeightDeclaration, storage: WeightStorage): AsyncGenerator<WeightChunk> {
    const { name, shape } = declaration;
    const { dtype, shard } = this.#locate(declaration);
    const rowLength = shape.at(-1)!;
    for await (const chunk of this.#rows(declaration)) {
      const { firstRow, rows, bytes } = chunk;
      const converted = convertRows(chunk, rowLength, dtype, storage);
      if (converted.words === undefined) {
        const [fault, fix] =
          "refused" in converted
            ? [
                `element ${firstRow * rowLength + converted.refused} is ` +
                  `${valueText(dtype, bytes, converted.refused)}, ` +
                  "and weights must be below 2^54 in magnitude",
                "check the training run or the conversion",
              ]
            : // Rounding would follow if the file were written to since it was looked through.
              ["changed while it was read", "load the model again once nothing writes to the file"];
        throw new CheckpointError(shard.file, `tensor '${name}'`, fault!, fix!);
      }
      yield { firstRow, rows, words: converted.words };
    }
  }

  #rows(declaration: WeightDeclaration): AsyncGenerator<RowsOfWeight> {
    const { shard, entry, dtype } = this.#locate(declaration);
    return rowsOf({ shape: declaration.shape, dtype }, (offset, length) => shard.read(entry, offset, length));
  }

  async close(): Promise<void> {
    await this.weights.close();
  }
}
