/**
 * What portable bits cost: each kernel of a model, and its forward pass, under the same schedules with the arithmetic
 * that is promised (`free`), with sums sealed, too (`sealed`), and left to the device (`builtin`), in turn, on one
 * device.
 *
 *     node dist/spec/price.js [--model DIR] [--tokens 1,64] [--rounds 9] [--steps 40] [--prompt 256]
 *                             [--forward-only] [--json FILE]
 */
import { own } from "../dsl/own.ts";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { compile, lazyOffer } from "../codegen/compile.ts";
import type { Kernel } from "../dsl/ir.ts";
import { parseKernel } from "../dsl/parse-ir.ts";
import { buildLibrary, type DeclaredKernel } from "../models/build/library.ts";
import { compileKernels } from "../models/compile-model.ts";
import { loadCheckpoint } from "../models/load.ts";
import { demoDirectory } from "../models/places.ts";
import { chooseSchedules } from "../models/policy.ts";
import {
  Commands,
  createTensor,
  evaluateFormula,
  loadKernel,
  openDevice,
  type Arithmetic,
  type Model,
  type Tensor,
} from "../runtime/index.ts";
import { selfTestFormat } from "../runtime/doctor/index.ts";
import { repeated } from "../runtime/doctor/self-test.ts";
import { DeviceClock, median } from "./device-clock.ts";
import { sizeOf } from "./evaluator.ts";
import { randomInputs } from "./inputs.ts";
import { extentsOfCase } from "./self-test.ts";

const arithmetics = ["free", "sealed", "builtin"] as const satisfies readonly Arithmetic[];
type Times = Record<(typeof arithmetics)[number], number>;

interface Price {
  readonly what: string;
  /** Microseconds. */
  readonly times: Times;
}

const { values } = parseArgs({
  options: {
    model: { type: "string", default: demoDirectory },
    tokens: { type: "string", default: "1,64" },
    rounds: { type: "string", default: "9" },
    "forward-only": { type: "boolean", default: false },
    steps: { type: "string", default: "40" },
    prompt: { type: "string", default: "256" },
    json: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const device = await openDevice();
const clock = new DeviceClock(device);
const prices: Price[] = [];

/** Each in turn, so that whatever else the machine does meets all. Medians of the rounds, in microseconds. */
async function inTurn(what: string, run: (arithmetic: (typeof arithmetics)[number]) => Promise<number>): Promise<void> {
  const seen: Record<string, number[]> = { free: [], sealed: [], builtin: [] };
  for (let round = 0; round <= rounds; round++) {
    // The first round warms up.
    for (const arithmetic of arithmetics) {
      const seconds = await run(arithmetic);
      if (round > 0) seen[arithmetic]!.push(seconds * 1e6);
    }
  }
  const price = {
    what,
    times: Object.fromEntries(arithmetics.map((arithmetic) => [arithmetic, median(seen[arithmetic]!)])) as Times,
  };
  prices.push(price);
  console.log(line(price));
}

function line({ what, times: { free, sealed, builtin } }: Price): string {
  return (
    `| ${what} | ${free.toFixed(1)} | ${(free / builtin).toFixed(3)} | ${(sealed / builtin).toFixed(3)} ` +
    `| ${(sealed / free).toFixed(3)} |`
  );
}

async function declaredKernels(directory: string): Promise<ReadonlyMap<string, DeclaredKernel>> {
  let found: ReadonlyMap<string, DeclaredKernel> = new Map();
  await buildLibrary(directory, {
    sealed: false,
    expect: async (_, kernels) => (
      (found = kernels), { selfTest: { format: selfTestFormat, probes: [], kernels: {} }, golden: undefined }
    ),
  });
  return found;
}

/** One kernel, as often in a submission as takes the device some milliseconds. */
async function priceKernel(
  name: string,
  kernel: Kernel,
  model: Readonly<Record<string, number>>,
  tokens: number,
): Promise<void> {
  const extents = {
    ...extentsOfCase(kernel, model),
    ...(kernel.axes.some((axis) => axis.name === "token") ? { token: tokens } : { row: tokens }),
  };
  if (kernel.inputs.some(({ axes }) => sizeOf(axes, extents) > 2 ** 27)) return;
  const chosen = chooseSchedules(kernel.name, lazyOffer(kernel, { extents: model, limits: device.limits }));
  const schedule = chosen[tokens >= 4 ? chosen.length - 1 : 0]!;
  const { inputs, parameters } = randomInputs(kernel, small(kernel, extents), 1);
  const loaded = await Promise.all(
    arithmetics.map(
      async (arithmetic) =>
        [
          arithmetic,
          await loadKernel(device, compile(kernel, { extents: model, schedule, limits: device.limits, arithmetic })),
        ] as const,
    ),
  );
  const kernels = new Map(loaded);
  const tensors: Record<string, Tensor> = {};
  try {
    for (const { name: tensor, role, storage, shape, blocks } of kernels
      .get("free")!
      .artifact.passes.flatMap(({ bindings }) => bindings)) {
      if (role === "scratch" || tensors[tensor] !== undefined) continue;
      const layout = {
        name: tensor,
        storage,
        shape: shape.map((formula) => evaluateFormula(formula, extents)),
        ...(blocks && { blocks }),
      };
      const count = layout.shape.reduce((product, extent) => product * extent, 1);
      tensors[tensor] = createTensor(device, layout, repeated(own(inputs, tensor) ?? new Uint32Array(1), count));
    }
    let often = 1;
    const run = (arithmetic: (typeof arithmetics)[number]): Promise<number> =>
      clock.time(async () => {
        const commands = new Commands(device);
        for (let turn = 0; turn < often; turn++)
          commands.run(kernels.get(arithmetic)!, { tensors, extents, parameters });
        await commands.submit();
      });
    for (const arithmetic of arithmetics) await run(arithmetic);
    const once = await run("free");
    often = Math.max(1, Math.min(200, Math.ceil(0.003 / once)));
    await inTurn(`${name}, ${schedule.name}, ${tokens} tokens`, async (arithmetic) => (await run(arithmetic)) / often);
  } finally {
    for (const tensor of Object.values(tensors)) tensor.dispose();
  }
}

/** Inputs are drawn for few items, and repeated. */
function small(kernel: Kernel, extents: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    kernel.axes.map(({ name, role }) => [name, role === "model" ? Math.min(extents[name]!, 512) : extents[name]!]),
  );
}

async function priceForward(directory: string): Promise<void> {
  const models = new Map<string, Model>();
  const sourceOf = (arithmetic: Arithmetic) => ({
    name: `price, ${arithmetic}`,
    kernels: ((uses, options) => compileKernels(uses, { ...options, arithmetic })) as typeof compileKernels,
  });
  for (const arithmetic of arithmetics)
    models.set(arithmetic, await loadCheckpoint(directory, { device, source: sourceOf(arithmetic) }));
  const { vocabulary, maxPositions } = models.get("free")!.config;
  const length = Math.min(Number(values.prompt), maxPositions - 2);
  const prompt = Array.from({ length }, (_, at) => (at * 7919 + 1) % vocabulary);
  try {
    await inTurn(`forward pass, ${length} tokens`, async (arithmetic) => {
      const model = models.get(arithmetic)!;
      const cache = model.createCache([length + 1]);
      const seconds = await clock.time(() => model.stepGreedy(cache, [{ sequence: cache.open(), ids: prompt }]));
      cache.dispose();
      return seconds;
    });
    const steps = Math.min(Number(values.steps), maxPositions - length - 1);
    const caches = new Map(
      [...models].map(([name, model]) => {
        const cache = model.createCache([length + 1 + steps * (rounds + 1)]);
        return [name, { cache, sequence: cache.open() }];
      }),
    );
    for (const [name, { cache, sequence }] of caches)
      await models.get(name)!.stepGreedy(cache, [{ sequence, ids: prompt }]);
    await inTurn(`forward pass, decode at ${length} tokens`, async (arithmetic) => {
      const { cache, sequence } = caches.get(arithmetic)!;
      const each: number[] = [];
      for (let step = 0; step < steps; step++)
        each.push(
          await clock.time(() => models.get(arithmetic)!.stepGreedy(cache, [{ sequence, ids: [step % vocabulary] }])),
        );
      return median(each);
    });
  } finally {
    for (const model of models.values()) model.dispose();
  }
}

console.log(
  `${device.info.description} (${device.info.driver}); ` +
    `${clock.isDevices ? "the device's clock" : "the host's clock"}\n`,
);
console.log("| what | free, us | free / builtin | sealed / builtin | sealed / free |\n|---|---|---|---|---|");
for (const tokens of values["forward-only"] ? [] : values.tokens.split(",").map(Number)) {
  for (const [name, { declaration, extents }] of await declaredKernels(values.model))
    await priceKernel(name, parseKernel(declaration), extents, tokens);
}
await priceForward(values.model);
if (values.json !== undefined)
  writeFileSync(
    values.json,
    `${JSON.stringify({ device: device.info, clock: clock.isDevices ? "device" : "host", prices }, null, 2)}\n`,
  );
device.dispose();
