/**
 * What the commands that run a model have in common: opening the device, loading, and parsing paths, counts and ids.
 */
import { InvalidArgumentError } from "commander";
import { pathOf } from "../dsl/location.ts";
import type { DeviceInfo, Model } from "../runtime/index.ts";
import type { NamedSource } from "../models/library-cache.ts";
import { withProgress } from "./progress.ts";

/** Loads a checkpoint directory on the best device, and frees both after `work`. */
export async function withModel<T>(directory: string, work: (model: Model) => Promise<T>): Promise<T> {
  const { loadCheckpoint, treefold } = await import("../models/load.ts");
  const model = await withProgress(`Loading ${directory}`, (show) => {
    const progress = (what: string): void => show(`Loading ${directory}: ${what}`);
    return loadCheckpoint(directory, { progress, source: { ...treefold, ...heldTo("self-test", progress) } });
  });
  try {
    return await work(model);
  } finally {
    model.dispose();
  }
}

/**
 * The reference evaluator's word on a library of the cache; the evaluator itself is only loaded where there is a
 * library to build.
 */
export function heldTo(
  name: "self-test" | "golden",
  progress: (what: string) => void,
): Pick<NamedSource, "name" | "expect"> {
  return {
    name: `treefold, ${name}`,
    expect: async (directory, kernels) => {
      const { expectations } = await import("../spec/expect.ts");
      return expectations(progress, { golden: name === "golden" })(directory, kernels);
    },
  };
}

/** `device` in every JSON. */
export function deviceJson({ vendor, architecture, device, description, driver }: DeviceInfo): object {
  return { vendor, architecture, device, description, driver };
}

/** A whole number of at least 1. */
export function parseCount(argument: string): number {
  const count = Number(argument);
  if (!/^\d+$/.test(argument) || count < 1 || !Number.isSafeInteger(count))
    throw new InvalidArgumentError("Give a whole number of at least 1.");
  return count;
}

/** A path that is not empty, as a shell's unset variable is: that would be the directory one is in. */
export function parsePath(argument: string): string {
  try {
    return pathOf(argument);
  } catch {
    throw new InvalidArgumentError("Give a path, or a file: URL.");
  }
}

/** Collects `--ids 0,17,5`. */
export function collectIds(
  argument: string,
  before: readonly (readonly number[])[] = [],
): readonly (readonly number[])[] {
  if (!/^\d+(,\d+)*$/.test(argument))
    throw new InvalidArgumentError("Give token ids with commas between them, as in --ids 0,17,5.");
  return [...before, argument.split(",").map(Number)];
}

/** Collects an option that may be repeated. */
export function collect(argument: string, before: readonly string[] = []): readonly string[] {
  return [...before, argument];
}
