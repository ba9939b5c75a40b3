/**
 * Mutants on a driver: Tint accepts every one, so that it is the audit that has to find it; some give the evaluator's
 * bits today, where no run could; and what is equivalent gives them everywhere. In full, all of them, with a page of
 * what was found.
 */
import { caughtBy, type Catch, mutants } from "./index.ts";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Device, openDevice } from "../../runtime/index.ts";
import { effort, some, tries } from "../fixtures/effort.ts";
import { givesRightBits, tintErrors } from "./bits.ts";
import { type Finding, page, type Run, summary } from "./report.ts";

const foundBy = (caught: Catch | null): Pick<Finding, "caught" | "outcome"> => ({
  caught: caught?.kind ?? null,
  outcome: caught?.outcome ?? null,
});

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.dispose());

/**
 * Kinds that no run on today's software drivers finds, at the sites where that is so. (NVIDIA's contracts products, so
 * that it shows some.)
 */
const silent: ReadonlySet<string> = new Set([
  "identity as a literal",
  "mul+add for fma",
  "fma for mul+add",
  "unsealed product",
  "unsealed sum",
  "canonical dropped",
  "barrier too late",
  "written twice",
  "read behind the end",
  "guard of a tile's edge",
  "rows == 1000",
]);

test("Tint accepts every mutant", async () => {
  const refused: string[] = [];
  for (const mutant of some("mutants read by Tint", 25, [...mutants()])) {
    for (const error of await tintErrors(device, mutant.make().artifact))
      refused.push(`${mutant.kind} at ${mutant.at}: ${error}`);
  }
  expect(refused).toEqual([]);
});

test("some faults give the evaluator's bits, and are caught all the same", async () => {
  const all = mutants(1).filter(({ kind, planted }) => planted === "text" && silent.has(kind));
  expect(all.length).toBe(silent.size);
  const found = some("mutants that no run finds", 3, all);
  const shown: string[] = [];
  for (const mutant of found) {
    const { target, artifact } = mutant.make();
    if (!(await givesRightBits(device, target, artifact))) shown.push(mutant.kind);
    expect(caughtBy({ target, artifact }), mutant.kind).not.toBe(null);
  }
  const { architecture, description } = device.info;
  if (architecture === "swiftshader" || description.startsWith("llvmpipe")) expect(shown).toEqual([]);
  else expect(shown.length, shown.join(", ")).toBeLessThanOrEqual(found.length - 5);
});

test("what is equivalent gives the evaluator's bits", async () => {
  for (const mutant of some(
    "edits that change nothing",
    3,
    mutants(tries(1, 1, Infinity)).filter(({ equivalent }) => equivalent !== undefined),
  )) {
    const { target, artifact } = mutant.make();
    expect(await givesRightBits(device, target, artifact), `${mutant.kind} at ${mutant.at}`).toBe(true);
  }
});

if (effort === "full")
  test("all mutants, and a page of them", async () => {
    const findings: Finding[] = [];
    for (const mutant of mutants()) {
      const { target, artifact } = mutant.make();
      const { kind, what, planted, at, equivalent = null } = mutant;
      const right = await givesRightBits(device, target, artifact);
      findings.push({ kind, what, planted, at, equivalent, ...foundBy(caughtBy({ target, artifact })), right });
    }
    console.log(summary(findings));
    const folder = process.env["TREEFOLD_MUTANTS"] ?? ".cache/mutants";
    mkdirSync(folder, { recursive: true });
    const run: Run = { driver: device.info.description, findings };
    writeFileSync(join(folder, `${run.driver.replace(/\W+/g, "-")}.json`), JSON.stringify(run));
    const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
    const runs = files.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Run);
    writeFileSync(join(folder, "mutants.md"), page(runs));
    expect(findings.filter(({ equivalent, caught }) => (equivalent === null) === (caught === null))).toEqual([]);
  });
