/** The steps of a schedule that is given as mappings. It goes when strategies give steps themselves. */
import { outputAxesOf } from "../candidates.ts";
import type { PassKernel } from "../pass-kernel.ts";
import type { Mapping, Schedule } from "../schedule.ts";
import type { Step } from "../schedule/step.ts";
import { splitKernel } from "../split.ts";

export function stepsOfMappings(kernel: PassKernel, schedule: Schedule): Step[] {
  const passes = splitKernel(kernel, schedule);
  return [
    ...(schedule.split === undefined ? [] : [{ step: "partition", level: schedule.split } as const]),
    ...Object.entries(schedule.layouts ?? {}).map(([input, blocks]): Step => ({ step: "layout", input, blocks })),
    ...schedule.passes.flatMap((mapping, pass): Step[] => [
      ...(pass === 0 ? [] : [{ step: "pass", pass } as const]),
      ...stepsOfMapping(mapping, outputAxesOf(passes[pass]!)),
    ]),
  ];
}

function stepsOfMapping({ axes, ways, cut, unroll, stage }: Mapping, declared: readonly string[]): Step[] {
  const names = axes.map(({ axis }) => axis);
  return [
    ...(names.join() === declared.join() ? [] : [{ step: "reorder", axes: names } as const]),
    ...axes.flatMap(({ axis, invocations, registers, order, whole }): Step[] => [
      ...(invocations === 1 ? [] : [{ step: "bind", axis, invocations } as const]),
      ...(registers === 1 ? [] : [{ step: "sink", axis, points: registers, order } as const]),
      ...(whole ? [{ step: "walk", axis } as const] : []),
    ]),
    ...(cut === undefined ? [] : [{ step: "cooperate", level: cut, ways } as const]),
    ...(stage === undefined ? [] : [{ step: "stage", leaves: stage } as const]),
    ...(unroll === 1 ? [] : [{ step: "unroll", leaves: unroll } as const]),
  ];
}
