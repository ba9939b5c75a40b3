/**
 * One request, asked many times of an engine that is busy with others: how many answers there are, with the model's
 * kernels and with ordinary ones.
 */
import { ordinary } from "../models/ordinary.ts";
import { loadCheckpoint } from "../models/load.ts";
import type { EngineOptions, Model } from "../runtime/index.ts";
import { pageSize } from "../runtime/model/pages.ts";
import { replay, type Replayed } from "../spec/engine/replay.ts";
import { longestFiller, makeTraffic, type Traffic } from "../spec/engine/traffic.ts";
import { countAnswers, groupAnswers, type AnswerCount, type AnswerGroup } from "./experiment-answers.ts";

export interface DistinctRequest {
  readonly model: string;
  readonly prompt: string;
  readonly requests: number;
  readonly maxTokens: number;
  readonly seed: number;
  readonly temperatures: readonly number[];
}

/** What came of all requests with one kind of kernels. */
export interface Side extends AnswerCount {
  readonly seconds: number;
}

/** What `--json` gives of one temperature. */
export interface DistinctRun {
  readonly temperature: number;
  readonly ours: Side;
  readonly ordinary: Side;
  /** Decoding requests of a step, with the model's kernels; and so is what follows. */
  readonly batchSizes: {
    readonly mean: number;
    readonly different: number;
    readonly sizes: Readonly<Record<number, number>>;
  };
  readonly preemptions: number;
  readonly prefixHits: number;
}

/** What is drawn beside it. */
export interface DistinctDetails {
  readonly groups: { readonly ours: readonly AnswerGroup[]; readonly ordinary: readonly AnswerGroup[] };
  /** Decoding requests of each step, with the model's kernels. */
  readonly batches: readonly number[];
}

export type DetailedRun = DistinctRun & DistinctDetails;

/** Requests that are computed at the same time, at most. */
const maxRunning = 48;
/** More than decode at a time, so that prompts come between; few enough for long ones to be cut. */
const tokensPerStep = 96;
/** What the schedule asks for on average; some requests end early, so that there are fewer. */
const load = 56;
/** Of the pages that `maxRunning` whole requests would take, so that there are too few whenever many are half done. */
const shareOfPages = 0.4;
/** Fewer requests than these say little of an engine under load, and nothing is demanded of their batches. */
const enoughRequests = 200;
const demandedMean = 16;
const demandedSizes = 20;

/** @param ours the checkpoint's model, with the compiler's kernels */
export async function askManyTimes(
  ours: Model,
  request: DistinctRequest,
  progress: (what: string) => void,
): Promise<DetailedRun[]> {
  const other = await loadCheckpoint(request.model, {
    source: ordinary,
    device: ours.device,
    progress: (what) => progress(`ordinary kernels: ${what}`),
  });
  try {
    const runs: DetailedRun[] = [];
    for (const temperature of request.temperatures) {
      const traffic = trafficFor(ours, request, temperature);
      const engine = engineFor(ours, request);
      const play = async (
        model: Model,
        name: string,
      ): Promise<{ readonly side: Side; readonly groups: AnswerGroup[]; readonly replayed: Replayed }> => {
        const replayed = await replay(model, engine, traffic.arrivals, {
          onStep: ({ decoding }, done) =>
            progress(
              `temperature ${temperature}, ${name}: ${done} of ${traffic.arrivals.length} requests, ${decoding} ` +
                "at a time",
            ),
        });
        const answers = traffic.watched.map((place) => replayed.results[place]!.completions[0]!);
        return {
          side: { ...countAnswers(answers), seconds: replayed.seconds },
          groups: groupAnswers(answers),
          replayed,
        };
      };
      const here = await play(ours, "the model's kernels");
      const there = await play(other, "ordinary kernels");
      const {
        batch: { mean, sizes },
        preemptions,
        tokens,
      } = here.replayed.statistics;
      runs.push({
        temperature,
        ours: here.side,
        ordinary: there.side,
        batchSizes: { mean, different: Object.keys(sizes).length, sizes },
        preemptions,
        prefixHits: tokens.cached,
        groups: { ours: here.groups, ordinary: there.groups },
        batches: here.replayed.steps.map(({ decoding }) => decoding),
      });
    }
    return runs;
  } finally {
    other.dispose();
  }
}

/** The same request many times, and a quarter as many others. */
function trafficFor(
  { tokenizer, config: { vocabulary } }: Model,
  { prompt, requests, maxTokens, seed }: DistinctRequest,
  temperature: number,
): Traffic {
  const words = tokenizer.encode(prompt);
  const watched = { prompt: words, maxTokens, seed, temperature };
  return makeTraffic({
    watched: Array.from({ length: requests }, () => watched),
    fillers: Math.ceil(requests / 4),
    seed,
    words,
    vocabulary,
    maxTokens,
    load,
  });
}

function engineFor(
  { tokenizer, cachePages }: Model,
  { prompt, maxTokens }: DistinctRequest,
): Omit<EngineOptions, "onStep"> {
  const pagesOf = (promptTokens: number): number => Math.ceil((promptTokens + maxTokens) / pageSize);
  const promptTokens = tokenizer.encode(prompt).length;
  const pages = Math.max(
    pagesOf(promptTokens),
    pagesOf(longestFiller),
    Math.floor(shareOfPages * maxRunning * pagesOf(promptTokens)),
  );
  return { maxRunning, tokensPerStep, pages: Math.min(cachePages, pages) };
}

/** Why the runs do not show what they are to show; empty where they do. */
export function shortcomings(runs: readonly DistinctRun[], requests: number): string[] {
  const each = runs.flatMap(({ temperature, ours, batchSizes: { mean, different }, preemptions, prefixHits }) => {
    const at = `temperature ${temperature}: `;
    return [
      ...(ours.distinct === 1 && ours.distinctLogprobs === 1 && ours.firstDivergence === null
        ? []
        : [
            `${at}with the model's kernels there are ${ours.distinct} answers, and ${ours.distinctLogprobs} by ` +
              "their logprobs, not one",
          ]),
      ...(requests < enoughRequests || mean >= demandedMean
        ? []
        : [
            `${at}${mean.toFixed(1)} requests decoded at a time on average, and ${demandedMean} are demanded; ` +
              "ask for more --requests or --max-tokens",
          ]),
      ...(requests < enoughRequests || different >= demandedSizes
        ? []
        : [
            `${at}there were batches of ${different} different sizes, and ${demandedSizes} are demanded; ask ` +
              "for more --requests or --max-tokens",
          ]),
      ...(requests < enoughRequests || (preemptions > 0 && prefixHits > 0)
        ? []
        : [
            `${at}no request was interrupted, or no beginning was found in the prefix cache; ask for more ` +
              "--requests or --max-tokens",
          ]),
    ];
  });
  return [
    ...each,
    ...(runs.some(({ ordinary: { distinct } }) => distinct > 1)
      ? []
      : [
          "ordinary kernels gave one answer, too, so that this load shows no difference; ask for more --requests " +
            "or --max-tokens",
        ]),
  ];
}

/** What is not asked of few requests; undefined where all is. */
export function leniency(requests: number): string | undefined {
  return requests >= enoughRequests
    ? undefined
    : `with fewer than ${enoughRequests} requests, nothing is demanded of the batches (otherwise: ${demandedMean} ` +
        `decoding requests on average, ${demandedSizes} different sizes, interruptions and cached beginnings)`;
}

/** Without what is only drawn. */
export function jsonOf({
  temperature,
  ours,
  ordinary: theirs,
  batchSizes,
  preemptions,
  prefixHits,
}: DetailedRun): DistinctRun {
  return { temperature, ours, ordinary: theirs, batchSizes, preemptions, prefixHits };
}

export function renderRun({
  temperature,
  ours,
  ordinary: theirs,
  batchSizes: { mean, different, sizes },
  preemptions,
  prefixHits,
}: DistinctRun): string {
  const rows = [
    ["", "answers", "by logprobs", "part at token", "seconds"],
    ...(
      [
        ["this model's kernels", ours],
        ["ordinary kernels", theirs],
      ] as const
    ).map(([name, side]) => [
      name,
      String(side.distinct),
      String(side.distinctLogprobs),
      side.firstDivergence === null ? "never" : String(side.firstDivergence),
      side.seconds.toFixed(1),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const padded = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!);
  const table = rows.map((row) => `  ${row.map(padded).join("  ")}\n`).join("");
  const batches = Object.keys(sizes).map(Number);
  return (
    `Temperature ${temperature}: one request, asked ${ours.requests} times of a busy engine.\n${table}` +
    `With this model's kernels it had ${answersText(ours)}; with ordinary ones ${answersText(theirs)}.\n` +
    `Steps decoded for ${Math.min(...batches)} to ${Math.max(...batches)} requests, ${mean.toFixed(1)} on ` +
    `average, in batches of ${different} different sizes; ` +
    `${preemptions} times a request was interrupted and computed again, and ${prefixHits} ids were found in ` +
    "the prefix cache.\n"
  );
}

/** Of all requests of a run, in words. */
export function answersText({ distinct, distinctLogprobs, firstDivergence }: AnswerCount): string {
  const parting = firstDivergence === null ? "" : `, which part from token ${firstDivergence} on`;
  if (distinct > 1) return `${distinct} answers${parting}`;
  return distinctLogprobs === 1
    ? "one answer, with the same bits in every logprob"
    : `one answer, with ${distinctLogprobs} different sets of logprobs`;
}
