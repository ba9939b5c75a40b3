/** Barriers stand wherever two accesses of a workgroup's array may clash, and nowhere else. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tries } from "../../spec/fixtures/effort.ts";
import { placeBarriers } from "./barriers.ts";
import { arrayOf, condition, element, name, u32, uniform } from "./build.ts";
import { type Block, localIndex, type Statement, symbol } from "./tree.ts";

/**
 * A program in short: `a`, `b` read an array, `A`, `B` write it, `-` does neither, `*[…]` is a loop and `?[…]` a branch
 * that all invocations take together, `![…]` a branch that only some take. `|` is a barrier.
 */
const arrays = ["a", "b"].map((hint) => symbol("workgroup", hint, arrayOf("u32", 8)));
const same = uniform("extent", "u32");
const isFirst = condition("==", name(localIndex), u32(0));

function parsed(text: string): Block {
  let at = 0;
  const block = (): Block => {
    const statements: Statement[] = [];
    for (; at < text.length && text[at] !== "]"; at++) statements.push(statement());
    return { statements };
  };
  const statement = (): Statement => {
    const sign = text[at]!;
    const array = arrays.find(({ hint }) => hint === sign.toLowerCase());
    if (array !== undefined && sign === array.hint)
      return { kind: "let", symbol: symbol("let", "x", "u32"), value: element(array, u32(0)), origin: null };
    if (array !== undefined)
      return { kind: "assign", target: element(array, name(localIndex)), value: u32(1), origin: null };
    if (sign === "-") return { kind: "let", symbol: symbol("let", "y", "u32"), value: u32(1), origin: null };
    at += 2;
    const body = block();
    if (sign === "?") return { kind: "if", condition: condition("<", u32(0), same), body };
    if (sign === "!") return { kind: "if", condition: isFirst, body };
    const counter = symbol("counter", "k", "u32");
    return { kind: "for", counter, from: u32(0), condition: condition("<", name(counter), same), step: u32(1), body };
  };
  return block();
}

function printed({ statements }: Block): string {
  return statements
    .map((statement) => {
      switch (statement.kind) {
        case "barrier":
          return "|";
        case "assign":
          return statement.target.kind === "index" && statement.target.of.kind === "name"
            ? statement.target.of.symbol.hint.toUpperCase()
            : "";
        case "let":
          return statement.value.kind === "index" && statement.value.of.kind === "name"
            ? statement.value.of.symbol.hint
            : "-";
        case "for":
          return `*[${printed(statement.body)}]`;
        case "if":
          return `${statement.condition === isFirst ? "!" : "?"}[${printed(statement.body)}]`;
        default:
          return "";
      }
    })
    .join("");
}

const placed = (text: string): string =>
  printed(placeBarriers({ body: parsed(text), buffers: [], workgroupArrays: arrays }));

describe("a barrier is placed", () => {
  test.each([
    ["between a write and a read", "Aa", "A|a"],
    ["between a read and a write", "aA", "a|A"],
    ["between two writes", "AA", "A|A"],
    ["once for several arrays", "ABab", "AB|ab"],
    ["right behind the access", "A--a", "A|--a"],
    ["not between reads", "aba", "aba"],
    ["not between accesses of different arrays", "AbA", "Ab|A"],
    ["at the start of a loop for its next round", "*[-Aa]", "*[|-A|a]"],
    ["at the end of a loop, where that serves what follows, too", "*[-Aa]A", "*[-A|a|]A"],
    ["before a loop that reads what was written", "A*[a]", "A|*[a]"],
    ["at the end of an inner loop, where that serves what follows, too", "A*[a*[B]b]", "A*[|a*[B|]b]"],
    ["not before a loop that starts with one", "A*[Aa]", "A*[|A|a]"],
    ["inside of a branch that all invocations take", "?[Aa]", "?[A|a]"],
    ["before a branch", "A?[-a]", "A|?[-a]"],
    ["behind a branch that touches another array", "A?[b]a", "A?[b]|a"],
    ["around a branch of some invocations", "A![aA]a", "A|![aA]|a"],
  ])("%s: %s", (_, text, expected) => expect(placed(text)).toBe(expected));

  test("never where only some invocations come: a read after a write there is an error", () => {
    expect(() => placed("![Aa]")).toThrow(
      /a would be filled and read where only some invocations .* no barrier between/,
    );
    expect(placed("![aAb]")).toBe("![aAb]");
  });

  test("in no module without arrays of a workgroup's", () => {
    const body = parsed("-");
    expect(placeBarriers({ body, buffers: [], workgroupArrays: [] })).toBe(body);
  });
});

/** Every way through a program, loops up to twice: a string of accesses and barriers, branches of some as `(…)`. */
function* paths(text: string): Iterable<string> {
  const parts = /^([*?!])\[/.exec(text);
  if (text === "") yield "";
  else if (parts === null) for (const rest of paths(text.slice(1))) yield text[0]! + rest;
  else {
    let depth = 0;
    const end = [...text].findIndex(
      (sign) => (depth += sign === "[" ? 1 : sign === "]" ? -1 : 0) === 0 && sign === "]",
    );
    const inner = [...new Set(paths(text.slice(2, end)))];
    const rests = [...new Set(paths(text.slice(end + 1)))];
    const ways =
      parts[1] === "!"
        ? inner.map((one) => `(${one})`)
        : parts[1] === "?"
          ? ["", ...inner]
          : ["", ...inner, ...inner.flatMap((one) => inner.map((other) => one + other))];
    for (const way of ways) for (const rest of rests) yield way + rest;
  }
}

/** Whether some way has two accesses of one array, one of them a write, with no barrier between. */
function hasClash(text: string): boolean {
  for (const path of paths(text)) {
    for (const stretch of path.split("|")) {
      const regions = stretch.match(/\([^)]*\)|[abAB]/g) ?? [];
      const isClash = regions.some((one, at) =>
        regions.slice(0, at).some((before) =>
          ["a", "b"].some((array) => {
            const write = array.toUpperCase();
            const touches = (region: string): boolean => region.includes(array) || region.includes(write);
            return (one.includes(write) && touches(before)) || (before.includes(write) && touches(one));
          }),
        ),
      );
      if (isClash) return true;
    }
  }
  return false;
}

const { program } = fc.letrec<{ program: string; statement: string }>((tie) => ({
  program: fc.array(tie("statement"), { maxLength: 4 }).map((parts) => parts.join("")),
  statement: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom("a", "A", "b", "B", "-", "![a]", "![A]", "![aA]", "![bA]"),
    tie("program").map((inner) => `*[${inner}]`),
    tie("program").map((inner) => `?[${inner}]`),
  ),
}));

test("random programs have a barrier at each clash, and none in vain", () => {
  let barriers = 0;
  fc.assert(
    // Longer ones have too many ways to go through.
    fc.property(
      program.filter(({ length }) => length <= 16),
      (text) => {
        const done = placed(text);
        expect(done.replaceAll("|", "")).toBe(text);
        expect(hasClash(done), done).toBe(false);
        for (let at = done.indexOf("|"); at >= 0; at = done.indexOf("|", at + 1)) {
          barriers++;
          expect(hasClash(done.slice(0, at) + done.slice(at + 1)), `${done} without the one at ${at}`).toBe(true);
        }
      },
    ),
    { numRuns: tries(200, 1000) },
  );
  expect(barriers).toBeGreaterThan(20);
});
