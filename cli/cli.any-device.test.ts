/** The command `run` as a user sees it, on a device. */
import { describe, expect, test } from "vitest";
import { besideKernels, rowSum, treefold, treefoldHere } from "../spec/fixtures/commands.ts";

besideKernels();

describe("run", () => {
  test("every schedule gives the evaluator's bits", async () => {
    const { code, out, err } = await treefoldHere(
      ...rowSum,
      "--json",
      "--seed",
      "3",
      "--tree",
      "chain 3,lanes 5 chain , pairwise",
    );
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const report = JSON.parse(out) as {
      schedules: { name: string; sha256: string }[];
      evaluator: string;
      orderSensitive: number;
      device: object;
    };
    expect(report).toMatchObject({ kernel: "rowSum", tree: "chain 3, lanes 5 chain, pairwise" });
    expect(report.schedules.length).toBeGreaterThanOrEqual(3);
    expect(new Set(report.schedules.map(({ sha256 }) => sha256))).toEqual(new Set([report.evaluator]));
    expect(report.evaluator).toMatch(/^[0-9a-f]{64}$/);
    expect(report.orderSensitive).toBeGreaterThan(0.5);
    expect(Object.keys(report.device)).toEqual(["vendor", "architecture", "device", "description", "driver"]);
  });

  test("the seed and the tree decide the bits, the schedule does not", async () => {
    const hash = async (...args: string[]): Promise<string> =>
      (
        JSON.parse((await treefoldHere(...rowSum, "--json", "--schedule", "alone", ...args)).out) as {
          evaluator: string;
        }
      ).evaluator;
    const declared = await hash();
    expect(await hash()).toBe(declared);
    expect(await hash("--seed", "2")).not.toBe(declared);
    expect(await hash("--tree", "chain")).not.toBe(declared);
  });

  test("for people", () => {
    const { code, out } = treefold(...rowSum);
    expect(code).toBe(0);
    expect(out).toMatch(/^rowSum \(\w+\) on .*\ntree: chain 8, pairwise\n {2}evaluator +[0-9a-f]{64}\n/);
    expect(out).toMatch(
      /(\d+) of \1 schedules give the evaluator's bits; [a-z ]+ would change [\d.]+% of the outputs\n$/,
    );
  });

  test("a kernel that adds no floats", async () => {
    const { out } = await treefoldHere(
      "run",
      "rows.kernel.ts",
      "--kernel",
      "rowMaximum",
      "--axis",
      "token=2",
      "--axis",
      "channel=9",
      "--schedule",
      "alone",
    );
    expect(out).toMatch(
      /\n1 of 1 schedules give the evaluator's bits; it folds no sum of floats, so no order could change them\n$/,
    );
  });

  test("steps in place of a schedule: the same bits, and what does not apply is named", async () => {
    const { code, out } = await treefoldHere(...rowSum, "--steps", "bind(token, 8); cooperate(1, 4)");
    expect({ code, count: /\n(\d+ of \d+) schedules give the evaluator's bits/.exec(out)?.[1] }).toEqual({
      code: 0,
      count: "1 of 1",
    });
    expect(out).toContain("bind(token, 8); cooperate(1, 4)");
    const refused = await treefoldHere(...rowSum, "--steps", "bind(token, 8); cooperate(7, 4)");
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/step 2, cooperate\(7, 4\): .*; fix: /);
    const both = await treefoldHere(...rowSum, "--steps", "bind(token, 8)", "--schedule", "alone");
    expect(both).toMatchObject({ code: 2, out: "" });
  });

  test("an unknown schedule", async () => {
    const { code, out, err } = await treefoldHere(...rowSum, "--schedule", "alon");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(
      /^error: no schedule 'alon' fits kernel 'rowSum' \(did you mean 'alone'\?\); fix: use all, or one of alone, .*\n$/,
    );
  });
});
