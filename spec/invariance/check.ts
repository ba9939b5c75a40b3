/** Tries cases on a machine, anything that runs a kernel, and shrinks what goes wrong. */
import fc from "fast-check";
import type { Kernel } from "../../dsl/ir.ts";
import type { BitData } from "../data.ts";
import { sizeOf } from "../evaluator.ts";
import { kindFor, randomInputs, type InputOptions } from "../inputs.ts";
import { changedBy, mostChanging } from "../order.ts";
import { Random } from "../random.ts";
import {
  anything,
  arrange,
  baseOf,
  coordinates,
  expectations,
  initially,
  rowOf,
  rowsCompared,
  type Arrangement,
  type Base,
} from "./arrangement.ts";
import { arbitraryCase, arrangementsOf, extentsOf, largestExtents, type AxisRange, type Case } from "./cases.ts";
import { InvarianceError, type Difference } from "./errors.ts";
import { rolesOf, type Roles } from "./roles.ts";

/** Runs a kernel under the schedule of that name; elements are as the evaluator takes and gives them. */
export type Machine = (schedule: string, data: BitData) => Promise<Record<string, Uint32Array>>;

export interface Trial {
  readonly kernel: Kernel;
  readonly axes: Readonly<Record<string, AxisRange>>;
  /** Values of parameters that are not left to chance. */
  readonly parameters?: Readonly<Record<string, number>>;
  readonly schedules: readonly string[];
  readonly runs: number;
  readonly seed: number;
  /** fast-check's path to a case that failed. */
  readonly path?: string;
}

export interface Tally {
  readonly cases: number;
  /** Rows that were compared, each with itself alone and with the reference evaluator's. */
  readonly rows: number;
  /** The largest number of rows in one batch. */
  readonly largest: number;
  /** The fraction of outputs that another order of the sums would change, over all cases. */
  readonly orderSensitive: number;
  /**
   * Which order that is: of several the one that changes the most of the largest batch's; undefined where no floats are
   * summed.
   */
  readonly order: string | undefined;
}

/** Each schedule is tried on at least so many cases. */
const leastRuns = 2;

/** @throws InvarianceError at the smallest case found to go wrong, and whatever the machine throws */
export async function checkRows(trial: Trial, machine: Machine): Promise<Tally> {
  const { kernel, axes, schedules, runs, seed, path } = trial;
  const roles = rolesOf(kernel);
  const { parameters = {} } = trial;
  // Chosen once, at full size, since few rows could not tell which kind of data makes order matter; and whatever the
  // seed is, since a replay has another.
  const largest = largestExtents(kernel, roles, axes);
  const inputs = { parameters, kind: kindFor(kernel, largest, 1, parameters) };
  const order = mostChanging(kernel, largest, randomInputs(kernel, largest, 1, inputs))?.order;
  const count = { cases: 0, rows: 0, largest: 0, sensitive: 0, outputs: 0 };
  const numRuns = Math.max(leastRuns, Math.ceil(runs / schedules.length));
  for (const [at, schedule] of schedules.entries()) {
    // Shrinking keeps to the kind of fault that it began with: a row's bits that change say more than bits that are
    // others.
    let fault: string | undefined;
    const property = fc.asyncProperty(arbitraryCase(kernel, roles, axes), async (drawn) => {
      const base = drawBase(trial, roles, drawn, inputs);
      const difference = await firstDifference(
        base,
        drawn,
        (data) => machine(schedule, data),
        (rows) => {
          count.rows += rows;
          count.largest = Math.max(count.largest, rows);
        },
      );
      if (difference !== undefined && difference.against === (fault ?? difference.against)) {
        fault = difference.against;
        throw new Found(difference, base.data.extents);
      }
      const outputs = kernel.outputs.reduce((sum, output) => sum + sizeOf(output.over, base.data.extents), 0);
      count.cases++;
      count.outputs += outputs;
      if (order !== undefined) count.sensitive += outputs * changedBy(order, kernel, base.data.extents, base.data);
    });
    const result = await fc.check(property, {
      numRuns,
      seed: (seed + at) | 0,
      ...(path === undefined ? {} : { path }),
    });
    if (!result.failed) continue;
    if (!(result.errorInstance instanceof Found)) throw result.errorInstance;
    const { difference, extents } = result.errorInstance;
    const replay = {
      kernel: kernel.name,
      axes,
      ...(trial.parameters === undefined ? {} : { params: trial.parameters }),
      schedules: [schedule],
      runs,
      seed: result.seed,
      path: result.counterexamplePath,
    };
    throw new InvarianceError({ ...difference, kernel: kernel.name, schedule, extents, replay });
  }
  const orderSensitive = count.outputs === 0 ? 0 : count.sensitive / count.outputs;
  return { cases: count.cases, rows: count.rows, largest: count.largest, orderSensitive, order: order?.name };
}

/** Carries a difference through fast-check. */
class Found extends Error {
  constructor(
    readonly difference: Difference,
    readonly extents: Readonly<Record<string, number>>,
  ) {
    super("the bits differ");
  }
}

function drawBase({ kernel, axes }: Trial, roles: Roles, drawn: Case, inputs: InputOptions): Base {
  const extents = extentsOf(kernel, roles, axes, drawn);
  return baseOf(kernel, roles, { extents, ...randomInputs(kernel, extents, drawn.inputs, inputs) });
}

async function firstDifference(
  base: Base,
  drawn: Case,
  run: (data: BitData) => Promise<Record<string, Uint32Array>>,
  compared: (rows: number) => void,
): Promise<Difference | undefined> {
  const { kernel, roles, data, reference } = base;
  const { alone, together } = arrangementsOf(kernel, roles, data.extents, drawn);
  // What rows are alone, first taken from the evaluator and then from the machine.
  const bits = Object.fromEntries(Object.entries(reference).map(([name, elements]) => [name, elements.slice()]));
  let fromReference: Difference | undefined;
  for (const arrangement of alone) {
    const difference = await compare(base, arrangement, "by the reference evaluator", reference, run, drawn, bits);
    fromReference ??= difference;
    compared(1);
  }
  for (const arrangement of together) {
    const difference = await compare(base, arrangement, "alone", bits, run, drawn);
    if (difference !== undefined) return difference;
    compared(rowsCompared(base, arrangement));
  }
  return fromReference;
}

/** Runs an arrangement and compares it with `expected`, elements of the base; `learn` takes what it gave. */
async function compare(
  base: Base,
  arrangement: Arrangement,
  against: string,
  expected: Readonly<Record<string, Uint32Array>>,
  run: (data: BitData) => Promise<Record<string, Uint32Array>>,
  drawn: Case,
  learn?: Readonly<Record<string, Uint32Array>>,
): Promise<Difference | undefined> {
  const data = arrange(base, arrangement, new Random(drawn.order, "neighbours"));
  const outputs = await run(data);
  let difference: Difference | undefined;
  for (const output of base.kernel.outputs) {
    const actual = outputs[output.name]!;
    for (const [at, source] of expectations(base, output, arrangement).entries()) {
      if (source === anything) continue;
      const wanted = source === initially ? data.initial![output.name]![at]! : expected[output.name]![source]!;
      if (source !== initially && learn !== undefined) learn[output.name]![source] = actual[at]!;
      if (actual[at] === wanted) continue;
      difference ??= {
        output: output.name,
        element: coordinates(at, output.axes, data.extents),
        row: source === initially ? {} : rowOf(base, output, source),
        actual: actual[at]!,
        expected: wanted,
        where: arrangement.name,
        against: source === initially ? "before, where no row of the batch writes" : against,
      };
    }
  }
  return difference;
}
