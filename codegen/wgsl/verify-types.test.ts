/** An expression whose operands do not fit its operation, or that says another type than it has, is found. */
import { describe, expect, test } from "vitest";
import {
  input,
  output,
  parts,
  mine,
  block,
  declare,
  variable,
  assign,
  when,
  loop,
  yes,
  one,
  verifying,
  planted,
} from "../../spec/fixtures/wgsl-modules.ts";
import {
  arithmetic,
  arrayOf,
  bitcast,
  call,
  callBuiltin,
  component,
  condition,
  convert,
  element,
  fma,
  name,
  select,
  u32,
  unary,
  uniform,
} from "./build.ts";
import { canonical } from "./prelude.ts";
import {
  fixedSymbol,
  localIndex,
  symbol,
  workgroupId,
  type Block,
  type Expression,
  type FunctionTree,
  type Statement,
} from "./tree.ts";

describe("names and stores", () => {
  test.each<[string, () => Statement[], string]>([
    [
      "a name declared twice",
      () => {
        const own = mine();
        return [declare(own, u32(1)), when(yes, declare(own, u32(2)))];
      },
      "mine is declared twice",
    ],
    [
      "a name used before it is declared",
      () => {
        const yours = symbol("let", "yours", "u32");
        return [declare(mine(), arithmetic("+", name(yours), u32(1))), declare(yours, u32(1))];
      },
      "yours is used before it is declared",
    ],
    [
      "a name used outside of its block",
      () => {
        const own = mine();
        return [when(yes, declare(own, u32(1))), declare(mine(), name(own))];
      },
      "mine is used outside of its block",
    ],
    [
      "a counter used after its loop",
      () => {
        const counter = symbol("counter", "k", "u32");
        return [loop(counter, condition("<", name(counter), u32(3))), declare(mine(), name(counter))];
      },
      "k is used outside of its block",
    ],
    [
      "a counter used where it starts",
      () => {
        const counter = symbol("counter", "k", "u32");
        const own = loop(counter, yes) as Statement & { kind: "for" };
        return [{ ...own, from: name(counter) }];
      },
      "k is used before it is declared",
    ],
    [
      "a variable in its own first value",
      () => {
        const own = symbol("var", "mine", "u32");
        return [variable(own, name(own))];
      },
      "mine is used before it is declared",
    ],
    [
      "a buffer of no binding",
      () => [declare(mine(), element(fixedSymbol("input", "bias_data", arrayOf("u32")), u32(0)))],
      "bias_data is used before it is declared",
    ],
    [
      "a function of no module",
      () => [declare(mine(), call({ symbol: symbol("function", "foreign", "u32") }))],
      "foreign is used before it is declared",
    ],
    [
      "a store to an input",
      () => [assign(element(input, u32(0)), u32(0))],
      "weight_data is stored to, and is no variable or output",
    ],
    [
      "a store to a value",
      () => {
        const own = mine();
        return [declare(own, u32(1)), assign(name(own), u32(2))];
      },
      "mine is stored to, and is no variable or output",
    ],
    [
      "a store to a counter",
      () => {
        const counter = symbol("counter", "k", "u32");
        return [loop(counter, yes, assign(name(counter), u32(2)))];
      },
      "k is stored to, and is no variable or output",
    ],
    [
      "a store to nothing",
      () => [assign(name(symbol("var", "mine", "u32")), u32(2))],
      "mine is stored to, and nothing declares it here",
    ],
    ["a store to a literal", () => [assign(u32(1), u32(2))], "something is stored to that is no variable"],
    [
      "a variable declared as a value",
      () => [declare(symbol("var", "mine", "u32"), u32(1))],
      "mine is declared by a let, and is a var",
    ],
  ])("%s is found", (_, plant, message) => {
    expect(verifying([])).not.toThrow();
    expect(verifying(plant())).toThrow(planted(message));
  });

  test("a name of another function is found", () => {
    const x = fixedSymbol("parameter", "x", "u32");
    const own = symbol("function", "own", "u32");
    const returned: Statement = { kind: "return", value: name(x) };
    const functionOf = (body: Block): FunctionTree => ({ symbol: own, parameters: [x], body });
    expect(verifying([declare(mine(), call({ symbol: own }, u32(1)))], [functionOf(block(returned))])).not.toThrow();
    expect(verifying([declare(mine(), name(x))], [functionOf(block(returned))])).toThrow(
      planted("x is used outside of its block"),
    );
    const recursive: Statement = { kind: "return", value: call({ symbol: own }, name(x)) };
    expect(verifying([], [functionOf(block(recursive))])).toThrow(planted("own is used before it is declared"));
  });
});

describe("types", () => {
  const bool = condition("<", name(localIndex), u32(2));
  const typed = <T extends Expression>(expression: T, type: "f32" | "u32" | "bool"): T => ({ ...expression, type });

  test.each<[string, () => Statement, string]>([
    [
      "operands of two types",
      () => declare(mine(), arithmetic("+", name(localIndex), one)),
      "local_index + 1.0f is of u32 and f32, and not u32",
    ],
    [
      "a shift by a float",
      () => declare(mine(), arithmetic("<<", name(localIndex), one)),
      "local_index << 1.0f is of u32 and f32, and not u32",
    ],
    [
      "floats and bits",
      () => declare(mine("f32"), arithmetic("&", one, one)),
      "1.0f & 1.0f is of f32 and f32, and not f32",
    ],
    ["a comparison of truths", () => declare(mine("bool"), condition("<", bool, bool)), "is of bool and bool"],
    ["numbers that are joined", () => declare(mine("bool"), condition("&&", u32(1), u32(1))), "is of u32 and u32"],
    ["a negated u32", () => declare(mine(), unary("-", u32(1))), "-1u is of u32, and not u32"],
    ["the complement of a truth", () => declare(mine("bool"), unary("~", bool)), "is of bool, and not bool"],
    [
      "a choice of unlike values",
      () => declare(mine(), select(one, u32(1), bool)),
      "is of f32 and u32 and bool, and not u32",
    ],
    [
      "a choice by a number",
      () => declare(mine(), select(u32(0), u32(1), u32(1))),
      "is of u32 and u32 and u32, and not u32",
    ],
    ["an index that is a float", () => declare(mine(), element(input, one)), "is of array<u32> and f32, and not u32"],
    [
      "a builtin of the wrong type",
      () => declare(mine("f32"), callBuiltin("min", [one, one])),
      "min(1.0f, 1.0f) is of f32 and f32, and not f32",
    ],
    [
      "a builtin with an argument too few",
      () => declare(mine(), callBuiltin("max", [u32(1)])),
      "max(1u) is of u32, and not u32",
    ],
    [
      "a function of the wrong type",
      () => declare(mine("f32"), call(canonical, u32(1))),
      "canonical(1u) is of u32, and not f32",
    ],
    ["a conversion of a truth", () => declare(mine(), convert("u32", bool)), "is of bool, and not u32"],
    ["the bits of a truth", () => declare(mine(), bitcast("u32", bool)), "is of bool, and not u32"],
    ["a fused sum of integers", () => declare(mine("f32"), fma(one, one, u32(1))), "is of f32 and f32 and u32"],
    [
      "a component that a vector has not",
      () => declare(mine(), component({ ...name(workgroupId), type: { kind: "vector", size: 4, of: "u32" } }, 3)),
      "workgroup is of nothing, and not vec4<u32>",
    ],
    ["a uniform that is none", () => declare(mine(), uniform("extent_out", "u32")), "is of Uniforms, and not u32"],
    [
      "an expression that says another type",
      () => declare(mine("f32"), typed(arithmetic("+", u32(1), u32(1)), "f32")),
      "1u + 1u is of u32 and u32, and not f32",
    ],
    ["a value of another type", () => declare(mine("f32"), u32(1)), "mine gets u32, and not f32"],
    ["a store of another type", () => assign(element(output, u32(0)), u32(1)), "output_data[0u] gets u32, and not f32"],
    ["a condition that is a number", () => when(u32(1)), "a condition is u32, and not bool"],
    [
      "a loop's condition that is a number",
      () => loop(symbol("counter", "k", "u32"), u32(1)),
      "a loop's condition is u32, and not bool",
    ],
    ["a counter that is a float", () => loop(symbol("counter", "k", "f32"), yes), "k starts at u32, and not f32"],
    [
      "a whole array",
      () => declare(symbol("let", "mine", arrayOf("f32", 64)), name(parts)),
      "mine holds a whole array",
    ],
    ["a return of a value", () => ({ kind: "return", value: u32(1) }), "a return gives u32, and not nothing"],
  ])("%s is found", (_, plant, message) => {
    expect(verifying([plant()])).toThrow(message);
  });

  test("a function that returns another type is found", () => {
    const own: FunctionTree = {
      symbol: symbol("function", "own", "f32"),
      parameters: [],
      body: block({ kind: "return", value: u32(1) }),
    };
    expect(verifying([], [own])).toThrow(planted("a return gives u32, and not f32"));
  });
});
