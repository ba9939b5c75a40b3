/** The `loop` of a for block. */
import { Callable, firstOf, isEqual, JinjaError, JinjaRefusal, Loop, Undefined, type Value } from "./values.ts";

/** @param at the index that the loop has come to @param recurse what `loop(…)` writes, where it may be called */
export function loopOf(
  items: readonly Value[],
  at: () => number,
  depth: number,
  recurse: ((items: Value) => string) | undefined,
): Loop {
  let before: readonly Value[] | undefined;
  const cycle = new Callable("cycle", ({ positional }) => {
    if (positional.length === 0) throw new JinjaError("no items for cycling given");
    return positional[at() % positional.length]!;
  });
  const changed = new Callable("changed", ({ positional }) => {
    const isSame =
      before?.length === positional.length && positional.every((value, index) => isEqual(value, before![index]!));
    before = positional;
    return !isSame;
  });
  const number = (value: number): bigint => BigInt(value);
  const attributes: Readonly<Record<string, () => Value>> = {
    index: () => number(at() + 1),
    index0: () => number(at()),
    revindex: () => number(items.length - at()),
    revindex0: () => number(items.length - at() - 1),
    first: () => at() === 0,
    last: () => at() === items.length - 1,
    length: () => number(items.length),
    depth: () => number(depth + 1),
    depth0: () => number(depth),
    previtem: () => firstOf(items[at() - 1], new Undefined("there is no previous item")),
    nextitem: () => firstOf(items[at() + 1], new Undefined("there is no next item")),
    cycle: () => cycle,
    changed: () => changed,
  };
  return new Loop((name) => {
    if (name.startsWith("_")) throw new JinjaRefusal(`the attribute '${name}' of a loop`);
    return Object.hasOwn(attributes, name) ? attributes[name]!() : undefined;
  }, recurse);
}
