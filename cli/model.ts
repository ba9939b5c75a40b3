/** What the commands that run a model have in common: opening the device, loading, and parsing counts and ids. */
import { InvalidArgumentError } from "commander";
import type { Model } from "../models/model.ts";
import type { DeviceInfo } from "../runtime/index.ts";
import { withProgress } from "./progress.ts";

/** Tells a directory that is no checkpoint, or one that is not supported, before anything that takes long. */
export async function assertCheckpoint(directory: string): Promise<void> {
  const { Checkpoint } = await import("../models/checkpoint/checkpoint.ts");
  await (await Checkpoint.open(directory)).close();
}

/** Loads a checkpoint directory on the best device, and frees both after `work`. */
export async function withModel<T>(directory: string, work: (model: Model) => Promise<T>): Promise<T> {
  await assertCheckpoint(directory);
  const { openDevice } = await import("../runtime/index.ts");
  const { Model } = await import("../models/model.ts");
  const device = await openDevice();
  try {
    const model = await withProgress(`Loading ${directory}`, (show) =>
      Model.load(directory, device, { progress: (what) => show(`Loading ${directory}: ${what}`) }));
    try {
      return await work(model);
    } finally {
      model.dispose();
    }
  } finally {
    device.dispose();
  }
}

/** `device` in every JSON. */
export function deviceJson({ vendor, architecture, device, description, driver }: DeviceInfo): object {
  return { vendor, architecture, device, description, driver };
}

/** A whole number of at least 1. */
export function parseCount(argument: string): number {
  const count = Number(argument);
  if (!/^\d+$/.test(argument) || count < 1 || !Number.isSafeInteger(count)) throw new InvalidArgumentError("Give a whole number of at least 1.");
  return count;
}

/** Collects `--ids 0,17,5`. */
export function collectIds(argument: string, before: readonly (readonly number[])[] = []): readonly (readonly number[])[] {
  if (!/^\d+(,\d+)*$/.test(argument)) throw new InvalidArgumentError("Give token ids with commas between them, as in --ids 0,17,5.");
  return [...before, argument.split(",").map(Number)];
}

/** Collects an option that may be repeated. */
export function collect(argument: string, before: readonly string[] = []): readonly string[] {
  return [...before, argument];
}
