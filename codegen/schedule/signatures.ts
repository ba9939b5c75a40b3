/** What each step is called with: one table for reading, printing and explaining its text. */
import type { Step } from "./step.ts";

/** No extent, count of invocations or block is larger. */
export const largestNumber = 2 ** 30;

export type Argument =
  | { readonly kind: "name"; readonly what: string; readonly example: string }
  | { readonly kind: "choice"; readonly what: string; readonly choices: readonly string[] }
  | { readonly kind: "number"; readonly what: string; readonly least: 0 | 1; readonly example: number };

export interface Signature {
  readonly arguments: readonly Argument[];
  /** The last argument may come several times. */
  readonly repeats?: true;
  readonly make: (values: readonly (string | number)[]) => Step;
}

const axis: Argument = { kind: "name", what: "an output axis", example: "channel" };
const number = (what: string, least: 0 | 1, example: number): Argument => ({ kind: "number", what, least, example });
const level = number("a level of the tree", 0, 1);

/** The arguments of each step, in their order. */
export const signatures: Readonly<Record<Step["step"], Signature>> = {
  bind: {
    arguments: [axis, number("a number of invocations", 1, 64)],
    make: ([name, count]) => ({ step: "bind", axis: name as string, invocations: count as number }),
  },
  sink: {
    arguments: [
      axis,
      number("a number of points", 1, 2),
      { kind: "choice", what: "the order of the points", choices: ["blocked", "interleaved"] },
    ],
    make: ([name, points, order]) => ({
      step: "sink",
      axis: name as string,
      points: points as number,
      order: order as "blocked" | "interleaved",
    }),
  },
  walk: { arguments: [axis], make: ([name]) => ({ step: "walk", axis: name as string }) },
  reorder: { arguments: [axis], repeats: true, make: (names) => ({ step: "reorder", axes: names as string[] }) },
  cooperate: {
    arguments: [level, number("a number of invocations", 1, 8)],
    make: ([at, ways]) => ({ step: "cooperate", level: at as number, ways: ways as number }),
  },
  unroll: {
    arguments: [number("a number of leaves", 1, 8)],
    make: ([leaves]) => ({ step: "unroll", leaves: leaves as number }),
  },
  stage: {
    arguments: [number("a number of leaves", 1, 16)],
    make: ([leaves]) => ({ step: "stage", leaves: leaves as number }),
  },
  partition: { arguments: [level], make: ([at]) => ({ step: "partition", level: at as number }) },
  pass: {
    arguments: [number("the number of a pass", 0, 1)],
    make: ([pass]) => ({ step: "pass", pass: pass as number }),
  },
  layout: {
    arguments: [{ kind: "name", what: "an input", example: "weight" }, number("the size of a block", 1, 32)],
    repeats: true,
    make: ([input, ...blocks]) => ({ step: "layout", input: input as string, blocks: blocks as number[] }),
  },
};
export const stepNames = Object.keys(signatures) as Step["step"][];

export function describeArgument(wanted: Argument): string {
  if (wanted.kind === "name") return `the name of ${wanted.what}`;
  if (wanted.kind === "choice") return `${wanted.what}, which is ${wanted.choices.join(" or ")}`;
  return `${wanted.what}, from ${wanted.least} to ${largestNumber}`;
}

/** The step as it may stand, with examples for its arguments. */
export function usage(step: Step["step"], given: readonly (string | number | undefined)[] = []): string {
  const { arguments: wanted, repeats } = signatures[step];
  const count = repeats === true ? Math.max(wanted.length, given.length) : wanted.length;
  const values = Array.from({ length: count }, (_, at) => {
    const argument = wanted[Math.min(at, wanted.length - 1)]!;
    return given[at] ?? (argument.kind === "choice" ? argument.choices[0]! : argument.example);
  });
  return `${step}(${values.join(", ")})`;
}

/** The canonical text, which `parseSteps` (text.ts) reads as the same steps. */
export function printSteps(steps: readonly Step[]): string {
  return steps.map(printStep).join("; ");
}

export function printStep(step: Step): string {
  return `${step.step}(${argumentsOf(step).join(", ")})`;
}

function argumentsOf(step: Step): readonly (string | number)[] {
  switch (step.step) {
    case "bind":
      return [step.axis, step.invocations];
    case "sink":
      return [step.axis, step.points, step.order];
    case "walk":
      return [step.axis];
    case "reorder":
      return step.axes;
    case "cooperate":
      return [step.level, step.ways];
    case "unroll":
    case "stage":
      return [step.leaves];
    case "partition":
      return [step.level];
    case "pass":
      return [step.pass];
    case "layout":
      return [step.input, ...step.blocks];
  }
}
