/**
 * The sweep over a few thousand arguments, as a program with threads of its own, and that it finds what is planted;
 * claims.test.ts has more of that.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { effort } from "../fixtures/effort.ts";

const out = mkdtempSync(join(tmpdir(), "treefold-sweep-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** What a sweep prints, and its exit code. */
function sweep(...options: readonly string[]): { status: number | null; stdout: string } {
  const script = fileURLToPath(new URL("../sweep.mjs", import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [script, "--threads", "2", ...options], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return { status, stdout };
}

if (effort === "quick") console.log("The sweep, as a program of its own, is run in CI.");
describe.skipIf(effort === "quick")("a sweep", () => {
  test("compares what it says, in several chunks", () => {
    const { status, stdout } = sweep(
      "--only",
      "exp,divide,halfToFloat",
      "--stride",
      "300007",
      "--chunk",
      "4096",
      "--out",
      out,
    );
    expect(status, stdout).toBe(0);
    expect(stdout).toMatch(
      /^ok {5}exp {16}14,317 arguments, 0 differ, 0 wrong, worst 0\.\d{3} ulp at 0x[0-9a-f]{8} \(.*\) \(bound 1 ulp\), \d+ not nearest/m,
    );
    expect(stdout).toContain("5 passed, 0 failed");
    const report = JSON.parse(readFileSync(join(out, "elementary.json"), "utf8")) as {
      cases: { name: string; passes: boolean; tally: { arguments: number; different: number } }[];
    };
    expect(report.cases.map(({ name, passes, tally }) => [name, passes, tally.arguments, tally.different])).toEqual([
      ["divide, exponents", true, 3580, 0],
      ["divide, fractions", true, 3580, 0],
      ["divide, random", true, 3334, 0],
      ["exp", true, 14317, 0],
      ["halfToFloat", true, 1, 0],
    ]);
    expect(readFileSync(join(out, "elementary.md"), "utf8")).toContain("| exp | 14,317 | 0 | 0 | 0.");
  });

  test("finds one bit of one result, and says where", () => {
    const { status, stdout } = sweep("--only", "halfToFloat", "--plant", "bit");
    expect(status).toBe(1);
    expect(stdout).toContain("FAILED halfToFloat        65,536 arguments, 1 differ, 1 wrong");
    expect(stdout).toContain("halfToFloat(0x00008000) = 0x80000000, not the evaluator's 0x80000001");
  });
});
