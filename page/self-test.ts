/** What the page asks of a device before it is believed. */
import type { Model } from "treefold-runtime";

/** SHA-256 of all logits of a fixed prompt and its continuation: as the evaluator has it, and as this device does. */
export interface Comparison {
  readonly expected: string;
  readonly seen: string;
  readonly agrees: boolean;
}

/** One question to the device. */
export interface Probe {
  readonly name: string;
  readonly expected: string;
  readonly seen: string;
  readonly ok: boolean;
  /** What follows from the answer, in words. */
  readonly follows: string;
}

/** Undefined where the library has nothing to compare with. */
export async function compareGolden(_model: Model): Promise<Comparison | undefined> {
  return undefined;
}

/** Undefined where the library has no self-test. */
export async function askProbes(_model: Model, _progress: (what: string) => void): Promise<readonly Probe[] | undefined> {
  return undefined;
}
