/**
 * The documents tell the truth. In README.md, docs/*.md and spec/*.md, an HTML comment right above a fenced block says
 * what it is:
 *
 *   kernel                     a kernel module; imports from "treefold" may be left out. It is read without a
 *                              diagnostic.
 *   wrong                      a wrong one, the whole text of mean.kernel.ts; and
 *   diagnostics                what `check` says of it.
 *   file: NAME                 a file of the walk-through, in an empty directory outside the checkout.
 *   run in the walk-through    commands, run there in a shell, with this checkout linked as node_modules/treefold.
 *   run in the checkout        commands, run in the checkout's root.
 *   run …: device              the same, but on a device: docs.any-device.test.ts runs these.
 *   library program            a program beside a library called my-model; cli/package.test.ts compiles and runs it.
 *   output                     what the commands of the block before print on stdout. "…" stands for anything; alone
 *                              on a line, for any lines.
 *   ir                         the printed IR of the kernel block before.
 *   wgsl: SCHEDULE, AXIS=N, …  lines of the text that the compiler prints for the kernel block before. "…" alone on a
 *                              line stands for any lines, comments at the end of a line are the page's own.
 *   not run: WHY               commands that no test runs.
 *
 * A block without a comment is `text`: figures and grammars. Blocks of rules.md are rules.test.ts's. In all pages,
 * links lead somewhere, and trees in quotes or backticks are canonical.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileInStages, schedulesFor } from "../codegen/compile.ts";
import { renderDiagnostic } from "../dsl/diagnostics.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { parseTree, printTree } from "../dsl/tree-notation.ts";
import { printKernel } from "../dsl/print-ir.ts";
import * as language from "../dsl/index.ts";
import { inCi } from "./fixtures/effort.ts";
import { linkCheckout, pages, root, runPage } from "./fixtures/documents.ts";

const own = pages.filter(({ name }) => name !== "spec/rules.md");
const header = `import { ${Object.keys(language).join(", ")} } from "treefold";\n`;

/** What reading a kernel block gives: the kernels, or what is wrong. */
function read(text: string) {
  return readKernels("example.kernel.ts", { source: whole(text) });
}

/** What `check` prints of a file that holds this text. */
function diagnose(source: string): string {
  return readKernels("mean.kernel.ts", { source })
    .diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, () => source))
    .join("\n\n");
}

/** The WGSL of a page's kernel, for "SCHEDULE, AXIS=N, …", without the indentation of its lines. */
function printedText(kernelText: string, request: string): string {
  const [name, ...axes] = request.split(", ");
  const extents = Object.fromEntries(
    axes.map((axis) => axis.split("=")).map(([axis, extent]) => [axis!, Number(extent)]),
  );
  const [kernel] = read(kernelText).kernels;
  const schedule = schedulesFor(kernel!, { extents }).find((one) => one.name === name)!;
  const texts = compileInStages(kernel!, { extents, schedule }).passes.map(({ printed }) => printed().wgsl);
  return texts.join("\n").replaceAll(/^ +/gm, "");
}

/** Shown lines of a text as a pattern. */
function linesOf(shown: string): RegExp {
  const lines = shown
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/\/\/.*$/, "").trim());
  const escaped = (line: string): string => line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${lines.map((line) => (line === "…" ? "(?:.*\n)*?" : `${escaped(line)}\n`)).join("")}`, "m");
}

const whole = (text: string): string => (text.includes("import ") ? text : header + text);

describe.each(own)("$name", ({ name, fences }) => {
  const kernels = fences.filter(({ mark }) => mark === "kernel");
  if (kernels.length > 0) {
    test.each(kernels)("line $line: the kernel is right", ({ text }) => {
      const result = read(text);
      expect(result.diagnostics.map(({ location, message }) => `${location.line}: ${message}`)).toEqual([]);
      expect(result.kernels.length).toBeGreaterThan(0);
    });
  }

  test("says of each block what it is", () => {
    const known =
      /^(kernel|wrong|diagnostics|output|ir|wgsl: [\w-]+(, \w+=\d+)*|library program|file: \S+|not run: .+|run in the (checkout|walk-through)(: device)?)$/;
    for (const { mark, info, line } of fences) {
      expect(mark === "" ? info : "text", `${name}:${line}`).toBe("text");
      if (mark !== "") expect(mark, `${name}:${line}`).toMatch(known);
    }
  });

  test("shows the IR and diagnostics as they are", () => {
    for (const [at, fence] of fences.entries()) {
      if (fence.mark === "diagnostics") expect(`${diagnose(fences[at - 1]!.text)}\n`).toBe(fence.text);
      if (fence.mark === "ir")
        expect(fence.text).toBe(
          read(fences[at - 1]!.text)
            .kernels.map(printKernel)
            .join("\n"),
        );
    }
  });

  const texts = [...fences.entries()].filter(([, { mark }]) => mark.startsWith("wgsl: "));
  if (texts.length > 0) {
    test.each(texts)("block %i is WGSL that the compiler prints", (at, { mark, text }) => {
      const kernelText = fences.slice(0, at).findLast((fence) => fence.mark === "kernel")!.text;
      expect(printedText(kernelText, mark.slice("wgsl: ".length))).toMatch(linesOf(text));
    });
  }

  const runs = fences.some(({ mark }) => /^run in the [\w-]+$/.test(mark));
  if (runs)
    test.runIf(name === "README.md" || inCi(`the commands of ${name}`))("runs its commands that need no device", () =>
      runPage(fences, "host"),
    );
});

describe.each(pages)("$name, as a page", ({ name, text }) => {
  test("links lead somewhere", () => {
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path, anchor] = target!.split("#") as [string, string | undefined];
      const file = path === "" ? name : join(dirname(name), path);
      expect(existsSync(join(root, file)), `${name}: ${target}`).toBe(true);
      if (anchor !== undefined)
        expect(anchorsOf(readFileSync(join(root, file), "utf8")), `${name}: ${target}`).toContain(anchor);
    }
  });

  test("trees are canonical", () => {
    for (const [, tree] of text.matchAll(/["`]((?:lanes \d+ )?(?:chain|pairwise)(?: \d+)?(?:, [a-z0-9 ,]+)?)["`]/g)) {
      expect(printTree(parseTree(tree!))).toBe(tree);
    }
  });
});

test("kernels have TypeScript's strict types, by the walk-through's tsconfig.json", () => {
  const folder = mkdtempSync(join(tmpdir(), "treefold-docs-"));
  try {
    linkCheckout(folder);
    for (const { name, fences } of own) {
      for (const { mark, text, line } of fences) {
        if (mark === "kernel")
          writeFileSync(join(folder, `${name.replaceAll(/\W/g, "-")}-${line}.kernel.ts`), whole(text));
        else if (mark.startsWith("file: ")) writeFileSync(join(folder, mark.slice("file: ".length)), text);
      }
    }
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    expect(spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" })).toMatchObject({
      stdout: "",
      status: 0,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The anchors of a page, as they are made on code hosting sites. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!)];
}
