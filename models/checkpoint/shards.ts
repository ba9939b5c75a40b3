/**
 * The weights of a checkpoint: one model.safetensors, or shards and an index that says which tensor lies in which
 * (`model.safetensors.index.json`, the layout of Hugging Face's sharded checkpoints). Where there is an index, it
 * counts.
 */
import { join } from "node:path";
import { abridged, CheckpointError } from "./error.ts";
import { ifPresent, isRecord, readJsonObject, shortJson } from "./json.ts";
import { SafetensorsFile, type TensorEntry } from "./safetensors.ts";

const indexName = "model.safetensors.index.json";
const downloadAgain = "download the checkpoint again, with its index and all of its shards";

/** Where a tensor's data lies. */
export interface LocatedTensor {
  readonly shard: SafetensorsFile;
  readonly entry: TensorEntry;
}

export class WeightFiles {
  private constructor(
    /** What to name where a tensor is missing: the index, or the only file. */
    readonly file: string,
    private readonly shards: readonly SafetensorsFile[],
    readonly tensors: ReadonlyMap<string, LocatedTensor>,
  ) {}

  /** Opens every file and checks its header. @throws CheckpointError, having closed what was open */
  static async open(directory: string): Promise<WeightFiles> {
    const index = join(directory, indexName);
    const shards: SafetensorsFile[] = [];
    try {
      const map = await ifPresent(readJsonObject(directory, indexName));
      if (map === undefined) {
        const shard = await SafetensorsFile.open(join(directory, "model.safetensors"));
        shards.push(shard);
        return new WeightFiles(shard.file, shards, locate(shards));
      }
      const shardOf = checkIndex(index, map);
      for (const name of new Set(shardOf.values()))
        shards.push(await SafetensorsFile.open(join(directory, name), downloadAgain));
      const tensors = locate(shards);
      checkPlaces(index, directory, shardOf, tensors);
      return new WeightFiles(index, shards, tensors);
    } catch (error) {
      await Promise.all(shards.map((shard) => shard.close()));
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.close()));
  }
}

/** The name of each tensor's shard, a file beside the index. */
function checkIndex(file: string, { weight_map: map }: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  if (!isRecord(map))
    throw new CheckpointError(file, "weight_map", `${shortJson(map)} is not an object`, downloadAgain);
  const entries = Object.entries(map);
  if (entries.length === 0) throw new CheckpointError(file, "weight_map", "names no tensor", downloadAgain);
  return new Map(
    entries.map(([tensor, shard]) => {
      // Nothing outside the checkpoint's directory may be opened because a downloaded file says so.
      if (typeof shard !== "string" || !/^[^/\\:\0]+\.safetensors$/.test(shard)) {
        throw new CheckpointError(
          file,
          `tensor '${abridged(tensor)}'`,
          `lies in ${shortJson(shard)}, which is not the name of a .safetensors file beside the index`,
          "give a shard's bare name, without a directory",
        );
      }
      return [tensor, shard];
    }),
  );
}

function locate(shards: readonly SafetensorsFile[]): ReadonlyMap<string, LocatedTensor> {
  const tensors = new Map<string, LocatedTensor>();
  for (const shard of shards) {
    for (const [name, entry] of shard.tensors) {
      const other = tensors.get(name);
      if (other !== undefined) {
        throw new CheckpointError(
          shard.file,
          `tensor '${abridged(name)}'`,
          `lies in ${other.shard.file}, too`,
          downloadAgain,
        );
      }
      tensors.set(name, { shard, entry });
    }
  }
  return tensors;
}

/** The index and the shards must tell the same: else the shards are of two checkpoints, or of two versions of one. */
function checkPlaces(
  index: string,
  directory: string,
  shardOf: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, LocatedTensor>,
): void {
  for (const [name, shard] of shardOf) {
    if (tensors.get(name)?.shard.file !== join(directory, shard)) {
      throw new CheckpointError(
        index,
        `tensor '${abridged(name)}'`,
        `is not in ${abridged(shard)}, where the index says`,
        downloadAgain,
      );
    }
  }
  for (const [name, { shard }] of tensors) {
    if (!shardOf.has(name))
      throw new CheckpointError(shard.file, `tensor '${abridged(name)}'`, "is not in the index", downloadAgain);
  }
}
