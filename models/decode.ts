/** Whole requests, made of steps: the logits of given ids, and greedy completions. */
import { BatchError, checkIds } from "../runtime/model/batch.ts";
import type { Model } from "./model.ts";

export interface ForwardOptions {
  /** Ids of each sequence that a step takes; absent is all of them in one step. Never shows in the logits. */
  readonly chunk?: number;
}

/** The bits of every position's logits, f32 [ids.length, vocabulary] for each sequence, all sequences in one batch. */
export async function forwardAll(model: Model, sequences: readonly (readonly number[])[], { chunk = Infinity }: ForwardOptions = {}): Promise<Uint32Array[]> {
  if (sequences.length === 0) throw new BatchError("there are no sequences", "give at least one");
  sequences.forEach((ids, index) => checkIds(ids, `sequence ${index}`, model.config));
  const cache = model.createCache(sequences.map((ids) => ids.length));
  try {
    const { vocabulary } = model.config;
    const logits = sequences.map((ids) => new Uint32Array(ids.length * vocabulary));
    let active = sequences.map((ids, index) => ({ ids, sequence: cache.open(), logits: logits[index]! }));
    while (active.length > 0) {
      const starts = active.map(({ sequence }) => sequence.length);
      const entries = active.map(({ ids, sequence }, index) => ({ sequence, ids: ids.slice(starts[index], starts[index]! + chunk) }));
      const results = await model.forward(cache, entries, "all");
      active.forEach((request, index) => request.logits.set(results[index]!, starts[index]! * vocabulary));
      active = active.filter(({ ids, sequence }) => sequence.length < ids.length);
    }
    return logits;
  } finally {
    cache.dispose();
  }
}

export interface GenerateOptions {
  /** Ids to generate for each prompt, at least 1 and at most these; the model's last position ends a completion, too. */
  readonly maxTokens: number;
  /** Called with every id as it is known. */
  readonly onToken?: (prompt: number, id: number) => void;
  /** Called when a prompt's completion has ended. */
  readonly onEnd?: (prompt: number) => void;
}

/**
 * Greedy completions, all prompts in one batch. Each gives the ids generated, the one that ends a completion included.
 */
export async function generate(model: Model, prompts: readonly (readonly number[])[], { maxTokens, onToken, onEnd }: GenerateOptions): Promise<number[][]> {
  if (prompts.length === 0) throw new BatchError("there are no prompts", "give at least one");
  const { maxPositions, endIds } = model.config;
  prompts.forEach((ids, index) => checkIds(ids, `prompt ${index}`, model.config));
  const completions: number[][] = prompts.map(() => []);
  const cache = model.createCache(prompts.map((ids) => Math.min(maxPositions, ids.length + maxTokens)));
  try {
    let active = prompts.map((ids, prompt) => ({ prompt, sequence: cache.open(), ids }));
    while (active.length > 0) {
      const next = await model.next(cache, active);
      active = active.flatMap((request, index) => {
        const id = next[index]!;
        const { prompt, sequence } = request;
        completions[prompt]!.push(id);
        onToken?.(prompt, id);
        const done = endIds.includes(id) || completions[prompt]!.length >= maxTokens || sequence.length >= maxPositions;
        if (!done) return [{ prompt, sequence, ids: [id] }];
        sequence.close();
        onEnd?.(prompt);
        return [];
      });
    }
    return completions;
  } finally {
    cache.dispose();
  }
}
