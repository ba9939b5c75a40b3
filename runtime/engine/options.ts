/** What an engine is told when it is made, checked and complete. */
import { RequestError } from "../errors.ts";
import type { Model } from "../model/model.ts";
import { checkOptions } from "../model/options.ts";
import { pageSize } from "../model/pages.ts";
import type { StepReport } from "./statistics.ts";

export interface EngineOptions {
  /** Completions that are computed at the same time, at most; 32 where absent. */
  readonly maxRunning?: number;
  /** Completions that wait for their turn, at most; more are refused with an OverloadError. 1024 where absent. */
  readonly maxWaiting?: number;
  /** Ids that a step computes, at most; 256 where absent. Prompts beyond are fed in chunks. */
  readonly tokensPerStep?: number;
  /**
   * Pages of 16 positions for keys and values; by default as many as maxRunning of the model's longest requests need,
   * within 256 MiB.
   */
  readonly pages?: number;
  /** Tokens that a completion may be ahead of who reads it; then it pauses. 256 where absent. */
  readonly maxUnread?: number;
  /** Steps of waiting that count as much as one of priority; 100 where absent. */
  readonly stepsPerPriority?: number;
  /** Whether requests that begin alike share pages; they do where absent. */
  readonly prefixCache?: boolean;
  /**
   * Asked for the model again, on a new device, when the device is lost; all requests then go on where they were, with
   * the same bits. The engine disposes of what it gives. Where absent, a lost device ends all requests, and the engine.
   */
  readonly reopen?: () => Promise<Model>;
  /** Called after every step. */
  readonly onStep?: (report: StepReport) => void;
  /**
   * Overwrites pages with NaN as soon as they are free, so that a read of what is gone can't pass unnoticed. For tests;
   * it costs time.
   */
  readonly poison?: boolean;
}

export type CompleteOptions = Required<Omit<EngineOptions, "reopen" | "onStep">> &
  Pick<EngineOptions, "reopen" | "onStep">;

const defaultCacheBytes = 2 ** 28;
const numbers = ["maxRunning", "maxWaiting", "tokensPerStep", "pages", "maxUnread", "stepsPerPriority"] as const;

/** @throws RequestError for options that are none */
export function completeOptions(options: EngineOptions, model: Model): CompleteOptions {
  checkOptions("an engine", options, [...numbers, "prefixCache", "reopen", "onStep", "poison"]);
  const {
    maxRunning = 32,
    maxWaiting = 1024,
    tokensPerStep = 256,
    maxUnread = 256,
    stepsPerPriority = 100,
    prefixCache = true,
    poison = false,
    reopen,
    onStep,
  } = options;
  const given = { maxRunning, maxWaiting, tokensPerStep, maxUnread, stepsPerPriority };
  for (const name of numbers) {
    const value: unknown = name === "pages" ? (options.pages ?? 1) : given[name];
    const least = name === "maxWaiting" ? 0 : 1;
    if (!(Number.isSafeInteger(value) && (value as number) >= least))
      refuse(`${name} is ${String(value)}`, `give a whole number of at least ${least}`);
  }
  if (options.pages !== undefined && options.pages > model.cachePages)
    refuse(
      `pages is ${options.pages}`,
      `a layer's keys of at most ${model.cachePages} pages fit a binding of this device`,
    );
  const { layers, keyValueHeads, headSize, maxPositions } = model.config;
  const pageBytes = 2 * layers * pageSize * keyValueHeads * headSize * 2;
  const longest = Math.ceil(maxPositions / pageSize);
  const pages =
    options.pages ??
    Math.max(
      1,
      Math.min(model.cachePages, maxRunning * longest, Math.max(longest, Math.floor(defaultCacheBytes / pageBytes))),
    );
  return { ...given, pages, prefixCache, poison, ...(reopen && { reopen }), ...(onStep && { onStep }) };
}

function refuse(what: string, fix: string): never {
  throw new RequestError({ where: "options of an engine", what, fix });
}
