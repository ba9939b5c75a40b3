/**
 * `node dist/spec/engine/throughput.js [--model DIR] [--tokens 48] [--rounds 3] [--temperature 0] [--json FILE]`:
 * generated tokens a second with 1, 8 and 32 requests at a time, rounds interleaved so that a noisy machine is noisy
 * for all. A figure, not a test: a ratio within one run.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { loadCheckpoint } from "../../models/load.ts";
import { demoDirectory } from "../../models/places.ts";
import { Engine, openDevice } from "../../runtime/index.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: demoDirectory },
    tokens: { type: "string", default: "48" },
    rounds: { type: "string", default: "3" },
    temperature: { type: "string", default: "0" },
    json: { type: "string" },
  },
});
const sizes = [1, 8, 32];
const maxTokens = Number(values.tokens);
const device = await openDevice();
const model = await loadCheckpoint(values.model, { device });
const { vocabulary } = model.config;
const promptOf = (request: number): number[] =>
  Array.from({ length: 12 }, (_, at) => (request * 131 + at * 17 + 3) % vocabulary);

/** Milliseconds from the first submission to the last token. */
async function run(engine: Engine, requests: number): Promise<number> {
  engine.forgetPrefixes();
  const started = performance.now();
  await Promise.all(
    Array.from({ length: requests }, async (_, request) =>
      engine
        .submit({
          prompt: promptOf(request),
          maxTokens,
          ignoreEnd: true,
          temperature: Number(values.temperature),
          topP: Number(values.temperature) > 0 ? 0.9 : 1,
          seed: request,
        })
        .result(),
    ),
  );
  return performance.now() - started;
}

const engine = new Engine(model, { maxRunning: 32 });
for (const size of sizes) await run(engine, size);
const times = sizes.map(() => [] as number[]);
for (let round = 0; round < Number(values.rounds); round++)
  for (const [index, size] of sizes.entries()) times[index]!.push(await run(engine, size));
const rates = sizes.map((size, index) => {
  const sorted = times[index]!.toSorted((left, right) => left - right);
  return (1000 * size * maxTokens) / sorted[sorted.length >> 1]!;
});
const report = {
  device: device.info.description,
  tokens: maxTokens,
  temperature: Number(values.temperature),
  tokensPerSecond: Object.fromEntries(sizes.map((size, index) => [size, Number(rates[index]!.toFixed(1))])),
  ratio: Number((rates.at(-1)! / rates[0]!).toFixed(2)),
};
process.stdout.write(`${JSON.stringify(report)}\n`);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report)}\n`);
await engine.close();
model.dispose();
device.dispose();
