/**
 * The parser against Tint: what the compiler prints both accept, and what Tint rejects, the parser rejects. The parser
 * may reject more, since its subset is smaller. Barriers in control flow that is not uniform are the audit's to find.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Device, openDevice } from "../../runtime/index.ts";
import { tries } from "../../spec/fixtures/effort.ts";
import { mutantOf, passesInRanges, printedPasses } from "../../spec/fixtures/wgsl-corpus.ts";
import { snippets } from "../../spec/fixtures/wgsl-snippets.ts";
import { parseWgsl, WgslError } from "./index.ts";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.dispose());

const printed = [...printedPasses({ rows: 5, items: 70, width: 17 }), ...passesInRanges()].map(({ wgsl }) => wgsl);

/** What Tint has against a text, or Dawn, where Tint has nothing. */
async function errorsOf(code: string): Promise<string[]> {
  device.gpu.pushErrorScope("validation");
  const module = device.gpu.createShaderModule({ code });
  const [error, { messages }] = await Promise.all([device.gpu.popErrorScope(), module.getCompilationInfo()]);
  const errors = messages
    .filter(({ type }) => type === "error")
    .map(({ message, lineNum, linePos }) => `${lineNum}:${linePos} ${message}`);
  return errors.length > 0 || error === null ? errors : [error.message];
}

function accepts(text: string): boolean {
  try {
    parseWgsl(text);
    return true;
  } catch (error) {
    if (error instanceof WgslError) return false;
    throw error;
  }
}

/** Prints how often the two agree. Fails where the parser accepts what Tint rejects. */
async function compare(what: string, texts: readonly string[]): Promise<Counts> {
  const counts = { bothAccept: 0, bothReject: 0, onlyTintAccepts: 0, onlyUniformity: 0 };
  const wrong: string[] = [];
  for (const text of texts) {
    const errors = await errorsOf(text);
    if (!accepts(text)) counts[errors.length === 0 ? "onlyTintAccepts" : "bothReject"]++;
    else if (errors.length === 0) counts.bothAccept++;
    else if (errors.every((error) => error.includes("uniform control flow"))) counts.onlyUniformity++;
    else wrong.push(`${errors[0]!}\n${text}`);
  }
  console.log(`${texts.length} ${what}: ${JSON.stringify(counts)}, accepted by the parser only: ${wrong.length}`);
  expect(wrong).toEqual([]);
  return counts;
}
interface Counts {
  readonly bothAccept: number;
  readonly bothReject: number;
  readonly onlyTintAccepts: number;
  readonly onlyUniformity: number;
}

test("what the compiler prints, both accept", async () => {
  expect((await compare("printed texts", printed)).bothAccept).toBe(printed.length);
});

test("each rule of the subset: what Tint rejects, the parser rejects", async () => {
  const counts = await compare("snippets", snippets());
  expect(Math.min(counts.bothAccept, counts.bothReject)).toBeGreaterThan(100);
});

test("edited texts: what Tint rejects, the parser rejects", async () => {
  const short = [...printed].sort((a, b) => a.length - b.length).slice(0, 100);
  const mutants = fc.sample(mutantOf(short), { numRuns: tries(150, 600), seed: 1 });
  const counts = await compare(
    "edited texts",
    mutants.map(({ text }) => text),
  );
  expect(Math.min(counts.bothAccept, counts.bothReject)).toBeGreaterThan(tries(10, 50));
});
