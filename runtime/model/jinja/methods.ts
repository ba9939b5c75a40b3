/**
 * Methods and attributes of Python's texts, lists, tuples, dictionaries and numbers. Those that change their object are
 * not safe in transformers' sandbox; those that this does not have are refused by name.
 */
import { bind, integer } from "./arguments.ts";
import { formatFields } from "./format.ts";
import {
  capitalize,
  isLower,
  isSpace,
  isUpper,
  lengthOf,
  pointsOf,
  split,
  splitLines,
  strip,
  swapCase,
  title,
} from "./text.ts";
import {
  Callable,
  Dict,
  firstOf,
  isEqual,
  itemsOf,
  JinjaError,
  JinjaRefusal,
  refuseSafe,
  Safe,
  Tuple,
  typeOf,
  Undefined,
  View,
  type Arguments,
  type Value,
} from "./values.ts";

type Method<Self> = (self: Self, given: Arguments) => Value;

function text(what: string, value: Value | undefined): string {
  if (value instanceof Safe) return refuseSafe();
  if (typeof value !== "string")
    throw new JinjaError(`${what} must be str, not ${value === undefined ? "absent" : typeOf(value)}`);
  return value;
}
function optionalText(what: string, value: Value | undefined): string | undefined {
  return value === undefined || value === null ? undefined : text(what, value);
}
/** What a table that leaves characters out gives. */
function known(result: string | undefined, what: string): string {
  if (result === undefined) throw new JinjaRefusal(`${what} of a character whose title case is not known here`);
  return result;
}

const stripping =
  (sides: "both" | "left" | "right"): Method<string> =>
  (self, given) => {
    const { chars } = bind("strip", given, ["chars"]);
    return strip(self, optionalText("strip arg", chars), sides);
  };
const splitting =
  (fromRight: boolean): Method<string> =>
  (self, given) => {
    const { sep, maxsplit } = bind("split", given, ["sep", "maxsplit"]);
    const separator = optionalText("sep", sep);
    if (separator === "") throw new JinjaError("empty separator");
    return split(self, separator, integer("maxsplit", maxsplit, -1), fromRight);
  };
const affix =
  (matches: (part: string, affix: string) => boolean): Method<string> =>
  (self, given) => {
    const { affix: wanted, start, end } = bind("startswith or endswith", given, ["affix", "start", "end"], 1);
    const [part] = partOf(self, start, end);
    const affixes = wanted instanceof Tuple ? wanted.items : [wanted];
    return part !== undefined && affixes.some((one) => matches(part, text("startswith or endswith first arg", one)));
  };
/** The text between two places, as Python takes them, and the first of them. */
function partOf(self: string, start: Value | undefined, end: Value | undefined): readonly [string | undefined, number] {
  if ((start ?? null) === null && (end ?? null) === null) return [self, 0];
  const points = pointsOf(self);
  const place = (value: Value | undefined, absent: number): number => {
    const index = value === null ? absent : integer("a place", value, absent);
    return index < 0 ? Math.max(0, index + points.length) : index;
  };
  const [from, to] = [place(start, 0), Math.min(points.length, place(end, points.length))];
  return from > to ? [undefined, from] : [points.slice(from, to).join(""), from];
}
const finding =
  (last: boolean, orFail: boolean): Method<string> =>
  (self, given) => {
    const { sub, start, end } = bind("find", given, ["sub", "start", "end"], 1);
    const [part, offset] = partOf(self, start, end);
    const at =
      part === undefined ? -1 : last ? part.lastIndexOf(text("find arg", sub)) : part.indexOf(text("find arg", sub));
    if (at >= 0) return BigInt(offset + lengthOf(part!.slice(0, at)));
    if (orFail) throw new JinjaError("substring not found");
    return -1n;
  };
const partition =
  (fromRight: boolean): Method<string> =>
  (self, given) => {
    const sep = text("sep", bind("partition", given, ["sep"], 1).sep);
    if (sep === "") throw new JinjaError("empty separator");
    const at = fromRight ? self.lastIndexOf(sep) : self.indexOf(sep);
    if (at < 0) return new Tuple(fromRight ? ["", "", self] : [self, "", ""]);
    return new Tuple([self.slice(0, at), sep, self.slice(at + sep.length)]);
  };
const justify =
  (side: "left" | "right" | "center"): Method<string> =>
  (self, given) => {
    const { width, fillchar } = bind("ljust", given, ["width", "fillchar"], 1);
    const fill = text("fillchar", fillchar ?? " ");
    if (lengthOf(fill) !== 1) throw new JinjaError("The fill character must be exactly one character long");
    const wanted = integer("width", width, 0);
    const room = Math.max(0, wanted - lengthOf(self));
    if (room > 2 ** 20) throw new JinjaError("a width is too large");
    const before = side === "left" ? 0 : side === "right" ? room : Math.floor(room / 2) + (room & wanted & 1);
    return fill.repeat(before) + self + fill.repeat(room - before);
  };
/** Holds of every character, and there is one. */
const every =
  (pattern: RegExp): Method<string> =>
  (self) =>
    self !== "" && pointsOf(self).every((point) => pattern.test(point));
const plain =
  (change: (self: string) => string): Method<string> =>
  (self, given) => {
    bind("a method without arguments", given, []);
    return change(self);
  };

export function replace(self: string, from: string, to: string, count: number): string {
  if (count === 0) return self;
  // Between code points, where there is nothing to look for.
  const parts = from === "" ? ["", ...pointsOf(self), ""] : self.split(from);
  if (count < 0 || parts.length <= count + 1) return parts.join(to);
  return [...parts.slice(0, count), parts.slice(count).join(from)].join(to);
}

const ofText: Readonly<Record<string, Method<string>>> = {
  strip: stripping("both"),
  lstrip: stripping("left"),
  rstrip: stripping("right"),
  split: splitting(false),
  rsplit: splitting(true),
  startswith: affix((part, start) => part.startsWith(start)),
  endswith: affix((part, end) => part.endsWith(end)),
  find: finding(false, false),
  rfind: finding(true, false),
  index: finding(false, true),
  rindex: finding(true, true),
  partition: partition(false),
  rpartition: partition(true),
  ljust: justify("left"),
  rjust: justify("right"),
  center: justify("center"),
  upper: plain((self) => self.toUpperCase()),
  lower: plain((self) => self.toLowerCase()),
  swapcase: plain(swapCase),
  title: plain((self) => known(title(self), "title")),
  capitalize: plain((self) => known(capitalize(self), "capitalize")),
  isalpha: every(/\p{L}/u),
  isdecimal: every(/\p{Nd}/u),
  isascii: (self) => /^\p{ASCII}*$/u.test(self),
  isspace: (self) => self !== "" && pointsOf(self).every(isSpace),
  isupper: (self) => isUpper(self),
  islower: (self) => isLower(self),
  isalnum: every(/[\p{L}\p{N}]/u),
  isdigit: (self, given) => {
    if (/\p{No}/u.test(self)) throw new JinjaRefusal("the method 'isdigit' of a number that is no decimal digit");
    return every(/\p{Nd}/u)(self, given);
  },
  splitlines: (self, given) => splitLines(self, bind("splitlines", given, ["keepends"]).keepends === true),
  count: (self, given) => {
    const { sub, start, end } = bind("count", given, ["sub", "start", "end"], 1);
    const [part] = partOf(self, start, end);
    const wanted = text("count arg", sub);
    return part === undefined ? 0n : BigInt(wanted === "" ? lengthOf(part) + 1 : part.split(wanted).length - 1);
  },
  replace: (self, given) => {
    const { old, new: to, count } = bind("replace", given, ["old", "new", "count"], 2);
    return replace(
      self,
      text("replace() argument 1", old),
      text("replace() argument 2", to),
      integer("count", count, -1),
    );
  },
  join: (self, given) =>
    itemsOf(bind("join", given, ["iterable"], 1).iterable!)
      .map((item, index) => {
        if (typeof item !== "string")
          throw new JinjaError(`sequence item ${index}: expected str instance, ${typeOf(item)} found`);
        return item;
      })
      .join(self),
  removeprefix: (self, given) => {
    const prefix = text("removeprefix() argument", bind("removeprefix", given, ["prefix"], 1).prefix);
    return self.startsWith(prefix) ? self.slice(prefix.length) : self;
  },
  removesuffix: (self, given) => {
    const suffix = text("removesuffix() argument", bind("removesuffix", given, ["suffix"], 1).suffix);
    return suffix !== "" && self.endsWith(suffix) ? self.slice(0, -suffix.length) : self;
  },
  zfill: (self, given) => {
    const [sign] = /^[-+]?/.exec(self)!;
    return (
      sign +
      self
        .slice(sign.length)
        .padStart(
          Math.min(2 ** 20, integer("width", bind("zfill", given, ["width"], 1).width, 0)) -
            sign.length +
            (self.length - lengthOf(self)),
          "0",
        )
    );
  },
  format: (self, given) => formatFields(self, given),
};

const ofList: Readonly<Record<string, Method<readonly Value[]>>> = {
  index: (self, given) => {
    const { value, start } = bind("index", given, ["value", "start"], 1);
    const from = integer("start", start, 0);
    const at = self.findIndex(
      (item, index) => index >= (from < 0 ? from + self.length : from) && isEqual(item, value!),
    );
    if (at < 0) throw new JinjaError("the value is not in the list");
    return BigInt(at);
  },
  count: (self, given) => {
    const { value } = bind("count", given, ["value"], 1);
    return BigInt(self.filter((item) => isEqual(item, value!)).length);
  },
};

const ofDict: Readonly<Record<string, Method<Dict>>> = {
  get: (self, given) => {
    const { key, default: absent } = bind("get", given, ["key", "default"], 1);
    return firstOf(self.get(key!), absent, null);
  },
  keys: (self) => new View(self, "keys"),
  values: (self) => new View(self, "values"),
  items: (self) => new View(self, "items"),
  copy: (self) => new Dict(self.entries()),
};

/** What changes its object: transformers' sandbox gives an undefined value for it. */
const changing: Readonly<Record<string, readonly string[]>> = {
  list: ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"],
  dict: ["clear", "pop", "popitem", "setdefault", "update"],
};
/** What Python has and this has not. */
const others: Readonly<Record<string, readonly string[]>> = {
  str: [
    "casefold",
    "encode",
    "expandtabs",
    "format_map",
    "isidentifier",
    "isnumeric",
    "isprintable",
    "istitle",
    "maketrans",
    "translate",
  ],
  list: ["copy"],
  dict: ["fromkeys"],
  tuple: [],
  range: ["count", "index", "start", "step", "stop"],
  dict_keys: ["isdisjoint", "mapping"],
  dict_values: ["mapping"],
  dict_items: ["isdisjoint", "mapping"],
  int: [
    "as_integer_ratio",
    "bit_count",
    "bit_length",
    "conjugate",
    "denominator",
    "from_bytes",
    "imag",
    "numerator",
    "real",
    "to_bytes",
  ],
  float: ["as_integer_ratio", "conjugate", "fromhex", "hex", "imag", "is_integer", "real"],
  generator: ["close", "gi_code", "gi_frame", "gi_running", "gi_yieldfrom", "send", "throw"],
};

export const otherMethods: ReadonlySet<string> = new Set(
  [...others["str"]!, ...others["list"]!, ...others["dict"]!].filter((name) => name !== "copy"),
);

/** Python's getattr of what is no field; undefined where there is none. @throws JinjaRefusal */
export function attributeOf(value: Value, name: string): Value | undefined {
  if (value instanceof Safe) return refuseSafe();
  const type = typeof value === "boolean" ? "int" : typeOf(value);
  const found =
    typeof value === "string"
      ? own(ofText, name, value)
      : Array.isArray(value)
        ? own(ofList, name, value)
        : value instanceof Tuple
          ? own(ofList, name, value.items)
          : value instanceof Dict
            ? own(ofDict, name, value)
            : undefined;
  if (found !== undefined) return found;
  if (/^__.*__$/.test(name) || changing[type]?.includes(name) === true)
    return new Undefined(`access to attribute '${name}' of '${type}' object is unsafe`);
  if (others[type]?.includes(name) === true) throw new JinjaRefusal(`the method '${name}' of a ${type}`);
  return undefined;
}

function own<Self>(methods: Readonly<Record<string, Method<Self>>>, name: string, self: Self): Callable | undefined {
  return Object.hasOwn(methods, name) ? new Callable(name, (given) => methods[name]!(self, given)) : undefined;
}
