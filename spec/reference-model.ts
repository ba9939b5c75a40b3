/** A model without a device: every kernel by the reference evaluator. What a device must give, bit for bit. */
import { join } from "node:path";
import { readKernels } from "../dsl/reader/index.ts";
import type { Kernel } from "../dsl/ir.ts";
import { argmax, embed, logitsOf, runLayer, type LayerCache, type StepValues } from "../models/architecture/decoder.ts";
import { listWeights, mapWeights, weightsOf, type Weight, type Weights } from "../models/architecture/weights.ts";
import { planStep } from "../runtime/model/batch.ts";
import { Checkpoint } from "../models/checkpoint/checkpoint.ts";
import type { ModelConfig } from "../models/checkpoint/config.ts";
import type { Extent, KernelUse, Machine, StepExtent, StepParameter } from "../models/machine.ts";
import { CachedSequence, PageAllocator, pageSize } from "../runtime/model/pages.ts";
import { rotaryTables } from "../runtime/model/rotary.ts";
import { kernelDirectory } from "../models/toolchain.ts";
import { unpackElements, type StorageType } from "../runtime/index.ts";
import { evaluate } from "./evaluator.ts";

/** One u32 an element, row-major (see EvaluationData). Values that were reshaped share their elements. */
export interface ReferenceValue {
  readonly shape: readonly number[];
  readonly elements: Uint32Array;
}

export class ReferenceMachine implements Machine<ReferenceValue> {
  readonly #kernels = new Map<string, Kernel>();
  /** Of the step that is being computed. */
  extents: Readonly<Partial<Record<StepExtent, number>>> = {};
  /** Of the function that is being called. */
  parameters: Readonly<Partial<Record<StepParameter, number>>> = {};

  temporary(_name: string, _storage: StorageType, extents: readonly Extent[]): ReferenceValue {
    const shape = extents.map((extent) => this.#known(extent));
    return { shape, elements: new Uint32Array(shape.reduce((product, extent) => product * extent, 1)) };
  }

  reshape({ elements }: ReferenceValue, shape: readonly Extent[]): ReferenceValue {
    return { shape: shape.map((extent) => this.#known(extent)), elements };
  }

  run(
    use: KernelUse,
    tensors: Readonly<Record<string, ReferenceValue>>,
    extents: Readonly<Record<string, Extent>>,
    parameters: Readonly<Record<string, number | StepParameter>> = {},
  ): void {
    const kernel = this.#kernel(use);
    const elementsOf = (named: readonly { readonly name: string }[]): Record<string, Uint32Array> =>
      Object.fromEntries(named.map(({ name }) => [name, tensors[name]!.elements]));
    const known = Object.fromEntries(Object.entries(extents).map(([axis, extent]) => [axis, this.#known(extent)]));
    const outputs = evaluate(kernel, {
      extents: { ...use.extents, ...known },
      inputs: elementsOf(kernel.inputs),
      parameters: this.#given(parameters),
      initial: elementsOf(kernel.outputs),
    });
    for (const [name, elements] of Object.entries(outputs)) tensors[name]!.elements.set(elements);
  }

  #given(parameters: Readonly<Record<string, number | StepParameter>>): Record<string, number> {
    return Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => {
        const given = typeof value === "number" ? value : this.parameters[value];
        if (given === undefined) throw new Error(`nobody says which '${value}' is meant`);
        return [name, given];
      }),
    );
  }

  #known(extent: Extent): number {
    const known = typeof extent === "number" ? extent : this.extents[extent];
    if (known === undefined) throw new Error(`the step does not say how many ${extent} it has`);
    return known;
  }

  #kernel({ module, kernel: name }: KernelUse): Kernel {
    const key = `${module} ${name}`;
    let kernel = this.#kernels.get(key);
    if (kernel === undefined) {
      kernel = readKernels(join(kernelDirectory, `${module}.kernel.ts`), { typecheck: false }).kernels.find(
        (candidate) => candidate.name === name,
      );
      if (kernel === undefined) throw new Error(`models/kernels/${module}.kernel.ts declares no kernel '${name}'`);
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }
}

export class ReferenceModel {
  readonly #machine = new ReferenceMachine();

  private constructor(
    readonly config: ModelConfig,
    private readonly weights: Weights<Weight<ReferenceValue>>,
  ) {}

  static async load(directory: string): Promise<ReferenceModel> {
    const checkpoint = await Checkpoint.open(directory);
    try {
      const declared = weightsOf(checkpoint.config);
      checkpoint.check(listWeights(declared));
      const weights = await mapWeights(declared, async (declaration): Promise<Weight<ReferenceValue>> => {
        const { shape } = declaration;
        const storage = await checkpoint.storageOf(declaration);
        const elements = new Uint32Array(shape.reduce((product, extent) => product * extent, 1));
        for await (const { firstRow, rows, words } of checkpoint.read(declaration, storage)) {
          elements.set(unpackElements({ storage, shape: [rows, shape.at(-1)!] }, words), firstRow * shape.at(-1)!);
        }
        return { value: { shape, elements }, storage };
      });
      return new ReferenceModel(checkpoint.config, weights);
    } finally {
      await checkpoint.close();
    }
  }

  /** The bits of one sequence's logits at every position, f32 [ids.length, vocabulary], fed `chunk` ids at a time. */
  forward(ids: readonly number[], chunk = ids.length): Uint32Array {
    const feed = this.#sequence(ids.length);
    const logits = new Uint32Array(ids.length * this.config.vocabulary);
    for (let start = 0; start < ids.length; start += chunk)
      logits.set(feed(ids.slice(start, start + chunk)), start * this.config.vocabulary);
    return logits;
  }

  /**
   * A prompt and its continuation, `tokens` ids in all, and the bits of the logits at each of them. `choose` says what
   * follows a row of logits, given the ids so far; the most likely id where absent.
   */
  complete(
    prompt: readonly number[],
    tokens: number,
    progress: (done: number) => void = () => undefined,
    choose: (logits: Uint32Array, ids: readonly number[]) => number = (row) => this.argmax(row)[0]!,
  ): { readonly ids: readonly number[]; readonly logits: Uint32Array } {
    const { vocabulary } = this.config;
    const feed = this.#sequence(tokens);
    const ids = [...prompt];
    const logits = new Uint32Array(tokens * vocabulary);
    logits.set(feed(prompt));
    while (ids.length < tokens) {
      progress(ids.length);
      ids.push(choose(logits.subarray((ids.length - 1) * vocabulary, ids.length * vocabulary), ids));
      logits.set(feed(ids.slice(-1)), (ids.length - 1) * vocabulary);
    }
    return { ids, logits };
  }

  /** A sequence of at most so many ids: takes the next ones, and gives the bits of their logits. */
  #sequence(length: number): (ids: readonly number[]) => Uint32Array {
    const { config } = this;
    const allocator = new PageAllocator(Math.ceil(length / pageSize));
    const slots = allocator.pages * pageSize;
    const pool = (): ReferenceValue =>
      this.#machine.temporary("", "bf16", [slots, config.keyValueHeads, config.headSize]);
    const cache = Array.from(
      { length: config.layers },
      (): LayerCache<ReferenceValue> => ({ keys: pool(), values: pool() }),
    );
    const { cosine, sine } = rotaryTables(config.rotary, config.maxPositions);
    const sequence = new CachedSequence(allocator);
    return (ids) => {
      const tables = planStep([{ sequence, ids }], allocator, config);
      const { tokens, requests, pagesPerRequest } = tables;
      this.#machine.extents = {
        tokens,
        requests,
        pagesPerRequest,
        slots,
        keys: pagesPerRequest * pageSize,
        rows: tokens,
      };
      const step: StepValues<ReferenceValue> = {
        cosine: table(new Uint32Array(cosine.buffer), config.maxPositions, config.headSize / 2),
        sine: table(new Uint32Array(sine.buffer), config.maxPositions, config.headSize / 2),
        ids: table(tables.ids),
        positions: table(tables.positions),
        slotOf: table(tables.slots),
        requestOf: table(tables.requestOf),
        pages: table(tables.pages, tables.requests, tables.pagesPerRequest),
        lastTokens: table(tables.lastTokens),
      };
      const stream = this.weights.layers.reduce(
        (value, layer, index) => runLayer(this.#machine, config, layer, cache[index]!, step, value),
        embed(this.#machine, config, this.weights, step),
      );
      return logitsOf(this.#machine, config, this.weights, stream).elements;
    };
  }

  /** The most likely id of each row of logits. */
  argmax(logits: Uint32Array): number[] {
    const rows = logits.length / this.config.vocabulary;
    this.#machine.extents = { rows };
    return [...argmax(this.#machine, this.config, table(logits, rows, this.config.vocabulary)).elements];
  }
}

function table(elements: Uint32Array, ...shape: number[]): ReferenceValue {
  return { shape: shape.length === 0 ? [elements.length] : shape, elements };
}
