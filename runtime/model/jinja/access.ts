/** `value.name` and `value[key]`, as jinja2's sandboxed environment looks them up. */
import { attributeOf } from "./methods.ts";
import { pointsOf, reprOf } from "./text.ts";
import {
  Callable,
  Dict,
  firstOf,
  JinjaError,
  Loop,
  Namespace,
  Range,
  refuseSafe,
  reprOfValue,
  Safe,
  Tuple,
  typeOf,
  Undefined,
  type Value,
} from "./values.ts";

/** Attributes first, then fields. @throws JinjaError of what is undefined */
export function attribute(value: Value, name: string): Value {
  const found = ownAttribute(value, name);
  return firstOf(
    found,
    found === undefined && value instanceof Dict ? value.get(name) : undefined,
    missing(value, name),
  );
}

/** Fields first, then attributes. */
export function itemOf(value: Value, key: Value): Value {
  const found = subscript(value, key);
  return firstOf(
    found,
    found === undefined && typeof key === "string" ? ownAttribute(value, key) : undefined,
    missing(value, key),
  );
}

function missing(value: Value, key: Value): Undefined {
  const owner = value === null ? "None" : `${typeOf(value)} object`;
  return new Undefined(
    typeof key === "string"
      ? `'${owner}' has no attribute ${reprOf(key)}`
      : `${owner} has no element ${key instanceof Undefined ? "Undefined" : reprOfValue(key)}`,
  );
}

function ownAttribute(value: Value, name: string): Value | undefined {
  if (value instanceof Undefined) return value.fail();
  if (value instanceof Namespace) return value.values.get(name);
  if (value instanceof Loop) return value.attribute(name);
  if (value instanceof Callable) return value.attributes.get(name);
  return attributeOf(value, name);
}

/** Python's `value[key]`; undefined where that is a TypeError or a LookupError. */
function subscript(value: Value, key: Value): Value | undefined {
  if (value instanceof Undefined) return value.fail();
  if (value instanceof Safe) return refuseSafe();
  if (value instanceof Dict) {
    try {
      return value.get(key);
    } catch (error) {
      if (error instanceof JinjaError) return undefined;
      throw error;
    }
  }
  if (typeof key !== "bigint" && typeof key !== "boolean") return undefined;
  const index = Number(key);
  if (value instanceof Range) {
    const at = index < 0 ? index + value.length : index;
    return at >= 0 && at < value.length ? value.at(at) : undefined;
  }
  const items =
    typeof value === "string"
      ? pointsOf(value)
      : Array.isArray(value)
        ? value
        : value instanceof Tuple
          ? value.items
          : undefined;
  return items?.at(index);
}
