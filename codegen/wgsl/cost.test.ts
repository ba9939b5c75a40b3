/** What a module costs, after functions are put in. */
import { expect, test } from "vitest";
import { arithmetic, arrayOf, call, condition, literal, name, select, u32 } from "./build.ts";
import { costOf } from "./cost.ts";
import { calledOf } from "./prelude.ts";
import {
  type Block,
  type Expression,
  fixedSymbol,
  type FunctionTree,
  type Module,
  type Statement,
  symbol,
} from "./tree.ts";

const block = (...statements: Statement[]): Block => ({ statements });
const float = literal("f32", 0x3f800000);

const x = fixedSymbol("parameter", "x", "f32");
const a = fixedSymbol("let", "a", "f32");
const isBetween = condition("&&", condition("<", name(a), name(x)), condition("<", name(x), name(a)));
/** Two operations, a choice and an addition among them, and one branch. */
const one: FunctionTree = {
  symbol: fixedSymbol("function", "one", "f32"),
  parameters: [x],
  body: block(
    { kind: "let", symbol: a, value: arithmetic("+", name(x), float), origin: null },
    { kind: "return", value: select(name(a), name(x), isBetween) },
  ),
};

function moduleOf(body: Block): Module {
  return {
    label: "cost",
    uniforms: [],
    buffers: [],
    workgroupArrays: [],
    functions: [...calledOf([body]), one],
    workgroupSize: 64,
    body,
    reserved: new Set(),
  };
}

test("costs are counted after functions are put in, loops' bodies apart", () => {
  const s = symbol("var", "s", "f32");
  const stack = symbol("var", "stack", arrayOf("f32", 10));
  const i = symbol("counter", "i", "u32");
  const assign = (value: Expression): Statement => ({ kind: "assign", target: name(s), value, origin: null });
  const body = block(
    { kind: "var", symbol: s, value: call(one, call(one, float)), origin: null },
    { kind: "var", symbol: stack, origin: null },
    {
      kind: "for",
      counter: i,
      from: u32(0),
      condition: condition("<", name(i), u32(3)),
      step: u32(1),
      body: block(
        { kind: "if", condition: condition("<", name(i), u32(2)), body: block(assign(call(one, name(s)))) },
        assign(arithmetic("*", call(one, name(s)), name(s))),
      ),
    },
  );
  expect(costOf(moduleOf(body))).toEqual({
    operations: 4 * 4 + 3,
    branches: { inLoop: 2, outside: 2 },
    privateBytes: 44,
  });
});

test("a fence costs what its function does, and a barrier one operation", () => {
  const fence: Expression = { kind: "fence", type: "f32", operand: arithmetic("+", float, float) };
  const declared: Statement = { kind: "let", symbol: symbol("let", "t", "f32"), value: fence, origin: null };
  expect(costOf(moduleOf(block(declared, { kind: "barrier" }))).operations).toBe(1 + 3 + 1);
});

test("branches of a loop within a loop are the inner one's", () => {
  const both = condition("&&", literal("bool", 1), literal("bool", 1));
  const declared: Statement = { kind: "let", symbol: symbol("let", "t", "bool"), value: both, origin: null };
  const round = (...statements: Statement[]): Statement => ({
    kind: "while",
    condition: both,
    body: block(...statements),
  });
  const { branches } = costOf(moduleOf(block(declared, round(declared, round(declared, declared), declared))));
  expect(branches).toEqual({ inLoop: 2, outside: 1 });
});
