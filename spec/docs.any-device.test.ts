/**
 * The commands of the documents that need a device (docs.test.ts says how they are marked), and the JSON that
 * docs/cli.md shows.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inCi } from "./fixtures/effort.ts";
import { pages, root, runPage } from "./fixtures/documents.ts";

const withDevice = pages.filter(({ fences }) => fences.some(({ mark }) => mark.endsWith(": device")));

// These build a model, whose texts are audited for minutes, or run most commands, as the tests of commands do.
const long = ["docs/models.md", "docs/cli.md", "docs/tutorial.md"];
for (const { name, fences } of withDevice) {
  test.runIf(!long.includes(name) || inCi(`the commands of ${name}`))(`${name} runs`, () => runPage(fences, "device"));
}

describe("docs/cli.md shows the JSON of", () => {
  const page = pages.find(({ name }) => name === "docs/cli.md")!.text;
  const shapes = new Map(
    [...page.matchAll(/^\| `(\w+)` \| `(\{.*\})` \|$/gm)].map(([, command, shape]) => [command!, shape!]),
  );
  const device = /`device` is `(\{.*?\})`/.exec(page)![1]!;
  const model = ["--model", "models/demo/kjv-qwen3", "--json"];
  // Two schedules fit this kernel and two do not, so that no list is empty.
  const kernel = ["spec/fixtures/right/names.kernel.ts", "--kernel", "toLocaleString"];
  const commands: Readonly<Record<string, readonly string[]>> = {
    check: ["spec/fixtures/wrong/branch-by-row.kernel.ts", "--json"],
    run: [...kernel, "--axis", "isPrototypeOf=2", "--axis", "toString=5", "--axis", "hasOwnProperty=4", "--json"],
    audit: [...kernel, "--json"],
    build: [
      "--model",
      "models/demo/kjv-qwen3",
      "--out",
      join(mkdtempSync(join(tmpdir(), "treefold-docs-")), "library"),
      "--json",
    ],
    page: [
      "--model",
      "models/demo/kjv-qwen3",
      "--out",
      join(mkdtempSync(join(tmpdir(), "treefold-docs-")), "page"),
      "--json",
    ],
    doctor: ["--json"],
    generate: [...model, "--prompt", "And", "--max-tokens", "1"],
    forward: [...model, "--ids", "3"],
  };

  test("has all commands", () => expect([...shapes.keys()].sort()).toEqual(Object.keys(commands).sort()));

  // The first two audit a whole model; others examine the device and run one, which tests of commands do, too.
  const leftToCi = ["build", "page", "doctor", "forward", "generate"].filter(
    (command) => !inCi(`docs/cli.md's JSON of ${command}`),
  );
  test.each(Object.entries(commands).filter(([command]) => !leftToCi.includes(command)))("%s", (command, args) => {
    const printed = JSON.parse(output([command, ...args])) as unknown;
    const expected = shapes.get(command)!.replace('"device"', `"device":${device}`);
    expect(shapeOf(printed, JSON.parse(exampleOf(expected)))).toBe(expected);
  });
});

function output(args: readonly string[]): string {
  try {
    return execFileSync(process.execPath, [join(root, "cli", "treefold.mjs"), ...args], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch (error) {
    return (error as { stdout: string }).stdout; // A finding.
  }
}

/** A shape with a value for each name that has none, so that JSON.parse reads it. */
function exampleOf(shape: string): string {
  return shape.replace(/("\w+")(?=[,}])/g, "$1:0");
}

/** The names in a value, as deep as `like` shows them. */
function shapeOf(value: unknown, like: unknown): string {
  if (Array.isArray(like)) {
    expect(value, "a list whose items are shown").toEqual(expect.arrayContaining([expect.anything()]));
    return `[${shapeOf((value as unknown[])[0], like[0])}]`;
  }
  if (typeof like !== "object" || like === null) return "";
  const members = like as Record<string, unknown>;
  return `{${Object.entries(value as object)
    .map(([name, member]) => {
      const inner = shapeOf(member, members[name]);
      return `"${name}"${inner === "" ? "" : `:${inner}`}`;
    })
    .join(",")}}`;
}
