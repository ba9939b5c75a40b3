/**
 * Wrong texts that an audit which executes texts at some sizes once believed. Those of kinds that are closed are held
 * against; two kinds wait for a proof for all sizes, and their examples are listed as what they are: still believed.
 */
import { describe, expect, test } from "vitest";
import { effort } from "../fixtures/effort.ts";
import { attacked, heldAgainst } from "./attack.ts";
import { counts } from "./counts.ts";
import { tables } from "./fresh.ts";
import { handedOver } from "./handed-over.ts";
import { own } from "./own.ts";

/** Still believed, by their cause. When one of these fails, the audit has learned to see it: take it off the list. */
const believed: Readonly<Record<string, string>> = {
  A4: "rows wrap and divide",
  E1: "rows wrap and divide",
  F1: "rows wrap and divide",
  "counts N12": "two lengths that have to be of some size at once",
  B3: "an edge of the text that is not seen",
  B5: "an edge of the text that is not seen",
};

/**
 * What takes longer than a second is left to CI: where a text is not followed, the audit goes on to execute it on data.
 */
const quick = new Set([
  "A6",
  "A7",
  "C1",
  "G2",
  "H2",
  "P1",
  "Y9",
  "F1",
  "E1",
  "own R1 b",
  "own R1 c",
  "own R1 d",
  "own R1 e",
  "own R1 f",
  "own R1 g",
  "own R4 d",
  "own R5 b",
  "own R6 b",
  "own R6 c",
  "own R7 a",
  "own R7 c",
  "K6",
]);
const all = [...handedOver, ...own, ...tables, ...counts];
const tried = all.filter(({ name }) => effort !== "quick" || quick.has(name));

test("every one can still be made of what the compiler prints", () => {
  for (const attack of all) expect(() => attacked(attack), attack.name).not.toThrow();
  for (const name of Object.keys(believed)) expect(all.map((attack) => attack.name)).toContain(name);
});

describe("is not believed", () => {
  test.each(
    tried
      .filter(({ name }) => believed[name] === undefined)
      .map((attack) => [attack.name, attack.cause, attack.what, attack] as const),
  )(
    "%s (%s): %s",
    (_, __, ___, attack) => {
      expect(heldAgainst(attack)).not.toBeNull();
    },
    300_000,
  );
});

describe("known failure: is still believed", () => {
  const waiting = tried.filter(({ name }) => believed[name] !== undefined);
  test.each(waiting.map((attack) => [attack.name, attack.cause, attack.what, attack] as const))(
    "%s (%s): %s",
    (name, cause, what, attack) => {
      console.log(`known failure ${name} (${cause}, ${believed[name]!}): ${what}`);
      expect(heldAgainst(attack), "caught at last: take it off the list of what is believed").toBeNull();
    },
    300_000,
  );
});
