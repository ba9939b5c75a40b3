/**
 * Kernels as strangers wrote them (fixtures/strangers): they pass `check`, and the audit follows them. With
 * TREEFOLD_CASES=ci each is audited under every schedule that fits, at a ragged size; with TREEFOLD_CASES=full at an
 * aligned one, too. `npm test` audits some.
 */
import { afterAll, describe, expect, test } from "vitest";
import { audit } from "../audit/index.ts";
import { compile, schedulesFor } from "../codegen/compile.ts";
import { checkExtents } from "../dsl/reader/index.ts";
import { effort, leaveOut } from "./fixtures/effort.ts";
import { type Audited, record } from "./fixtures/strangers/report.ts";
import { type Extents, sizes, strangers } from "./fixtures/strangers/sizes.ts";

test("there are forty strangers' kernels, each read without an error and with two sizes that fit", () => {
  expect(strangers.size).toBe(40);
  expect([...strangers.keys()].sort()).toEqual(Object.keys(sizes).sort());
  for (const [name, kernel] of strangers) {
    for (const extents of Object.values(sizes[name]!)) {
      expect(checkExtents(kernel, extents), `${name} ${JSON.stringify(extents)}`).toEqual([]);
    }
  }
});

/** Audits a kernel under every schedule that fits, or those of these names. */
function audited(name: string, extents: Extents, only?: readonly string[]): Audited {
  const kernel = strangers.get(name)!;
  const schedules = schedulesFor(kernel, { extents }).filter((schedule) => only?.includes(schedule.name) ?? true);
  const certificates = schedules.map((schedule) => audit(kernel, compile(kernel, { extents, schedule })));
  return {
    kernel: name,
    extents,
    outcomes: certificates.map(({ schedule, status, failures: [failure] }) => ({
      schedule,
      status,
      ...(failure && { reason: failure.message }),
    })),
    sizes: certificates.reduce((sum, certificate) => sum + certificate.sizes.length, 0),
    elements: certificates.reduce(
      (sum, certificate) => sum + certificate.sizes.reduce((of, { elements }) => of + elements, 0),
      0,
    ),
  };
}

function expectChecked({ kernel, extents, outcomes }: Audited): void {
  expect(outcomes.length, kernel).toBeGreaterThan(0);
  const open = outcomes.filter(({ status }) => status !== "checked");
  expect(
    open.map(({ schedule, status, reason }) => `${schedule}: ${status}: ${reason ?? ""}`),
    `${kernel} ${JSON.stringify(extents)}`,
  ).toEqual([]);
}

/** What each of them shows takes a fraction of a second. */
const atHome: [kernel: string, extents: Extents, schedules: readonly string[]][] = [
  ["crossEntropy", { vocab: 32 }, ["runs-vector"]],
  ["focalLoss", { category: 16 }, ["alone-vector"]],
  ["maxPool2d", { c: 2, h: 5, w: 4, y: 3, x: 2, i: 3, j: 3 }, ["alone", "registers"]],
  ["int8Products", { col: 5, word: 8 }, ["runs-together"]],
  ["prefixSum", { c: 21 }, ["alone", "split"]],
  ["topTwo", { id: 36 }, ["leaves-together"]],
];

/** CI takes a ragged size alone; a run that counts, or a full one, takes an aligned one, too. */
function tried(name: string): readonly Extents[] {
  const { aligned, ragged } = sizes[name]!;
  if (effort === "full" || process.env["TREEFOLD_STRANGERS"] !== undefined) return [aligned, ragged];
  leaveOut("strangers' kernels at an aligned size");
  return [ragged];
}

if (effort === "quick") {
  test.each(atHome)("the audit checks %s at %j under %j", (name, extents, only) =>
    expectChecked(audited(name, extents, only)),
  );
} else {
  describe("the audit checks each under every schedule that fits", () => {
    const all: Audited[] = [];
    test.each([...strangers.keys()])(
      "%s",
      (name) => {
        const own = tried(name).map((extents) => audited(name, extents));
        all.push(...own);
        own.forEach(expectChecked);
      },
      900_000,
    );
    afterAll(() => record("audit", all));
  });
}
