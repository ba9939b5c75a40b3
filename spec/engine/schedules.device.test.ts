/**
 * Random schedules: whatever comes and goes beside a request, in whatever pages, its tokens, logprobs and every logit
 * that is computed for it are those that it gets alone. Freed pages are NaN, and each step's tables are held to the
 * ledger.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadCheckpoint } from "../../models/load.ts";
import { ordinary as ordinaryKernels } from "../../models/ordinary.ts";
import {
  Engine,
  openDevice,
  type Device,
  type EngineOptions,
  type EngineRequest,
  type Model,
} from "../../runtime/index.ts";
import { doesForAll, effort, inCi, isSlowest, some, tries } from "../fixtures/effort.ts";
import { oracleDirectory } from "../fixtures/oracles.ts";
import { alone, ask, compare, type Alone, type Answer, type Differences } from "../fixtures/engine-answers.ts";

let device: Device;
let model: Model;
let ordinary: Model | undefined;
const hasControl = doesForAll && !isSlowest && inCi("kernels whose order follows the batch, under random schedules");
beforeAll(async () => {
  if (!doesForAll) return;
  device = await openDevice();
  model = await loadCheckpoint(oracleDirectory("qwen3"), { device });
  if (hasControl) ordinary = await loadCheckpoint(oracleDirectory("qwen3"), { device, source: ordinaryKernels });
});
afterAll(() => {
  if (!doesForAll) return;
  model.dispose();
  ordinary?.dispose();
  device.dispose();
});

/** The ids of a prompt, some of which begin alike. */
const promptOf = (which: number, length: number): number[] =>
  Array.from({ length }, (_, at) => (at < 20 ? at * 7 + 3 : at * (which * 2 + 5)) % 320);
const maxTokens = effort === "quick" ? 8 : 20;
const ignoreEnd = true;
/** Requests whose answers alone are known; a schedule is made of them. */
const kinds = some<EngineRequest>("kinds of requests in random schedules", 4, [
  { prompt: promptOf(0, 1), maxTokens, ignoreEnd },
  { prompt: promptOf(0, 15), maxTokens, ignoreEnd, temperature: 0.7, topP: 0.9, seed: 3 },
  { prompt: promptOf(0, 47), maxTokens, ignoreEnd },
  { prompt: promptOf(1, 30), maxTokens, ignoreEnd, temperature: 1.2, topK: 20, seed: 4, n: 2 },
  { prompt: promptOf(2, 60), maxTokens, ignoreEnd, temperature: 0.9, minP: 0.02, seed: 5n },
  {
    prompt: promptOf(3, 29),
    maxTokens,
    ignoreEnd,
    frequencyPenalty: 1,
    presencePenalty: 0.5,
    repetitionPenalty: 1.3,
    logitBias: { 7: 3, 11: -2 },
  },
  { prompt: promptOf(0, 46), maxTokens, ignoreEnd, temperature: 1, topK: 5, topP: 0.5, seed: 6, topLogprobs: 3 },
]);

interface Schedule {
  readonly options: EngineOptions;
  readonly requests: readonly {
    readonly kind: number;
    readonly step: number;
    readonly maxTokens: number;
    readonly priority: number;
    readonly cancelAt: number | undefined;
  }[];
}

const schedules: fc.Arbitrary<Schedule> = fc.record({
  options: fc.record({
    // The largest kind takes five pages, and most start on the next one soon.
    pages: fc.integer({ min: 5, max: 16 }),
    tokensPerStep: fc.integer({ min: 4, max: 80 }),
    maxRunning: fc.integer({ min: 2, max: 9 }),
    prefixCache: fc.boolean(),
    stepsPerPriority: fc.integer({ min: 1, max: 20 }),
  }),
  requests: fc.array(
    fc.record({
      kind: fc.nat({ max: kinds.length - 1 }),
      step: fc.nat({ max: 6 }),
      maxTokens: fc.integer({ min: 1, max: maxTokens }),
      priority: fc.integer({ min: -1, max: 1 }),
      cancelAt: fc.option(fc.nat({ max: 25 }), { nil: undefined, freq: 4 }),
    }),
    { minLength: 4, maxLength: 7 },
  ),
});

interface Seen extends Differences {
  preemptions: number;
  cached: number;
  cancelled: number;
}

/** Runs a schedule; every answer is compared with what its kind gets alone. */
async function run(tested: Model, known: readonly Alone[], { options, requests }: Schedule, seen: Seen): Promise<void> {
  const { vocabulary } = tested.config;
  const live: { cancel: () => void; answers: Promise<Answer[]> }[] = [];
  let step = 0;
  const act = (): void =>
    requests.forEach(({ kind, step: from, maxTokens: most, priority, cancelAt }, index) => {
      if (from <= step && live[index] === undefined)
        live[index] = ask(engine, { ...kinds[kind]!, maxTokens: most, priority }, vocabulary);
      if (cancelAt === step) live[index]?.cancel();
    });
  const engine: Engine = new Engine(tested, {
    ...options,
    poison: true,
    onStep: () => {
      step++;
      act();
    },
  });
  try {
    act();
    while (live.filter(Boolean).length < requests.length) {
      await Promise.all(live.filter(Boolean).map(({ answers }) => answers));
      // Nothing goes on by itself: the next ones come in.
      step++;
      act();
    }
    const all = await Promise.all(live.map(({ answers }) => answers));
    all.forEach((answers, index) => compare(answers, known[requests[index]!.kind]!, vocabulary, seen));
    const {
      preemptions,
      tokens,
      requests: { cancelled, failed },
    } = engine.statistics();
    seen.preemptions += preemptions;
    seen.cached += tokens.cached;
    seen.cancelled += cancelled;
    expect(failed).toBe(0);
    engine.forgetPrefixes();
    expect(engine.statistics().pages).toEqual({ total: options.pages, free: options.pages, cached: 0 });
  } finally {
    await engine.close();
  }
}

async function aloneAll(tested: Model): Promise<Alone[]> {
  const engine = new Engine(tested, { prefixCache: false });
  const known = [];
  for (const kind of kinds) known.push(await alone(tested, engine, kind));
  await engine.close();
  return known;
}

if (!doesForAll) console.log("Random schedules are run on another driver here, and in CI on each.");
else if (isSlowest) console.log("On SwiftShader a third of the schedules run, and the control on other drivers.");
const nothing = (): Seen => ({
  rows: 0,
  differentRows: 0,
  tokens: 0,
  differentTokens: 0,
  preemptions: 0,
  cached: 0,
  cancelled: 0,
});
/** TREEFOLD_SCHEDULES: so many, for parts of a large number on several processes. */
const numRuns = Number(process.env["TREEFOLD_SCHEDULES"] ?? tries(1, isSlowest ? 40 : 120, 10_000));

it.runIf(doesForAll)(
  `whatever the schedule, ${numRuns} of them: not a bit of a logit, a logprob or a token changes`,
  async () => {
    const known = await aloneAll(model);
    const seen = nothing();
    await fc.assert(
      fc.asyncProperty(schedules, (schedule) =>
        run(model, known, schedule, seen).then(() => {
          expect({ rows: seen.differentRows, tokens: seen.differentTokens }).toEqual({ rows: 0, tokens: 0 });
        }),
      ),
      { numRuns, endOnFailure: numRuns > 1000 },
    );
    console.log(`${numRuns} schedules: ${JSON.stringify(seen)}`);
    // A few schedules may meet none.
    if (numRuns < 100) return;
    expect(seen.preemptions).toBeGreaterThan(numRuns / 10);
    expect(seen.cached).toBeGreaterThan(numRuns);
    expect(seen.cancelled).toBeGreaterThan(numRuns / 10);
  },
  3_600_000,
);

it.runIf(hasControl)("the same comparison finds kernels whose order follows the batch", async () => {
  const known = await aloneAll(ordinary!);
  const seen = nothing();
  for (const schedule of fc.sample(schedules, { numRuns: 6, seed: 1 })) await run(ordinary!, known, schedule, seen);
  console.log(`ordinary kernels: ${JSON.stringify(seen)}`);
  // Nearly every row changes that is not computed in a batch of the same size.
  expect(seen.differentRows).toBeGreaterThan(seen.rows / 2);
});
