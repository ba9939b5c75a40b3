/** Python's formatting: `'%s' % value`, str.format and round. */
import {
  JinjaError,
  JinjaRefusal,
  Dict,
  isNumber,
  numberOf,
  Safe,
  refuseSafe,
  reprOfValue,
  textOf,
  Tuple,
  typeOf,
  Undefined,
  type Arguments,
  type Value,
} from "./values.ts";
import { lengthOf, pointsOf } from "./text.ts";

/** `format % given`: a tuple's values one after another, a dictionary's by name, or one value. */
export function printf(format: string, given: Value): string {
  if (given instanceof Safe) refuseSafe();
  const values = given instanceof Tuple ? given.items : [given];
  let used = 0;
  const next = (): Value => {
    if (used >= values.length) throw new JinjaError("not enough arguments for format string");
    return values[used++]!;
  };
  const text = format.replace(
    /%(?:\((?<name>[^)]*)\))?(?<flags>[-+ #0]*)(?<width>\*|\d+)?(?:\.(?<precision>\*|\d*))?[hlL]?(?<kind>[^]|$)/gu,
    (all, ...rest) => {
      const { name, flags, width, precision, kind } = rest.at(-1) as Record<
        "name" | "flags" | "width" | "precision" | "kind",
        string | undefined
      >;
      if (kind === "") throw new JinjaError("incomplete format");
      if (kind === "%") return "%";
      if (width === "*" || precision === "*" || flags!.includes("#")) throw new JinjaRefusal(`the format '${all}'`);
      if (name !== undefined && !(given instanceof Dict)) throw new JinjaError("format requires a mapping");
      const value = name === undefined ? next() : (given as Dict).get(name);
      if (value === undefined) throw new JinjaError(`there is no '${name}' to format`);
      return formatted(
        value,
        kind!,
        flags!,
        Number(width ?? 0),
        precision === undefined ? undefined : Number(precision),
      );
    },
  );
  const takesAll = given instanceof Dict || (used === 0 && (Array.isArray(given) || given instanceof Undefined));
  if (used < values.length && !takesAll) throw new JinjaError("not all arguments converted during string formatting");
  return text;
}

function formatted(value: Value, kind: string, flags: string, width: number, precision: number | undefined): string {
  let body: string;
  if (kind === "s" || kind === "r") {
    body = kind === "s" ? textOf(value) : reprOfValue(value);
    if (precision !== undefined) body = pointsOf(body).slice(0, precision).join("");
    return padded(body, width, flags.includes("-") ? "left" : "right");
  }
  if (kind === "c" || kind === "a" || !"diufFxXo".includes(kind)) throw new JinjaRefusal(`the format '%${kind}'`);
  if (value instanceof Undefined) return value.fail();
  if (!isNumber(value)) throw new JinjaError(`%${kind} format: a real number is required, not ${typeOf(value)}`);
  const number = numberOf(value);
  if (typeof number === "number" && !Number.isFinite(number))
    throw new JinjaRefusal(`the format '%${kind}' of ${textOf(number)}`);
  if (kind === "f" || kind === "F") body = fixed(number, precision ?? 6);
  else if (typeof number === "number" && "xXo".includes(kind))
    throw new JinjaError(`%${kind} format: an integer is required, not float`);
  else {
    const whole = typeof number === "number" ? BigInt(Math.trunc(number)) : number;
    const digits = (whole < 0n ? -whole : whole)
      .toString(kind === "x" || kind === "X" ? 16 : kind === "o" ? 8 : 10)
      .padStart(precision ?? 0, "0");
    body = (whole < 0n ? "-" : "") + (kind === "X" ? digits.toUpperCase() : digits);
  }
  if (!body.startsWith("-")) body = (flags.includes("+") ? "+" : flags.includes(" ") ? " " : "") + body;
  if (flags.includes("-")) return padded(body, width, "left");
  if (!flags.includes("0")) return padded(body, width, "right");
  const sign = /^[-+ ]?/.exec(body)![0];
  return sign + body.slice(sign.length).padStart(width - sign.length, "0");
}

function padded(text: string, width: number, side: "left" | "right"): string {
  if (width > 2 ** 20) throw new JinjaError("a width is too large");
  const space = " ".repeat(Math.max(0, width - lengthOf(text)));
  return side === "left" ? text + space : space + text;
}

/** The integer next to value · 10^digits, exactly; a tie goes to the even one. */
function scaled(value: bigint | number, digits: number): bigint {
  if (typeof value === "bigint") return value * 10n ** BigInt(digits);
  let [mantissa, exponent] = [value, 0];
  while (!Number.isInteger(mantissa)) [mantissa, exponent] = [mantissa * 2, exponent + 1];
  const numerator = BigInt(mantissa) * 10n ** BigInt(digits);
  const denominator = 2n ** BigInt(exponent);
  const sign = numerator < 0n ? -1n : 1n;
  const [quotient, twice] = [(sign * numerator) / denominator, 2n * ((sign * numerator) % denominator)];
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return sign * (quotient + (up ? 1n : 0n));
}

function fixed(value: bigint | number, digits: number): string {
  if (digits > 400) throw new JinjaError("a precision is too large");
  const all = scaled(value, digits);
  const sign = all < 0n || (typeof value === "number" && (value < 0 || Object.is(value, -0))) ? "-" : "";
  const text = (all < 0n ? -all : all).toString().padStart(digits + 1, "0");
  return sign + (digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`);
}

/** round(). */
export function round(value: Value, digits: number): Value {
  if (value instanceof Undefined) return value.fail();
  if (!isNumber(value)) throw new JinjaError(`type ${typeOf(value)} doesn't define __round__ method`);
  const number = numberOf(value);
  if (digits < 0 || digits > 300) throw new JinjaRefusal(`rounding to ${digits} digits`);
  if (typeof number === "bigint" || !Number.isFinite(number)) return number;
  return Number(fixed(number, digits));
}

/** str.format of fields without a format of their own. */
export function formatFields(format: string, { positional, named }: Arguments): string {
  let next = 0;
  return format.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/gu, (all, field?: string) => {
    if (all === "{{" || all === "}}") return all[0]!;
    if (field === undefined) throw new JinjaError(`Single '${all}' encountered in format string`);
    const [, name, conversion] = /^([^!:.[\]]*)(![sr])?$/u.exec(field) ?? [];
    if (name === undefined) throw new JinjaRefusal(`the format field '{${field}}'`);
    const value = /^\d+$/.test(name) ? positional[Number(name)] : name === "" ? positional[next++] : named.get(name);
    if (value === undefined) throw new JinjaError(`there is no value for the format field '{${field}}'`);
    if (value instanceof Safe) return refuseSafe();
    return conversion === "!r" ? reprOfValue(value) : textOf(value);
  });
}
