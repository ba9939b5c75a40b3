/** The text of steps: parse and print are inverse, and every syntax error proposes an edit that works. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryStep } from "../../spec/arbitraries/steps.ts";
import type { Step } from "./step.ts";
import { parseSteps, printSteps, StepSyntaxError } from "./text.ts";

const all =
  "bind(channel, 64); sink(channel, 2, blocked); walk(channel); reorder(token, out); cooperate(1, 8); unroll(8); " +
  "stage(16); partition(1); pass(1); layout(weight, 32, 8)";

function errorOf(text: string): StepSyntaxError {
  try {
    parseSteps(text);
  } catch (error) {
    if (error instanceof StepSyntaxError) return error;
    throw error;
  }
  throw new Error(`'${text}' was read`);
}

describe("the text of steps", () => {
  test("has a form for every step", () => {
    const steps: Step[] = [
      { step: "bind", axis: "channel", invocations: 64 },
      { step: "sink", axis: "channel", points: 2, order: "blocked" },
      { step: "walk", axis: "channel" },
      { step: "reorder", axes: ["token", "out"] },
      { step: "cooperate", level: 1, ways: 8 },
      { step: "unroll", leaves: 8 },
      { step: "stage", leaves: 16 },
      { step: "partition", level: 1 },
      { step: "pass", pass: 1 },
      { step: "layout", input: "weight", blocks: [32, 8] },
    ];
    expect(parseSteps(all)).toEqual(steps);
    expect(printSteps(steps)).toBe(all);
  });

  test("is read as the steps that it was printed from", () => {
    fc.assert(
      fc.property(fc.array(arbitraryStep(), { maxLength: 8 }), (steps) => {
        expect(parseSteps(printSteps(steps))).toEqual(steps);
      }),
    );
  });

  test.each(["constructor", "toString", "blocked", "bind", "größe", "行", "$a_1", "__proto__"])(
    "takes %s as the name of an axis",
    (axis) => {
      const [step] = parseSteps(`bind(${axis}, 2)`);
      expect(step).toEqual({ step: "bind", axis, invocations: 2 });
    },
  );

  test("ignores space and line ends", () => {
    expect(printSteps(parseSteps("\n bind ( a,\n 04 ) ;\tunroll(8)\n"))).toBe("bind(a, 4); unroll(8)");
    expect(parseSteps(" ")).toEqual([]);
  });
});

describe("an error in the text of steps", () => {
  test.each([
    [
      "bnd(a, 4)",
      "1:1: found 'bnd' in place of a step, which is one of bind, sink, walk, reorder, cooperate, unroll, stage, partition, pass, layout; fix: write 'bind(a, 4)' in place of 'bnd(a, 4)'",
    ],
    [
      "constructor(4)",
      "1:1: found 'constructor' in place of a step, which is one of bind, sink, walk, reorder, cooperate, unroll, stage, partition, pass, layout; fix: write 'unroll(4)' in place of 'constructor(4)'",
    ],
    [
      "unroll(8);\n  bind(a)",
      "2:9: found ')' in place of a number of invocations, from 1 to 1073741824; fix: write 'bind(a, 64)' in place of 'bind(a)'",
    ],
    [
      "bind(4, a)",
      "1:6: found '4' in place of the name of an output axis; fix: write 'bind(a, 64)' in place of 'bind(4, a)'",
    ],
    [
      "bind(a, 0)",
      "1:9: found '0' in place of a number of invocations, from 1 to 1073741824; fix: write 'bind(a, 64)' in place of 'bind(a, 0)'",
    ],
    ["bind(a, -4)", "1:9: found '-' in place of a name or a number; fix: write 'bind(a, 4)' in place of 'bind(a, -4)'"],
    ["bind(a 4)", "1:8: found '4' in place of ',' or ')'; fix: write 'bind(a, 4)' in place of 'bind(a 4)'"],
    ["bind a, 4", "1:6: found 'a' in place of '('; fix: write 'bind(a, 4)' in place of 'bind a, 4'"],
    ["bind(a, 4", "1:10: found the end in place of ',' or ')'; fix: write 'bind(a, 4)' in place of 'bind(a, 4'"],
    [
      "sink(a, 2, loose)",
      "1:12: found 'loose' in place of the order of the points, which is blocked or interleaved; fix: write 'sink(a, 2, blocked)' in place of 'sink(a, 2, loose)'",
    ],
    [
      "walk(a, b)",
      "1:9: found 'b' in place of the end of walk(channel); fix: write 'walk(a)' in place of 'walk(a, b)'",
    ],
    ["walk(a) unroll(8)", "1:9: found 'unroll' in place of a semicolon between two steps; fix: write '; ' there"],
    ["walk(a); ; unroll(8)", "1:10: found ';' in place of a step; fix: remove ';'"],
    ["walk(a);", "1:9: found the end in place of a step; fix: remove ';'"],
    ["walk(a); 7", "1:10: found '7' in place of a step; fix: remove '; 7'"],
    ["walk(a))", "1:8: found ')' in place of a semicolon or the end; fix: write 'walk(a)' in place of 'walk(a))'"],
    [
      "layout(weight)",
      "1:14: found ')' in place of the size of a block, from 1 to 1073741824; fix: write 'layout(weight, 32)' in place of 'layout(weight)'",
    ],
    ["🜁(a)", "1:1: found '🜁' in place of a step; fix: write 'unroll(8)' in place of '🜁(a)'"],
  ])("in %j says where it is, what was found, what is wanted and what to write", (text, message) => {
    expect(errorOf(text).message).toBe(message);
  });

  /** A text of steps with some of its characters gone, doubled or replaced. */
  const damaged = fc
    .tuple(
      fc.array(arbitraryStep(), { minLength: 1, maxLength: 3 }).map(printSteps),
      fc.array(fc.tuple(fc.nat(999), fc.nat(2), fc.constantFrom(..."();,x7-é\n ")), { minLength: 1, maxLength: 3 }),
    )
    .map(([text, edits]) =>
      edits.reduce((before, [where, removed, inserted]) => {
        const at = where % (before.length + 1);
        return before.slice(0, at) + inserted + before.slice(at + removed);
      }, text),
    );

  test("proposes an edit that leads to a text that can be read", () => {
    fc.assert(
      fc.property(damaged, (text) => {
        let mended = text;
        // A list has several steps, and an error each.
        for (let tries = 0; tries < 20; tries++) {
          try {
            return void parseSteps(mended);
          } catch (error) {
            if (!(error instanceof StepSyntaxError)) throw error;
            const { from, to, text: replacement } = error.edit;
            mended = mended.slice(0, from) + replacement + mended.slice(to);
          }
        }
        throw new Error(`after 20 fixes: ${mended}`);
      }),
    );
  });
});
