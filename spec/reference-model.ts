/** A model without a device: every kernel by the reference evaluator. What a device must give, bit for bit. */
import { join } from "node:path";
import { readKernels } from "../dsl/reader/index.ts";
import type { Kernel, StorageType } from "../dsl/ir.ts";
import { argmax, forward, type LayerCache } from "../models/architecture/decoder.ts";
import { listWeights, mapWeights, weightsOf, type Weight, type Weights } from "../models/architecture/weights.ts";
import { planStep } from "../runtime/model/batch.ts";
import { Checkpoint } from "../models/checkpoint/checkpoint.ts";
import type { ModelConfig } from "../models/checkpoint/config.ts";
import type { KernelUse } from "../models/compile-model.ts";
import type { Machine } from "../models/machine.ts";
import { CachedSequence, PageAllocator, pageSize } from "../runtime/model/pages.ts";
import { rotaryTables } from "../runtime/model/rotary.ts";
import { kernelDirectory } from "../models/toolchain.ts";
import { unpackElements } from "../runtime/index.ts";
import { evaluate } from "./evaluator.ts";

/** One u32 an element, row-major (see EvaluationData). Values that were reshaped share their elements. */
export interface ReferenceValue {
  readonly shape: readonly number[];
  readonly elements: Uint32Array;
}

export class ReferenceMachine implements Machine<ReferenceValue> {
  readonly #kernels = new Map<string, Kernel>();

  temporary(_name: string, _storage: StorageType, shape: readonly number[]): ReferenceValue {
    return { shape, elements: new Uint32Array(shape.reduce((product, extent) => product * extent, 1)) };
  }

  reshape({ elements }: ReferenceValue, shape: readonly number[]): ReferenceValue {
    return { shape, elements };
  }

  run(
    use: KernelUse, tensors: Readonly<Record<string, ReferenceValue>>, extents: Readonly<Record<string, number>>, parameters: Readonly<Record<string, number>> = {},
  ): void {
    const kernel = this.#kernel(use);
    const elementsOf = (named: readonly { readonly name: string }[]): Record<string, Uint32Array> =>
      Object.fromEntries(named.map(({ name }) => [name, tensors[name]!.elements]));
    const outputs = evaluate(kernel, {
      extents: { ...use.extents, ...extents }, inputs: elementsOf(kernel.inputs), parameters, initial: elementsOf(kernel.outputs),
    });
    for (const [name, elements] of Object.entries(outputs)) tensors[name]!.elements.set(elements);
  }

  #kernel({ module, kernel: name }: KernelUse): Kernel {
    const key = `${module} ${name}`;
    let kernel = this.#kernels.get(key);
    if (kernel === undefined) {
      kernel = readKernels(join(kernelDirectory, `${module}.kernel.ts`), { typecheck: false }).kernels.find((candidate) => candidate.name === name);
      if (kernel === undefined) throw new Error(`models/kernels/${module}.kernel.ts declares no kernel '${name}'`);
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }
}

export class ReferenceModel {
  readonly #machine = new ReferenceMachine();

  private constructor(readonly config: ModelConfig, private readonly weights: Weights<Weight<ReferenceValue>>) {}

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
    const { config } = this;
    const allocator = new PageAllocator(Math.ceil(ids.length / pageSize));
    const slots = allocator.pages * pageSize;
    const pool = (): ReferenceValue => this.#machine.temporary("", "bf16", [slots, config.keyValueHeads, config.headSize]);
    const cache = Array.from({ length: config.layers }, (): LayerCache<ReferenceValue> => ({ keys: pool(), values: pool() }));
    const { cosine, sine } = rotaryTables(config.rotary, config.maxPositions);
    const sequence = new CachedSequence(allocator);
    const logits = new Uint32Array(ids.length * config.vocabulary);
    while (sequence.length < ids.length) {
      const start = sequence.length;
      const tables = planStep([{ sequence, ids: ids.slice(start, start + chunk) }], allocator, config);
      const result = forward(this.#machine, config, this.weights, {
        ...tables, slots, cache,
        cosine: table(new Uint32Array(cosine.buffer), config.maxPositions, config.headSize / 2),
        sine: table(new Uint32Array(sine.buffer), config.maxPositions, config.headSize / 2),
        ids: table(tables.ids), positions: table(tables.positions), slotOf: table(tables.slots), requestOf: table(tables.requestOf),
        pages: table(tables.pages, tables.requests, tables.pagesPerRequest), lastTokens: table(tables.lastTokens),
      }, "all");
      logits.set(result.elements, start * config.vocabulary);
    }
    return logits;
  }

  /** The most likely id of each row of logits. */
  argmax(logits: Uint32Array): number[] {
    const rows = logits.length / this.config.vocabulary;
    return [...argmax(this.#machine, this.config, table(logits, rows, this.config.vocabulary), rows).elements];
  }
}

function table(elements: Uint32Array, ...shape: number[]): ReferenceValue {
  return { shape: shape.length === 0 ? [elements.length] : shape, elements };
}
