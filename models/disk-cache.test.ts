import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Artifact } from "../runtime/artifact.ts";
import { DiskCache, userCacheDirectory } from "./disk-cache.ts";

const artifactOf = (sha256: string): Artifact => ({
  kernel: "k",
  schedule: "s",
  steps: "",
  trees: ["chain"],
  level: "portable",
  reason: "",
  reasonLocation: null,
  extents: {},
  passes: [],
  parameters: [],
  sha256,
});

describe("a cache on disk", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "treefold-cache-"));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it("gives back what was put, under its own key only", async () => {
    const cache = new DiskCache<Artifact[]>(join(directory, "new", "deep"));
    expect(await cache.get("a")).toBeUndefined();
    await cache.put("a", [artifactOf("1"), artifactOf("2")]);
    expect(await cache.get("a")).toEqual([artifactOf("1"), artifactOf("2")]);
    expect(await cache.get("b")).toBeUndefined();
  });

  it("takes a damaged entry for none, wherever the damage is", async () => {
    const cache = new DiskCache<Artifact[]>(directory);
    await cache.put("damaged", [artifactOf("1")]);
    const file = join(directory, "damaged.json");
    const sound = await readFile(file, "utf8");
    for (const text of [
      "",
      "\n",
      sound.slice(0, -1),
      sound.replace(`"1"`, `"2"`),
      sound.slice(1),
      sound.slice(0, 64),
    ]) {
      await writeFile(file, text);
      expect(await cache.get("damaged")).toBeUndefined();
    }
    await cache.put("damaged", [artifactOf("3")]);
    expect(await cache.get("damaged")).toEqual([artifactOf("3")]);
  });

  it("lets writers race: readers see one whole entry, and nothing is left over", async () => {
    const cache = new DiskCache<Artifact[]>(directory);
    const writers = Array.from({ length: 20 }, (_, index) => cache.put("raced", [artifactOf(String(index))]));
    for (let reads = 0; reads < 50; reads++) {
      const entry = await cache.get("raced");
      if (entry !== undefined) expect(entry).toHaveLength(1);
    }
    await Promise.all(writers);
    expect(await cache.get("raced")).toHaveLength(1);
    expect((await readdir(directory)).filter((name) => name.startsWith("raced"))).toEqual(["raced.json"]);
  });

  it("does without a directory that can't be made", async () => {
    const file = join(directory, "file");
    await writeFile(file, "");
    const cache = new DiskCache<Artifact[]>(join(file, "below"));
    await cache.put("a", [artifactOf("1")]);
    expect(await cache.get("a")).toBeUndefined();
  });

  it("lies where TREEFOLD_CACHE says", () => {
    expect(userCacheDirectory({ TREEFOLD_CACHE: "/elsewhere" })).toBe("/elsewhere");
  });
});
