/**
 * Requests and options that are wrong: refused at once with a typed error that says how to mend them, and nothing is
 * taken.
 */
import { describe, expect, it } from "vitest";
import {
  BatchError,
  Engine,
  RequestError,
  SamplingError,
  type EngineOptions,
  type EngineRequest,
} from "../../runtime/index.ts";
import { promptOf, smallEngine } from "../fixtures/small-engine.ts";

const small = smallEngine();
const { withEngine } = small;

describe("a wrong request is refused, and takes nothing", () => {
  const wrong: readonly [what: string, request: unknown, error: new (...args: never[]) => Error][] = [
    ["no prompt", {}, RequestError],
    ["a prompt and messages", { prompt: [1], messages: [] }, RequestError],
    ["messages without a tokenizer", { messages: [{ role: "user", content: "x" }] }, RequestError],
    ["an empty prompt", { prompt: [] }, BatchError],
    ["an id beyond the vocabulary", { prompt: [1, 320] }, BatchError],
    ["an id below 0", { prompt: [-1] }, BatchError],
    ["an id that is a fraction", { prompt: [1.5] }, BatchError],
    ["NaN for an id", { prompt: [NaN] }, BatchError],
    ["a prompt beyond the model's positions", { prompt: promptOf(513) }, BatchError],
    ["a prompt that is a number", { prompt: 7 }, BatchError],
    ["text without a tokenizer", { prompt: "In the beginning" }, RequestError],
    ["an empty text", { prompt: "" }, RequestError],
    ["maxTokens 0", { prompt: [1], maxTokens: 0 }, RequestError],
    ["maxTokens NaN", { prompt: [1], maxTokens: NaN }, RequestError],
    ["maxTokens as text", { prompt: [1], maxTokens: "5" }, RequestError],
    ["n 0", { prompt: [1], n: 0 }, RequestError],
    ["n 1000", { prompt: [1], n: 1000 }, RequestError],
    ["a priority of infinity", { prompt: [1], priority: Infinity }, RequestError],
    ["a stop id beyond the vocabulary", { prompt: [1], stopIds: [320] }, RequestError],
    ["a stop id that is NaN", { prompt: [1], stopIds: [NaN] }, RequestError],
    ["stop ids as a number", { prompt: [1], stopIds: 5 }, BatchError],
    ["an empty stop string", { prompt: [1], stop: [""] }, RequestError],
    ["a stop string that is no list", { prompt: [1], stop: "x" }, RequestError],
    ["a stop string without a tokenizer", { prompt: [1], stop: ["x"] }, RequestError],
    ["ignoreEnd as text", { prompt: [1], ignoreEnd: "yes" }, RequestError],
    ["a signal that is none", { prompt: [1], signal: {} }, RequestError],
    ["observe that is no function", { prompt: [1], observe: 1 }, RequestError],
    ["a misspelt name", { prompt: [1], temprature: 1 }, RequestError],
    ["a temperature below 0", { prompt: [1], temperature: -1 }, SamplingError],
    ["a temperature of NaN", { prompt: [1], temperature: NaN }, SamplingError],
    ["a temperature of 1000", { prompt: [1], temperature: 1000 }, SamplingError],
    ["a temperature as text", { prompt: [1], temperature: "1" }, SamplingError],
    ["topP 0", { prompt: [1], topP: 0 }, SamplingError],
    ["topP 1.5", { prompt: [1], topP: 1.5 }, SamplingError],
    ["topK -1", { prompt: [1], topK: -1 }, SamplingError],
    ["topK 1.5", { prompt: [1], topK: 1.5 }, SamplingError],
    ["minP 1", { prompt: [1], minP: 1 }, SamplingError],
    ["a penalty of 3", { prompt: [1], presencePenalty: 3 }, SamplingError],
    ["a repetition penalty of 0", { prompt: [1], repetitionPenalty: 0 }, SamplingError],
    ["a seed below 0", { prompt: [1], seed: -1 }, SamplingError],
    ["a seed of 2^64", { prompt: [1], seed: 2n ** 64n }, SamplingError],
    ["a seed that is a fraction", { prompt: [1], seed: 0.5 }, SamplingError],
    ["21 top logprobs", { prompt: [1], topLogprobs: 21 }, SamplingError],
    ["a bias for an id beyond the vocabulary", { prompt: [1], logitBias: { 320: 1 } }, SamplingError],
    ["a bias of NaN", { prompt: [1], logitBias: { 3: NaN } }, SamplingError],
    ["a bias of 1000", { prompt: [1], logitBias: { 3: 1000 } }, SamplingError],
    ["a bias that is no object", { prompt: [1], logitBias: 3 }, SamplingError],
    ["null", null, RequestError],
  ];
  it.each(wrong)("%s", async (_, given, error) => {
    await withEngine({}, async (engine) => {
      let thrown: unknown;
      try {
        engine.submit(given as EngineRequest);
      } catch (caught) {
        thrown = caught;
      }
      expect(thrown).toBeInstanceOf(error);
      expect((thrown as Error).message).toMatch(/fix: ./);
      expect(engine.statistics().requests).toMatchObject({ submitted: 0, refused: 1 });
      return Promise.resolve();
    });
  });

  it("options of an engine, too", () => {
    for (const options of [
      { maxRunning: 0 },
      { pages: 0 },
      { pages: 1e9 },
      { tokensPerStep: NaN },
      { maxUnread: -1 },
      { maxWaiting: "5" },
      { maxruning: 5 },
      { stepsPerPriority: 0.5 },
    ]) {
      expect(() => new Engine(small.model, options as EngineOptions)).toThrow(RequestError);
    }
  });
});
