/** A checkpoint's model on a device: weights, kernels, a KV cache, and steps of any batch. */
import { createHash } from "node:crypto";
import { createTensor, type Device, type Tensor } from "../runtime/index.ts";
import { argmax, forward, kernelsOf, type LayerCache, type Step, type Wanted } from "./architecture/decoder.ts";
import { listWeights, mapWeights, replaceWeights, weightsOf, type Weight, type Weights } from "./architecture/weights.ts";
import { planStep, type StepEntry, type StepTables } from "../runtime/model/batch.ts";
import { Checkpoint } from "./checkpoint/checkpoint.ts";
import type { ModelConfig } from "./checkpoint/config.ts";
import { DeviceMachine } from "./device-machine.ts";
import { loadLibrary, type KernelLibrary } from "./library.ts";
import { CachedSequence, PageAllocator, pageSize } from "../runtime/model/pages.ts";
import { Uploader } from "./upload.ts";

export interface ModelOptions {
  /** Called with a few words whenever there is something new to say about loading. */
  readonly progress?: (what: string) => void;
  /** What the model's kernels come from: by default the compiler, through the cache. */
  readonly library?: typeof loadLibrary;
}

/** The keys and values of sequences, in pages. */
export class KvCache {
  readonly allocator: PageAllocator;
  readonly layers: readonly LayerCache<Tensor>[];

  constructor(device: Device, config: ModelConfig, pages: number) {
    this.allocator = new PageAllocator(pages);
    const shape = [pages * pageSize, config.keyValueHeads, config.headSize];
    this.layers = Array.from({ length: config.layers }, (_, layer) => ({
      keys: createTensor(device, { name: `keys of layer ${layer}`, storage: "bf16", shape }),
      values: createTensor(device, { name: `values of layer ${layer}`, storage: "bf16", shape }),
    }));
  }

  /** An empty sequence; close it to give its pages back. */
  open(): CachedSequence {
    return new CachedSequence(this.allocator);
  }

  dispose(): void {
    for (const { keys, values } of this.layers) for (const tensor of [keys, values]) tensor.dispose();
  }
}

/** What does not change while a model is loaded. */
interface Parts {
  readonly device: Device;
  readonly config: ModelConfig;
  readonly weights: Weights<Weight<Tensor>>;
  readonly tensors: readonly Tensor[];
  readonly cosine: Tensor;
  readonly sine: Tensor;
  readonly library: KernelLibrary;
  readonly checkpointHash: string;
}

export class Model {
  readonly config: ModelConfig;
  readonly device: Device;
  /** SHA-256 over the device, every artifact and the checkpoint: what a result's bits can depend on beside the request. */
  readonly fingerprint: string;
  readonly #parts: Parts;
  readonly #machine: DeviceMachine;
  /** Steps share the machine's memory, so they happen one after another however they are called. */
  #previous: Promise<unknown> = Promise.resolve();

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.config = parts.config;
    this.device = parts.device;
    this.#machine = new DeviceMachine(parts.device, parts.library);
    const { info } = parts.device;
    const device = [info.vendor, info.architecture, info.device, info.description, info.driver];
    this.fingerprint = createHash("sha256").update(JSON.stringify([device, parts.library.hashes, parts.checkpointHash])).digest("hex");
  }

  /**
   * Reads a checkpoint directory, compiles its kernels and uploads its weights.
   * @throws CheckpointError, and the runtime's errors
   */
  static async load(directory: string, device: Device, options: ModelOptions = {}): Promise<Model> {
    const progress = options.progress ?? (() => undefined);
    const library = options.library ?? loadLibrary;
    progress("reading the checkpoint");
    const checkpoint = await Checkpoint.open(directory);
    const tensors: Tensor[] = [];
    try {
      const { config } = checkpoint;
      const declared = weightsOf(config);
      checkpoint.check(listWeights(declared));
      const stored = await mapWeights(declared, async (declaration) => ({ declaration, storage: await checkpoint.storageOf(declaration) }));
      const kernels = await library(device, kernelsOf(config, replaceWeights(stored, ({ storage }) => storage)), { progress });
      progress("uploading the weights");
      const uploader = new Uploader(device, checkpoint);
      const weights = await mapWeights(stored, async ({ declaration, storage }): Promise<Weight<Tensor>> => {
        const value = await uploader.upload(declaration, storage);
        tensors.push(value);
        return { value, storage };
      });
      const { cosine, sine } = await uploader.uploadRotary(config.rotary, config.maxPositions);
      tensors.push(cosine, sine);
      return new Model({ device, config, weights, tensors, library: kernels, checkpointHash: checkpoint.sha256, cosine, sine });
    } catch (error) {
      for (const tensor of tensors) tensor.dispose();
      throw error;
    } finally {
      await checkpoint.close();
    }
  }

  /** A cache for sequences of these many positions, with room for the last page of each. */
  createCache(lengths: readonly number[]): KvCache {
    return new KvCache(this.device, this.config, lengths.reduce((pages, length) => pages + Math.ceil(length / pageSize), 0));
  }

  /**
   * One step: appends each entry's ids to its sequence and gives the bits of its logits, f32 row-major: of all ids
   * appended, `[ids.length * vocabulary]`, or of the last one, `[vocabulary]`.
   * @throws BatchError, CacheFullError, and the runtime's errors
   */
  forward(cache: KvCache, entries: readonly StepEntry[], wanted: Wanted): Promise<Uint32Array[]> {
    return this.#step(cache, entries, async (tables) => {
      const logits = this.#enqueue(cache, tables, wanted);
      await this.#machine.submit();
      const elements = await logits.readElements();
      const { vocabulary } = this.config;
      let row = 0;
      return entries.map(({ ids }) => {
        const rows = wanted === "all" ? ids.length : 1;
        return elements.subarray(row * vocabulary, (row += rows) * vocabulary);
      });
    });
  }

  /** One step that gives the most likely next id of each entry, computed on the device; ties go to the lowest id. */
  next(cache: KvCache, entries: readonly StepEntry[]): Promise<number[]> {
    return this.#step(cache, entries, async (tables) => {
      const ids = argmax(this.#machine, this.config, this.#enqueue(cache, tables, "last"), tables.requests);
      await this.#machine.submit();
      return [...(await ids.readElements())];
    });
  }

  #step<Result>(cache: KvCache, entries: readonly StepEntry[], run: (tables: StepTables) => Promise<Result>): Promise<Result> {
    const { vocabulary, maxPositions } = this.config;
    const result = this.#previous.then(() => run(planStep(entries, cache.allocator, { vocabulary, maxPositions })));
    this.#previous = result.catch(() => undefined);
    return result;
  }

  #enqueue(cache: KvCache, tables: StepTables, wanted: Wanted): Tensor {
    const { tokens, requests, pagesPerRequest } = tables;
    const machine = this.#machine;
    const step: Step<Tensor> = {
      tokens, requests, pagesPerRequest,
      slots: cache.allocator.pages * pageSize,
      cache: cache.layers,
      cosine: this.#parts.cosine,
      sine: this.#parts.sine,
      ids: machine.table("ids", [tokens], tables.ids),
      positions: machine.table("positions", [tokens], tables.positions),
      slotOf: machine.table("slots", [tokens], tables.slots),
      requestOf: machine.table("requests", [tokens], tables.requestOf),
      pages: machine.table("pages", [requests, pagesPerRequest], tables.pages),
      lastTokens: machine.table("last tokens", [requests], tables.lastTokens),
    };
    return forward(machine, this.config, this.#parts.weights, step, wanted);
  }

  /** Frees the weights; caches are their makers' to dispose of. */
  dispose(): void {
    this.#machine.dispose();
    for (const tensor of this.#parts.tensors) tensor.dispose();
  }
}
