/**
 * `treefold experiment kl`, small: a trainer in another process computes the sampler's logprobs, bit for bit, and
 * ordinary kernels do not.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { demoDirectory, packageRoot } from "../models/places.ts";
import { besideKernels, treefold } from "../spec/fixtures/commands.ts";
import { effort } from "../spec/fixtures/effort.ts";
import type { KlResult } from "./experiment-kl.ts";

besideKernels();

if (effort === "quick") console.log("The trainer's process, which takes half a minute, is run in CI.");
test.skipIf(effort === "quick")("sampler and trainer agree", () => {
  const { code, out, err } = treefold(
    "experiment",
    "kl",
    "--model",
    demoDirectory,
    "--requests",
    "4",
    "--max-tokens",
    "8",
    "--json",
  );
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const { ours, ordinary } = JSON.parse(out) as KlResult;
  expect(ours).toMatchObject({ kl: 0, differentBits: 0 });
  expect(ours.tokens).toBeGreaterThan(4);
  expect(ordinary.differentBits).toBeGreaterThan(0);
  expect(ordinary.kl).toBeGreaterThan(0);
  const shape = /^\| `experiment kl` \| `(.*)` \|$/m.exec(
    readFileSync(join(packageRoot, "docs", "cli.md"), "utf8"),
  )![1]!;
  expect(JSON.stringify({ ours, ordinary }).replace(/:[\d.e-]+/g, "")).toBe(shape);
});
