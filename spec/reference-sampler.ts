/**
 * Sampling without a device: one row alone, by the reference evaluator, every pass of spec/contract.md's "Sampling" in
 * turn. What runtime/model/sampler.ts must give, bit for bit, in whatever crowd and whatever passes it leaves out.
 */
import * as sampler from "../models/architecture/sampler.ts";
import { argmax } from "../models/architecture/decoder.ts";
import { highWord, lowWord, type SampleRow } from "../runtime/model/sampling.ts";
import { ReferenceMachine, type ReferenceValue } from "./reference-model.ts";

/** f32 as bits. */
export interface ReferenceSample {
  readonly id: number;
  readonly logprob: number;
  readonly top: readonly { readonly id: number; readonly logprob: number }[];
  readonly finite: boolean;
  /** Of ids that are left out, the lowest f32. */
  readonly scores: Uint32Array;
}

/** The bits of a score that stands for an id that is left out. */
export const excludedScore = 0xff7fffff;

/** Keeps the kernels that it has read. */
const machine = new ReferenceMachine();

/** @param logits f32 bits, one row */
export function referenceSample(
  logits: Uint32Array,
  { sampling, seed, position, history }: SampleRow,
): ReferenceSample {
  const config = { vocabulary: logits.length };
  const greedy = sampling.temperature === 0;
  const ids = logits.length;
  const raw: ReferenceValue = { shape: [1, ids], elements: logits };
  const f32 = (...values: number[]): ReferenceValue => ({
    shape: [values.length],
    elements: new Uint32Array(Float32Array.from(values).buffer),
  });
  const u32 = (...values: number[]): ReferenceValue => ({ shape: [values.length], elements: Uint32Array.from(values) });

  const share = Math.fround(sampling.topP);
  const settings = f32(
    greedy ? 0 : 1 / sampling.temperature,
    greedy || share === 1 ? 0 : Math.max(share, 2 ** -40),
    sampling.minP,
    sampling.repetitionPenalty,
    sampling.frequencyPenalty,
    sampling.presencePenalty,
  );
  const words = u32(lowWord(seed), highWord(seed), position, sampling.topK >= ids ? 0 : sampling.topK);
  const penalised = (id: number): boolean =>
    (sampling.repetitionPenalty !== 1 && history.seen(id)) ||
    ((sampling.frequencyPenalty !== 0 || sampling.presencePenalty !== 0) && history.count(id) > 0);
  const touched = Array.from({ length: ids }, (_, id) => id).filter(
    (id) => penalised(id) || sampling.logitBias[id] !== undefined,
  );
  machine.extents = { rows: 1, entries: touched.length, places: ids };
  const tensors = { logits: raw, settings, words };
  let scaled = sampler.scaled(machine, config, tensors);
  if (touched.length > 0) {
    scaled = sampler.edited(machine, config, {
      ...tensors,
      scaled,
      rowOf: u32(...touched.map(() => 0)),
      placeOf: u32(...touched),
      ids: u32(...touched),
      seenAndCount: u32(...touched.map((id) => 2 * history.count(id) + Number(history.seen(id)))),
      bias: f32(...touched.map((id) => sampling.logitBias[id] ?? 0)),
    });
  }
  const summarise = (of: ReferenceValue): { largest: ReferenceValue; unusable: ReferenceValue } => {
    const [largest, unusable] = [f32(0), u32(0)];
    return { largest: sampler.summary(machine, config, { logits: of, largest, unusable }), unusable };
  };
  const { largest } = summarise(scaled);
  const search = (narrow: (prefix: ReferenceValue, output: ReferenceValue) => ReferenceValue): ReferenceValue => {
    let prefix = u32(0);
    for (let shift = 30; shift >= 0; shift -= 2) {
      machine.parameters = { shift };
      prefix = narrow(prefix, u32(0));
    }
    return prefix;
  };
  const floor = search((prefix, output) => sampler.narrowCount(machine, config, { scaled, words, prefix, output }));
  const weights = sampler.weights(machine, config, { scaled, largest });
  const threshold = search((prefix, output) =>
    sampler.narrowMass(machine, config, { scaled, weights, settings, floor, prefix, output }),
  );
  const scores = sampler.scores(machine, config, { scaled, largest, threshold, settings, words });
  const chosen = argmax(machine, config, scores);

  const summary = summarise(raw);
  const logTotal = sampler.logTotal(machine, config, { logits: raw, largest: summary.largest });
  const logprobOf = (of: ReferenceValue): number =>
    sampler.logprob(machine, config, { logits: raw, ids: of, largest: summary.largest, logTotal, output: f32(0) })
      .elements[0]!;
  const top: { id: number; logprob: number }[] = [];
  let previous = u32(0xffffffff);
  while (top.length < Math.min(sampling.topLogprobs, ids)) {
    previous = sampler.nextLikely(machine, config, { logits: raw, previous, output: u32(0) });
    top.push({ id: previous.elements[0]!, logprob: logprobOf(previous) });
  }
  return {
    id: chosen.elements[0]!,
    logprob: logprobOf(chosen),
    top,
    finite: summary.unusable.elements[0] === 0,
    scores: scores.elements,
  };
}
