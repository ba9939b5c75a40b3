/** A model without a device: every kernel by the reference evaluator. What a device must give, bit for bit. */
import { join } from "node:path";
import { readKernels } from "../dsl/reader/index.ts";
import type { Kernel, StorageType } from "../dsl/ir.ts";
import { mapWeights, qwen3Argmax, qwen3Forward, qwen3Weights, type LayerCache, type Weights } from "../models/architecture/qwen3.ts";
import { planStep } from "../models/batch.ts";
import { Checkpoint } from "../models/checkpoint/checkpoint.ts";
import type { ModelConfig } from "../models/checkpoint/config.ts";
import type { KernelUse } from "../models/compile-model.ts";
import type { Machine } from "../models/machine.ts";
import { CachedSequence, PageAllocator, pageSize } from "../models/pages.ts";
import { rotaryTables } from "../models/rotary.ts";
import { kernelDirectory } from "../models/toolchain.ts";
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

  private constructor(readonly config: ModelConfig, private readonly weights: Weights<ReferenceValue>) {}

  static async load(directory: string): Promise<ReferenceModel> {
    const checkpoint = await Checkpoint.open(directory);
    try {
      const weights = await mapWeights(qwen3Weights(checkpoint.config), async (declaration): Promise<ReferenceValue> => ({
        shape: declaration.shape, elements: Uint32Array.from(await checkpoint.read(declaration), (pattern) => pattern * 0x10000),
      }));
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
      const result = qwen3Forward(this.#machine, config, this.weights, {
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
    return [...qwen3Argmax(this.#machine, this.config, table(logits, rows, this.config.vocabulary), rows).elements];
  }
}

function table(elements: Uint32Array, ...shape: number[]): ReferenceValue {
  return { shape: shape.length === 0 ? [elements.length] : shape, elements };
}
