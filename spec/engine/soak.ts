/**
 * `node spec/soak.mjs [--minutes 30] [--model DIR] [--json FILE]`: mixed traffic on one engine, with cancellations,
 * preemptions, consumers that read slowly and requests that are refused. Every answer is compared, as bits, with what
 * its request gets alone; pages, the device's buffers and the heap are looked at each half minute. Exit code 1 where a
 * bit was wrong or something grew.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { loadCheckpoint } from "../../models/load.ts";
import { demoDirectory } from "../../models/places.ts";
import {
  Engine,
  openDevice,
  OverloadError,
  type EngineRequest,
  type EngineStatistics,
  type Submission,
} from "../../runtime/index.ts";
import { Random } from "../random.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    model: { type: "string", default: demoDirectory },
    json: { type: "string" },
  },
});
const random = new Random(9, "soak");
const device = await openDevice();
const model = await loadCheckpoint(values.model, { device });
const { vocabulary } = model.config;

const beginnings = [0, 20, 70].map((length) => Array.from({ length }, () => random.below(vocabulary)));
const kinds: readonly EngineRequest[] = Array.from({ length: 40 }, (_, kind) => ({
  prompt: [...beginnings[kind % 3]!, ...Array.from({ length: 1 + random.below(60) }, () => random.below(vocabulary))],
  maxTokens: 1 + random.below(60),
  ignoreEnd: kind % 2 === 0,
  n: 1 + Number(kind % 9 === 0),
  seed: kind,
  ...[
    {},
    { temperature: 0.7, topP: 0.9 },
    { temperature: 1, topK: 40, minP: 0.01 },
    { temperature: 0.9, frequencyPenalty: 0.5, repetitionPenalty: 1.1, logitBias: { 5: -3 } },
  ][kind % 4],
}));

/** Ids and logprob bits of a completion. */
const textOf = (ids: readonly number[], logprobs: Float32Array<ArrayBuffer>): string =>
  `${ids.join()}|${new Uint32Array(logprobs.buffer).join()}`;
const alone = new Engine(model, { prefixCache: false });
const expected = await Promise.all(
  kinds.map(async (kind) =>
    (await alone.submit(kind).result()).completions.map(({ ids, logprobs }) => ({
      ids: ids.join(),
      all: textOf(ids, logprobs),
    })),
  ),
);
await alone.close();

const options = { pages: 64, maxRunning: 24, maxWaiting: 40, maxUnread: 8, tokensPerStep: 96 };
const engine = new Engine(model, { ...options, poison: true });
const counts = { answers: 0, cut: 0, wrong: 0, refused: 0, tokens: 0 };
const live = new Set<Submission>();

async function consume(kind: number): Promise<void> {
  let submission: Submission;
  try {
    submission = engine.submit({ ...kinds[kind]!, priority: random.below(3) });
  } catch (error) {
    if (!(error instanceof OverloadError)) throw error;
    counts.refused++;
    return;
  }
  live.add(submission);
  const completions = expected[kind]!.map(() => ({ ids: [] as number[], logprobs: [] as number[], ended: false }));
  const slow = random.below(20) === 0;
  for await (const { completion, id, logprob, finish } of submission) {
    completions[completion]!.ids.push(id);
    completions[completion]!.logprobs.push(logprob);
    if (finish !== undefined) completions[completion]!.ended = true;
    counts.tokens++;
    if (slow) await pause(50);
  }
  live.delete(submission);
  completions.forEach(({ ids, logprobs, ended }, index) => {
    const wanted = expected[kind]![index]!;
    if (ended) counts.answers++;
    else counts.cut++;
    const same = ended
      ? textOf(ids, Float32Array.from(logprobs)) === wanted.all
      : `${wanted.ids},`.startsWith(ids.length === 0 ? "" : `${ids.join()},`);
    if (!same) counts.wrong++;
  });
}

interface Sample {
  readonly second: number;
  readonly heapMiB: number;
  readonly deviceMiB: number;
  readonly statistics: EngineStatistics;
}
const samples: Sample[] = [];
const started = performance.now();
const seconds = (): number => (performance.now() - started) / 1000;

/** When nothing is under way: what is left then has leaked. */
async function sample(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) (globalThis as { gc?: () => void }).gc?.();
  samples.push({
    second: Math.round(seconds()),
    heapMiB: process.memoryUsage().heapUsed / 2 ** 20,
    deviceMiB: device.memory().total / 2 ** 20,
    statistics: engine.statistics(),
  });
  const { heapMiB, deviceMiB, second, statistics } = samples.at(-1)!;
  process.stderr.write(
    `${second} s: ${JSON.stringify(counts)}, heap ${heapMiB.toFixed(1)} MiB, device ${deviceMiB.toFixed(1)} ` +
      `MiB, ${statistics.preemptions} preemptions, pages ${JSON.stringify(statistics.pages)}\n`,
  );
}

let leaked = 0;
const minutes = Number(values.minutes);
while (seconds() < minutes * 60) {
  const until = seconds() + Math.min(30, (minutes * 60) / 4);
  const running = new Set<Promise<void>>();
  while (seconds() < until) {
    for (let burst = random.below(12); burst > 0; burst--) {
      const one: Promise<void> = consume(random.below(kinds.length)).finally(() => running.delete(one));
      running.add(one);
    }
    for (const submission of live) if (random.below(80) === 0) submission.cancel();
    await pause(random.below(400));
  }
  await Promise.all(running);
  engine.forgetPrefixes();
  const { pages, waiting, running: busy } = engine.statistics();
  if (pages.free !== pages.total || waiting + busy > 0) leaked++;
  await sample();
}
await engine.close();

const tail = samples.slice(Math.floor(samples.length / 2));
const growth = (of: (sample: Sample) => number): number => (tail.length < 2 ? 0 : of(tail.at(-1)!) - of(tail[0]!));
const report = {
  device: device.info.description,
  seconds: Math.round(seconds()),
  ...counts,
  steps: samples.at(-1)!.statistics.steps,
  preemptions: samples.at(-1)!.statistics.preemptions,
  cancelled: samples.at(-1)!.statistics.requests.cancelled,
  cachedIds: samples.at(-1)!.statistics.tokens.cached,
  leakedPages: leaked,
  options,
  heapMiB: {
    first: samples[0]!.heapMiB,
    last: samples.at(-1)!.heapMiB,
    growthInSecondHalf: growth(({ heapMiB }) => heapMiB),
  },
  deviceMiB: {
    first: samples[0]!.deviceMiB,
    last: samples.at(-1)!.deviceMiB,
    growthInSecondHalf: growth(({ deviceMiB }) => deviceMiB),
  },
};
model.dispose();
const left = device.memory();
device.dispose();
process.stdout.write(`${JSON.stringify({ ...report, buffersLeft: left.tensors }, undefined, 1)}\n`);
if (values.json !== undefined)
  await writeFile(values.json, `${JSON.stringify({ ...report, samples }, undefined, 1)}\n`);
// Temporaries grow with the longest list of edits so far. The heap breathes by a few MiB; what was kept of each of
// thousands of requests would show.
process.exitCode =
  counts.wrong === 0 &&
  leaked === 0 &&
  left.tensors === 0 &&
  report.deviceMiB.growthInSecondHalf <= 1 / 16 &&
  report.heapMiB.growthInSecondHalf < 8
    ? 0
    : 1;

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
