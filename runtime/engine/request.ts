/** What is asked of an engine, checked in full before anything of it is taken. */
import { RequestError } from "../errors.ts";
import { checkIds, checkList } from "../model/batch.ts";
import type { Model } from "../model/model.ts";
import { chatNames, type ChatMessage, type ChatOptions } from "../model/chat.ts";
import { checkOptions, samplingNames, type Elsewhere } from "../model/options.ts";
import { pageSize } from "../model/pages.ts";
import { checkSampling, type Sampling, type SamplingParameters } from "../model/sampling.ts";

export interface EngineRequest extends SamplingParameters {
  /** Text, or token ids. Either this or `messages` is needed. */
  readonly prompt?: string | readonly number[];
  /**
   * A conversation instead of a prompt, whose next turn is the model's: written as the model's chat template has it.
   */
  readonly messages?: readonly ChatMessage[];
  /** For `messages`: tools, variables of the template and the date. */
  readonly chat?: ChatOptions;
  /**
   * Ids to generate, at most, in each completion; 64 where absent. The model's last position ends a completion, too.
   */
  readonly maxTokens?: number;
  /** Texts that end a completion, which does not contain them. */
  readonly stop?: readonly string[];
  /** Ids that end a completion, beside the model's own. */
  readonly stopIds?: readonly number[];
  /** Whether the model's own end ids do not end a completion. */
  readonly ignoreEnd?: boolean;
  /** Completions of the prompt; 1 where absent. The first has the request's seed, the others seeds made of it. */
  readonly n?: number;
  /** Requests of higher priority go first; 0 where absent. Never shows in a result. */
  readonly priority?: number;
  /** Ends the request: who iterates it is thrown the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Is given whole logits, f32 [count, vocabulary], of some ids from `position` on, whenever they are computed: of
   * those that follow a cached beginning, and again after a preemption. For tests and measurements; it costs what
   * reading them back costs.
   */
  readonly observe?: (completion: number, position: number, logits: Float32Array<ArrayBuffer>) => void;
}

/** A request as the engine keeps it. */
export interface CheckedRequest {
  readonly prompt: readonly number[];
  readonly sampling: Sampling;
  /** Ids that the completion may have: maxTokens, or what the model's positions leave. */
  readonly maxTokens: number;
  readonly stop: readonly string[];
  readonly stopIds: ReadonlySet<number>;
  readonly n: number;
  readonly priority: number;
  readonly observe: EngineRequest["observe"];
}

const names = [
  "prompt",
  "messages",
  "chat",
  "maxTokens",
  "stop",
  "stopIds",
  "ignoreEnd",
  "n",
  "priority",
  "signal",
  "observe",
] as const;
/** Completions of one request, at most. */
const mostCompletions = 128;
const defaultMaxTokens = 64;

/**
 * @param pages of the engine's cache @throws RequestError, SamplingError, BatchError, TokenizerError, ChatTemplateError
 */
export function checkRequest(request: EngineRequest, model: Model, pages: number): CheckedRequest {
  const sampling = checkParameters(request, model.config.vocabulary);
  const {
    maxTokens = defaultMaxTokens,
    stop = [],
    stopIds = [],
    ignoreEnd = false,
    n = 1,
    priority = 0,
    observe,
    signal,
  } = request;
  const { vocabulary, maxPositions, endIds } = model.config;
  const refuse = (what: string, fix: string): never => {
    throw new RequestError({ where: "request", what, fix });
  };
  const whole = (name: string, value: unknown, least: number, most: number): void => {
    if (!(Number.isInteger(value) && (value as number) >= least && (value as number) <= most))
      refuse(`${name} is ${show(value)}`, `give a whole number from ${least} to ${most}`);
  };
  whole("maxTokens", maxTokens, 1, Number.MAX_SAFE_INTEGER);
  whole("n", n, 1, mostCompletions);
  whole("priority", priority, -1000, 1000);
  if (typeof ignoreEnd !== "boolean") refuse(`ignoreEnd is ${show(ignoreEnd)}`, "give true or false");
  if (observe !== undefined && typeof observe !== "function") refuse(`observe is ${show(observe)}`, "give a function");
  if (signal !== undefined && !(signal instanceof AbortSignal))
    refuse(`signal is ${show(signal)}`, "give an AbortSignal, as of an AbortController");
  if (!Array.isArray(stop) || !stop.every((text) => typeof text === "string" && text !== ""))
    refuse(`stop is ${show(stop)}`, "give a list of texts, none of them empty");
  // Its texts are told from the ids' texts, which need a tokenizer.
  if (stop.length > 0) void model.tokenizer;
  checkList(stopIds, "stopIds", "give a list of token ids");
  const wrong = stopIds.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabulary));
  if (wrong !== undefined) refuse(`stopIds has ${show(wrong)}`, `ids go from 0 to ${vocabulary - 1}`);
  const prompt = promptOf(request, model, refuse);
  checkIds(prompt, "the prompt", { vocabulary, maxPositions });
  // The last id of a completion is not fed to the model again.
  const most = Math.min(maxTokens, maxPositions - prompt.length + 1);
  const needed = Math.ceil((prompt.length + most - 1) / pageSize);
  if (needed > pages) {
    refuse(
      `its prompt of ${prompt.length} ids and ${most} more take ${needed} pages of ${pageSize} positions, and ` +
        `the engine has ${pages}`,
      "shorten the prompt, lower maxTokens, or give the engine more pages",
    );
  }
  return {
    prompt: [...prompt],
    sampling,
    maxTokens: most,
    stop: [...stop],
    stopIds: new Set([...(ignoreEnd ? [] : endIds), ...stopIds]),
    n,
    priority,
    observe,
  };
}

/** @throws RequestError, TokenizerError, ChatTemplateError */
function promptOf(
  { prompt, messages, chat }: EngineRequest,
  model: Model,
  refuse: (what: string, fix: string) => never,
): readonly number[] {
  if (messages !== undefined && prompt !== undefined)
    return refuse(
      "it has both a prompt and messages",
      "give one of them: a text to continue, or a conversation to answer",
    );
  if (messages !== undefined) return model.chatIds(messages, chat);
  if (chat !== undefined)
    return refuse(
      "it has chat's options and no messages",
      'give messages, as in submit({ messages: [{ role: "user", content: "…" }] })',
    );
  if (prompt === undefined)
    return refuse(
      "it has neither a prompt nor messages",
      'give a prompt, a text or token ids, or messages, as in submit({ messages: [{ role: "user", content: "…" }] })',
    );
  if (prompt === "") return refuse("the prompt is empty", "give it some text, or the id that a text starts with");
  return typeof prompt === "string" ? model.tokenizer.encode(prompt) : prompt;
}

/** A chat's own options belong into `chat`. */
const asksForChat: Elsewhere = {
  names: chatNames,
  fix: (name) => `give it with the messages, as in submit({ messages, chat: { ${name}: … } })`,
};

/** All that is not the engine's own is sampling's. */
function checkParameters(request: EngineRequest, vocabulary: number): Sampling {
  checkOptions("a request", request, [...names, ...samplingNames], asksForChat);
  return checkSampling(
    Object.fromEntries(Object.entries(request).filter(([name]) => !(names as readonly string[]).includes(name))),
    vocabulary,
  );
}

function show(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value)
    : Array.isArray(value)
      ? `[${value.map(show).join(", ")}]`
      : String(value);
}
