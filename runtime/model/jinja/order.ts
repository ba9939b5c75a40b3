/** Sorting as Python's sorted: stable, by one or several keys, texts in any case as one where asked. */
import { orderOf } from "./operators.ts";
import type { Value } from "./values.ts";

export function compareKeys(left: Value, right: Value): number {
  const order = orderOf(left, right);
  return Number.isNaN(order) ? 0 : order;
}

export function sorted<T>(items: readonly T[], keyOf: (item: T) => Value, reverse: boolean): T[] {
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  // Equal items keep their order in both directions.
  keyed.sort((left, right) => (reverse ? compareKeys(right.key, left.key) : compareKeys(left.key, right.key)));
  return keyed.map(({ item }) => item);
}

/** A key in which texts of any case are equal. */
export function ignoreCase(value: Value): Value {
  return typeof value === "string" ? value.toLowerCase() : value;
}
