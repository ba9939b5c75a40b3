/**
 * What a template computes with: Python's values. Integers are bigint and floats number, so that 1 and 1.0 differ as
 * there. A number that JavaScript hands over is an integer where it is a whole one: JSON's 1.0 can't be told from 1.
 */
import { floatText, lengthOf, pointsOf, reprOf } from "./text.ts";

/** The first that is there: none is a value. */
export function firstOf(...values: readonly (Value | undefined)[]): Value {
  return values.find((value) => value !== undefined)!;
}

/** What a template can't do, or may not. */
export class JinjaError extends Error {}
/** What Jinja can do and this can't, or not in the same way: never rendered otherwise, but refused by name. */
export class JinjaRefusal extends JinjaError {}

export type Value =
  | Undefined
  | null
  | boolean
  | bigint
  | number
  | string
  | Value[]
  | Tuple
  | Dict
  | Range
  | View
  | Stream
  | Namespace
  | Callable
  | Safe
  | Slice
  | Loop;

/** What has no value. Most uses are an error that says what it would have been. */
export class Undefined {
  constructor(readonly hint: string) {}

  fail(): never {
    throw new JinjaError(this.hint);
  }
}

export class Tuple {
  constructor(readonly items: readonly Value[]) {}
}
export class Slice {
  constructor(
    readonly start: Value,
    readonly stop: Value,
    readonly step: Value,
  ) {}
}
/** A text that is not escaped again. Here nothing is escaped, so only its use in operations would show. */
export class Safe {
  constructor(readonly text: string) {}
}
/** What `map`, `select` and others give: values one at a time, once. */
export class Stream {
  #values: Iterator<Value> | undefined;

  constructor(
    values: Iterable<Value>,
    readonly name: string,
  ) {
    this.#values = values[Symbol.iterator]();
  }

  *take(): Generator<Value> {
    for (let next = this.#values?.next(); next !== undefined && next.done !== true; next = this.#values?.next())
      yield next.value;
    this.#values = undefined;
  }
}
export class Namespace {
  readonly values = new Map<string, Value>();
}
export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}
export class Callable {
  constructor(
    readonly name: string,
    readonly call: (given: Arguments) => Value,
    readonly attributes: ReadonlyMap<string, Value> = new Map(),
  ) {}
}
/** `loop` in a for block. */
export class Loop {
  constructor(
    readonly attribute: (name: string) => Value | undefined,
    readonly recurse: ((items: Value) => Value) | undefined,
  ) {}
}
export class Range {
  constructor(
    readonly start: bigint,
    readonly stop: bigint,
    readonly step: bigint,
  ) {}

  get length(): number {
    const { start, stop, step } = this;
    const span = step > 0n ? stop - start : start - stop;
    const size = step > 0n ? step : -step;
    return span <= 0n ? 0 : Number((span + size - 1n) / size);
  }

  at(index: number): bigint {
    return this.start + BigInt(index) * this.step;
  }

  *[Symbol.iterator](): Generator<Value> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}

/** In the order in which keys came; 1, 1.0 and true are one key. */
export class Dict {
  readonly #entries = new Map<string, [Value, Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#entries.size;
  }
  get(key: Value): Value | undefined {
    return this.#entries.get(hashOf(key))?.[1];
  }
  has(key: Value): boolean {
    return this.#entries.has(hashOf(key));
  }
  set(key: Value, value: Value): void {
    const hash = hashOf(key);
    this.#entries.set(hash, [this.#entries.get(hash)?.[0] ?? key, value]);
  }
  keys(): Value[] {
    return [...this.#entries.values()].map(([key]) => key);
  }
  values(): Value[] {
    return [...this.#entries.values()].map(([, value]) => value);
  }
  entries(): [Value, Value][] {
    return [...this.#entries.values()];
  }
}
/** dict.keys(), values() and items(). */
export class View {
  constructor(
    readonly dict: Dict,
    readonly kind: "keys" | "values" | "items",
  ) {}

  items(): Value[] {
    return this.kind === "keys"
      ? this.dict.keys()
      : this.kind === "values"
        ? this.dict.values()
        : this.dict.entries().map((entry) => new Tuple(entry));
  }
}

/** Equal keys have equal hashes, others don't. @throws JinjaError for what Python can't hash */
function hashOf(key: Value): string {
  if (typeof key === "string") return `s${key}`;
  if (typeof key === "boolean") return `n${Number(key)}`;
  if (typeof key === "bigint") return `n${key}`;
  if (typeof key === "number") return Number.isInteger(key) ? `n${BigInt(key)}` : `f${key}`;
  if (key === null) return "none";
  if (key instanceof Undefined) return "undefined";
  if (key instanceof Tuple) return `(${key.items.map((item) => JSON.stringify(hashOf(item))).join()})`;
  throw new JinjaError(`unhashable type: '${typeOf(key)}'`);
}

export function typeOf(value: Value): string {
  if (value === null) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "float";
  if (typeof value === "string") return "str";
  if (Array.isArray(value)) return "list";
  if (value instanceof View) return `dict_${value.kind}`;
  if (value instanceof Stream) return value.name;
  if (value instanceof Safe) return "Markup";
  return value instanceof Undefined
    ? "Undefined"
    : value instanceof Tuple
      ? "tuple"
      : value instanceof Dict
        ? "dict"
        : value instanceof Range
          ? "range"
          : value instanceof Namespace
            ? "Namespace"
            : value instanceof Loop
              ? "LoopContext"
              : value instanceof Slice
                ? "slice"
                : "function";
}

export function isTrue(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === "" || value instanceof Undefined)
    return false;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Tuple) return value.items.length > 0;
  if (value instanceof Dict) return value.size > 0;
  if (value instanceof View) return value.dict.size > 0;
  if (value instanceof Range) return value.length > 0;
  return value instanceof Safe ? value.text !== "" : true;
}

/** The values that iterating gives, all at once. @throws JinjaError for what can't be iterated */
export function itemsOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return pointsOf(value);
  if (value instanceof Tuple) return value.items;
  if (value instanceof Dict) return value.keys();
  if (value instanceof View) return value.items();
  if (value instanceof Range) return [...value];
  if (value instanceof Stream) return [...value.take()];
  if (value instanceof Undefined) return [];
  if (value instanceof Safe) return refuseSafe();
  throw new JinjaError(`'${typeOf(value)}' object is not iterable`);
}
export function isIterable(value: Value): boolean {
  return (
    typeof value === "string" ||
    Array.isArray(value) ||
    [Tuple, Dict, View, Range, Stream, Undefined, Safe, Loop].some((kind) => value instanceof kind)
  );
}

/** len(): undefined for what has none. */
export function sizeOf(value: Value): number | undefined {
  if (typeof value === "string") return lengthOf(value);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof View) return value.dict.size;
  if (value instanceof Range) return value.length;
  if (value instanceof Safe) return lengthOf(value.text);
  return value instanceof Undefined ? 0 : undefined;
}

export function refuseSafe(): never {
  throw new JinjaRefusal("a text marked as safe is used in an operation other than output, which escapes in Jinja");
}

/** str(). */
export function textOf(value: Value): string {
  if (typeof value === "string") return value;
  if (value instanceof Safe) return value.text;
  return value instanceof Undefined ? "" : reprOfValue(value);
}

/** repr(). @throws JinjaRefusal for what Python represents by its address */
export function reprOfValue(value: Value): string {
  if (typeof value === "string") return reprOf(value);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return floatText(value);
  if (Array.isArray(value)) return `[${value.map(reprOfValue).join(", ")}]`;
  if (value instanceof Tuple)
    return `(${value.items.map(reprOfValue).join(", ")}${value.items.length === 1 ? "," : ""})`;
  if (value instanceof Dict)
    return `{${value
      .entries()
      .map(([key, item]) => `${reprOfValue(key)}: ${reprOfValue(item)}`)
      .join(", ")}}`;
  if (value instanceof View) return `dict_${value.kind}([${value.items().map(reprOfValue).join(", ")}])`;
  if (value instanceof Range)
    return `range(${value.start}, ${value.stop}${value.step === 1n ? "" : `, ${value.step}`})`;
  if (value instanceof Undefined) return "Undefined";
  throw new JinjaRefusal(`a ${typeOf(value)} is printed`);
}

export function isNumber(value: Value): value is bigint | number | boolean {
  return typeof value === "bigint" || typeof value === "number" || typeof value === "boolean";
}
/** A truth value counts as 0 or 1. */
export function numberOf(value: bigint | number | boolean): bigint | number {
  return typeof value === "boolean" ? BigInt(value) : value;
}

/** `==`. */
export function isEqual(left: Value, right: Value): boolean {
  // biome-ignore lint/suspicious/noDoubleEquals: an integer may be a bigint here, and compares as its number does.
  if (isNumber(left) && isNumber(right)) return numberOf(left) == numberOf(right);
  const sequence = (value: Value): readonly Value[] | undefined =>
    Array.isArray(value) ? value : value instanceof Tuple ? value.items : undefined;
  const [ours, theirs] = [sequence(left), sequence(right)];
  if (ours !== undefined && theirs !== undefined) {
    return (
      Array.isArray(left) === Array.isArray(right) &&
      ours.length === theirs.length &&
      ours.every((item, index) => isEqual(item, theirs[index]!))
    );
  }
  if (left instanceof Dict && right instanceof Dict) {
    return (
      left.size === right.size &&
      left.entries().every(([key, value]) => right.has(key) && isEqual(value, right.get(key)!))
    );
  }
  if (left instanceof Undefined) return right instanceof Undefined;
  if (left instanceof Range && right instanceof Range) return isEqual([...left], [...right]);
  if (left instanceof Safe || right instanceof Safe)
    return textish(left) === textish(right) && textish(left) !== undefined;
  if (left instanceof View && right instanceof View) throw new JinjaRefusal("views of dictionaries are compared");
  return left === right;
}
const textish = (value: Value): string | undefined =>
  typeof value === "string" ? value : value instanceof Safe ? value.text : undefined;

/** JavaScript's data as Python's: what JSON has, and functions. @throws JinjaError for anything else */
export function fromJavaScript(value: unknown, where: string): Value {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "bigint") return value;
  if (typeof value === "number") {
    if (!Number.isInteger(value)) return value;
    if (Number.isSafeInteger(value)) return BigInt(value);
    throw new JinjaError(
      `${where} is ${value}, which JavaScript keeps without its last digits: give a text or a bigint`,
    );
  }
  if (Array.isArray(value)) return value.map((item, index) => fromJavaScript(item, `${where}[${index}]`));
  if (typeof value === "function") {
    return new Callable(where, ({ positional }) =>
      fromJavaScript(
        (value as (...given: unknown[]) => unknown)(...positional.map(toJavaScript)),
        `what ${where} gives`,
      ),
    );
  }
  const prototype: unknown = typeof value === "object" ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== null && prototype !== Object.prototype && !isPlain(value))
    throw new JinjaError(`${where} is neither a text, a number, a truth value, a list nor a plain object`);
  const entries = Object.entries(value as object).filter(([, item]) => item !== undefined);
  return new Dict(entries.map(([key, item]): [Value, Value] => [key, fromJavaScript(item, `${where}.${key}`)]));
}

/** A plain object of another realm. */
function isPlain(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.prototype.toString.call(value) === "[object Object]" &&
    !("toJSON" in value) &&
    (Object.getPrototypeOf(value) as { constructor?: { name?: string } }).constructor?.name === "Object"
  );
}

function toJavaScript(value: Value): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Undefined) return undefined;
  if (Array.isArray(value)) return value.map(toJavaScript);
  if (value instanceof Tuple) return value.items.map(toJavaScript);
  if (value instanceof Dict)
    return Object.fromEntries(value.entries().map(([key, item]) => [textOf(key), toJavaScript(item)]));
  return value;
}
