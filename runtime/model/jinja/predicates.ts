/** Jinja's tests: what `is` asks. */
import { compare } from "./operators.ts";
import { isLower, isUpper } from "./text.ts";
import {
  Callable,
  Dict,
  isEqual,
  isIterable,
  isNumber,
  JinjaError,
  JinjaRefusal,
  numberOf,
  Safe,
  sizeOf,
  Stream,
  textOf,
  Undefined,
  View,
  Loop,
  type Value,
} from "./values.ts";

type Test = (value: Value, given: readonly Value[]) => boolean;

const is =
  (wanted: Value): Test =>
  (value) =>
    value === wanted;
const comparing =
  (operator: "==" | "!=" | "<" | "<=" | ">" | ">=" | "in"): Test =>
  (value, [other]) =>
    compare(operator, value, other!);
const rest = (value: Value, divisor: Value): Value => {
  if (value instanceof Undefined) return value.fail();
  if (!isNumber(value) || !isNumber(divisor)) throw new JinjaError("not a number in a test of divisibility");
  const [left, right] = [numberOf(value), numberOf(divisor)];
  if (Number(right) === 0) throw new JinjaError("division by zero");
  return typeof left === "bigint" && typeof right === "bigint" ? left % right : Number(left) % Number(right);
};

/** How many values each takes beside its own. */
const tests: Readonly<Record<string, readonly [Test, number]>> = {
  defined: [(value) => !(value instanceof Undefined), 0],
  undefined: [(value) => value instanceof Undefined, 0],
  none: [is(null), 0],
  boolean: [(value) => typeof value === "boolean", 0],
  true: [is(true), 0],
  false: [is(false), 0],
  integer: [(value) => typeof value === "bigint", 0],
  float: [(value) => typeof value === "number", 0],
  number: [isNumber, 0],
  string: [(value) => typeof value === "string" || value instanceof Safe, 0],
  mapping: [(value) => value instanceof Dict, 0],
  iterable: [isIterable, 0],
  callable: [(value) => [Callable, Undefined, Loop].some((kind) => value instanceof kind), 0],
  escaped: [(value) => value instanceof Safe, 0],
  sequence: [
    (value) =>
      sizeOf(value) !== undefined && !(value instanceof View) && !(value instanceof Stream) && !(value instanceof Loop),
    0,
  ],
  odd: [(value) => isEqual(magnitude(rest(value, 2n)), 1n), 0],
  even: [(value) => isEqual(rest(value, 2n), 0n), 0],
  divisibleby: [(value, [divisor]) => isEqual(rest(value, divisor!), 0n), 1],
  lower: [(value) => isLower(textOf(value)), 0],
  upper: [(value) => isUpper(textOf(value)), 0],
  sameas: [
    (value, [other]) => {
      if (value !== null && typeof value !== "boolean" && other !== null && typeof other !== "boolean")
        throw new JinjaRefusal("the test 'sameas' of values other than true, false and none");
      return value === other;
    },
    1,
  ],
  in: [comparing("in"), 1],
  ...Object.fromEntries(
    [
      ["==", "=="],
      ["eq", "=="],
      ["equalto", "=="],
      ["!=", "!="],
      ["ne", "!="],
      [">", ">"],
      ["gt", ">"],
      ["greaterthan", ">"],
      [">=", ">="],
      ["ge", ">="],
      ["<", "<"],
      ["lt", "<"],
      ["lessthan", "<"],
      ["<=", "<="],
      ["le", "<="],
    ].map(([name, operator]) => [name!, [comparing(operator as "=="), 1] as const]),
  ),
};
export const testNames: ReadonlySet<string> = new Set(Object.keys(tests));
export const otherTests: readonly string[] = ["filter", "test"];

/** Python's remainder is never negative here: of an odd number it is one. */
function magnitude(value: Value): Value {
  return (typeof value === "bigint" || typeof value === "number") && value < 0 ? -value : value;
}

export function passes(name: string, value: Value, given: readonly Value[]): boolean {
  const found = Object.hasOwn(tests, name) ? tests[name] : undefined;
  if (found === undefined)
    throw otherTests.includes(name)
      ? new JinjaRefusal(`the test '${name}'`)
      : new JinjaError(`there is no test '${name}'`);
  const [test, count] = found;
  if (given.length !== count)
    throw new JinjaError(`the test '${name}' takes ${count} arguments, and ${given.length} are given`);
  return test(value, given);
}
