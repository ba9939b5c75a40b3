/** A request that was submitted, as its owner sees it: tokens to iterate, and a way to end it. */
import { RequestError } from "../errors.ts";
import type { Group } from "./sequence.ts";

/** One of the most likely ids, and the natural logarithm of its probability; f32. */
export interface TopLogprob {
  readonly id: number;
  readonly logprob: number;
}

/** A token of a completion. */
export interface EngineToken {
  /** Which of the request's completions. */
  readonly completion: number;
  /** Of the token in its sequence: the prompt's length for the first. */
  readonly position: number;
  readonly id: number;
  /** The text that became certain with it; empty where the model has no tokenizer. */
  readonly text: string;
  /** The natural logarithm of the id's probability, before temperature, penalties, bias and cuts; f32. */
  readonly logprob: number;
  /** The most likely ids, as many as `topLogprobs` asks for, the most likely first. */
  readonly top: readonly TopLogprob[];
  /** Why the completion ends with this token; absent where it goes on. */
  readonly finish?: FinishReason;
}

/**
 * `end`: an id that ends a completion, or a stop string; `length`: maxTokens, or the model's last position;
 * `cancelled`.
 */
export type FinishReason = "end" | "length" | "cancelled";

export interface EngineCompletion {
  readonly ids: readonly number[];
  readonly text: string;
  /** f32 [ids.length] */
  readonly logprobs: Float32Array<ArrayBuffer>;
  /** For each id the most likely ones at its place, as many as `topLogprobs` asks for, the most likely first. */
  readonly top: readonly (readonly TopLogprob[])[];
  readonly finish: FinishReason;
}

export interface EngineResult {
  readonly completions: readonly EngineCompletion[];
  /**
   * Ids whose keys and values were found in the prefix cache, over all completions; those that it found again after a
   * preemption count, too.
   */
  readonly cachedTokens: number;
  /** How often it had to give up its pages and compute them again. */
  readonly preemptions: number;
}

/**
 * Tokens in the order in which they are known; those of several completions mixed. Can be iterated once. Leaving the
 * loop cancels.
 * @throws what ended the request: NotFiniteError, DeviceLostError and the like, or the reason of its signal
 */
export class Submission implements AsyncIterable<EngineToken> {
  /** Numbers an engine's requests, in the order in which they were submitted. */
  readonly id: number;
  readonly #group: Group;
  #isRead = false;

  /** @internal */
  constructor(group: Group) {
    this.id = group.id;
    this.#group = group;
  }

  /** Ends it wherever it is; iterating it ends without an error. A second time does nothing. */
  cancel(): void {
    this.#group.cancel();
  }

  /** @throws RequestError the second time */
  [Symbol.asyncIterator](): AsyncIterableIterator<EngineToken> {
    if (this.#isRead)
      throw new RequestError({
        where: `request ${this.id}`,
        what: "its tokens are read already, and each is handed out once",
        fix: "iterate it once, or ask for its result() instead",
      });
    this.#isRead = true;
    const { buffer } = this.#group;
    const iterator: AsyncIterableIterator<EngineToken> = {
      [Symbol.asyncIterator]: () => iterator,
      next: async () => {
        const token = await buffer.take();
        return token === undefined ? { done: true, value: undefined } : { done: false, value: token };
      },
      // At once, also while a token is waited for.
      return: async () => {
        this.cancel();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
    return iterator;
  }

  /** Iterates it to its end, and gives all of it. */
  async result(): Promise<EngineResult> {
    const { completions } = this.#group;
    const texts = completions.map(() => "");
    const tops = completions.map((): (readonly TopLogprob[])[] => []);
    for await (const { completion, text, top } of this) {
      texts[completion] += text;
      tops[completion]!.push(top);
    }
    return {
      completions: completions.map(
        ({ generated, logprobs, finish }, index): EngineCompletion => ({
          ids: [...generated],
          text: texts[index]!,
          logprobs: Float32Array.from(logprobs),
          top: tops[index]!,
          finish: finish ?? "cancelled",
        }),
      ),
      cachedTokens: completions.reduce((total, { cachedTokens }) => total + cachedTokens, 0),
      preemptions: completions.reduce((total, { preemptions }) => total + preemptions, 0),
    };
  }
}
