/** The cache of libraries, with kernels that compute nothing: what it keeps, and what happens where it can't. */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { emptyKernels } from "../spec/fixtures/kernels.ts";
import { readOracle } from "../spec/fixtures/oracles.ts";
import { prune } from "./aside.ts";
import { cachedLibrary, type CachedLibrary, type NamedSource } from "./library-cache.ts";

let root: string;
let cache: string;
let checkpoint: string;
let built = 0;
const source: NamedSource = {
  name: "test",
  kernels: (...args) => {
    built++;
    return emptyKernels(...args);
  },
};
const cached = (again = false): Promise<CachedLibrary> => cachedLibrary(checkpoint, source, () => undefined, again);
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "treefold-libraries-"));
  checkpoint = join(root, "checkpoint");
  await cp((await readOracle("llama3")).directory, checkpoint, { recursive: true });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});
beforeEach(async () => {
  cache = await mkdtemp(join(root, "cache-"));
  await mkdir(join(cache, "tmp"));
  vi.stubEnv("TREEFOLD_CACHE", join(cache, "kept"));
  vi.stubEnv("TMPDIR", join(cache, "tmp"));
  built = 0;
});
const libraries = (): Promise<string[]> => readdir(join(cache, "kept", "libraries"));
const ago = (hours: number): Date => new Date(Date.now() - hours * 3600 * 1000);

/** What listens before a test. */
const signals = process.listenerCount("SIGINT");

/** A library's kernels are asked for once; again only where some need ranges. */
const perBuild = 1;

it("builds once, and once more where it is told that what it has is damaged", async () => {
  const { folder, kept } = await cached();
  expect(kept).toBe(true);
  expect(await cached()).toMatchObject({ folder, kept: true });
  expect(built).toBe(perBuild);
  await rm(join(folder, "manifest.json"));
  expect(await cached(true)).toMatchObject({ folder, kept: true });
  expect(await readdir(folder)).toContain("manifest.json");
  expect(await libraries()).toEqual([basename(folder)]);
});

it("tells checkpoints apart by what is in them, and waits for nothing that is beside them", async () => {
  const { folder } = await cached();
  execFileSync("mkfifo", [join(checkpoint, "pipe.json")]);
  expect((await cached()).folder).not.toBe(folder);
  await rm(join(checkpoint, "pipe.json"));
  await writeFile(join(checkpoint, "extra.json"), "{}");
  expect((await cached()).folder).not.toBe(folder);
  await rm(join(checkpoint, "extra.json"));
  expect((await cached()).folder).toBe(folder);
});

it.each([
  ["a file is in its place", async () => writeFile(join(cache, "kept"), "")],
  ["it lies where no folder can be made", async () => vi.stubEnv("TREEFOLD_CACHE", "/proc/treefold")],
])("does without a cache where %s, and leaves nothing", async (_, spoil) => {
  await spoil();
  const { folder, kept, remove } = await cached();
  expect(kept).toBe(false);
  expect(await readdir(folder)).toContain("manifest.json");
  await remove();
  expect(await readdir(join(cache, "tmp"))).toEqual([]);
});

it("removes a temporary library when the process is asked to end", async () => {
  await writeFile(join(cache, "kept"), "");
  const { folder, remove } = await cached();
  const listener = vi.fn();
  process.on("SIGTERM", listener); // Which keeps this process alive.
  try {
    process.emit("SIGTERM", "SIGTERM");
    expect(listener).toHaveBeenCalledTimes(1);
    expect(existsSync(folder)).toBe(false);
    await remove();
    expect(process.listeners("SIGTERM")).toContain(listener);
    expect(process.listenerCount("SIGINT")).toBe(signals);
  } finally {
    process.off("SIGTERM", listener);
  }
});

it("says so where there is not even room for a temporary folder", async () => {
  await writeFile(join(cache, "kept"), "");
  vi.stubEnv("TMPDIR", join(cache, "kept"));
  await expect(cached()).rejects.toThrow(
    /kept\/treefold-library-\S+: cannot be written \(ENOTDIR\); fix: give a folder/,
  );
});

it("is filled by several at once", async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => cached()));
  expect(new Set(all.map(({ folder }) => folder)).size).toBe(1);
  expect(await libraries()).toEqual([basename(all[0]!.folder)]);
});

it("keeps the 32 libraries used last and those that may be in use, and no half-written one", async () => {
  const { folder } = await cached();
  const old = Array.from({ length: 40 }, (_, index) => `old-${String(index).padStart(2, "0")}`);
  const directory = join(cache, "kept", "libraries");
  for (const [index, name] of old.entries()) {
    await mkdir(join(directory, name));
    await utimes(join(directory, name), ago(100 + index), ago(100 + index));
  }
  for (const hours of [1, 30]) {
    const name = join(directory, `.half.${randomUUID()}`);
    await mkdir(name);
    await utimes(name, ago(hours), ago(hours));
  }
  await utimes(folder, ago(1000), ago(1000));
  await cached(); // Used: now the latest.
  expect((await stat(folder)).mtimeMs).toBeGreaterThan(ago(99).getTime());
  await cached(true);
  const left = await libraries();
  expect(left.filter((name) => !name.startsWith(".")).sort()).toEqual([basename(folder), ...old.slice(0, 31)].sort());
  expect(left.filter((name) => name.startsWith("."))).toHaveLength(1);

  for (const name of old.slice(0, 31)) await utimes(join(directory, name), ago(0.5), ago(0.5));
  await prune(directory, 3);
  expect((await libraries()).length).toBe(left.length);
});
