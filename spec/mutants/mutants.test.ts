/** The audit's teeth: every planted fault is caught, by an expression or a safety check; what is none is checked. */
import { caughtBy, mutants, textKinds, loweringFaults } from "./index.ts";
import { expect, test } from "vitest";
import { audit } from "../../audit/index.ts";
import { some, tries } from "../fixtures/effort.ts";
import { counts } from "./counts.ts";
import type { Target } from "./targets.ts";

test("there are kinds enough, at three sites or more each", () => {
  expect(textKinds.filter(({ equivalent }) => equivalent === undefined).length).toBeGreaterThan(25);
  expect(loweringFaults.filter(({ equivalent }) => equivalent === undefined).length).toBeGreaterThan(10);
  for (const { name, at } of [...textKinds, ...loweringFaults])
    expect(new Set(at).size, name).toBeGreaterThanOrEqual(3);
});

/**
 * One site of every kind in CI, all sites in a full run; `npm test` takes one site of six kinds. What is planted in the
 * text is planted once, so that its sites are counted there.
 */
test("every fault is caught, and every edit that is none is checked", () => {
  const bases = new Map<string, Target>();
  const wrong: string[] = [];
  const unclear: string[] = [];
  const by = new Map<string, number>();
  let same = 0;
  const all = some("kinds of mutants", 4, mutants(tries(1, 1, Infinity)));
  for (const mutant of all) {
    const made = mutant.make();
    const { target } = made;
    bases.set(`${target.kernel.name} ${target.artifact.sha256}`, target);
    const caught = caughtBy(made);
    if (mutant.equivalent !== undefined ? caught === null : caught !== null && counts.has(caught.kind)) {
      if (caught === null) same++;
      else if (caught.outcome === "refuted") by.set(caught.kind, (by.get(caught.kind) ?? 0) + 1);
      else unclear.push(`${mutant.kind} (${mutant.planted}) at ${mutant.at}: ${caught.kind}: ${caught.message}`);
    } else
      wrong.push(
        `${mutant.kind} (${mutant.planted}) at ${mutant.at}: ` +
          `${caught === null ? "checked" : `${caught.kind}: ${caught.message}`}`,
      );
  }
  const refuted = [...by.values()].reduce((sum, count) => sum + count, 0);
  console.log(
    `${[...by].map(([kind, count]) => `${kind} ${count}`).join(", ")}\n${unclear.join("\n")}\n` +
      `${all.length} mutants, ${refuted} refuted, ${unclear.length} not followed, ${same} equivalent`,
  );
  // A text that fails without any fault would make all of this void.
  const broken = [...bases.values()].filter(({ kernel, artifact }) => audit(kernel, artifact).status !== "checked");
  expect({ wrong, broken: broken.map(({ name }) => name) }).toEqual({ wrong: [], broken: [] });
});
