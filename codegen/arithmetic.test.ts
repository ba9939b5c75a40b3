/**
 * The three ways to write float operations down: two are of the declared expression, whatever a driver does with bare
 * sums, and one promises nothing.
 */
import { describe, expect, test } from "vitest";
import { some } from "../spec/fixtures/effort.ts";
import { kernels, extentsOf } from "../spec/fixtures/schedule-kernels.ts";
import { modelExtents } from "../spec/extents.ts";
import { addsFloats } from "../spec/order.ts";
import { defaultLimits, type Artifact, type Arithmetic } from "../runtime/artifact.ts";
import { audit } from "../audit/index.ts";
import { compile, schedulesFor } from "./compile.ts";

const names = [
  "linear",
  "linearBias",
  "linearF32",
  "rmsNorm",
  "rotary",
  "attention",
  "swiGlu",
  "logSoftmax",
  "layerNorm",
].filter((name) => kernels.has(name));
/** A fold's own addition, of accumulators and leaves that are floats, outside of a seal. */
const bareFold = /^ *(\w+) = (?:\1 \+ [a-z]\w*|fma\(.*, \1\));$/m;

function artifactsOf(name: string, arithmetic: Arithmetic): Artifact[] {
  const kernel = kernels.get(name)!;
  const extents = modelExtents(kernel, extentsOf(name, { rows: 3, items: 33, width: 4 }));
  // Of attention, whose texts are long, two are enough.
  const schedules = schedulesFor(kernel, { extents, limits: defaultLimits }).slice(
    0,
    name === "attention" ? 2 : undefined,
  );
  // At home one, another for each kernel.
  const first = names.indexOf(name) % schedules.length;
  return some("schedules in each arithmetic", 1, [...schedules.slice(first), ...schedules.slice(0, first)]).map(
    (schedule) => compile(kernel, { extents, schedule, limits: defaultLimits, arithmetic }),
  );
}
const textOf = ({ passes }: Artifact): string => passes.map(({ wgsl }) => wgsl).join("\n");

test("there are kernels that add floats", () =>
  expect(names.filter((name) => addsFloats(kernels.get(name)!)).length).toBeGreaterThan(4));

describe.each(names)("%s", (name) => {
  const kernel = kernels.get(name)!;

  test("with its sums sealed is checked under each schedule, and has no bare one", () => {
    for (const artifact of artifactsOf(name, "sealed")) {
      expect(artifact.arithmetic).toBe("sealed");
      expect(textOf(artifact)).not.toMatch(bareFold);
      expect(
        audit(kernel, artifact).failures.map(({ message }) => message),
        artifact.schedule,
      ).toEqual([]);
    }
  });

  test("left to the device is not checked, and at no level but the lowest", () => {
    for (const artifact of artifactsOf(name, "builtin")) {
      expect(artifact).toMatchObject({
        arithmetic: "builtin",
        level: "invariant",
        reason: "nothing is sealed, and the device's own functions are called",
      });
      expect(textOf(artifact)).not.toContain("seal(");
      expect(audit(kernel, artifact).status, artifact.schedule).not.toBe("checked");
    }
  });

  if (addsFloats(kernel))
    test("has bare sums otherwise", () =>
      expect(artifactsOf(name, "free").some((artifact) => bareFold.test(textOf(artifact)))).toBe(true));
});
