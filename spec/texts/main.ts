/**
 * Compares the texts of all kernels under all schedules and in each arithmetic between two commits, or a commit and the
 * working tree. Exits with 0 where all are equal, with 1 where any differs, with 2 where the command cannot do it.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Kind, kindOf, kinds } from "./compare.ts";
import { checkOut, diffsOf, type Side, UsageError, workingTree } from "./sides.ts";
import { readTexts, type SizeList, writeTexts } from "./write.ts";

const usage = `npm run -s texts -- OLD [NEW] [--diff FOLDER]   compares two commits, or a commit and the working tree
npm run -s texts -- --write FOLDER [COMMIT]     writes the texts of one side, by default of the working tree`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Writes a side's texts in a process of its own, since each has a compiler of its own. */
function writeSide({ name, sources }: Side, folder: string, list: string): void {
  const started = performance.now();
  const script = fileURLToPath(new URL("../texts.mjs", import.meta.url));
  const { status } = spawnSync(process.execPath, [script, "--side", sources, folder, list], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new UsageError(`the texts of ${name} could not be written`);
  process.stderr.write(
    `${name}: ${readTexts(folder).size} texts in ${Math.round((performance.now() - started) / 1000)} s\n`,
  );
}

/** In the process of one side: the first to run makes the list of sizes. */
async function beSide([sources, folder, list]: readonly string[]): Promise<void> {
  let sizes: SizeList | undefined;
  try {
    sizes = JSON.parse(readFileSync(list!, "utf8")) as SizeList;
  } catch {
    sizes = undefined;
  }
  const taken = await writeTexts(sources!, folder!, sizes);
  if (sizes === undefined) writeFileSync(list!, JSON.stringify(taken));
}

function report(
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  diffs: ReadonlyMap<string, string>,
): boolean {
  const found = new Map<Kind, string[]>(kinds.map((kind) => [kind, []]));
  for (const [name, text] of now) if (old.has(name)) found.get(kindOf(old.get(name)!, text))!.push(name);
  const appear = [...now.keys()].filter((name) => !old.has(name));
  const vanish = [...old.keys()].filter((name) => !now.has(name));
  const differ = kinds.slice(1).map((kind) => `${found.get(kind)!.length} ${kind}`);
  say(
    `${found.get("equal")!.length} texts are equal; differing: ${differ.join(", ")}; ${appear.length} appear, ${vanish.length} vanish`,
  );
  for (const kind of kinds.slice(1)) {
    const names = found.get(kind)!;
    if (names.length === 0) continue;
    list(kind, names);
    say(shortened(diffs.get(names[0]!) ?? ""));
  }
  if (appear.length > 0) list("appear", appear);
  if (vanish.length > 0) list("vanish", vanish);
  return found.get("equal")!.length === old.size && old.size === now.size;
}

/** One line for each kernel and size: how many texts of it are so, and which come first. */
function list(kind: string, names: readonly string[]): void {
  say(`\n${kind}: ${names.length}`);
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const [file, kernel, , ...rest] = name.replace(/\.wgsl$/, "").split(".");
    const group = groups.get(`${file}.${kernel}`) ?? [];
    group.push(rest.join("."));
    groups.set(`${file}.${kernel}`, group);
  }
  for (const [kernel, all] of groups) {
    const some = [...new Set(all)];
    say(`  ${kernel}: ${all.length} (${some.slice(0, 4).join(", ")}${some.length > 4 ? ", …" : ""})`);
  }
}

const shortened = (diff: string): string => {
  const lines = diff.trimEnd().split("\n");
  return lines.length <= 80
    ? lines.join("\n")
    : [...lines.slice(0, 80), `… ${lines.length - 80} lines more`].join("\n");
};

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { diff: { type: "string" }, write: { type: "string" }, side: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.side === true) {
    await beSide(positionals);
    return 0;
  }
  const one = values.write !== undefined;
  if (positionals.length > (one ? 1 : 2) || positionals.length < (one ? 0 : 1))
    throw new UsageError(`usage:\n${usage}`);
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "treefold-texts-")));
  try {
    const side = (commit: string | undefined, folder: string): Side =>
      commit === undefined ? workingTree : checkOut(commit, join(scratch, folder));
    const sizes = join(scratch, "sizes.json");
    if (values.write !== undefined) {
      writeSide(side(positionals[0], "sources"), resolve(values.write), sizes);
      return 0;
    }
    const [old, now] = [side(positionals[0], "old-sources"), side(positionals[1], "new-sources")];
    writeSide(now, join(scratch, "new"), sizes);
    writeSide(old, join(scratch, "old"), sizes);
    const diffs = diffsOf("old", "new", scratch);
    const equal = report(readTexts(join(scratch, "old")), readTexts(join(scratch, "new")), diffs);
    if (values.diff !== undefined) {
      mkdirSync(resolve(values.diff), { recursive: true });
      for (const [name, diff] of diffs) writeFileSync(join(resolve(values.diff), `${name}.diff`), diff);
    }
    return equal ? 0 : 1;
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
