/**
 * What of a text was not followed for all data is executed on some data: at every size, and at larger batches of which
 * only those workgroups run that its integers point at. A difference refutes the text; where none shows, nothing is
 * said.
 */
import type { Kernel } from "../dsl/ir.ts";
import { evaluateFormula } from "../runtime/formula.ts";
import type { Artifact } from "../runtime/artifact.ts";
import { examine } from "./case.ts";
import { farCases } from "./far.ts";
import type { BatchFlowReport } from "./taint-report.ts";
import type { Effort } from "./refute.ts";
import { type Case, casesOf } from "./sizes.ts";
import { Fault } from "./errors.ts";
import type { Module } from "./wgsl/ast.ts";

/** What is examined, and what that may cost. */
export interface Examined {
  readonly kernel: Kernel;
  readonly artifact: Artifact;
  readonly modules: readonly Module[];
  readonly flows: readonly BatchFlowReport[];
  readonly effort: Effort;
  readonly begin: (one: Case) => void;
}

interface Request extends Examined {
  /** Runs something, and gives undefined where it was not followed. @throws Fault that refutes */
  readonly goingOn: <T>(at: Case | null, run: () => T) => T | undefined;
}

/** Seeds of the data. */
const seeds = [0, 8, 3];
/** Words that are looked at one by one, beyond which a size is not executed. */
const mostWords = 100_000;
/** Rows beyond which no size is executed. */
const mostRows = 140_000;
/** An extent of a sequence axis, beyond that of most texts' integers. */
const longSequence = 400;
/** Of these all workgroups lie along x, and there is one to spare. */
const alongX = 4;

/** @throws Fault that refutes */
export function executions({ kernel, artifact, modules, flows, effort, begin, goingOn }: Request): void {
  const rows = modules.map(() => new Map());
  const all = new Set(kernel.inputs.map(({ name }) => name));
  const usual = goingOn(null, () => casesOf(kernel, artifact, modules, flows, all, Infinity)) ?? [];
  const rest = usual[0];
  if (rest === undefined) return;
  const extentsOf = ({ extents }: Case): Readonly<Record<string, number>> => ({ ...artifact.extents, ...extents });
  const wordsOf = (at: Case, passes: Artifact["passes"]): number => {
    const extents = extentsOf(at);
    const count = (shape: Artifact["passes"][number]["bindings"][number]["shape"]): number =>
      shape.reduce<number>((total, formula) => total * evaluateFormula(formula, extents), 1);
    return passes
      .flatMap(({ bindings }) => bindings.filter(({ access }) => access === "read_write"))
      .reduce((total, { shape }) => total + count(shape), 0);
  };
  // Where nothing is scattered it is known where a word belongs, whatever the workgroups do that do not run.
  const mayBeSome = kernel.outputs.every(({ place }) => place === undefined);
  const run = (
    at: Case,
    number: number,
    seed: number,
    some?: readonly number[],
    across?: readonly [number, number],
  ): void => {
    const longest = Math.max(
      0,
      ...kernel.axes.flatMap(({ name, role }) => (role === "batch" ? [at.extents[name]!] : [])),
    );
    const only = some === undefined || !mayBeSome ? {} : { some, ...(across !== undefined && { across }) };
    // Of the passes before the last one every word is needed, to know who wrote it.
    const whole = "some" in only ? artifact.passes.slice(0, -1) : artifact.passes;
    if (effort.operations <= 0 || longest > mostRows || wordsOf(at, whole) > mostWords) return;
    begin(at);
    try {
      goingOn(at, () =>
        examine({ kernel, artifact, modules, rows, at, number, known: new Set(), seed, effort, ...only }),
      );
    } catch (error) {
      // A tensor of no elements is bound all the same: a clamped read of it that counts for nothing is no error.
      const isOfNothing = error instanceof Fault && error.kind === "bounds" && Object.values(at.extents).includes(0);
      if (error instanceof Fault && !isOfNothing) throw error;
    }
  };
  const seed = seeds[0]!;
  usual.forEach((at, number) => run(at, number, seed));
  for (const { name, role } of kernel.axes) {
    if (role === "sequence")
      run(
        { ...rest, extents: { ...rest.extents, [name]: longSequence }, isThorough: false, isSmall: false },
        alongX,
        seed,
      );
    if (role !== "batch") continue;
    for (const { extent, near, across } of farCases(artifact, modules, name, extentsOf(rest))) {
      const at = { ...rest, extents: { ...rest.extents, [name]: extent }, isSmall: false };
      run({ ...at, isThorough: false }, alongX, seed, near, across === undefined ? undefined : [across, 1]);
    }
  }
  for (const other of seeds.slice(1)) usual.forEach((at, number) => run(at, number, other));
}
