/**
 * `npm start`: the demo model speaks, and then the same request is put among crowds of others. Its logits keep one
 * hash with Treefold's kernels; with ordinary ones, whose reduction order follows the batch, the hash changes.
 * Exit code 0 only if that is what was seen.
 */
import { loadCheckpoint } from "../models/load.ts";
import { ordinary as ordinaryKernels } from "../models/ordinary.ts";
import { demoDirectory } from "../models/places.ts";
import { openDevice, type Model } from "../runtime/index.ts";
import { hashLogits } from "./forward.ts";
import { lastWords } from "./next-steps.ts";
import { withProgress } from "./progress.ts";

const prompt = "And Jesus said unto them,";
const tokens = 64;
/** Ids of the request whose logits are compared. */
const requestLength = 12;
const crowds = [2, 7, 32];

const say = (line = ""): void => void process.stdout.write(`${line}\n`);

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(1); // Nobody is watching any more.
  throw error;
});

const started = performance.now();
const device = await openDevice();
try {
  say(`Device: ${device.info.description}`);
  const model = await withProgress("Loading the demo model", (show) =>
    loadCheckpoint(demoDirectory, { device, progress: (what) => show(`Loading the demo model: ${what}`) }),
  );
  say(
    "Model: a Qwen3 of 2.8 million parameters that has read the King James Bible, through kernels that Treefold " +
      "emitted\n",
  );

  const ids = await speak(model);
  const ordinary = await withProgress("Loading the ordinary kernels, for comparison", () =>
    loadCheckpoint(demoDirectory, { device, source: ordinaryKernels }),
  );
  process.exitCode = (await compare(model, ordinary, ids)) ? 0 : 1;
  ordinary.dispose();
  model.dispose();
} finally {
  device.dispose();
}

/** Streams a completion; gives the ids of prompt and completion. */
async function speak(model: Model): Promise<number[]> {
  const ids = model.tokenizer.encode(prompt);
  process.stdout.write(prompt);
  const times: number[] = [];
  for await (const { id, text } of model.generate(prompt, { maxTokens: tokens })) {
    times.push(performance.now());
    process.stdout.write(text);
    ids.push(id);
  }
  say();
  const seconds = (times.at(-1)! - times[0]!) / 1000;
  say(
    `\n${times.length} tokens, ${((times.length - 1) / seconds).toFixed(1)} tokens/s; the first after ` +
      `${((times[0]! - started) / 1000).toFixed(1)} s`,
  );
  return ids;
}

/** Shows the request's hash alone and in crowds, for both kinds of kernels; says whether they did as they should. */
async function compare(model: Model, ordinary: Model, ids: readonly number[]): Promise<boolean> {
  const request = ids.slice(0, requestLength);
  const others = Array.from({ length: Math.max(...crowds) }, (_, index) => {
    const start = (index * 7) % (ids.length - 16);
    return ids.slice(start, start + 3 + ((index * 5) % 13));
  });
  const cases = [
    { name: "alone", crowd: [request], at: 0 },
    ...crowds.flatMap((size) =>
      [
        ["first", 0],
        ["in the middle", Math.ceil(size / 2)],
        ["last", size],
      ].map(([where, at]) => ({
        name: `among ${size} others, ${where}`,
        crowd: [...others.slice(0, at as number), request, ...others.slice(at as number, size)],
        at: at as number,
      })),
    ),
  ];
  say(`\nSHA-256 of one request's logits, ${request.length} positions of ${model.config.vocabulary} f32 each:\n`);
  say(`${" ".repeat(32)}Treefold          ordinary kernels`);
  const seen = { treefold: new Set<string>(), ordinary: new Set<string>() };
  for (const { name, crowd, at } of cases) {
    const [ours, theirs] = [
      hashLogits((await model.forward(crowd))[at]!),
      hashLogits((await ordinary.forward(crowd))[at]!),
    ];
    seen.treefold.add(ours);
    seen.ordinary.add(theirs);
    say(`${name.padEnd(32)}${ours.slice(0, 16)}  ${theirs.slice(0, 16)}`);
  }
  say(`${"distinct hashes".padEnd(32)}${String(seen.treefold.size).padEnd(16)}  ${seen.ordinary.size}\n`);
  say(
    "Ordinary kernels here are Treefold's own, with one change: how the sums over K are split follows the number " +
      "of rows, as it does elsewhere.",
  );
  const held = seen.treefold.size === 1 && seen.ordinary.size > 1;
  if (held) process.stdout.write(`\n${lastWords(crowds, seen.treefold.size, seen.ordinary.size)}`);
  else
    process.stderr.write(
      "error: the hashes are not as they should be; fix: run 'npm test', and report the device's name with its " +
        "output\n",
    );
  return held;
}
