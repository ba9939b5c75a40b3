/** What an engine answers, with every logit that it computed on the way, to be compared as bits with what the request gets alone. */
import type { Engine, EngineRequest, Model } from "../../runtime/index.ts";
import { bitsOf } from "../fixtures/bits.ts";

/** Of one completion. */
export interface Answer {
  readonly ids: readonly number[];
  /** Bits of the logprobs of `ids`. */
  readonly logprobs: Uint32Array;
  readonly text: string;
  /** Rows of logits by position, each time that they were computed. */
  readonly logits: readonly { readonly position: number; readonly row: Uint32Array }[];
}

/** Submits the request; `answers` are there once it has ended. */
export function ask(engine: Engine, request: EngineRequest, vocabulary: number): { readonly cancel: () => void; readonly answers: Promise<Answer[]> } {
  const logits = Array.from({ length: request.n ?? 1 }, () => [] as { position: number; row: Uint32Array }[]);
  const submission = engine.submit({
    ...request,
    observe: (completion, position, values) => {
      const bits = bitsOf(values);
      for (let at = 0; at * vocabulary < bits.length; at++) logits[completion]!.push({ position: position + at, row: bits.subarray(at * vocabulary, (at + 1) * vocabulary) });
    },
  });
  const answers = submission.result().then(({ completions }) => completions.map(({ ids, logprobs, text }, index): Answer => ({ ids, logprobs: bitsOf(logprobs), text, logits: logits[index]! })));
  return { cancel: () => { submission.cancel(); }, answers };
}

/** What a request gets that has the model to itself: tokens and logprobs of an engine of its own, logits of a whole forward pass. */
export interface Alone {
  readonly completions: readonly { readonly ids: readonly number[]; readonly logprobs: Uint32Array; readonly logits: Uint32Array }[];
}

export async function alone(model: Model, engine: Engine, request: EngineRequest): Promise<Alone> {
  const { completions } = await engine.submit(request).result();
  const prompt = typeof request.prompt === "string" ? model.tokenizer.encode(request.prompt) : request.prompt;
  const logits: Uint32Array[] = [];
  for (const { ids } of completions) logits.push(bitsOf((await model.forward([[...prompt, ...ids]]))[0]!));
  return { completions: completions.map(({ ids, logprobs }, index) => ({ ids, logprobs: bitsOf(logprobs), logits: logits[index]! })) };
}

/** Counts what differs, in bits; an answer that was cut short is compared as far as it goes. */
export interface Differences {
  /** Rows of logits that were compared, and those with a bit that differs. */
  rows: number;
  differentRows: number;
  tokens: number;
  differentTokens: number;
}

export function compare(answers: readonly Answer[], { completions }: Alone, vocabulary: number, into: Differences = { rows: 0, differentRows: 0, tokens: 0, differentTokens: 0 }): Differences {
  answers.forEach(({ ids, logprobs, logits }, index) => {
    const expected = completions[index]!;
    ids.forEach((id, at) => {
      into.tokens++;
      if (id !== expected.ids[at] || logprobs[at] !== expected.logprobs[at]) into.differentTokens++;
    });
    for (const { position, row } of logits) {
      into.rows++;
      // A row beyond an id that parted is of another text.
      const wanted = expected.logits.subarray(position * vocabulary, (position + 1) * vocabulary);
      if (row.length !== wanted.length || row.some((bits, at) => bits !== wanted[at])) into.differentRows++;
    }
  });
  return into;
}
