/** The verifier finds each kind of error that is planted in a module, and nothing where none is. */
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
  barrier,
  leave,
  yes,
  one,
  moduleOf,
  verifying,
  planted,
} from "../../spec/fixtures/wgsl-modules.ts";
import {
  arithmetic,
  arrayOf,
  bitcast,
  call,
  component,
  condition,
  element,
  fma,
  name,
  u32,
  unary,
  uniform,
} from "./build.ts";
import { placeFences } from "./fences.ts";
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
import { verifyModule } from "./verify.ts";

const isFirst = condition("==", name(localIndex), u32(0));

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

describe("fences", () => {
  const sum = arithmetic("+", one, one);
  const store = (value: Expression): Statement => assign(element(output, u32(0)), value);

  test("a float operation without one is found, and a fold's own addition is none", () => {
    for (const value of [sum, arithmetic("*", one, one), fma(one, one, one), unary("-", sum)]) {
      expect(verifying([store(value)])).toThrow(planted("a float operation stands without a fence"));
      expect(verifying(placeFences(block(store(value)), "free").statements)).not.toThrow();
    }
    expect(verifying([store({ ...sum, accumulates: true })])).not.toThrow();
    expect(() => verifyModule(moduleOf([store({ ...sum, accumulates: true })]), "sealed", "planting")).toThrow(
      planted("a float operation stands without a fence"),
    );
    expect(() => verifyModule(moduleOf([store(sum)]), "builtin", "planting")).not.toThrow();
  });

  test("one that is missing in a function is found", () => {
    const own: FunctionTree = {
      symbol: symbol("function", "own", "f32"),
      parameters: [],
      body: block({ kind: "return", value: sum }),
    };
    expect(verifying([], [own])).toThrow(planted("a float operation stands without a fence"));
  });
});

describe("barriers", () => {
  const isOne = condition("==", name(localIndex), u32(1));
  const where = "a barrier stands where only some invocations of a workgroup may come, depending on";
  const after = "a barrier stands after a return of only some invocations of a workgroup, depending on";

  test.each<[string, () => Statement[], string]>([
    ["under a condition of the invocation's", () => [when(isFirst, barrier)], `${where} local_index == 0u`],
    [
      "under one that follows from it",
      () => {
        const own = symbol("var", "mine", "u32");
        return [
          variable(own, u32(0)),
          when(isFirst, assign(name(own), u32(1))),
          when(condition("==", name(own), u32(0)), barrier),
        ];
      },
      `${where} mine == 0u`,
    ],
    [
      "under one that follows from it a round before",
      () => {
        const [own, counter] = [symbol("var", "mine", "u32"), symbol("counter", "k", "u32")];
        const body = [when(condition("==", name(own), u32(0)), barrier), when(isFirst, assign(name(own), u32(1)))];
        return [variable(own, u32(0)), loop(counter, condition("<", name(counter), u32(3)), ...body)];
      },
      `${where} mine == 0u`,
    ],
    [
      "under a value of an output, which others write",
      () => [when(condition("<", element(output, u32(0)), one), barrier)],
      `${where} output_data[0u] < 1.0f`,
    ],
    [
      "in a loop whose end is read from workgroup memory",
      () => {
        const counter = symbol("counter", "mine", "u32");
        return [loop(counter, condition("<", bitcast("f32", name(counter)), element(parts, u32(0))), barrier)];
      },
      `${where} bitcast<f32>(mine) < parts[0u]`,
    ],
    [
      "in a loop as long as an input's element says, which each invocation reads another of",
      () => {
        const counter = symbol("counter", "mine", "u32");
        return [loop(counter, condition("<", name(counter), element(input, name(localIndex))), barrier)];
      },
      `${where} mine < weight_data[local_index]`,
    ],
    ["after a return of some", () => [when(isOne, leave), barrier], `${after} local_index == 1u`],
    [
      "before a return of some in its loop",
      () => {
        const counter = symbol("counter", "k", "u32");
        return [loop(counter, condition("<", name(counter), u32(3)), barrier, when(isOne, leave))];
      },
      `${after} local_index == 1u`,
    ],
  ])("one %s is found", (_, plant, message) => {
    expect(verifying(plant())).toThrow(planted(message));
  });

  test.each<[string, Expression]>([
    ["its number and an extent", condition("==", component(name(workgroupId), 0), uniform("extent_token", "u32"))],
    ["an input's element that all read", condition("==", element(input, u32(3)), u32(1))],
  ])("one may stand under a condition that is the same for a whole workgroup: %s", (_, same) => {
    expect(verifying([when(same, barrier), when(same, leave), barrier])).not.toThrow();
  });
});
