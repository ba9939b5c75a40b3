/**
 * Kernels as strangers wrote them (fixtures/strangers) give the reference evaluator's bits. With
 * TREEFOLD_STRANGERS=FOLDER each runs under every schedule that fits, at an aligned and a ragged size, and the counts
 * are written there; in CI under one.
 */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { schedulesFor } from "../codegen/compile.ts";
import type { Kernel } from "../dsl/ir.ts";
import { type Device, openDevice } from "../runtime/index.ts";
import { compareSchedules, Tally } from "./fixtures/compare-schedules.ts";
import { inCi, leaveOut } from "./fixtures/effort.ts";
import { type Ran, record } from "./fixtures/strangers/report.ts";
import { type Extents, runExtents, sizes, strangers } from "./fixtures/strangers/sizes.ts";
import { evaluate } from "./evaluator.ts";
import { modelExtents } from "./extents.ts";
import { randomInputs } from "./inputs.ts";
import { addsFloats, orderSensitivity, withoutRounding } from "./order.ts";

/** The share of outputs that must change with the order, and how many seeds are tried for it. */
const enough = 0.9;
const mostSeeds = 12;

/**
 * Kernels that add few floats for each output: taps of a convolution, a pool's window, the rows of a hash. Such sums
 * have one order or two, so that fewer than nine in ten outputs change. The page of counts has the share of each.
 */
const ofFewItems: ReadonlySet<string> = new Set([
  "adaptivePool",
  "causalConv1d",
  "conv2d",
  "depthwiseConv1d",
  "groupNorm",
  "halfLinear",
  "hashEmbedding",
  "instanceNorm",
  "int8Linear",
  "linearRecurrence",
  "prefixSum",
  "segmentMean",
  "stridedConv2d",
  "transposedConv1d",
]);

let device: Device;
const all: Ran[] = [];
beforeAll(async () => {
  if (isAsked || inCiOnly) device = await openDevice();
});
afterAll(() => {
  if (inCiOnly) device.dispose();
  if (!isAsked) return;
  const adding = all.filter(({ orderSensitive }) => orderSensitive !== null);
  console.log(
    `${all.length} cases, ${all.reduce((sum, { schedules }) => sum + schedules, 0)} schedules; order changes ` +
      adding.map(({ kernel, orderSensitive }) => `${kernel} ${Math.round(orderSensitive! * 100)}%`).join(", "),
  );
  const { vendor, architecture, device: name, description, driver } = device.info;
  record(process.env["TREEFOLD_DRIVER"] ?? vendor, {
    driver: [name, description, driver, architecture].filter(Boolean).join(", "),
    ran: all,
  });
  device.dispose();
});

/** The first seed whose data tell orders apart, or the one that does best. */
function seedFor(kernel: Kernel, extents: Extents): { seed: number; sensitivity: number } {
  let best = { seed: 1, sensitivity: -1 };
  for (let seed = 1; seed <= mostSeeds && best.sensitivity < enough; seed++) {
    const sensitivity = orderSensitivity(kernel, extents, randomInputs(kernel, extents, seed));
    if (sensitivity > best.sensitivity) best = { seed, sensitivity };
  }
  return best;
}

async function run(name: string, extents: Extents): Promise<void> {
  const kernel = strangers.get(name)!;
  const adds = addsFloats(kernel);
  const { seed, sensitivity } = adds ? seedFor(kernel, extents) : { seed: 1, sensitivity: 0 };
  const case_ = { batches: [{ extents, seed }], orderMatters: false };
  await compareSchedules(device, { ...case_, kernel }, new Tally());
  // What 16 bits may hide is compared before they are rounded, too.
  if (kernel.outputs.some(({ storage }) => storage === "bf16"))
    await compareSchedules(device, { ...case_, kernel: withoutRounding(kernel) }, new Tally());
  const expected = evaluate(kernel, { ...randomInputs(kernel, extents, seed), extents });
  const hash = createHash("sha256");
  for (const output of kernel.outputs) hash.update(expected[output.name]!);
  const schedules = schedulesFor(kernel, { extents: modelExtents(kernel, extents), limits: device.limits }).length;
  all.push({ kernel: name, extents, schedules, orderSensitive: adds ? sensitivity : null, sha256: hash.digest("hex") });
  if (adds && !ofFewItems.has(name))
    expect(sensitivity, `${name} ${JSON.stringify(extents)}`).toBeGreaterThanOrEqual(enough);
}

/** Where the page of counts is asked for. */
const isAsked = process.env["TREEFOLD_STRANGERS"] !== undefined;

describe.runIf(isAsked)(
  "strangers' kernels give the evaluator's bits under every schedule that fits, on data where order matters",
  () => {
    test.each([...strangers.keys()])(
      "%s",
      async (name) => {
        await run(name, runExtents(strangers.get(name)!, sizes[name]!.aligned, 4));
        await run(name, runExtents(strangers.get(name)!, sizes[name]!.ragged, 5));
      },
      900_000,
    );
  },
);

const inCiOnly = !isAsked && inCi("strangers' kernels on the device");
describe.runIf(inCiOnly)("strangers' kernels give the evaluator's bits under one schedule each", () => {
  test.each([...strangers.keys()].map((name, turn) => [name, turn] as const))("%s", async (name, turn) => {
    const kernel = strangers.get(name)!;
    const extents = runExtents(kernel, sizes[name]!.ragged, 5);
    await compareSchedules(
      device,
      { kernel, batches: [{ extents, seed: 1 }], orderMatters: false },
      new Tally(),
      (all) => {
        leaveOut("further schedules of strangers' kernels", all.length - 1);
        return [all[turn % all.length]!];
      },
    );
  });
});
