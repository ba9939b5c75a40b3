/** How many answers to one request there were, and where they part. */
import { createHash } from "node:crypto";
import type { EngineCompletion } from "../runtime/index.ts";

export type Answer = Pick<EngineCompletion, "ids" | "text" | "logprobs">;

export interface AnswerCount {
  readonly requests: number;
  /** Different texts. */
  readonly distinct: number;
  /** Different bits of all of an answer's logprobs. */
  readonly distinctLogprobs: number;
  /** The first token that is not the same in all answers; null where there is none. */
  readonly firstDivergence: number | null;
}

/** One of the different texts. */
export interface AnswerGroup {
  readonly text: string;
  readonly requests: number;
  /** Where it leaves the most common answer; null where it does not. */
  readonly partsAt: number | null;
}

export function countAnswers(answers: readonly Answer[]): AnswerCount {
  const partings = answers.map((answer) => partingOf(answer, answers[0]!)).filter((at) => at !== null);
  return {
    requests: answers.length,
    distinct: new Set(answers.map(({ text }) => text)).size,
    distinctLogprobs: new Set(answers.map(({ logprobs }) => hashBits(logprobs))).size,
    firstDivergence: partings.length === 0 ? null : Math.min(...partings),
  };
}

/** The different texts, the most common one first. */
export function groupAnswers(answers: readonly Answer[]): AnswerGroup[] {
  const groups = new Map<string, { readonly first: Answer; requests: number }>();
  for (const answer of answers) {
    const group = groups.get(answer.text);
    if (group === undefined) groups.set(answer.text, { first: answer, requests: 1 });
    else group.requests++;
  }
  const sorted = [...groups.values()].sort((left, right) => right.requests - left.requests);
  return sorted.map(({ first, requests }) => ({
    text: first.text,
    requests,
    partsAt: partingOf(first, sorted[0]!.first),
  }));
}

/** Of so many tokens from the first on, 0 to `tokens`, how many requests have those of the most common answer. */
export function survival(groups: readonly AnswerGroup[], tokens: number): number[] {
  return Array.from({ length: tokens + 1 }, (_, length) =>
    groups.reduce((total, { requests, partsAt }) => total + (partsAt === null || partsAt >= length ? requests : 0), 0),
  );
}

/** The first token that two answers do not share; null where they are the same. */
function partingOf(left: Pick<Answer, "ids">, right: Pick<Answer, "ids">): number | null {
  const length = Math.max(left.ids.length, right.ids.length);
  for (let at = 0; at < length; at++) if (left.ids[at] !== right.ids[at]) return at;
  return null;
}

/** SHA-256 of the numbers' bits: unlike numbers, zeros of both signs differ. */
function hashBits(values: Float32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");
}
