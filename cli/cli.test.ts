/** The commands as a user sees them, as far as they need no device: exit codes, and what goes to which stream. */
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { besideKernels, rowSum, treefold, treefoldHere } from "../spec/fixtures/commands.ts";

besideKernels();

describe("run", () => {
  test.each([
    [
      ["run", "none.kernel.ts"],
      "error: there is no file 'none.kernel.ts'; fix: give the path of a TypeScript file that exports kernels\n",
    ],
    [
      ["run", "rows.kernel.ts"],
      "error: rows.kernel.ts has several kernels; fix: add --kernel with one of rowSum, rowMaximum\n",
    ],
    [
      ["run", "rows.kernel.ts", "--kernel", "rowSun"],
      "error: rows.kernel.ts has no kernel 'rowSun' (did you mean 'rowSum'?); fix: use one of rowSum, rowMaximum\n",
    ],
    [rowSum.slice(0, 6), "error: kernel 'rowSum' needs the extents of channel (model); fix: add --axis channel=N\n"],
    [
      [...rowSum, "--axis", "chanel=3"],
      "error: kernel 'rowSum' has no axis 'chanel' (did you mean 'channel'?); fix: its axes are token, channel\n",
    ],
    [
      [...rowSum, "--tree", "chain 3"],
      "error: --tree 'chain 3' leaves more than one value; fix: end it with 'chain' or 'pairwise' without a count\n",
    ],
    [
      [...rowSum, "--axis", "token"],
      "error: option '--axis <name=extent>' argument 'token' is invalid; fix: write name=extent, with a whole " +
        "number below 2^32, as in --axis token=5\n",
    ],
    [
      [...rowSum, "--param", "epsilon=1"],
      "error: kernel 'rowSum' has no parameter 'epsilon'; fix: it has none: leave it out\n",
    ],
    [
      [...rowSum, "--param", "epsilon"],
      "error: option '--param <name=value>' argument 'epsilon' is invalid; fix: write name=value, with a number, " +
        "as in --param epsilon=1e-5\n",
    ],
    [
      ["run", "rows.kernel.ts", "token=7", "channel=200"],
      "error: too many arguments for 'run'. Expected 1 argument but got 3; fix: write --axis token=7 --axis " +
        "channel=200\n",
    ],
    [["run"], "error: missing required argument 'file'; fix: add <file>; 'treefold run --help' says what it is\n"],
    [
      [...rowSum, "--sed", "3"],
      "error: unknown option '--sed' (did you mean '--seed'?); fix: 'treefold run --help' lists what there is\n",
    ],
    [
      [...rowSum, "--seed"],
      "error: option '--seed <number>' argument missing; fix: give it a value; 'treefold run --help' says which\n",
    ],
    [
      [...rowSum.slice(0, 4), "--axis", "token=4000000000", "--axis", "channel=3"],
      "error: axis 'token' has 4000000000 points, more than a kernel is tried on; fix: give smaller extents, " +
        "of 268435456 elements in all\n",
    ],
    [
      [...rowSum.slice(0, 4), "--axis", "token=4000000", "--axis", "channel=300000"],
      "error: the tensors of kernel 'rowSum' have 1200004000000 elements at these extents, 'x' 1200000000000 " +
        "of them, more than a kernel is tried on; fix: give smaller extents, of 268435456 elements in all\n",
    ],
    [
      ["explain", "rows.kernel.ts", "--stage", "schedule", "--axis", "channel=4000000000"],
      "error: model axis 'channel' is 4000000000; fix: give --axis channel=N with N of at most 1073741824\n",
    ],
    [
      ["explain", "rows.kernel.ts"],
      "error: required option '--stage <stage>' not specified; fix: add --stage <stage>\n",
    ],
  ])("wrong usage: %j", async (args, message) => {
    const { code, out, err } = await treefoldHere(...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toBe(message);
  });

  test("a file with a wrong kernel is a finding", async () => {
    const { code, out, err } = await treefoldHere("run", "wrong.kernel.ts", "--axis", "token=1");
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^wrong\.kernel\.ts:7:\d+ error R\d+: /);
  });
});

describe("check", () => {
  test("a file without faults", async () => {
    expect(await treefoldHere("check", "rows.kernel.ts")).toEqual({
      code: 0,
      out: "rows.kernel.ts: no errors; kernels: rowSum, rowMaximum\n",
      err: "",
    });
    expect(await treefoldHere("check", "rows.kernel.ts", "--json")).toEqual({
      code: 0,
      out: '{"diagnostics":[]}\n',
      err: "",
    });
  });

  test("a file with a fault", async () => {
    const { code, out, err } = await treefoldHere("check", "rows.kernel.ts", "wrong.kernel.ts");
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(out).toMatch(/^wrong\.kernel\.ts:7:\d+ error R\d+: /);
    expect(out).toMatch(/\n *fix: /);
    expect(out).toMatch(/\n\nrows\.kernel\.ts: no errors; kernels: rowSum, rowMaximum\nwrong\.kernel\.ts: 1 error\n$/);
    const json = await treefoldHere("check", "wrong.kernel.ts", "--json");
    expect(json.code).toBe(1);
    const { diagnostics } = JSON.parse(json.out) as { diagnostics: Record<string, unknown>[] };
    expect(diagnostics.map((diagnostic) => Object.keys(diagnostic))).toEqual([
      ["code", "file", "line", "column", "message", "notes", "fix", "edits"],
    ]);
    expect(diagnostics[0]).toMatchObject({ file: "wrong.kernel.ts", line: 7 });
  });
});

describe("check of files that", () => {
  const folder = mkdtempSync(join(tmpdir(), "treefold-check-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  /** A file's path, with what it holds written there. */
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const codes = async (...paths: string[]): Promise<string[]> =>
    (
      JSON.parse((await treefoldHere("check", "--json", ...paths)).out) as {
        diagnostics: { code: string; line: number }[];
      }
    ).diagnostics.map(({ code, line }) => `${code}:${line}`);
  const kernelOf = (value: string): string => `import { batch, kernel } from "treefold";
export const one = kernel({ axes: { t: batch }, inputs: { x: "f32[t]" }, output: "f32[t]", body: ({ x }, { t }) => ${value} });
`;

  test("break TypeScript's types, their own and those of a module that they import", async () => {
    const shared = "export function twice(x) { return x + x; }\nexport const half: string = 0.5;\n";
    file("shared.ts", shared);
    const path = file("types.kernel.ts", `import { twice } from "./shared.ts";\n${kernelOf("twice(x(t))")}`);
    expect(await codes(path)).toEqual(["TS7006:1", "TS2322:2"]);
    const { code, out } = await treefoldHere("check", path);
    expect(code).toBe(1);
    expect(out).toContain(
      "shared.ts:1:23 error TS7006: the parameter 'x' has no type\n  1 | export function twice(x) { return x " +
        "+ x; }\n    |                       ^\nfix: write x: number\n",
    );
  });

  test("have settings of their own: other libraries and Node's types are no fault of theirs", async () => {
    expect(
      await codes(
        file(
          "settings.kernel.ts",
          `import { join } from "node:path";\nimport "some-library";\n${kernelOf("x(t)")}console.log(process.argv, ` +
            `join("a", "b"));\n`,
        ),
      ),
    ).toEqual([]);
  });

  test("are given twice, or share a faulty module, which is told once", async () => {
    file("faulty.ts", "export function bend(x: number): number {\n  return Math.cosh(x);\n}\n");
    const [a, b] = ["a.kernel.ts", "b.kernel.ts"].map((name) =>
      file(name, `import { bend } from "./faulty.ts";\n${kernelOf("bend(x(t))")}`),
    ) as [string, string];
    expect(await codes(a, b, a, `${folder}/./b.kernel.ts`)).toEqual(["R010:2"]);
    const right = file("right.kernel.ts", kernelOf("x(t)"));
    expect((await treefoldHere("check", right, right)).out).toBe(`${right}: no errors; kernels: one\n`);
  });

  test("have no kernel", async () => {
    expect(await codes(file("empty.kernel.ts", ""))).toEqual(["R018:1"]);
    const functions = file("functions.ts", "export function half(x: number): number {\n  return x / 2;\n}\n");
    expect(await treefoldHere("check", functions)).toEqual({
      code: 0,
      out: `${functions}: no type errors, and no kernels; its functions are checked with the kernels that use them\n`,
      err: "",
    });
    for (const command of [["run"], ["explain", "--stage", "ir"]]) {
      expect(await treefoldHere(...command, functions)).toEqual({
        code: 2,
        out: "",
        err: `error: ${functions} exports no kernel; fix: declare one with 'export const NAME = kernel({ … })'\n`,
      });
    }
  });

  test("have kernels of different axes: each takes its own", async () => {
    const path = file(
      "two.kernel.ts",
      `import { batch, kernel, model, sum } from "treefold";
export const a = kernel({ axes: { t: batch, c: model }, inputs: { x: "f32[t, c]" }, output: "f32[t]", body: ({ x }, { t, c }) => sum(c, "chain", (k) => x(t, k)) });
export const b = kernel({ axes: { t: batch, d: model }, inputs: { x: "f32[t, d]" }, output: "f32[t, d]", body: ({ x }, { t, d }) => x(t, d) });
`,
    );
    const { code, out } = await treefoldHere("explain", path, "--stage", "wgsl", "--axis", "c=7", "--axis", "d=9");
    expect(code).toBe(0);
    expect(out).toMatch(/^\/\/ kernel a, [^]*\n\/\/ kernel b, /);
    expect(await treefoldHere("explain", path, "--stage", "wgsl", "--axis", "e=7")).toEqual({
      code: 2,
      out: "",
      err: "error: none of the kernels has an axis 'e' (did you mean 't'?); fix: their axes are t, c, d\n",
    });
    expect((await treefoldHere("explain", path, "--stage", "wgsl", "--schedule", "runs-together")).out).toMatch(
      /^\/\/ kernel a, schedule runs-together, [^]*\n\/\/ kernel b: no schedule 'runs-together' fits it; those that do: alone\n$/,
    );
  });
});

describe("explain", () => {
  test.each([
    ["ir", /^kernel rowSum\b/],
    ["tree", /^kernel rowSum\n {2}sum over channel: chain 8, pairwise {2}\(rows\.kernel\.ts:7:\d+\)\n$/],
    ["schedule", /^kernel rowSum\n {2}alone\n {4}bind\(token, 64\)\n[^]*\n {2}split\n {4}partition\(1\); pass\(0\); /],
    [
      "specialize",
      /^\/\/ channel=200\nkernel rowSum \{\n[^]* over \w+ in channel from 0 count 200 by "chain 8, pairwise"/,
    ],
    ["split", /^\/\/ pass rowSum, alone\nkernel rowSum \{\n/],
    ["map", /^\/\/ pass rowSum, alone\nbind\(token, 64\)\n$/],
    [
      "lower",
      /^\/\/ pass rowSum, alone\nlet \w+ = [^]*\n +sum_\w+ = [^\n]*; {2}\/\/ \S*rows\.kernel\.ts:7:\d+\n[^]*\n {2}output_data\[\w+\] = canonical\(\w+\);[^\n]*\n\}\n$/,
    ],
    [
      "wgsl",
      /^\/\/ kernel rowSum, schedule \S+, sha256 [0-9a-f]{64}\n\/\/ (invariant|portable): .+\n\/\/ pass .+\n[^]*@compute/,
    ],
  ])("--stage %s", async (stage, expected) => {
    const { code, out, err } = await treefoldHere("explain", "rows.kernel.ts", "--kernel", "rowSum", "--stage", stage);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(expected);
  });

  test("each pass of a schedule that has two", async () => {
    const passes = async (stage: string): Promise<string> =>
      (
        await treefoldHere(
          "explain",
          "rows.kernel.ts",
          "--kernel",
          "rowSum",
          "--stage",
          stage,
          "--axis",
          "channel=64",
          "--schedule",
          "split",
        )
      ).out;
    expect(await passes("split")).toMatch(
      new RegExp(
        "^// pass rowSum, split, pass 1 of 2\nkernel rowSum \\{\n[^]* output scratch0_\\w+: f32\\[token, part0\\] " +
          "= [^]*\n\\}\n" +
          "// pass rowSum, split, pass 2 of 2\nkernel rowSum \\{\n[^]* input scratch0_\\w+: f32\\[token, " +
          'part0\\]\n[^]* by "pairwise" \\{',
      ),
    );
    expect(await passes("map")).toBe(
      "// pass rowSum, split, pass 1 of 2\nbind(token, 8); bind(part0, 8)\n// pass rowSum, split, pass 2 of " +
        "2\nbind(token, 64)\n",
    );
    expect((await passes("wgsl")).match(/@compute/g)).toHaveLength(2);
  });

  test("all kernels of a file, and an unknown stage", async () => {
    expect((await treefoldHere("explain", "rows.kernel.ts", "--stage", "tree")).out).toMatch(
      /^kernel rowSum\n.*\n\nkernel rowMaximum\n/,
    );
    expect(await treefoldHere("explain", "rows.kernel.ts", "--stage", "asm")).toMatchObject({
      code: 2,
      out: "",
      err:
        "error: option '--stage <stage>' argument 'asm' is invalid; fix: use one of ir, tree, level, schedule, " +
        "specialize, split, nest, map, lower, wgsl\n",
    });
  });
});

test("the built command may be executed", () => {
  treefold("--version");
  const root = join(import.meta.dirname, "..");
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { bin: { treefold: string } };
  expect(() => accessSync(join(root, bin.treefold), constants.X_OK)).not.toThrow();
});

test("help and version", async () => {
  for (const command of [
    "audit",
    "build",
    "page",
    "generate",
    "forward",
    "run",
    "check",
    "explain",
    "doctor",
    "experiment",
  ]) {
    const { code, out } = await treefoldHere(command, "--help");
    expect(code).toBe(0);
    expect(out).toContain(`Usage: treefold ${command}`);
  }
  expect(treefold("--version").out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(treefold("explian")).toMatchObject({
    code: 2,
    out: "",
    err: "error: unknown command 'explian' (did you mean 'explain'?); fix: 'treefold --help' lists what there is\n",
  });
});

test("a process has the same to say", () => {
  const { code, out, err } = treefold("check", "rows.kernel.ts", "wrong.kernel.ts");
  expect({ code, err }).toEqual({ code: 1, err: "" });
  expect(out).toMatch(/\nwrong\.kernel\.ts: 1 error\n$/);
  expect(treefold(...rowSum, "--sed", "3")).toEqual({
    code: 2,
    out: "",
    err: "error: unknown option '--sed' (did you mean '--seed'?); fix: 'treefold run --help' lists what there is\n",
  });
});
