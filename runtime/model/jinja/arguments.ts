/** Arguments to the names of parameters, as Python binds them. */
import { JinjaError, type Arguments, type Value } from "./values.ts";

/**
 * Each parameter's value; undefined where it was not given. @throws JinjaError for too many, unknown or doubled ones
 */
export function bind<Name extends string>(
  what: string,
  { positional, named }: Arguments,
  names: readonly Name[],
  least = 0,
): Partial<Record<Name, Value>> {
  if (positional.length > names.length)
    throw new JinjaError(`${what} takes at most ${names.length} arguments, and ${positional.length} are given`);
  const bound: Partial<Record<Name, Value>> = {};
  names.forEach((name, index) => {
    if (index < positional.length) bound[name] = positional[index]!;
  });
  for (const [name, value] of named) {
    if (!(names as readonly string[]).includes(name))
      throw new JinjaError(`${what} got an unexpected keyword argument '${name}'`);
    if (Object.hasOwn(bound, name)) throw new JinjaError(`${what} got multiple values for argument '${name}'`);
    bound[name as Name] = value;
  }
  const missing = names.slice(0, least).find((name) => !Object.hasOwn(bound, name));
  if (missing !== undefined) throw new JinjaError(`${what} lacks its argument '${missing}'`);
  return bound;
}

export function integer(what: string, value: Value | undefined, absent: number): number {
  if (value === undefined) return absent;
  if (typeof value !== "bigint" && typeof value !== "boolean") throw new JinjaError(`${what} is not an integer`);
  return Number(value);
}
