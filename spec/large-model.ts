/**
 * `node dist/spec/large-model.js [--json FILE] [--folder DIR] [--layers 28]`: a checkpoint of Qwen3-0.6B's shape with
 * random weights is written, built and loaded; says how long each took, what it takes on the device and the host, and
 * the hash of its logits. 1.2 GB of disk. Figures, not a test: what they are for stands in spec/results.
 */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { listWeights, weightsOf } from "../models/architecture/weights.ts";
import { buildLibrary } from "../models/build/library.ts";
import { writeLibrary } from "../models/build/write.ts";
import { readConfig } from "../models/checkpoint/config.ts";
import { loadModel, openDevice, type Program } from "../runtime/index.ts";
import { Random } from "./random.ts";

const { values } = parseArgs({
  options: { json: { type: "string" }, folder: { type: "string" }, layers: { type: "string", default: "28" } },
});
const config = {
  architectures: ["Qwen3ForCausalLM"],
  model_type: "qwen3",
  hidden_act: "silu",
  vocab_size: 151936,
  hidden_size: 1024,
  intermediate_size: 3072,
  num_hidden_layers: Number(values.layers),
  num_attention_heads: 16,
  num_key_value_heads: 8,
  head_dim: 128,
  max_position_embeddings: 40960,
  rms_norm_eps: 1e-6,
  rope_parameters: { rope_theta: 1e6, rope_type: "default" },
  tie_word_embeddings: true,
  attention_bias: false,
  dtype: "bfloat16",
  eos_token_id: 151645,
};

const folder = values.folder ?? (await mkdtemp(join(tmpdir(), "treefold-large-")));
const report: Record<string, unknown> = {};

const seconds = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  const start = performance.now();
  const result = await work();
  report[what] = Number(((performance.now() - start) / 1000).toFixed(2));
  process.stderr.write(`${what}: ${String(report[what])}\n`);
  return result;
};

const checkpoint = join(folder, "checkpoint");
const library = join(folder, "library");
/** Most bytes that the host held in array buffers, looked at often. */
let hostPeak = 0;
const watch = setInterval(() => {
  hostPeak = Math.max(hostPeak, process.memoryUsage().arrayBuffers);
}, 5);
try {
  await seconds("writeSeconds", writeCheckpoint);
  await seconds("buildSeconds", async () => writeLibrary(await buildLibrary(checkpoint), library, { weights: false }));
  const device = await openDevice();
  report["device"] = device.info;
  hostPeak = 0;
  const model = await seconds("loadSeconds", () =>
    loadModel(() => import(pathToFileURL(join(library, "forward.js")).href) as Promise<Program>, library, {
      device,
      weights: checkpoint,
    }),
  );
  report["hostPeakBytesOfLoading"] = hostPeak;
  report["deviceBytes"] = model.memory();
  report["fingerprint"] = model.manifest.fingerprint;
  const ids = Array.from({ length: 24 }, (_, index) => (index * 7919) % config.vocab_size);
  await seconds("firstForwardSeconds", () => model.forward([ids]));
  const [logits] = await seconds("forwardSeconds", () => model.forward([ids]));
  report["sha256OfLogits"] = createHash("sha256").update(new Uint8Array(logits!.buffer)).digest("hex");
  const times: number[] = [];
  for await (const _ of model.generate(ids, { maxTokens: 32 })) times.push(performance.now());
  report["tokensPerSecond"] = Number(((1000 * (times.length - 1)) / (times.at(-1)! - times[0]!)).toFixed(1));
  const crowd = Array.from({ length: 7 }, (_, index) => ids.slice(0, 3 + 2 * index));
  report["sameInACrowd"] =
    createHash("sha256")
      .update(new Uint8Array((await model.forward([...crowd, ids])).at(-1)!.buffer))
      .digest("hex") === report["sha256OfLogits"];
  report["deviceBytesAfterwards"] = model.memory();
  model.dispose();
  device.dispose();
} finally {
  clearInterval(watch);
  if (values.folder === undefined) await rm(folder, { recursive: true, force: true });
}
report["maxResidentBytes"] = process.resourceUsage().maxRSS * 1024;
const text = `${JSON.stringify(report, undefined, 2)}\n`;
process.stdout.write(text);
if (values.json !== undefined) await writeFile(values.json, text);

async function writeCheckpoint(): Promise<void> {
  await mkdir(checkpoint, { recursive: true });
  await writeFile(join(checkpoint, "config.json"), JSON.stringify(config));
  const declared = [...new Set(listWeights(weightsOf(await readConfig(checkpoint))))];
  let end = 0;
  const entries = declared.map(({ name, shape }) => {
    const elements = shape.reduce((product, extent) => product * extent, 1);
    return [name, { dtype: "BF16", shape, data_offsets: [end, (end += 2 * elements)] }];
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  await pipeline(
    async function* () {
      yield new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
      yield header;
      const random = new Random(1, "large model");
      for (const { shape } of declared) {
        const elements = shape.reduce((product, extent) => product * extent, 1);
        // Magnitudes from 2^-8 to 2^-4: wide enough that order matters, small enough that nothing overflows. Gains are
        // near 1.
        const [exponent, spread] = shape.length === 1 ? [127, 1] : [119, 4];
        for (let done = 0; done < elements; ) {
          const patterns = new Uint16Array(Math.min(2 ** 20, elements - done));
          for (let index = 0; index < patterns.length; index++) {
            const bits = random.bits();
            patterns[index] =
              (shape.length === 1 ? 0 : bits & 0x8000) | ((exponent + ((bits >>> 16) % spread)) << 7) | (bits & 0x7f);
          }
          yield new Uint8Array(patterns.buffer);
          done += patterns.length;
        }
      }
    },
    createWriteStream(join(checkpoint, "model.safetensors")),
  );
}
