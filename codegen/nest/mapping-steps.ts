/** The steps that a mapping stands for, in the order in which all of them apply. */
import type { Mapping } from "../schedule/mapping.ts";
import type { Step } from "../schedule/step.ts";

export type PassStep = Exclude<Step, { readonly step: "partition" | "pass" | "layout" }>;

/** @param declared the output axes as build has them */
export function stepsOfMapping({ axes, ways, cut, unroll, stage }: Mapping, declared: readonly string[]): PassStep[] {
  const names = axes.map(({ axis }) => axis);
  return [
    ...(names.join() === declared.join() ? [] : [{ step: "reorder", axes: names } as const]),
    ...axes.flatMap(({ axis, invocations, registers, order, whole }): PassStep[] => [
      ...(invocations === 1 ? [] : [{ step: "bind", axis, invocations } as const]),
      ...(registers === 1 ? [] : [{ step: "sink", axis, points: registers, order } as const]),
      ...(whole ? [{ step: "walk", axis } as const] : []),
    ]),
    ...(cut === undefined ? [] : [{ step: "cooperate", level: cut, ways } as const]),
    ...(stage === undefined ? [] : [{ step: "stage", leaves: stage } as const]),
    ...(unroll === 1 ? [] : [{ step: "unroll", leaves: unroll } as const]),
  ];
}
