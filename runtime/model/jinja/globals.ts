/** What Jinja's templates find without being given it: `range`, `dict`, `namespace`, `joiner` and `cycler`. */
import { bind } from "./arguments.ts";
import {
  Callable,
  Dict,
  itemsOf,
  JinjaError,
  JinjaRefusal,
  Namespace,
  Range,
  Tuple,
  Undefined,
  type Arguments,
  type Value,
} from "./values.ts";

/** As many items as Jinja's sandbox allows. */
const longestRange = 100_000;

function integerOf(value: Value): bigint {
  if (value instanceof Undefined) return value.fail();
  if (typeof value !== "bigint" && typeof value !== "boolean") throw new JinjaError("range() takes integers");
  return BigInt(value);
}

const range = new Callable("range", ({ positional, named }) => {
  if (named.size > 0) throw new JinjaError("range() takes no keyword arguments");
  if (positional.length < 1 || positional.length > 3)
    throw new JinjaError(`range() takes 1 to 3 arguments, and ${positional.length} are given`);
  const [first, second, step = 1n] = positional.map(integerOf);
  if (step === 0n) throw new JinjaError("range() arg 3 must not be zero");
  const items = second === undefined ? new Range(0n, first!, step) : new Range(first!, second, step);
  if (items.length > longestRange) throw new JinjaError(`a range of ${items.length} items is too long`);
  return items;
});

/** dict(…): of a dictionary or pairs, and of named values. */
function entriesOf({ positional, named }: Arguments): [Value, Value][] {
  if (positional.length > 1) throw new JinjaError(`dict expected at most 1 argument, got ${positional.length}`);
  const [given] = positional;
  const pairs =
    given === undefined
      ? []
      : given instanceof Dict
        ? given.entries()
        : itemsOf(given).map((pair): [Value, Value] => {
            const [key, value, ...rest] = itemsOf(pair);
            if (key === undefined || value === undefined || rest.length > 0)
              throw new JinjaError("dict() takes pairs of a key and a value");
            return [key, value];
          });
  return [...pairs, ...named];
}

const namespace = new Callable("namespace", (given) => {
  const made = new Namespace();
  for (const [name, value] of new Dict(entriesOf(given)).entries()) {
    if (typeof name !== "string") throw new JinjaError("a namespace's names are texts");
    made.values.set(name, value);
  }
  return made;
});

const joiner = new Callable("joiner", (given) => {
  const { sep = ", " } = bind("joiner", given, ["sep"]);
  let isUsed = false;
  return new Callable("joiner", () => {
    if (isUsed) return sep;
    isUsed = true;
    return "";
  });
});

const cycler = new Callable("cycler", ({ positional }) => {
  if (positional.length === 0) throw new JinjaError("at least one item has to be provided");
  let at = 0;
  const next = new Callable("next", () => positional[at++ % positional.length]!);
  const reset = new Callable("reset", () => {
    at = 0;
    return null;
  });
  // What is current changes, and attributes here do not.
  return new Callable(
    "cycler",
    () => {
      throw new JinjaError("'Cycler' object is not callable");
    },
    new Map<string, Value>([
      ["next", next],
      ["reset", reset],
      ["items", new Tuple(positional)],
    ]),
  );
});

const lipsum = new Callable("lipsum", () => {
  throw new JinjaRefusal("lipsum(), which is random");
});

export const globals: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["range", range],
  ["dict", new Callable("dict", (given) => new Dict(entriesOf(given)))],
  ["namespace", namespace],
  ["joiner", joiner],
  ["cycler", cycler],
  ["lipsum", lipsum],
]);
