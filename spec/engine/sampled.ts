/** Sampled answers that the reference evaluator wrote, and every device must give: kept in fixtures/sampled.json. */
import { demoDirectory } from "../../models/places.ts";
import { readTokenizerFiles } from "../../models/checkpoint/tokenizer.ts";
import { checkSampling, History, type SamplingParameters } from "../../runtime/model/sampling.ts";
import kept from "../fixtures/sampled.json" with { type: "json" };
import { ReferenceModel } from "../reference-model.ts";
import { referenceSample } from "../reference-sampler.ts";

/** A request of the demo, and what it is answered. */
export interface SampledAnswer {
  readonly prompt: string;
  readonly parameters: SamplingParameters;
  readonly ids: readonly number[];
  /** Bits of the logprobs. */
  readonly logprobs: readonly number[];
}

export const sampledAnswers: readonly SampledAnswer[] = kept;
export const sampledTokens = 24;

/** Evaluates a request: a forward pass for each token, and then every pass of sampling, on one row alone. */
export async function evaluateSampled({ prompt, parameters }: Pick<SampledAnswer, "prompt" | "parameters">): Promise<SampledAnswer> {
  const model = await ReferenceModel.load(demoDirectory);
  const { tokenizer } = await readTokenizerFiles(demoDirectory, model.config.vocabulary);
  const sampling = checkSampling(parameters, model.config.vocabulary);
  const promptIds = tokenizer.encode(prompt);
  const history = new History(promptIds);
  const logprobs: number[] = [];
  // The last id's own logits are not wanted.
  const { ids } = model.complete(promptIds, promptIds.length + sampledTokens, undefined, (logits, before) => {
    const { id, logprob } = referenceSample(logits, { sampling, seed: sampling.seed, position: before.length, history });
    logprobs.push(logprob);
    history.add(id);
    return id;
  });
  return { prompt, parameters, ids: ids.slice(promptIds.length), logprobs };
}
