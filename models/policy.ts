/** Which of the schedules that fit a kernel a model loads. Any choice gives the same bits; this one is for speed. */
import { own } from "../dsl/own.ts";
import type { LazyOffer } from "../codegen/compile.ts";
import type { Schedule, Step } from "../codegen/schedule/step.ts";

/** From this many tokens on, a kernel's schedule for many rows is used. */
export const manyTokens = 4;

/** One of the schedules that the compiler offers, by name; here and there with another shape of workgroup. */
interface Choice {
  readonly name: string;
  /** Invocations along some of its axes. */
  readonly invocations?: Readonly<Record<string, number>>;
  /** Invocations that share a reduction, each of which folds values of its level 1. */
  readonly ways?: number;
}

/** A workgroup for each row of logits, whose vocabulary its invocations share: as many as the trees have lanes. */
const rowOfLogits = (ways: number): readonly Choice[] => [{ name: "alone", invocations: { token: 1 }, ways }];

/** By kernel: what to take for few rows, and then for many. What is not named here takes the simplest that fits. */
export const preferredSchedules: Readonly<Record<string, readonly Choice[]>> = {
  linear: [{ name: "alone-vector" }, { name: "alone-4x4" }],
  linearBias: [{ name: "alone-vector" }, { name: "alone-4x4" }],
  linearF32: [{ name: "alone-vector" }, { name: "alone-4x4" }],
  linearBiasF32: [{ name: "alone-vector" }, { name: "alone-4x4" }],
  rmsNorm: [{ name: "row-together" }, { name: "row-each" }],
  rmsNormHeads: [{ name: "row-together" }, { name: "row-each" }],
  // A lone token's heads side by side; of many tokens, four to a workgroup, which then read the same keys.
  attention: [
    { name: "registers", invocations: { token: 1, head: 4 } },
    { name: "registers", invocations: { token: 4, head: 1 } },
  ],
  argmax: [{ name: "split" }, ...rowOfLogits(64)],
  logSoftmax: [{ name: "row-together" }, { name: "row-each" }],
  rowSummary: rowOfLogits(256),
  logTotal: rowOfLogits(64),
  nextLikely: rowOfLogits(256),
  narrowCount: rowOfLogits(256),
  massesOf: rowOfLogits(256),
};

/** One schedule, or one for few rows and one for many. Nothing else is compiled, unless no preferred one fits. */
export function chooseSchedules(kernel: string, offer: LazyOffer): Schedule[] {
  const chosen = (own(preferredSchedules, kernel) ?? []).flatMap((choice) =>
    offer.candidates
      .filter(({ name }) => name === choice.name)
      .map((schedule) => reshaped(schedule, choice))
      .filter(offer.fits),
  );
  return chosen.length > 0 ? chosen : [offer.simplest()];
}

function reshaped(schedule: Schedule, { invocations = {}, ways }: Choice): Schedule {
  const shape = [
    ...Object.entries(invocations).map(([axis, count]) => `${count} ${axis}`),
    ...(ways === undefined ? [] : [`${ways} ways`]),
  ].join(" by ");
  if (shape === "") return schedule;
  const others = schedule.steps.filter((step) => step.step !== "bind" || own(invocations, step.axis) === undefined);
  const bound = Object.entries(invocations).filter(([, count]) => count > 1);
  return {
    name: `${schedule.name}, ${shape}`,
    steps: [
      ...bound.map(([axis, count]): Step => ({ step: "bind", axis, invocations: count })),
      ...others,
      ...(ways === undefined ? [] : [{ step: "cooperate", level: 1, ways } as const]),
    ],
  };
}
