/** A generated model on a device: its weights, its kernels, and what they compute for requests. */
import type { Device } from "../device.ts";
import type { Policy } from "../doctor/policy.ts";
import { RequestError } from "../errors.ts";
import { wordsOf } from "../layout.ts";
import { sha256Of } from "../sha256.ts";
import type { Tensor } from "../tensor.ts";
import { BatchError, checkList, type StepEntry } from "./batch.ts";
import { KvCache } from "./cache.ts";
import { chatNames, type ChatTemplate, type ChatMessage, type ChatOptions } from "./chat.ts";
import {
  completeAll,
  completeOne,
  forwardAll,
  scoreAll,
  type Completion,
  type CompletionOptions,
  type ForwardOptions,
  type GenerateAllOptions,
  type Piece,
} from "./completion.ts";
import type { KernelLibrary } from "./kernels.ts";
import type { Manifest, RunConfig } from "./manifest.ts";
import { asksForEngine, checkOptions } from "./options.ts";
import { pageSize } from "./pages.ts";
import type { ModelWeights, Program } from "./program.ts";
import type { Sampled } from "./sampling.ts";
import { Steps, type SampledEntry, type ScoredEntry, type StepWatch, type Wanted } from "./steps.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { Uploader } from "./weights.ts";
/** Bytes on the device, by what they are for. */
export interface ModelMemory {
  readonly weights: number;
  /** Intermediate results of steps. */
  readonly temporaries: number;
  /** Keys and values of requests that are under way. */
  readonly caches: number;
  readonly total: number;
}

/** What a loaded model is made of. */
export interface ModelParts {
  readonly program: Program;
  readonly manifest: Manifest;
  readonly device: Device;
  readonly ownsDevice: boolean;
  readonly library: KernelLibrary;
  readonly policy: Policy;
  readonly verified: boolean | null;
  readonly weights: ModelWeights;
  readonly cosine: Tensor;
  readonly sine: Tensor;
  readonly uploader: Uploader;
  readonly tokenizer: Tokenizer | undefined;
  /** Parsed when it is first asked for, since a model can speak without. @throws ChatTemplateError */
  readonly chatTemplate: () => ChatTemplate;
}
export class Model {
  readonly manifest: Manifest;
  readonly config: RunConfig;
  readonly device: Device;
  /** SHA-256 over the device and the library: what a result's bits can depend on beside the request. */
  readonly fingerprint: string;
  /** Which of the library's texts run, by what the device's self-test found. */
  readonly policy: Policy;
  /**
   * Whether the device has given the reference evaluator's bits; null where it was not asked, or the library has no
   * self-test.
   */
  readonly verified: boolean | null;
  readonly #parts: ModelParts;
  readonly #steps: Steps;
  readonly #caches = new Set<KvCache>();
  #disposed = false;

  /** For `loadModel`. */
  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.manifest = parts.manifest;
    this.config = parts.manifest.config;
    this.device = parts.device;
    this.policy = parts.policy;
    this.verified = parts.verified;
    this.#steps = new Steps({ ...parts, config: this.config }, (cause) => this.#assertUsable(cause));
    const { vendor, architecture, device, description, driver } = parts.device.info;
    this.fingerprint = sha256Of(
      JSON.stringify([[vendor, architecture, device, description, driver], parts.manifest.fingerprint]),
    );
  }

  /** @throws RequestError where the model has none */
  get tokenizer(): Tokenizer {
    return (
      this.#parts.tokenizer ??
      this.#refuse(
        "it was built from a checkpoint without a tokenizer",
        "give token ids, or build it from a directory that holds tokenizer.json",
      )
    );
  }

  /** Rows of a step, at most, in batches that the model makes itself. Never shows in a result. */
  get stepTokens(): number {
    return this.#steps.mostTokens;
  }

  /** Pages that a cache may have: the keys of a layer, and its values, are a tensor each. */
  get cachePages(): number {
    const { keyValueHeads, headSize } = this.config;
    return Math.floor(
      this.#steps.largestTensor / (4 * wordsOf({ storage: "bf16", shape: [pageSize, keyValueHeads, headSize] })),
    );
  }

  /**
   * Completes a prompt, text or ids, greedily: gives each id as it is known, with its text. Text that ends in the
   * middle of a character is held back until the character is whole. Leaving the loop ends the request.
   * @throws BatchError, TokenizerError, and the device's errors, when it is iterated; the signal's reason when it is
   * aborted
   */
  async *generate(
    prompt: string | readonly number[],
    options: CompletionOptions = {},
  ): AsyncGenerator<Piece, void, undefined> {
    checkOptions("generate", options, ["maxTokens", "signal"], asksForEngine);
    yield* completeOne(this, this.#idsOf(prompt, 0), this.#parts.tokenizer, options);
  }

  /** Completes all prompts in one batch; each gets what it would get alone. */
  async generateAll(
    prompts: readonly (string | readonly number[])[],
    options: GenerateAllOptions = {},
  ): Promise<Completion[]> {
    checkOptions("generateAll", options, ["maxTokens", "signal", "onPiece"], asksForEngine);
    checkList(prompts, "what generateAll is given", 'give a list of prompts, as in ["In the beginning"]');
    return completeAll(
      this,
      prompts.map((prompt, index) => this.#idsOf(prompt, index)),
      this.#parts.tokenizer,
      options,
    );
  }

  /**
   * Answers a conversation, written as the model's chat template has it. @throws ChatTemplateError, and what generate
   * throws
   */
  async *chat(
    messages: readonly ChatMessage[],
    options: CompletionOptions & ChatOptions = {},
  ): AsyncGenerator<Piece, void, undefined> {
    checkOptions("chat", options, ["maxTokens", "signal", ...chatNames], {
      ...asksForEngine,
      fix: (name) => `ask an Engine, which samples: new Engine(model).submit({ messages, ${name}: … })`,
    });
    const { maxTokens, signal, ...chatOptions } = options;
    yield* this.generate(this.chatIds(messages, chatOptions), {
      ...(maxTokens !== undefined && { maxTokens }),
      ...(signal !== undefined && { signal }),
    });
  }

  /** The ids of a conversation whose next turn is the model's. @throws ChatTemplateError */
  chatIds(messages: readonly ChatMessage[], options: ChatOptions = {}): number[] {
    checkOptions("a chat", options, chatNames);
    // The template writes the special tokens itself.
    return this.tokenizer.encode(this.#parts.chatTemplate().render(messages, options), { addSpecialTokens: false });
  }

  /**
   * Logits of every position of every sequence, all in one batch: f32 [ids.length, vocabulary] each, row-major.
   * @throws BatchError, and the device's errors; the signal's reason when it is aborted
   */
  async forward(
    sequences: readonly (readonly number[])[],
    options: ForwardOptions = {},
  ): Promise<Float32Array<ArrayBuffer>[]> {
    checkOptions("forward", options, ["chunk", "signal"]);
    return forwardAll(this, sequences, options);
  }

  /**
   * Logprobs of sequences as they stand, as a trainer wants them: of each id, given those before it, f32 [ids.length -
   * 1]. The bits are those that the engine gave when it sampled the id, whatever batch it was in.
   * @throws BatchError, and the device's errors; the signal's reason when it is aborted
   */
  async score(
    sequences: readonly (readonly number[])[],
    options: ForwardOptions = {},
  ): Promise<Float32Array<ArrayBuffer>[]> {
    checkOptions("score", options, ["chunk", "signal"]);
    return scoreAll(this, sequences, options);
  }

  /** A cache for sequences of these many positions, with room for the last page of each. */
  createCache(lengths: readonly number[]): KvCache {
    this.#assertUsable();
    checkList(lengths, "what createCache is given", "give a list of lengths, as in [100, 20]");
    const { maxPositions } = this.config;
    const wrong = lengths.find((length) => !(Number.isInteger(length) && length >= 1 && length <= maxPositions));
    if (wrong !== undefined || lengths.length === 0) {
      throw new BatchError(
        `a cache for ${wrong === undefined ? "no sequence" : `${String(wrong)} positions`}`,
        `give each sequence a length from 1 to ${maxPositions}`,
      );
    }
    const pages = lengths.reduce((total, length) => total + Math.ceil(length / pageSize), 0);
    if (pages > this.cachePages) {
      throw new BatchError(
        `a cache for ${pages * pageSize} positions, where ${this.cachePages * pageSize} fit a binding of ` +
          `${this.device.info.description}`,
        "run fewer sequences at a time, or shorter ones",
      );
    }
    return this.createPool(pages);
  }

  /** A cache of so many pages, at most `cachePages`. @throws AllocationError @internal */
  createPool(pages: number): KvCache {
    this.#assertUsable();
    const cache: KvCache = new KvCache(this.device, this.config, pages, () => this.#caches.delete(cache));
    this.#caches.add(cache);
    return cache;
  }

  /**
   * One step of a batch: appends each entry's ids to its sequence and gives its logits, f32 row-major: of all ids
   * appended, [ids.length, vocabulary], or of the last one, [vocabulary]. A step that fails appends nothing.
   * @throws BatchError, CacheFullError, and the device's errors
   */
  stepLogits(cache: KvCache, entries: readonly StepEntry[], wanted: Wanted): Promise<Float32Array<ArrayBuffer>[]> {
    return this.#steps.logits(cache, entries, wanted);
  }

  /** One step that gives the most likely next id of each entry, computed on the device; ties go to the lowest id. */
  stepGreedy(cache: KvCache, entries: readonly StepEntry[]): Promise<number[]> {
    return this.#steps.greedy(cache, entries);
  }

  /** One step of an engine: what was chosen for each entry that asked for it, on the device. @internal */
  stepSampled(
    cache: KvCache,
    entries: readonly SampledEntry[],
    watch: StepWatch = {},
  ): Promise<(Sampled | undefined)[]> {
    return this.#steps.sampled(cache, entries, watch);
  }

  /** One step that gives, for each entry, the bits of the logprobs of the ids that follow its own. @internal */
  stepScores(cache: KvCache, entries: readonly ScoredEntry[]): Promise<Uint32Array[]> {
    return this.#steps.scores(cache, entries);
  }

  memory(): ModelMemory {
    const weights = this.#parts.uploader.tensors.reduce((total, { buffer }) => total + buffer.size, 0);
    const temporaries = this.#steps.bytes;
    const caches = [...this.#caches].reduce((total, { bytes }) => total + bytes, 0);
    return { weights, temporaries, caches, total: weights + temporaries + caches };
  }

  /** Frees everything that the model holds on the device; whatever uses it afterwards fails. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const cache of [...this.#caches]) cache.dispose();
    this.#steps.dispose();
    this.#parts.uploader.dispose();
    if (this.#parts.ownsDevice) this.device.dispose();
  }

  #idsOf(prompt: string | readonly number[], index: number): readonly number[] {
    if (prompt === "")
      throw new BatchError(`prompt ${index} is empty`, "give it some text, or the id that a text starts with");
    return typeof prompt === "string" ? this.tokenizer.encode(prompt) : prompt;
  }

  #assertUsable(cause?: unknown): void {
    if (this.#disposed) this.#refuse("it has been disposed of", "load it again", cause);
  }

  #refuse(what: string, fix: string, cause?: unknown): never {
    throw new RequestError({ where: `model '${this.manifest.name}'`, what, fix, cause });
  }
}
