/** The commands `forward` and `generate` as a user sees them, on a device. */
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { demoDirectory, packageRoot } from "../models/places.ts";
import { besideKernels, rowSum, treefold } from "../spec/fixtures/commands.ts";

besideKernels();

interface ForwardReport {
  readonly sequences: readonly { readonly ids: number[]; readonly sha256: string; readonly logits: number[][] }[];
  readonly device: object;
  readonly fingerprint: string;
}

const model = ["--model", demoDirectory];
const forward = (...args: string[]): ForwardReport => {
  const { code, out, err } = treefold("forward", ...model, "--json", ...args);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out) as ForwardReport;
};

describe("forward", () => {
  test("gives logits that the JSON holds exactly, and one hash in any chunks and any batch", () => {
    const alone = forward("--ids", "0,17,5");
    expect(Object.keys(alone)).toEqual(["sequences", "device", "fingerprint"]);
    expect(Object.keys(alone.device)).toEqual(["vendor", "architecture", "device", "description", "driver"]);
    expect(alone.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    const [{ ids, sha256, logits }] = alone.sequences as [ForwardReport["sequences"][number]];
    expect(ids).toEqual([0, 17, 5]);
    expect(logits.map((row) => row.length)).toEqual([2048, 2048, 2048]);
    expect(
      createHash("sha256")
        .update(new Uint8Array(Float32Array.from(logits.flat()).buffer))
        .digest("hex"),
    ).toBe(sha256);

    const together = forward("--ids", "9", "--ids", "0,17,5", "--ids", "1,2,3,4,5", "--chunk", "2");
    expect(together.sequences[1]).toEqual(alone.sequences[0]);
    expect(together.fingerprint).toBe(alone.fingerprint);
  });

  test("writes the JSON to a file instead, and says the hashes for people", () => {
    const folder = mkdtempSync(join(tmpdir(), "treefold-forward-"));
    const file = join(folder, "out.json");
    const { code, out, err } = treefold("forward", ...model, "--ids", "0,17,5", "--out", file);
    const report = JSON.parse(readFileSync(file, "utf8")) as ForwardReport;
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(err).toContain(`sequence 0: 3 ids, sha256 ${report.sequences[0]!.sha256}, most likely next id 259\n`);
    expect(treefold("forward", ...model, "--ids", "0,17,5", "--json", "--out", file)).toMatchObject({
      code: 0,
      out: "",
    });
    expect(readdirSync(folder)).toEqual(["out.json"]);
    rmSync(folder, { recursive: true });
  });

  test.each([
    [["--ids", "1,2048"], 1, "error: sequence 0 has id 2048 at position 1; fix: ids go from 0 to 2047\n"],
    [
      ["--ids", "1", "--out", tmpdir()],
      1,
      `error: '${tmpdir()}' cannot be written (EISDIR); fix: give --out a file in a directory that exists, on ` +
        "a disk with room\n",
    ],
    [
      ["--ids", "1", "--out", "/no/such/folder/out.json"],
      1,
      "error: '/no/such/folder/out.json' cannot be written (ENOENT); fix: give --out a file in a directory that " +
        "exists, on a disk with room\n",
    ],
  ])("%j fails", (args, code, message) => {
    expect(treefold("forward", ...model, ...args)).toMatchObject({ code, out: "", err: message });
  });
});

describe("where there is no device", () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each([["forward", ...model, "--ids", "1"], ["generate", ...model, "--prompt", "x"], rowSum])(
    "%s says so",
    (...args) => {
      vi.stubEnv("VK_DRIVER_FILES", "/no/such/driver.json");
      const { code, out, err } = treefold(...args);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toMatch(
        /(^|\n)error: Vulkan: VK_DRIVER_FILES is '\/no\/such\/driver\.json', which offers no adapter; fix: [^\n]+\n$/,
      );
      expect(err).not.toMatch(/\.js:\d+|file:\/\//);
    },
  );
});

test.runIf(existsSync("/dev/full"))(
  "results that nobody can take are an error of one line, and those that nobody reads any more are none",
  () => {
    const root = join(packageRoot, "dist", "cli", "main.js");
    const shell = (command: string): string =>
      spawnSync("bash", ["-c", `node ${root} ${command}`], { encoding: "utf8" })
        .stderr.split("\n")
        .filter((line) => !/^(Warning: |No GPU )/.test(line))
        .join("\n");
    const line = "error: the results cannot be written to stdout (ENOSPC); fix: send them to a disk with room\n1\n";
    expect(shell(`forward --model ${demoDirectory} --ids 1,2 --json > /dev/full; echo $? >&2`)).toBe(line);
    expect(shell(`forward --model ${demoDirectory} --ids 1,2 > /dev/full; echo $? >&2`)).toBe(line);
    expect(shell(`forward --model ${demoDirectory} --ids 1,2 --json | head -c 10; echo \${PIPESTATUS[0]} >&2`)).toBe(
      "0\n",
    );
    expect(shell(`forward --model ${demoDirectory} --ids 1,2 --json --out /dev/full; echo $? >&2`)).toMatch(
      /^error: '\/dev\/full' cannot be written \(ENOSPC\); fix: [^\n]+\n1\n$/,
    );
  },
);

describe("generate", () => {
  test("gives what was generated, as ids and as text", () => {
    const { code, out } = treefold(
      "generate",
      ...model,
      "--prompt",
      "Blessed are the",
      "--prompt",
      "In the beginning",
      "--max-tokens",
      "5",
      "--json",
    );
    expect(code).toBe(0);
    const report = JSON.parse(out) as { completions: object[]; device: object; fingerprint: string };
    expect(Object.keys(report)).toEqual(["completions", "device", "fingerprint"]);
    expect(report.completions[0]).toEqual({
      prompt: "Blessed are the",
      ids: [341, 318, 496, 27, 268],
      text: " LORD for ever; and",
    });
    expect(report.completions).toHaveLength(2);
  });

  test("prints each prompt with its completion, in order", () => {
    const { code, out } = treefold(
      "generate",
      ...model,
      "--prompt",
      "Blessed are the",
      "--prompt",
      "Blessed are the LORD for",
      "--max-tokens",
      "3",
    );
    expect({ code, out }).toEqual({
      code: 0,
      out: "Blessed are the LORD for ever\n\nBlessed are the LORD for ever; and\n",
    });
  });
});
