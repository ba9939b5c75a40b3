/** Jinja's filters. Those that this does not have, or not in the same way, are refused by name. */
import { bind, integer } from "./arguments.ts";
import { itemOf } from "./access.ts";
import { printf, round } from "./format.ts";
import { json } from "./json.ts";
import { attributeOf, replace } from "./methods.ts";
import { binary } from "./operators.ts";
import { compareKeys, ignoreCase, sorted } from "./order.ts";
import { passes } from "./predicates.ts";
import { lengthOf, pointsOf, space, splitLines } from "./text.ts";
import {
  type Callable,
  Dict,
  firstOf,
  isNumber,
  isTrue,
  itemsOf,
  JinjaError,
  JinjaRefusal,
  numberOf,
  refuseSafe,
  Safe,
  sizeOf,
  Stream,
  textOf,
  Tuple,
  typeOf,
  Undefined,
  View,
  type Arguments,
  type Value,
} from "./values.ts";

type Filter = (value: Value, given: Arguments) => Value;

/** A method of texts, of whatever is given as its text. */
const ofText =
  (method: string): Filter =>
  (value, given) =>
    (attributeOf(plainText(value), method) as Callable).call(given);
const plainText = (value: Value): string => (value instanceof Safe ? refuseSafe() : textOf(value));
const none: Arguments = { positional: [], named: new Map() };

/** What `map` and `select` go through: of what counts as false they do not even ask whether it can be iterated. */
const itemsOfTrue = (value: Value): readonly Value[] => (isTrue(value) ? itemsOf(value) : []);

/** `attribute=`: a path of keys and numbers, or several with commas where `several`. */
function getterOf(attribute: Value | undefined, several = false, otherwise: Value = null): (item: Value) => Value {
  if (attribute === undefined || attribute === null) return (item) => item;
  if (several && typeof attribute === "string" && attribute.includes(",")) {
    const getters = attribute.split(",").map((part) => getterOf(part));
    return (item) => getters.map((getter) => getter(item));
  }
  const path: Value[] =
    typeof attribute === "string"
      ? attribute.split(".").map((part) => (/^\d+$/.test(part) ? BigInt(part) : part))
      : [attribute];
  return (item) =>
    path.reduce<Value>((value, part) => {
      const found = itemOf(value, part);
      return found instanceof Undefined && otherwise !== null ? otherwise : found;
    }, item);
}
function keyOf(
  attribute: Value | undefined,
  caseSensitive: Value | undefined,
  several = false,
): (item: Value) => Value {
  const getter = getterOf(attribute, several);
  const fold = (key: Value): Value =>
    Array.isArray(key) && several && typeof attribute === "string" && attribute.includes(",")
      ? key.map(ignoreCase)
      : ignoreCase(key);
  return (item) => (isTrue(caseSensitive ?? false) ? getter(item) : fold(getter(item)));
}

function choosing(name: string, keep: boolean, byAttribute: boolean): Filter {
  return (value, { positional, named }) => {
    if (named.size > 0) throw new JinjaError(`the filter '${name}' takes no named arguments`);
    const [attribute, ...more] = byAttribute ? positional : [null, ...positional];
    if (attribute === undefined) throw new JinjaError("Missing parameter for attribute name");
    const getter = byAttribute ? getterOf(attribute) : (item: Value) => item;
    const [test, ...given] = more;
    if (test !== undefined && typeof test !== "string") throw new JinjaError(`the name of a test is ${typeOf(test)}`);
    return new Stream(
      (function* choose(): Generator<Value> {
        for (const item of itemsOfTrue(value))
          if ((test === undefined ? isTrue(getter(item)) : passes(test, getter(item), given)) === keep) yield item;
      })(),
      "generator",
    );
  };
}

const extreme =
  (sign: 1 | -1): Filter =>
  (value, given) => {
    const { case_sensitive: caseSensitive, attribute } = bind("min or max", given, ["case_sensitive", "attribute"]);
    const key = keyOf(attribute, caseSensitive);
    const items = itemsOf(value);
    if (items.length === 0) return new Undefined("No aggregated item, sequence was empty.");
    return items.reduce((best, item) => (sign * compareKeys(key(item), key(best)) > 0 ? item : best));
  };

/** The values in the other direction, where Python can go so. */
function reversedItems(value: Value): readonly Value[] | undefined {
  return value instanceof Stream ? undefined : [...itemsOf(value)].reverse();
}

const floatPattern = new RegExp(
  `^[${space}]*([-+]?(?:\\d+(?:_\\d+)*\\.?(?:\\d+(?:_\\d+)*)?|\\.\\d+(?:_\\d+)*)(?:e[-+]?\\d+(?:_\\d+)*)?|[-+]?(?:inf(?:inity)?|nan))[${space}]*$`,
  "iu",
);
function floatFrom(value: Value): number | undefined {
  if (isNumber(value)) return Number(value);
  const [, digits] = typeof value === "string" ? (floatPattern.exec(value) ?? []) : [];
  if (digits === undefined) return undefined;
  const special = /^([-+]?)(inf|nan)/i.exec(digits);
  if (special !== null) return special[2]!.toLowerCase() === "nan" ? NaN : special[1] === "-" ? -Infinity : Infinity;
  return Number(digits.replaceAll("_", ""));
}
function integerFrom(value: Value, base: number): bigint | undefined {
  if (typeof value === "string") {
    if (base !== 10) throw new JinjaRefusal("the filter 'int' with another base than 10");
    const [, digits] = new RegExp(`^[${space}]*([-+]?\\d+(?:_\\d+)*)[${space}]*$`, "u").exec(value) ?? [];
    if (digits !== undefined) return BigInt(digits.replaceAll("_", "").replace("+", ""));
  }
  const float = typeof value === "bigint" ? undefined : floatFrom(value);
  if (typeof value === "bigint") return value;
  return float === undefined || !Number.isFinite(float) ? undefined : BigInt(Math.trunc(float));
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "'": "&#39;",
  '"': "&#34;",
};
const escape: Filter = (value) =>
  value instanceof Safe ? value : new Safe(textOf(value).replace(/[&<>'"]/g, (character) => escapes[character]!));

const length: Filter = (value, given) => {
  bind("length", given, []);
  const size = sizeOf(value);
  if (size === undefined) throw new JinjaError(`object of type '${typeOf(value)}' has no len()`);
  return BigInt(size);
};
const absent: Filter = (value, given) => {
  const { default_value: otherwise = "", boolean = false } = bind("default", given, ["default_value", "boolean"]);
  return value instanceof Undefined || (isTrue(boolean) && !isTrue(value)) ? otherwise : value;
};

const filters: Readonly<Record<string, Filter>> = {
  upper: ofText("upper"),
  lower: ofText("lower"),
  capitalize: ofText("capitalize"),
  trim: ofText("strip"),
  center: (value, given) =>
    (attributeOf(plainText(value), "center") as Callable).call({
      positional: [bind("center", given, ["width"]).width ?? 80n],
      named: new Map(),
    }),
  title: (value, given) => {
    bind("title", given, []);
    return plainText(value)
      .split(new RegExp(`([-${space}({\\[<]+)`, "u"))
      .map((word) => {
        const [first = "", ...more] = pointsOf(word);
        return first.toUpperCase() + more.join("").toLowerCase();
      })
      .join("");
  },
  length,
  count: length,
  default: absent,
  d: absent,
  e: escape,
  escape,
  safe: (value) => (value instanceof Safe ? value : new Safe(textOf(value))),
  string: (value) => (value instanceof Safe ? value : textOf(value)),
  tojson: (value, given) => {
    const {
      ensure_ascii: ensureAscii = false,
      indent = null,
      separators = null,
      sort_keys: sortKeys = false,
    } = bind("tojson", given, ["ensure_ascii", "indent", "separators", "sort_keys"]);
    return json(value, { ensureAscii, indent, separators, sortKeys });
  },
  join: (value, given) => {
    const { d = "", attribute } = bind("join", given, ["d", "attribute"]);
    return itemsOf(value).map(getterOf(attribute)).map(textOf).join(textOf(d));
  },
  replace: (value, given) => {
    const { old, new: to, count = null } = bind("replace", given, ["old", "new", "count"], 2);
    return replace(
      plainText(value),
      plainText(old!),
      plainText(to!),
      count === null ? -1 : integer("count", count, -1),
    );
  },
  indent: (value, given) => {
    const { width = 4n, first = false, blank = false } = bind("indent", given, ["width", "first", "blank"]);
    const step =
      typeof width === "string" ? width : " ".repeat(Math.max(0, Math.min(1024, integer("width", width, 4))));
    if (typeof value !== "string")
      throw value instanceof Safe
        ? refuseSafe()
        : value instanceof Undefined
          ? value.fail()
          : new JinjaError(`can't indent a ${typeOf(value)}`);
    const [start, ...lines] = splitLines(`${value}\n`, false);
    const rest = lines.map((line) => (line === "" && !isTrue(blank) ? "" : step + line));
    return (isTrue(first) ? step : "") + [start, ...rest].join("\n");
  },
  truncate: (value, given) => {
    const {
      length: most = 255n,
      killwords = false,
      end = "...",
      leeway = null,
    } = bind("truncate", given, ["length", "killwords", "end", "leeway"]);
    if (value instanceof Undefined) return value;
    if (typeof value !== "string") throw new JinjaRefusal(`the filter 'truncate' of a ${typeOf(value)}`);
    const points = pointsOf(value);
    const [wanted, ending] = [integer("length", most, 255), textOf(end)];
    if (points.length <= wanted + integer("leeway", leeway ?? 5n, 5)) return points.join("");
    const kept = points.slice(0, wanted - lengthOf(ending)).join("");
    return (isTrue(killwords) || !kept.includes(" ") ? kept : kept.slice(0, kept.lastIndexOf(" "))) + ending;
  },
  wordcount: (value) => BigInt(plainText(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  format: (value, { positional, named }) => {
    if (positional.length > 0 && named.size > 0)
      throw new JinjaError("can't handle positional and keyword arguments at the same time");
    return printf(plainText(value), named.size > 0 ? new Dict(named) : new Tuple(positional));
  },
  list: (value) => [...itemsOf(value)],
  first: (value) => firstOf(itemsOf(value)[0], new Undefined("No first item, sequence was empty.")),
  last: (value) => {
    if (value instanceof Stream) throw new JinjaError(`'${typeOf(value)}' object is not reversible`);
    return firstOf(itemsOf(value).at(-1), new Undefined("No last item, sequence was empty."));
  },
  reverse: (value) => {
    if (typeof value === "string") return pointsOf(value).toReversed().join("");
    const items = reversedItems(value);
    return items === undefined ? [...itemsOf(value)].reverse() : new Stream(items, "reversed");
  },
  sort: (value, given) => {
    const {
      reverse = false,
      case_sensitive: caseSensitive,
      attribute,
    } = bind("sort", given, ["reverse", "case_sensitive", "attribute"]);
    return sorted(itemsOf(value), keyOf(attribute, caseSensitive, true), isTrue(reverse));
  },
  dictsort: (value, given) => {
    const {
      case_sensitive: caseSensitive = false,
      by = "key",
      reverse = false,
    } = bind("dictsort", given, ["case_sensitive", "by", "reverse"]);
    if (by !== "key" && by !== "value") throw new JinjaError('You can only sort by either "key" or "value"');
    if (!(value instanceof Dict))
      throw value instanceof Undefined ? value.fail() : new JinjaError(`dictsort of a ${typeOf(value)}`);
    const key = ([name, item]: [Value, Value]): Value => (by === "key" ? name : item);
    return sorted(
      value.entries(),
      (entry) => (isTrue(caseSensitive) ? key(entry) : ignoreCase(key(entry))),
      isTrue(reverse),
    ).map((entry) => new Tuple(entry));
  },
  unique: (value, given) => {
    const { case_sensitive: caseSensitive, attribute } = bind("unique", given, ["case_sensitive", "attribute"]);
    const key = keyOf(attribute, caseSensitive);
    return new Stream(
      (function* unique(): Generator<Value> {
        const seen = new Dict();
        for (const item of itemsOf(value)) {
          if (seen.has(key(item))) continue;
          seen.set(key(item), null);
          yield item;
        }
      })(),
      "generator",
    );
  },
  min: extreme(-1),
  max: extreme(1),
  sum: (value, given) => {
    const { attribute, start = 0n } = bind("sum", given, ["attribute", "start"]);
    return itemsOf(value)
      .map(getterOf(attribute))
      .reduce((total, item) => binary("+", total, item), start);
  },
  items: (value) => {
    if (value instanceof Undefined) return new Stream([], "generator");
    if (!(value instanceof Dict)) throw new JinjaError("Can only get item pairs from a mapping.");
    return new Stream(new View(value, "items").items(), "generator");
  },
  map: (value, { positional, named }) => {
    if (positional.length === 0) {
      const { attribute, default: otherwise } = bind("map", { positional, named }, ["attribute", "default"]);
      if (attribute === undefined) throw new JinjaError("map requires a filter argument");
      const getter = getterOf(attribute, false, otherwise);
      return new Stream(
        (function* pick(): Generator<Value> {
          for (const item of itemsOfTrue(value)) yield getter(item);
        })(),
        "generator",
      );
    }
    const [name, ...rest] = positional;
    if (typeof name !== "string") throw new JinjaError("map requires a filter's name");
    return new Stream(
      (function* mapped(): Generator<Value> {
        for (const item of itemsOfTrue(value)) yield filtered(name, item, { positional: rest, named });
      })(),
      "generator",
    );
  },
  select: choosing("select", true, false),
  reject: choosing("reject", false, false),
  selectattr: choosing("selectattr", true, true),
  rejectattr: choosing("rejectattr", false, true),
  batch: (value, given) => {
    const { linecount, fill_with: fill = null } = bind("batch", given, ["linecount", "fill_with"], 1);
    const size = integer("linecount", linecount, 1);
    if (size < 1) throw new JinjaError("batch needs a positive number");
    const items = [...itemsOf(value)];
    const lines: Value[] = Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
      items.slice(index * size, (index + 1) * size),
    );
    const last = lines.at(-1) as Value[] | undefined;
    if (last !== undefined && fill !== null) while (last.length < size) last.push(fill);
    return new Stream(lines, "generator");
  },
  abs: (value) => {
    if (value instanceof Undefined) return value.fail();
    if (!isNumber(value)) throw new JinjaError(`bad operand type for abs(): '${typeOf(value)}'`);
    const number = numberOf(value);
    return typeof number === "bigint" ? (number < 0n ? -number : number) : Math.abs(number);
  },
  round: (value, given) => {
    const { precision, method = "common" } = bind("round", given, ["precision", "method"]);
    const digits = integer("precision", precision, 0);
    if (method === "common") return round(value, digits);
    if (method !== "ceil" && method !== "floor") throw new JinjaError("method must be common, ceil or floor");
    if (digits !== 0) throw new JinjaRefusal(`the filter 'round' with '${method}' and digits`);
    if (!isNumber(value))
      throw value instanceof Undefined ? value.fail() : new JinjaError(`can't round a ${typeOf(value)}`);
    return Math[method](Number(numberOf(value)));
  },
  int: (value, given) => {
    const { default: otherwise = 0n, base } = bind("int", given, ["default", "base"]);
    if (value instanceof Undefined) return value.fail();
    return integerFrom(value instanceof Safe ? value.text : value, integer("base", base, 10)) ?? otherwise;
  },
  float: (value, given) => {
    const { default: otherwise = 0 } = bind("float", given, ["default"]);
    if (value instanceof Undefined) return value.fail();
    return floatFrom(value instanceof Safe ? value.text : value) ?? otherwise;
  },
};
export const filterNames: ReadonlySet<string> = new Set(Object.keys(filters));
export const otherFilters: readonly string[] = [
  "attr",
  "filesizeformat",
  "forceescape",
  "groupby",
  "pprint",
  "random",
  "slice",
  "striptags",
  "urlencode",
  "urlize",
  "wordwrap",
  "xmlattr",
];

export function filtered(name: string, value: Value, given: Arguments = none): Value {
  if (Object.hasOwn(filters, name)) return filters[name]!(value, given);
  throw otherFilters.includes(name)
    ? new JinjaRefusal(`the filter '${name}'`)
    : new JinjaError(`there is no filter '${name}'`);
}
