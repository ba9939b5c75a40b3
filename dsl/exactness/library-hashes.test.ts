/** The functions that math.ts has are those whose hashes stand here: whoever edits one writes its hash anew. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { hashFunction } from "../function-hash.ts";
import type { FunctionDeclaration, Kernel } from "../ir.ts";
import { parseKernel } from "../parse-ir.ts";
import { printKernel } from "../print-ir.ts";
import { readKernels } from "../reader/index.ts";
import { collect, operandsOf, rootsOf } from "../visit.ts";
import { claimed } from "./library.ts";
import { libraryHashes } from "./library-hashes.ts";

function functionsOf(kernels: readonly Kernel[]): FunctionDeclaration[] {
  const parts = collect(kernels.flatMap(rootsOf), (expr) =>
    expr.kind === "call" ? [...expr.arguments, expr.callee.result] : operandsOf(expr),
  );
  return [...new Set([...parts].flatMap((part) => (part.kind === "call" ? [part.callee] : [])))];
}

const file = fileURLToPath(new URL("../../spec/fixtures/elementary.kernel.ts", import.meta.url));
const { kernels } = readKernels(file, { typecheck: false });

test("are those of the functions that claims are made of, and no others", () => {
  const own = functionsOf(kernels).filter(({ name, library }) => library === true && claimed.includes(name));
  expect(Object.fromEntries(own.map((callee) => [callee.name, hashFunction(callee)]).sort())).toEqual(
    Object.fromEntries(Object.entries(libraryHashes).sort()),
  );
});

test("find the same functions in the IR's text, and no function that only has the name of one", () => {
  const texts = kernels.map(printKernel);
  const names = (of: readonly FunctionDeclaration[]): string[] =>
    [...new Set(of.filter(({ library }) => library === true).map(({ name }) => name))].sort();
  expect(names(functionsOf(texts.map(parseKernel)))).toEqual(Object.keys(libraryHashes).sort());
  const wrong = texts.map((text) =>
    text
      .replace(/(function exp\(.+\n)/, "$1")
      .replace(/function silu\((.+)\) \{[^]*?\n( *)return [^\n]+/, "function silu($1) {\n$2return x"),
  );
  expect(wrong).not.toEqual(texts);
  expect(names(functionsOf(wrong.map(parseKernel)))).not.toContain("silu");
});
