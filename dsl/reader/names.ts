/**
 * Names that an author gives: what they may be, so that they can stand in the IR's text and in the emitted text as they
 * are.
 */
import type { Node } from "ts-morph";
import type { Fix, Report } from "./report.ts";

/**
 * A letter, then letters, digits and underscores, as in WGSL, where a name that begins with two underscores is
 * reserved. What lies beyond the first 65,536 characters is left out, since drivers know other editions of Unicode.
 */
const plain = /^_?\p{XID_Start}\p{XID_Continue}*$/u;
const beyond = /[\u{10000}-\u{10ffff}]/u;
/** The IR's text has these for conditions. */
const words: ReadonlySet<string> = new Set(["true", "false"]);

export function isPlainName(name: string): boolean {
  return plain.test(name) && !beyond.test(name) && !words.has(name);
}

/**
 * Whether a value may carry a name into the texts, as a stem: `$1` and `_1` leave a number where only ASCII is kept.
 */
export function isStem(name: string): boolean {
  return isPlainName(name) && !/^[^A-Za-z]*\d/.test(name);
}

/** Reports the name of an axis, a tensor, a parameter, a state's field or a kernel that can't be written down. */
export function checkName(
  report: Report,
  name: string,
  what: string,
  at: Node,
  fixOf?: (near: string) => Fix,
): boolean {
  if (isPlainName(name)) return true;
  const form = "a letter, then letters, digits and underscores";
  const near = nearestPlain(name);
  const shown = name.replace(/[\p{Cc}\p{Cf}]/gu, (letter) => `\\u{${letter.codePointAt(0)!.toString(16)}}`);
  report.add(
    "R023",
    at,
    `${what} can't be called '${shown}': a name is ${form}`,
    near === undefined ? `give it a name of ${form}` : fixOf !== undefined ? fixOf(near) : `call it '${near}'`,
  );
  return false;
}

function nearestPlain(name: string): string | undefined {
  const kept = name
    .replace(/[^\p{XID_Continue}]+/gu, "_")
    .replace(/[\u{10000}-\u{10ffff}]+/gu, "_")
    .replace(/^_+|_+$/g, "");
  return [kept, `${kept}_`, `n${kept}`].find((candidate) => kept !== "" && isPlainName(candidate));
}

/** The name of a module's default export: the file's, up to its first point, without what a name can't have. */
export function nameOfFile(base: string): string {
  const [first = "", ...rest] = base
    .replace(/(?<=.)\..*$/, "")
    .split(/[^\p{XID_Continue}]+/u)
    .filter((word) => word !== "");
  return first + rest.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}
