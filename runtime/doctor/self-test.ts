/**
 * What a device is asked, and the bits that it must give: written by the reference evaluator when the library was
 * built. Data only, and nothing here computes a float.
 */
import type { Artifact } from "../artifact.ts";

/** Grows whenever an older runtime could not read a self-test, or would read it wrongly. */
export const selfTestFormat = "treefold-selftest 1";

/**
 * Elements as a tensor's `writeElements` takes them, one u32 each, little-endian in base64. A tensor with more elements
 * than these repeats them.
 */
export type Elements = string;

/** One run of a kernel. */
export interface Case {
  /** Of all axes but model axes. */
  readonly extents: Readonly<Record<string, number>>;
  readonly parameters: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, Elements>>;
  /** What outputs hold before, which scattered ones keep elsewhere; NaNs where absent. */
  readonly initial: Readonly<Record<string, Elements>>;
  readonly expected: Readonly<Record<string, Expected>>;
}

/** An output's elements. */
export interface Expected {
  /** The places, ascending, of elements that are compared one by one; all of them where absent. */
  readonly at?: readonly number[];
  readonly bits: Elements;
  /** SHA-256 over all elements as little-endian u32, where all of them were evaluated. */
  readonly sha256?: string;
}

/**
 * What a probe decides. `always`: without it no policy gives the evaluator's bits. `free`: without it, sums must be
 * sealed. `nothing`: what the device does with arithmetic that no kernel of ours leaves to it.
 */
export type Decides = "always" | "free" | "nothing";

/** A small kernel that asks one thing of a device. */
export interface Probe {
  readonly name: string;
  readonly decides: Decides;
  /** Whether the short form asks it, too. */
  readonly short: boolean;
  /** What a device that fails it does. */
  readonly otherwise: string;
  /** What follows if so. */
  readonly follows: string;
  readonly artifact: Artifact;
  readonly case: Case;
}

export interface SelfTest {
  readonly format: typeof selfTestFormat;
  readonly probes: readonly Probe[];
  /**
   * By a kernel's name in the library: what each of its variants must give, on operands on which order matters and on
   * edges.
   */
  readonly kernels: Readonly<Record<string, readonly Case[]>>;
}

export function encodeElements(elements: Uint32Array): Elements {
  const bytes = new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

/** `count` elements; as many as there are where absent. */
export function decodeElements(text: Elements, count?: number): Uint32Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const given = new Uint32Array(bytes.buffer);
  return count === undefined || given.length === count ? given : repeated(given, count);
}

/** The elements over and over. */
export function repeated(elements: Uint32Array, count: number): Uint32Array<ArrayBuffer> {
  const all = new Uint32Array(count);
  if (elements.length === 0) return all;
  all.set(elements.subarray(0, Math.min(elements.length, count)));
  for (let done = elements.length; done < count; done *= 2) all.copyWithin(done, 0, Math.min(done, count - done));
  return all;
}
