/**
 * The protocols by which other systems test batch invariance, on whole logits: every row that an engine computes is
 * compared, as bits, with a forward pass of the request alone. Beside each, kernels whose order follows the batch,
 * which must fail it. (1, a matrix product's row alone and in a batch, is linspace.device.test.ts; 2 is `treefold
 * experiment distinct`.)
 */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCheckpoint } from "../../models/load.ts";
import { ordinary as ordinaryKernels } from "../../models/ordinary.ts";
import { demoDirectory } from "../../models/places.ts";
import {
  Engine,
  openDevice,
  type Device,
  type EngineOptions,
  type EngineRequest,
  type Model,
} from "../../runtime/index.ts";
import { bitsOf } from "../fixtures/bits.ts";
import { doesForAll, effort, isSlowest, tries } from "../fixtures/effort.ts";
import { oracleDirectory } from "../fixtures/oracles.ts";
import { Random } from "../random.ts";
import { alone, ask, compare, type Alone, type Differences } from "../fixtures/engine-answers.ts";

let device: Device;
/**
 * The demo, and a model of random weights with room for 8192 positions; each with our kernels and with ordinary ones.
 */
let demo: readonly [ours: Model, ordinary: Model];
let long: readonly [ours: Model, ordinary: Model];
let folder: string | undefined;
const loaded: Model[] = [];
beforeAll(async () => {
  device = await openDevice();
  if (effort === "quick" && !doesForAll) return;
  folder = await mkdtemp(join(tmpdir(), "treefold-long-"));
  await cp(oracleDirectory("qwen3"), folder, { recursive: true });
  const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as Record<string, unknown>;
  await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, max_position_embeddings: 8192 }));
  const both = async (directory: string): Promise<readonly [Model, Model]> => {
    const pair = [
      await loadCheckpoint(directory, { device }),
      await loadCheckpoint(directory, { device, source: ordinaryKernels }),
    ] as const;
    loaded.push(...pair);
    return pair;
  };
  demo = await both(demoDirectory);
  long = await both(folder);
});
afterAll(async () => {
  for (const model of loaded) model.dispose();
  device.dispose();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

const random = new Random(6, "protocols");
const below = (count: number): number => random.below(count);
const idsOf = (count: number, vocabulary: number): number[] => Array.from({ length: count }, () => below(vocabulary));

const known = new Map<Model, Map<EngineRequest, Alone>>();
async function aloneOf(model: Model, request: EngineRequest): Promise<Alone> {
  const of = known.get(model) ?? new Map<EngineRequest, Alone>();
  known.set(model, of);
  let found = of.get(request);
  if (found === undefined) {
    const engine = new Engine(model, { prefixCache: false });
    of.set(request, (found = await alone(model, engine, request)));
    await engine.close();
  }
  return found;
}

interface Crowd {
  /** Those that are compared. */
  readonly needles: readonly EngineRequest[];
  readonly fillers?: readonly EngineRequest[];
  readonly options?: EngineOptions;
}

/** Runs all at once, needles at random places, and compares the needles' answers and logits. */
async function crowd(model: Model, { needles, fillers = [], options = {} }: Crowd, into: Differences): Promise<void> {
  const { vocabulary } = model.config;
  const engine = new Engine(model, { poison: true, ...options });
  try {
    const all: EngineRequest[] = [...fillers];
    for (const needle of needles) all.splice(below(all.length + 1), 0, needle);
    const answers = await Promise.all(
      all.map(async (request) =>
        needles.includes(request)
          ? ask(engine, request, vocabulary).answers
          : (await engine.submit(request).result(), []),
      ),
    );
    for (const [index, request] of all.entries())
      if (needles.includes(request)) compare(answers[index]!, await aloneOf(model, request), vocabulary, into);
  } finally {
    await engine.close();
  }
}

/** At home on one driver, and not those that take longest. */
const test = it.runIf(effort !== "quick" || doesForAll);
const longTest = it.runIf(effort !== "quick");
if (effort === "quick")
  console.log(`The protocols are run in CI on each driver; at home ${doesForAll ? "some of them" : "on another"}.`);
if (isSlowest) console.log("On SwiftShader crowds are of 16 fillers, and of a fifth as many requests.");
const nothing = (): Differences => ({ rows: 0, differentRows: 0, tokens: 0, differentTokens: 0 });

/** Runs the crowds with our kernels, and as many as `controls` with ordinary ones. */
async function hold(
  what: string,
  [ours, ordinary]: readonly [Model, Model],
  crowds: readonly Crowd[],
  controls = 1,
): Promise<void> {
  const [mine, theirs] = [nothing(), nothing()];
  for (const one of crowds) await crowd(ours, one, mine);
  const hasControl = doesForAll && !isSlowest;
  if (hasControl) for (const one of crowds.slice(0, controls)) await crowd(ordinary, one, theirs);
  console.log(
    `${what}: ours ${JSON.stringify(mine)}; ordinary ` +
      `${hasControl ? JSON.stringify(theirs) : "is run on another driver"}`,
  );
  expect({ rows: mine.differentRows, tokens: mine.differentTokens }).toEqual({ rows: 0, tokens: 0 });
  expect(mine.rows).toBeGreaterThan(0);
  if (hasControl) expect(theirs.differentRows).toBeGreaterThan(theirs.rows / 3);
}

const ignoreEnd = true;

longTest("3: a needle alone, and at a random place among 64 to 128 fillers", async () => {
  const needle: EngineRequest = {
    prompt: "The LORD is my shepherd; I shall not want.",
    maxTokens: 8,
    ignoreEnd,
    temperature: 0.7,
    topP: 0.9,
    seed: 1,
  };
  const filler = (): EngineRequest => ({
    prompt: idsOf(1 + below(24), 2048),
    maxTokens: 1 + below(8),
    ignoreEnd,
    temperature: below(2),
    seed: below(1000),
    topK: below(2) * 10,
  });
  const crowds = Array.from({ length: tries(1, 1, 4) }, () => ({
    needles: [needle],
    fillers: Array.from({ length: isSlowest ? 16 : 64 + below(65) }, filler),
    options: { maxRunning: 128, tokensPerStep: 512 },
  }));
  await hold("needle", demo, crowds);
});

test("4: logits and logprobs of 32 prompts, one by one and all at once", async () => {
  const prompts = Array.from({ length: 32 }, () => idsOf(2 + below(tries(12, 40)), 2048));
  for (const [model, control] of [
    [demo[0], false],
    [demo[1], true],
  ] as const) {
    if (control && (!doesForAll || isSlowest)) continue;
    const together = { logits: await model.forward(prompts), scores: await model.score(prompts) };
    let [rows, different, scores] = [0, 0, 0];
    for (const [index, ids] of prompts.entries()) {
      const [own] = await model.forward([ids]);
      const [score] = await model.score([ids]);
      const [all, single] = [bitsOf(together.logits[index]!), bitsOf(own!)];
      for (let at = 0; at < ids.length; at++, rows++)
        if (single.subarray(at * 2048, (at + 1) * 2048).some((bits, id) => bits !== all[at * 2048 + id])) different++;
      const expected = bitsOf(together.scores[index]!);
      scores += bitsOf(score!).filter((bits, at) => bits !== expected[at]).length;
    }
    console.log(
      `32 prompts, ${control ? "ordinary" : "ours"}: ${different} of ${rows} rows and ${scores} of ${rows - 32} ` +
        "logprobs differ",
    );
    if (control) expect(Math.min(different, scores)).toBeGreaterThan(rows / 3);
    else expect([different, scores]).toEqual([0, 0]);
  }
});

describe("5: how a prompt is computed never shows", () => {
  const request: EngineRequest = { prompt: idsOf(60, 2048), maxTokens: 6, ignoreEnd };
  test("in chunks of any size", async () => {
    await hold(
      "chunks",
      demo,
      [17, 64, 16, 7, 1]
        .slice(0, tries(3, 5))
        .map((tokensPerStep) => ({ needles: [request], options: { tokensPerStep } })),
      3,
    );
  });

  test("from a cached beginning, cold, and after a preemption", async () => {
    const beginning = idsOf(70, 2048);
    const seen = nothing();
    const [model] = demo;
    const { vocabulary } = model.config;
    const both: EngineRequest[] = [0, 1, 2].map((end) => ({
      prompt: [...beginning.slice(0, 49 + 10 * end), end],
      maxTokens: 20,
      ignoreEnd,
      temperature: 0.5 * end,
      seed: end,
    }));
    const engine = new Engine(model, { poison: true, pages: 9 });
    for (let round = 0; round < 2; round++) {
      const asked = both.map((one) => ask(engine, one, vocabulary).answers);
      for (const [index, answers] of (await Promise.all(asked)).entries())
        compare(answers, await aloneOf(model, both[index]!), vocabulary, seen);
    }
    const { tokens, preemptions } = engine.statistics();
    console.log(`beginnings: ${JSON.stringify(seen)}, ${tokens.cached} ids from the cache, ${preemptions} preemptions`);
    await engine.close();
    expect({ rows: seen.differentRows, tokens: seen.differentTokens }).toEqual({ rows: 0, tokens: 0 });
    expect(tokens.cached).toBeGreaterThan(100);
    expect(preemptions).toBeGreaterThan(0);
  });
});

/** The long ones take minutes on a driver in software. */
const lengths = { quick: [1, 100], ci: [1, 100], full: [1, 511, 2048, 4097] }[effort];

describe("6: many sizes", () => {
  longTest("trials of 1 to 50 requests of mixed lengths", async () => {
    const sizes = Array.from({ length: tries(3, 6, 50) }, (_, trial) => ((trial * 13) % (isSlowest ? 10 : 50)) + 1);
    const needle: EngineRequest = { prompt: idsOf(21, 2048), maxTokens: 4, ignoreEnd };
    const fillers = (count: number): EngineRequest[] =>
      Array.from({ length: count }, () => ({ prompt: idsOf(1 + below(30), 2048), maxTokens: 1 + below(5), ignoreEnd }));
    await hold(
      "trials",
      demo,
      sizes
        .toReversed()
        .map((size) => ({ needles: [needle], fillers: fillers(size - 1), options: { maxRunning: 50 } })),
      2,
    );
  });

  test.each(lengths)("a shared beginning of %i ids", async (length) => {
    const beginning = idsOf(length, 320);
    const needles = Array.from(
      { length: 3 },
      (_, end): EngineRequest => ({ prompt: [...beginning, 5 + end], maxTokens: 3, ignoreEnd }),
    );
    const few: Crowd = { needles, options: { tokensPerStep: 12, pages: 3 * Math.ceil((length + 4) / 16) + 2 } };
    // Again with the beginning in the cache: the first has computed it before the others come.
    await hold(`${length} ids`, long, [few, { ...few, needles: needles.slice(1), fillers: [needles[0]!] }]);
  });
});
