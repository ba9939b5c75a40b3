/**
 * The elementary functions over all their arguments, on the Vulkan driver that VK_DRIVER_FILES names: the device's bits
 * against the evaluator's, and these against the functions in double precision. Exits with 1 where a bit differs, an
 * error is above its bound or a special value is not what is stated.
 *
 *     node spec/sweep.mjs [--out FOLDER] [--only exp,log] [--stride 1021] [--first 0] [--count N]
 *                         [--threads N] [--chunk 16777216] [--plant bit|bound]
 *
 * --out writes elementary.json and elementary.md. --only takes functions, all of whose cases are gone over. --stride
 * takes every so many-th argument (an odd number reaches all low bits), --first and --count cut out a part. --threads
 * are those that evaluate, as many as there are cores where absent; --chunk is how many arguments the device is given
 * at a time. --plant changes a bit of the evaluator's results or lowers the bounds to a quarter: the sweep must then
 * fail.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { readKernels } from "../../dsl/reader/index.ts";
import { openDevice } from "../../runtime/index.ts";
import { cases, type Part, type Plant, sizeOfPart } from "./cases.ts";
import { type FunctionName, functionNames } from "./claims.ts";
import { exampleLine, json, line, markdown, passes, type Report } from "./report.ts";
import { sweep, type Swept } from "./sweep.ts";

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    only: { type: "string", default: functionNames.join(",") },
    plant: { type: "string" },
    stride: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
    count: { type: "string", default: String(2 ** 32) },
    threads: { type: "string", default: String(availableParallelism()) },
    chunk: { type: "string", default: String(2 ** 24) },
  },
});

function whole(name: "stride" | "first" | "count" | "threads" | "chunk", least: number): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < least || value > 2 ** 32)
    throw new RangeError(`--${name} is '${values[name]}'; fix: give a whole number from ${least} to 2^32`);
  return value;
}

const only = values.only.split(",");
for (const name of only) {
  if (!functionNames.includes(name as FunctionName))
    throw new RangeError(`--only names '${name}'; fix: name some of ${functionNames.join(", ")}`);
}
if (values.plant !== undefined && values.plant !== "bit" && values.plant !== "bound")
  throw new RangeError(`--plant is '${values.plant}'; fix: write bit or bound`);
const plant: Plant | undefined = values.plant;
const part: Part = { first: whole("first", 0), stride: whole("stride", 1), count: whole("count", 1) };
const threads = whole("threads", 1);

// In dist/ there are no sources of kernels.
const source = (path: string): string =>
  fileURLToPath(new URL(import.meta.url.includes("/dist/") ? `../../../spec/${path}` : `../${path}`, import.meta.url));
const kernels = ["fixtures/elementary.kernel.ts", "sweep/arguments.kernel.ts"].flatMap(
  (path) => readKernels(source(path), { typecheck: false }).kernels,
);

// The evaluator's JavaScript calls small functions, and V8 boxes their numbers unless it puts them in place: a third of
// the time.
for (const flag of ["size=2000", "size-cumulative=4000"]) setFlagsFromString(`--max-inlined-bytecode-${flag}`);

const begun = performance.now();
const device = await openDevice();
process.stdout.write(`${device.info.description}, ${threads} threads\n`);
const swept: Swept[] = [];
for (const one of cases.filter((candidate) => only.includes(candidate.function))) {
  const size = sizeOfPart(one, part);
  if (size === 0) continue;
  // Of few arguments no chunk is as large as of many.
  const chunkSize = Math.min(whole("chunk", 256), Math.max(256, 2 ** Math.ceil(Math.log2(size))));
  const found = await sweep(device, one, part, kernels, { threads, chunkSize, ...(plant && { plant }) });
  swept.push(found);
  process.stdout.write(
    `${line(found, plant)}\n${found.tally.examples.map((example) => `${exampleLine(example, found)}\n`).join("")}`,
  );
}
const report: Report = {
  device: device.info,
  threads,
  part,
  seconds: (performance.now() - begun) / 1000,
  ...(plant && { plant }),
  cases: swept,
};
const failed = swept.filter((one) => !passes(one, plant)).length;
process.stdout.write(`${swept.length - failed} passed, ${failed} failed, ${report.seconds.toFixed(0)} s\n`);
if (values.out !== undefined) {
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, "elementary.json"), json(report));
  writeFileSync(join(values.out, "elementary.md"), markdown(report));
}
device.dispose();
process.exitCode = failed === 0 && swept.length > 0 ? 0 : 1;
