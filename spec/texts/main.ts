/**
 * Compares the texts of all kernels under all schedules and in each arithmetic between two commits, or a commit and the
 * working tree. Exits with 0 where all are equal, with 1 where any differs, with 2 where the command cannot do it.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { areEqual, compareTexts, reportLines } from "./report.ts";
import { checkOut, diffsOf, root, type Side, UsageError, workingTree } from "./sides.ts";
import { readTexts, type SizeList, writeTexts } from "./write.ts";

const usage = `npm run -s texts -- OLD [NEW] [--only PATTERN] [--diff FOLDER]   compares two commits, or a commit and the working tree
npm run -s texts -- --write FOLDER [COMMIT] [--only PATTERN]     writes the texts of one side, by default of the working tree

PATTERN is a regular expression for FILE.KERNEL.`;

/** In the process of one side. The first to run makes the list of sizes. */
async function beSide([sources, folder, list, only]: readonly string[]): Promise<void> {
  const sizes = existsSync(list!) ? (JSON.parse(readFileSync(list!, "utf8")) as SizeList) : undefined;
  const taken = await writeTexts(sources!, folder!, sizes, new RegExp(only!));
  if (sizes === undefined) writeFileSync(list!, JSON.stringify(taken));
}

/** Writes a side's texts in a process of its own, since each has a compiler of its own. */
function writeSide({ name, sources }: Side, folder: string, list: string, only: string): void {
  const started = performance.now();
  const script = fileURLToPath(new URL("../texts.mjs", import.meta.url));
  const { status } = spawnSync(process.execPath, [script, "--side", sources, folder, list, only], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new UsageError(`the texts of ${name} could not be written`);
  const seconds = Math.round((performance.now() - started) / 1000);
  process.stderr.write(`${name}: ${readdirSync(folder).length} texts in ${seconds} s\n`);
}

/** How many sides' texts are kept, of some 30 MB each. */
const mostKept = 6;

/** Removes all but those that were written last. */
function forgetOldest(folder: string): void {
  const age = (name: string): number => -statSync(join(folder, name)).mtimeMs;
  const oldest = readdirSync(folder)
    .sort((left, right) => age(left) - age(right))
    .slice(mostKept);
  for (const name of oldest) rmSync(join(folder, name), { recursive: true, force: true });
}

/** The same for a commit, whose texts at these sizes are kept. */
function writeCommit(side: Side, folder: string, list: string, only: string): void {
  const writer = fileURLToPath(new URL("./write.ts", import.meta.url));
  const hash = createHash("sha256").update([side.commit, only].join("\n"));
  for (const file of [list, writer]) hash.update(readFileSync(file));
  const kept = join(root, "node_modules/.cache/treefold/texts", hash.digest("hex").slice(0, 16));
  if (!existsSync(kept)) {
    writeSide(side, folder, list, only);
    const unfinished = `${kept}.${process.pid}`;
    cpSync(folder, unfinished, { recursive: true });
    renameSync(unfinished, kept);
    forgetOldest(dirname(kept));
    return;
  }
  cpSync(kept, folder, { recursive: true });
  process.stderr.write(`${side.name}: ${readdirSync(folder).length} texts, kept from before\n`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      diff: { type: "string" },
      only: { type: "string", default: "" },
      write: { type: "string" },
      side: { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  if (values.side) {
    await beSide(positionals);
    return 0;
  }
  const { only, write, diff } = values;
  const one = write !== undefined;
  if (positionals.length > (one ? 1 : 2) || positionals.length < (one ? 0 : 1))
    throw new UsageError(`usage:\n${usage}`);
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "treefold-texts-")));
  const inScratch = (name: string): string => join(scratch, name);
  const side = (commit: string | undefined, name: string): Side =>
    commit === undefined ? workingTree : checkOut(commit, inScratch(name));
  try {
    if (one) {
      writeSide(side(positionals[0], "sources"), resolve(write), inScratch("sizes.json"), only);
      return 0;
    }
    const [old, now] = [side(positionals[0], "old-sources"), side(positionals[1], "new-sources")];
    writeSide(now, inScratch("new"), inScratch("sizes.json"), only);
    writeCommit(old, inScratch("old"), inScratch("sizes.json"), only);
    const comparison = compareTexts(readTexts(inScratch("old")), readTexts(inScratch("new")));
    const diffs = areEqual(comparison) ? new Map<string, string>() : diffsOf("old", "new", scratch);
    process.stdout.write(`${reportLines(comparison, diffs).join("\n")}\n`);
    if (diff !== undefined) {
      mkdirSync(resolve(diff), { recursive: true });
      for (const [name, text] of diffs) writeFileSync(join(resolve(diff), `${name}.diff`), text);
    }
    return areEqual(comparison) ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
