/**
 * `npm run test:full [-- --first 1 --parts 16 --jobs 2 --out FOLDER]`: every schedule that fits, for many cases of each
 * kernel, on the Vulkan driver that VK_DRIVER_FILES names. A part is a process of its own that draws one case of every
 * kernel and 16 random kernels (spec/schedules.device.test.ts), and 313 random kernels under one schedule each
 * (spec/random-kernels.device.test.ts), which are audited, too (spec/random-kernels.test.ts), and writes to FOLDER what
 * it compared, and what it said; parts with other numbers may run elsewhere. First all mutants (spec/mutants) are
 * judged and run, and FOLDER/mutants/mutants.md says what was found on the drivers that have been there. In the end
 * everything in FOLDER is summed up.
 */
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { install, root, setUp } from "../cli/setup.mjs";

const { values } = parseArgs({
  options: {
    first: { type: "string", default: "1" },
    parts: { type: "string", default: "16" },
    jobs: { type: "string", default: String(availableParallelism()) },
    out: { type: "string", default: ".cache/full" },
  },
});
setUp(install);
mkdirSync(values.out, { recursive: true });

const waiting = ["mutants", ...Array.from({ length: Number(values.parts) }, (_, at) => Number(values.first) + at)];
const failed = [];
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      const seconds = await run(part);
      process.stdout.write(
        `${part === "mutants" ? part : `part ${part}`}: ` +
          `${failed.includes(part) ? `FAILED, see ${join(values.out, `${part}.txt`)}` : "passed"} ` +
          `after ${seconds} s\n`,
      );
    }
  }),
);
summarise();
process.exitCode = failed.length === 0 ? 0 : 1;

/** Seconds that a part took. */
function run(part) {
  const start = Date.now();
  const log = createWriteStream(join(values.out, `${part}.txt`));
  const env = {
    ...process.env,
    TREEFOLD_CASES: "full",
    TREEFOLD_PART: String(part),
    TREEFOLD_TALLY: join(values.out, `${part}.json`),
    TREEFOLD_MUTANTS: join(values.out, "mutants"),
  };
  // The audit of a part's random kernels is the project host's, everything else the device's.
  const tests =
    part === "mutants"
      ? ["spec/mutants"]
      : ["--project", "host", "--project", "device", "spec/schedules", "spec/random-kernels"];
  const vitest = spawn(
    process.execPath,
    [join(root, "node_modules", "vitest", "vitest.mjs"), "run", "--root", root, ...tests],
    { env, stdio: ["ignore", "pipe", "pipe"] },
  );
  vitest.stdout.pipe(log, { end: false });
  vitest.stderr.pipe(log, { end: false });
  return new Promise((resolve) =>
    vitest.on("close", (status) => {
      if (status !== 0) failed.push(part);
      log.end(() => resolve(Math.round((Date.now() - start) / 1000)));
    }),
  );
}

/** Adds up the parts' tallies, by driver, and leaves the sums beside them. */
function summarise() {
  const parts = readdirSync(values.out)
    .filter((name) => /^\d+\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(values.out, name), "utf8")));
  const sums = [...new Set(parts.map(({ device }) => device.description))]
    .map((driver) => [driver, parts.filter(({ device }) => device.description === driver)])
    .map(([driver, own]) => ({
      driver,
      parts: own.map(({ part }) => part).sort((a, b) => a - b),
      total: sum(own.map(({ total }) => total)),
      schedules: sum(own.map(({ schedules }) => schedules)),
      kernels: own.map(({ kernels }) => kernels).reduce(merged, {}),
    }));
  for (const { driver, parts: numbers, total, schedules } of sums) {
    process.stdout.write(
      `${driver}: ${numbers.length} parts, ${total.cases} cases, ${total.orderSensitive} of sums on data where ` +
        "order matters, " +
        `${total.batches} batches, ${total.runs} runs: ${Object.entries(schedules)
          .map(([name, runs]) => `${name} ${runs}`)
          .join(", ")}\n`,
    );
  }
  const random = readdirSync(values.out)
    .filter((name) => /^\d+\.random\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(values.out, name), "utf8")));
  for (const driver of new Set(random.map(({ device }) => device.description))) {
    const own = random.filter(({ device }) => device.description === driver);
    const list = (counts) =>
      Object.entries(sum(counts))
        .map(([name, count]) => `${name} ${count}`)
        .join(", ");
    process.stdout.write(
      `${driver}: ${own.reduce((total, { cases }) => total + cases, 0)} random kernels under one schedule each: ` +
        `${list(own.map(({ counts }) => counts))}; schedules: ${list(own.map(({ schedules }) => schedules))}\n`,
    );
  }
  writeFileSync(join(values.out, "sums.json"), `${JSON.stringify(sums, null, 2)}\n`);
}

function sum(counts) {
  const result = {};
  for (const count of counts)
    for (const [name, value] of Object.entries(count)) result[name] = (result[name] ?? 0) + value;
  return result;
}

function merged(kernels, own) {
  const result = { ...kernels };
  for (const [name, counts] of Object.entries(own)) result[name] = sum([result[name] ?? {}, counts]);
  return result;
}
