/** Random steps and lists of them. */
import fc from "fast-check";
import { ScheduleError } from "../../codegen/errors.ts";
import { extentOf, type PassKernel } from "../../codegen/pass-kernel.ts";
import { outputAxesOf, topReductionsOf } from "../../codegen/schedule/shape.ts";
import type { Step } from "../../codegen/schedule/step.ts";
import { partitionKernel } from "../../codegen/partition.ts";
import type { Input } from "../../dsl/ir.ts";
import type { Choices } from "./choices.ts";

const axisName = fc.oneof(
  fc.constantFrom("token", "channel", "constructor", "toString", "größe", "行", "bind", "interleaved", "$"),
  fc.stringMatching(/^[A-Za-z_$][A-Za-z0-9_$]{0,6}$/),
);
const count = fc.integer({ min: 1, max: 2 ** 30 });
const level = fc.nat(5);

/** Any step that can be written, whether or not there is a kernel that it applies to. */
export function arbitraryStep(): fc.Arbitrary<Step> {
  const order = fc.constantFrom("blocked" as const, "interleaved" as const);
  const of = <Name extends Step["step"]>(step: Name): fc.Arbitrary<Name> => fc.constant(step);
  return fc.oneof(
    fc.record({ step: of("bind"), axis: axisName, invocations: count }),
    fc.record({ step: of("sink"), axis: axisName, points: count, order }),
    fc.record({ step: of("walk"), axis: axisName }),
    fc.record({ step: of("reorder"), axes: fc.array(axisName, { minLength: 1, maxLength: 4 }) }),
    fc.record({ step: of("cooperate"), level, ways: count }),
    fc.record({ step: of("unroll"), leaves: count }),
    fc.record({ step: of("stage"), leaves: count }),
    fc.record({ step: of("partition"), level }),
    fc.record({ step: of("pass"), pass: level }),
    fc.record({ step: of("layout"), input: axisName, blocks: fc.array(count, { minLength: 1, maxLength: 4 }) }),
  );
}

/** A list of steps for a kernel: most apply, alone and together, and some do not. */
export function stepsOf(choices: Choices, kernel: PassKernel): Step[] {
  const depth = Math.max(0, ...topReductionsOf(kernel).map(({ tree }) => tree.length));
  const steps: Step[] = kernel.inputs.flatMap((input) =>
    choices.oneIn(4) && input.axes.every((axis) => extentOf(kernel, axis).kind === "constant")
      ? [layoutOf(choices, input)]
      : [],
  );
  if (depth > 1 && choices.oneIn(4)) {
    const level = choices.between(1, depth - 1);
    steps.unshift({ step: "partition", level });
    for (const [pass, part] of partsAt(kernel, level).entries())
      steps.push({ step: "pass", pass }, ...stepsOfPass(choices, part));
  } else {
    steps.push(...stepsOfPass(choices, kernel));
  }
  if (choices.oneIn(8)) steps.splice(choices.below(steps.length + 1), 0, wrongStep(choices, kernel, depth));
  return steps;
}

function partsAt(kernel: PassKernel, level: number): PassKernel[] {
  try {
    return partitionKernel(kernel, level);
  } catch (error) {
    if (error instanceof ScheduleError) return [kernel, kernel];
    throw error;
  }
}

const layoutOf = (choices: Choices, { name, axes }: Input): Step => ({
  step: "layout",
  input: name,
  blocks: axes.map(() => choices.pick([1, 2, 3, 4, 8, 32])),
});

/** Steps of one pass, in any order. */
function stepsOfPass(choices: Choices, kernel: PassKernel): Step[] {
  const steps: Step[] = [];
  const axes = outputAxesOf(kernel);
  const pairs = kernel.outputs.some(({ storage }) => storage === "bf16");
  const reduces = topReductionsOf(kernel);
  const depth = Math.max(0, ...reduces.map(({ tree }) => tree.length));
  for (const axis of axes) {
    const isPair = pairs && axis === axes.at(-1);
    if (!choices.oneIn(3)) steps.push({ step: "bind", axis, invocations: choices.pick([2, 4, 8, 3, 16, 5, 64]) });
    const order = isPair || choices.oneIn(2) ? "blocked" : "interleaved";
    const points = isPair ? choices.pick([2, 4, 2, 6]) : choices.pick([2, 4, 3, 5]);
    if (isPair || choices.oneIn(3)) steps.push({ step: "sink", axis, points, order });
    const isApart = steps.some((step) => step.step === "sink" && step.axis === axis && step.order === "interleaved");
    if (choices.oneIn(4) && !isApart) steps.push({ step: "walk", axis });
  }
  if (axes.length > 1 && choices.oneIn(5)) {
    const last = pairs ? axes.slice(-1) : [];
    const left = axes.slice(0, axes.length - last.length);
    const shuffled = Array.from({ length: left.length }, () => left.splice(choices.below(left.length), 1)[0]!);
    steps.push({ step: "reorder", axes: [...shuffled, ...last] });
  }
  if (depth > 0) {
    if (choices.oneIn(3)) steps.push({ step: "unroll", leaves: choices.pick([2, 4, 8, 3, 5]) });
    const more: readonly (readonly [number, Step | undefined])[] = [
      [4, undefined],
      [3, { step: "cooperate", level: choices.below(depth), ways: choices.pick([2, 4, 8, 1, 3]) }],
      [2, { step: "stage", leaves: choices.pick([4, 8, 16, 3, 1]) }],
    ];
    const step = choices.weighted(more);
    if (step !== undefined) steps.push(step);
  }
  return Array.from({ length: steps.length }, () => steps.splice(choices.below(steps.length), 1)[0]!);
}

/** A step whose precondition does not hold, or not together with others. */
function wrongStep(choices: Choices, kernel: PassKernel, depth: number): Step {
  const axes = outputAxesOf(kernel);
  return choices.pick<Step>([
    { step: "bind", axis: "constructor", invocations: 2 },
    { step: "bind", axis: axes[0] ?? "none", invocations: 1024 },
    { step: "walk", axis: axes[0] ?? "none" },
    { step: "reorder", axes: [...axes, ...axes] },
    { step: "cooperate", level: depth, ways: 2 },
    { step: "partition", level: depth },
    { step: "pass", pass: 1 },
    { step: "stage", leaves: 2 ** 20 },
    { step: "unroll", leaves: 2 ** 20 },
    { step: "sink", axis: axes.at(-1) ?? "none", points: 2 ** 20, order: "blocked" },
    { step: "layout", input: kernel.inputs[0]?.name ?? "none", blocks: [2 ** 29, 2 ** 29, 2 ** 29, 2 ** 29] },
  ]);
}
