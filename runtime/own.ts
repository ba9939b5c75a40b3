/**
 * Objects that have an author's names as keys. A tensor or an axis may be called `constructor` or `toString`, and every
 * object inherits members of these names, so that a plain look-up would find what nobody has put there.
 */

/** What an object itself holds under a name. */
export function own<Value>(
  values: Readonly<Record<string, Value>> | null | undefined,
  name: string,
): Value | undefined {
  return values !== undefined && values !== null && Object.hasOwn(values, name) ? values[name] : undefined;
}

/** An object that inherits no members. */
export function record<Value>(entries: readonly (readonly [string, Value])[] = []): Record<string, Value> {
  return Object.assign(Object.create(null) as Record<string, Value>, Object.fromEntries(entries));
}
