/**
 * Leaves two lines of Dawn's out of stderr. They concern limits that nothing here uses, some drivers print them for
 * every device, and Dawn has no setting against them. Dawn writes to file descriptor 2, which points to a file
 * meanwhile; all other lines are passed on. Only Linux has these drivers. Without koffi, and at the debug level
 * `driver`, nothing is left out.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shows } from "../debug.ts";

const harmless =
  /^Warning: maxDynamic(?:Uniform|Storage)BuffersPerPipelineLayout artificially reduced from \d+ to \d+ to fit dynamic offset allocation limit\.\n/gm;

/** A text of native code without the harmless lines. */
export function withoutHarmless(text: string): string {
  return text.replace(harmless, "");
}

type Duplicate = (from: number, to?: number) => number;
interface Koffi {
  load(library: null): { func(prototype: string): Duplicate };
}

/** `dup` and `dup2` of the C library, which Node does not offer. */
async function descriptors(): Promise<{ dup: Duplicate; dup2: Duplicate } | undefined> {
  if (process.platform !== "linux" || shows("driver")) return undefined;
  try {
    const optional = "koffi";
    const { default: koffi } = (await import(/* @vite-ignore */ optional)) as { default: Koffi };
    const library = koffi.load(null);
    return { dup: library.func("int dup(int)"), dup2: library.func("int dup2(int, int)") };
  } catch {
    return undefined;
  }
}

/** Calls what may write such lines before it returns; nothing else of this thread runs meanwhile. */
export async function quietly<T>(call: () => T): Promise<T> {
  const found = await descriptors();
  if (found === undefined) return call();
  const { dup, dup2 } = found;
  let folder: string;
  try {
    folder = mkdtempSync(join(tmpdir(), "treefold-stderr-"));
  } catch {
    return call();
  }
  const file = join(folder, "text");
  const [aside, saved] = [openSync(file, "w"), dup(2)];
  try {
    if (saved >= 0) dup2(aside, 2);
    return call();
  } finally {
    if (saved >= 0) {
      dup2(saved, 2);
      closeSync(saved);
    }
    closeSync(aside);
    const rest = withoutHarmless(readFileSync(file, "utf8"));
    rmSync(folder, { recursive: true });
    if (rest !== "") writeSync(2, rest);
  }
}
