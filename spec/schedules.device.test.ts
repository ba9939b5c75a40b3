/**
 * Schedules give the reference evaluator's bits: all that fit, for every kernel of the models and for others, and under
 * random trees, at ragged extents and for random kernels. Bits are compared, all of them.
 *
 * A test run draws a schedule for each random case. With TREEFOLD_CASES=full every case runs under all that fit, three
 * batches each: one case of every kernel and some random kernels, drawn by TREEFOLD_PART, a number; what was
 * compared goes to the file TREEFOLD_TALLY. `npm run test:full` runs many parts (spec/full.mjs).
 */
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { schedulesFor } from "../codegen/compile.ts";
import type { Schedule } from "../codegen/schedule/step.ts";
import { type Device, openDevice } from "../runtime/index.ts";
import { compareSchedules, ScheduleMismatch, Tally } from "./fixtures/compare-schedules.ts";
import { doesForAll, effort, isSlowest, leaveOut, shareOf, some, tries } from "./fixtures/effort.ts";
import { faults } from "./fixtures/schedule-faults.ts";
import {
  caseOf,
  extentsOf,
  kernels,
  light,
  ragged,
  randomCase,
  type ScheduleCase,
  sizedKernels,
  smallCase,
} from "./fixtures/schedule-kernels.ts";
import { replaceTrees, withoutRounding } from "./order.ts";

let device: Device;
const tally = new Tally();
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => {
  const {
    total: { cases, orderSensitive, batches, runs },
    schedules,
    slowest,
  } = tally;
  console.log(
    `${cases} cases, ${orderSensitive} of sums on data where order matters, ${batches} batches, ${runs} runs: ` +
      `${Object.entries(schedules)
        .map(([name, count]) => `${name} ${count}`)
        .join(", ")}; at most ${slowest.milliseconds} ms: ${slowest.what}`,
  );
  device.dispose();
});

/** One of the schedules, drawn by the case's data. */
const one =
  ({ batches }: ScheduleCase) =>
  (all: readonly Schedule[]): readonly Schedule[] => [all[batches[0]!.seed % all.length]!];

const touched = new Set<string>();
let turn = 0;
/**
 * All in CI. At home each schedule under the first kernel here that it fits, and one schedule for each other kernel, in
 * turn.
 */
const thoseOfThisRun = (all: readonly Schedule[]): readonly Schedule[] => {
  if (effort !== "quick") return all;
  turn++;
  const fresh = all.filter(({ name }) => !touched.has(name));
  const chosen = fresh.length > 0 ? fresh : all.slice(turn % all.length, (turn % all.length) + 1);
  for (const { name } of chosen) touched.add(name);
  leaveOut("further schedules of kernels", all.length - chosen.length);
  return chosen;
};

/** A kernel with the tree that it declares. */
const asDeclared = (name: string, width = 17): ScheduleCase => ({
  kernel: kernels.get(name)!,
  orderMatters: false,
  batches: [{ extents: extentsOf(name, { rows: 5, items: 133, width }), seed: 1 }],
});

/** Names of the schedules that fit. */
function offered({ kernel, batches }: ScheduleCase): string[] {
  return schedulesFor(kernel, { extents: batches[0]!.extents, limits: device.limits }).map(({ name }) => name);
}

/** Each driver has cases of its own, the same ones at every run. */
const seed = [...(process.env["TREEFOLD_DRIVER"] ?? "")].reduce((sum, letter) => sum + letter.charCodeAt(0), 1);

function ordinary(): void {
  test("each kernel has sizes here", () => {
    expect([...sizedKernels].sort()).toEqual([...kernels.keys()].sort());
  });

  test.each(shareOf(some("kernels under schedules of a device", 16, [...kernels.keys()])))(
    "%s, under the schedules that fit",
    async (name) => {
      const kernel = kernels.get(name)!;
      await compareSchedules(device, asDeclared(name), tally, thoseOfThisRun);
      if (effort !== "quick" && kernel.outputs.some(({ storage }) => storage === "bf16")) {
        const extents = extentsOf(name, { rows: 3, items: 70, width: 9 });
        await compareSchedules(
          device,
          { kernel: withoutRounding(kernel), batches: [{ extents, seed: 2 }], orderMatters: false },
          tally,
        );
      }
    },
  );

  // SwiftShader compiles this one's 64 accumulators for ten seconds.
  const isLeftOut = (name: string): boolean => isSlowest && effort === "quick" && name === "tile-8x8";
  test.each(shareOf(["linear", "linearBiasF32", "sumOfDifferences"]))(
    "%s, under the schedules that need more outputs side by side",
    async (name) => {
      const narrow = new Set(offered(asDeclared(name)));
      const more = offered(asDeclared(name, 68)).filter((schedule) => !narrow.has(schedule));
      expect(more).toContain("tile-8x8");
      await compareSchedules(device, asDeclared(name, 68), tally, (all) =>
        thoseOfThisRun(all.filter(({ name }) => more.includes(name) && !isLeftOut(name))),
      );
    },
  );

  test("these kernels under random trees and ragged extents, on data where order matters", async () => {
    const cases = fc.constantFrom(...kernels.keys()).chain((name) => caseOf(name, light));
    await fc.assert(
      fc.asyncProperty(cases, async (drawn) => compareSchedules(device, drawn, tally, one(drawn))),
      { numRuns: tries(doesForAll ? 2 : 1, 60), seed },
    );
  });

  test("kernels at small and at ragged extents, down to one item", async () => {
    await fc.assert(
      fc.asyncProperty(smallCase(), async (drawn) => compareSchedules(device, drawn, tally, one(drawn))),
      { numRuns: tries(doesForAll ? 2 : 1, 30), seed },
    );
  });
}

/** The negative controls. What they run is not counted. */
function planted(): void {
  test.each(faults)("$what: $kernel", async (fault) => {
    const drawn = asDeclared(fault.kernel);
    for (const name of some("schedules with a planted fault", 1, fault.schedules ?? offered(drawn))) {
      const found = compareSchedules(
        device,
        drawn,
        new Tally(),
        (all) => all.filter((schedule) => schedule.name === name),
        fault,
      );
      await expect(found, name).rejects.toThrow(ScheduleMismatch);
    }
  });

  test("another tree, wherever the data say that order matters", async () => {
    const flattened = {
      inKernel: (kernel: ScheduleCase["kernel"]) =>
        replaceTrees(kernel, [{ fold: "chain", count: 3 }, { fold: "chain" }]),
    };
    const summing = ["linear", "rmsNormHeads", "sumOfDifferences", "welfordVariance", "twoReductions"];
    const cases = fc.constantFrom(...summing).chain((name) => caseOf(name, light));
    await fc.assert(
      fc.asyncProperty(cases, async (drawn) => {
        const found: unknown = await compareSchedules(
          device,
          drawn,
          new Tally(),
          (all) => one(drawn)(all).slice(0, 1),
          flattened,
        ).catch((error: unknown) => error);
        if (found instanceof fc.PreconditionFailure) throw found;
        expect(found).toBeInstanceOf(ScheduleMismatch);
      }),
      { numRuns: tries(2, 12), seed: 1 },
    );
  });
}

function part(number: number): void {
  const once = { numRuns: 1, seed: number, endOnFailure: true };
  test.each([...kernels.keys()])("%s", async (name) => {
    await fc.assert(
      fc.asyncProperty(caseOf(name, ragged), (drawn) => compareSchedules(device, drawn, tally)),
      once,
    );
  });

  test("random kernels", async () => {
    await fc.assert(
      fc.asyncProperty(randomCase(ragged), (drawn) => compareSchedules(device, drawn, tally)),
      { ...once, numRuns: 16 },
    );
  });

  afterAll(() => {
    const file = process.env["TREEFOLD_TALLY"];
    if (file !== undefined)
      writeFileSync(file, `${JSON.stringify({ part: number, device: device.info, ...tally }, null, 2)}\n`);
  });
}

if (effort === "full") {
  const number = Number(process.env["TREEFOLD_PART"] ?? 1);
  describe(`every schedule that fits gives the evaluator's bits, part ${number}`, () => part(number));
} else {
  describe("schedules give the evaluator's bits", ordinary);
  describe.runIf(doesForAll)("a planted fault is found", planted);
}
