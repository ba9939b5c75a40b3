/**
 * Libraries where a checkpoint is asked for, and what is said where one can't stand for the other: before any device is
 * opened.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ModelFileError } from "../runtime/index.ts";
import { isLibrary } from "./built.ts";
import { buildLibrary } from "./build/library.ts";
import { CheckpointError } from "./checkpoint/error.ts";
import { assertCheckpoint, loadCheckpoint } from "./load.ts";
import { demoDirectory } from "./places.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "treefold-built-"));
  await writeFile(join(directory, "manifest.json"), "{}");
});
afterEach(() => rm(directory, { recursive: true }));

async function refusal(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error("no fault was found");
    },
    (error: unknown) => error as Error,
  );
}

describe("a folder that holds manifest.json", () => {
  it("is a library, and with config.json beside it a checkpoint", async () => {
    expect(isLibrary(directory)).toBe(true);
    await writeFile(join(directory, "config.json"), "{}");
    expect(isLibrary(directory)).toBe(false);
    expect(isLibrary(demoDirectory)).toBe(false);
    expect(isLibrary(join(directory, "absent"))).toBe(false);
  });

  it("is no checkpoint to build from", async () => {
    const error = await refusal(buildLibrary(directory));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.message).toBe(
      `${directory}: is a library that 'treefold build' wrote, not a checkpoint; fix: give the checkpoint that ` +
        "it was built from",
    );
  });

  it("is refused as a library where it lacks its weights or is damaged", async () => {
    const error = await refusal(loadCheckpoint(directory));
    expect(error).toBeInstanceOf(ModelFileError);
    expect(error.message).toContain(
      "it is a library that was built without its weights; fix: give the checkpoint that it was built from, or " +
        "build it again with its weights",
    );
    await mkdir(join(directory, "weights"));
    // One after the other: a promise that is refused while another is awaited counts as an error of the whole run.
    for (const load of [loadCheckpoint, assertCheckpoint]) {
      const damaged = await refusal(load(directory));
      expect(damaged).toBeInstanceOf(ModelFileError);
      expect(damaged.message).toContain("its format is 'undefined'");
    }
  });
});
