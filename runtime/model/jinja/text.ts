/** Python's texts: sequences of code points, whose spaces, line ends, cases and representations are Python's own. */

/** What Python's str.isspace holds of; JavaScript's trim differs in \x1c to \x1f, \x85 and U+FEFF. */
export const space = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const spaces = new RegExp(`^[${space}]+`, "u");
export const isSpace = (character: string): boolean => spaces.test(character);

/** Code points. An ASCII text needs no list of them. */
export function pointsOf(text: string): readonly string[] {
  return Array.from(text);
}
export function lengthOf(text: string): number {
  let surrogatePairs = 0;
  for (const _ of text.matchAll(/[\u{10000}-\u{10ffff}]/gu)) surrogatePairs++;
  return text.length - surrogatePairs;
}

/** str.strip, lstrip and rstrip: takes off any of the characters named, or spaces. */
export function strip(text: string, characters: string | undefined, sides: "both" | "left" | "right"): string {
  const named = characters === undefined ? undefined : new Set(characters);
  const goes = (point: string): boolean => (named === undefined ? isSpace(point) : named.has(point));
  const points = pointsOf(text);
  let [from, to] = [0, points.length];
  if (sides !== "right") while (from < to && goes(points[from]!)) from++;
  if (sides !== "left") while (to > from && goes(points[to - 1]!)) to--;
  return points.slice(from, to).join("");
}

/** str.split and rsplit; without a separator at runs of spaces. */
export function split(text: string, separator: string | undefined, most: number, fromRight: boolean): string[] {
  if (separator === undefined) return splitAtSpaces(text, most, fromRight);
  const parts = text.split(separator);
  if (most < 0 || parts.length <= most + 1) return parts;
  return fromRight
    ? [parts.slice(0, parts.length - most).join(separator), ...parts.slice(parts.length - most)]
    : [...parts.slice(0, most), parts.slice(most).join(separator)];
}

function splitAtSpaces(text: string, most: number, fromRight: boolean): string[] {
  const words = [...text.matchAll(new RegExp(`[^${space}]+`, "gu"))].map(
    (match) => [match.index, match.index + match[0].length] as const,
  );
  const textOf = ([from, to]: readonly [number, number]): string => text.slice(from, to);
  if (most < 0 || words.length <= most) return words.map(textOf);
  // What is not split keeps the spaces of its far end.
  if (fromRight)
    return [text.slice(0, words[words.length - most - 1]![1]), ...words.slice(words.length - most).map(textOf)];
  return [...words.slice(0, most).map(textOf), text.slice(words[most]![0])];
}

export function splitLines(text: string, keepEnds: boolean): string[] {
  const lines =
    text.match(
      /[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])|[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+$/gu,
    ) ?? [];
  return keepEnds
    ? [...lines]
    : lines.map((line) => line.replace(/(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])$/u, ""));
}

/** Where Unicode's title case of a character is not its upper case. */
const titles = new Map(
  Object.entries({
    "\u00df": "Ss",
    "\u0149": "\u02bcN",
    "\u01c4": "\u01c5",
    "\u01c5": "\u01c5",
    "\u01c6": "\u01c5",
    "\u01c7": "\u01c8",
    "\u01c8": "\u01c8",
    "\u01c9": "\u01c8",
    "\u01ca": "\u01cb",
    "\u01cb": "\u01cb",
    "\u01cc": "\u01cb",
    "\u01f1": "\u01f2",
    "\u01f2": "\u01f2",
    "\u01f3": "\u01f2",
    "\u0587": "\u0535\u0582",
    "\ufb00": "Ff",
    "\ufb01": "Fi",
    "\ufb02": "Fl",
    "\ufb03": "Ffi",
    "\ufb04": "Ffl",
    "\ufb05": "St",
    "\ufb06": "St",
    "\ufb13": "\u0544\u0576",
    "\ufb14": "\u0544\u0565",
    "\ufb15": "\u0544\u056b",
    "\ufb16": "\u054e\u0576",
    "\ufb17": "\u0544\u056d",
  }),
);

function titleOf(point: string): string | undefined {
  const known = titles.get(point);
  if (known !== undefined) return known;
  // Georgian has upper case and no title case; Greek with a iota below is left to those who have Unicode's tables.
  if (/[\u10d0-\u10fa\u10fd-\u10ff]/u.test(point)) return point;
  return /[\u1f80-\u1faf\u1fb2-\u1fb4\u1fb7\u1fbc\u1fc2-\u1fc4\u1fc7\u1fcc\u1ff2-\u1ff4\u1ff7\u1ffc]/u.test(point)
    ? undefined
    : point.toUpperCase();
}

/** str.title; undefined where a character's title case is not known. */
export function title(text: string): string | undefined {
  let afterCased = false;
  const lower = loweredPoints(text);
  const out = pointsOf(text).map((point, index) => {
    const result = afterCased ? lower[index] : titleOf(point);
    afterCased = /\p{Cased}/u.test(point);
    return result;
  });
  return out.includes(undefined) ? undefined : out.join("");
}

export function capitalize(text: string): string | undefined {
  const [first, ...rest] = pointsOf(text);
  if (first === undefined) return "";
  const start = titleOf(first);
  return start === undefined
    ? undefined
    : start +
        loweredPoints(first + rest.join(""))
          .slice(1)
          .join("");
}

/** Each code point's lower case; a sigma at the end of a word has a form of its own. */
function loweredPoints(text: string): readonly string[] {
  const points = pointsOf(text);
  if (!text.includes("\u03a3")) return points.map((point) => point.toLowerCase());
  let at = 0;
  return points.map((point) => {
    at += point.length;
    if (point !== "\u03a3") return point.toLowerCase();
    return isFinalSigma(text, at - 1) ? "\u03c2" : "\u03c3";
  });
}
function isFinalSigma(text: string, at: number): boolean {
  return (
    /\p{Cased}\p{Case_Ignorable}*$/u.test(text.slice(0, at)) &&
    !/^\p{Case_Ignorable}*\p{Cased}/u.test(text.slice(at + 1))
  );
}

export const isLower = (text: string): boolean => /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text);
export const isUpper = (text: string): boolean => /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text);

export function swapCase(text: string): string {
  return pointsOf(text)
    .map((point) => (point.toLowerCase() === point ? point.toUpperCase() : point.toLowerCase()))
    .join("");
}

const escapes = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** Python's repr of a text: in double quotes only where it holds single ones and no double ones. */
export function reprOf(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = pointsOf(text).map((point) => {
    if (point === quote) return `\\${quote}`;
    const escape = escapes.get(point);
    if (escape !== undefined) return escape;
    if (point === " " || !/[\p{C}\p{Z}]/u.test(point)) return point;
    const code = point.codePointAt(0)!;
    const hex = code.toString(16);
    return code < 0x100
      ? `\\x${hex.padStart(2, "0")}`
      : code < 0x10000
        ? `\\u${hex.padStart(4, "0")}`
        : `\\U${hex.padStart(8, "0")}`;
  });
  return quote + inside.join("") + quote;
}

/** Python's repr of a float: the shortest digits that give it, as JavaScript's, in Python's notation. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa, power] = Math.abs(value).toExponential().split("e") as [string, string];
  const exponent = Number(power);
  const digits = mantissa.replace(".", "");
  if (exponent < -4 || exponent >= 16) {
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}
