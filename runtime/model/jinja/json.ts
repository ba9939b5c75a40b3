/** Python's json.dumps, as transformers gives it to templates: characters as they are, `, ` and `: ` between items. */
import { compareKeys } from "./order.ts";
import { floatText } from "./text.ts";
import { Dict, isTrue, JinjaError, JinjaRefusal, Safe, Tuple, typeOf, Undefined, type Value } from "./values.ts";

export interface JsonOptions {
  readonly ensureAscii: Value;
  readonly indent: Value;
  readonly separators: Value;
  readonly sortKeys: Value;
}

const deepest = 200;

export function json(value: Value, { ensureAscii, indent, separators, sortKeys }: JsonOptions): string {
  const step =
    indent === null
      ? undefined
      : typeof indent === "string"
        ? indent
        : typeof indent === "bigint" || typeof indent === "boolean"
          ? " ".repeat(Math.min(1024, Math.max(0, Number(indent))))
          : undefined;
  if (indent !== null && step === undefined)
    throw new JinjaError(`indent is ${typeOf(indent)}, not a number or a text`);
  const [item, key] = separatorsOf(separators, step !== undefined);
  const ascii = isTrue(ensureAscii);
  const text = (content: string): string => quoted(content, ascii);
  const write = (part: Value, depth: number): string => {
    if (depth > deepest) throw new JinjaError("a value is nested too deeply for JSON");
    const list = (open: string, items: readonly string[], close: string): string => {
      if (items.length === 0) return open + close;
      if (step === undefined) return open + items.join(item) + close;
      const line = `\n${step.repeat(depth + 1)}`;
      return `${open}${line}${items.join(item + line)}\n${step.repeat(depth)}${close}`;
    };
    if (typeof part === "string") return text(part);
    if (part instanceof Safe) return text(part.text);
    if (part === null || typeof part === "boolean" || typeof part === "bigint" || typeof part === "number")
      return plain(part);
    if (Array.isArray(part) || part instanceof Tuple)
      return list(
        "[",
        (Array.isArray(part) ? part : part.items).map((inner) => write(inner, depth + 1)),
        "]",
      );
    if (part instanceof Dict) {
      const entries = isTrue(sortKeys)
        ? part.entries().sort(([left], [right]) => compareKeys(left, right))
        : part.entries();
      return list(
        "{",
        entries.map(([name, inner]) => `${text(keyOf(name))}${key}${write(inner, depth + 1)}`),
        "}",
      );
    }
    if (part instanceof Undefined)
      throw new JinjaError(`Object of type Undefined is not JSON serializable (${part.hint})`);
    throw new JinjaError(`Object of type ${typeOf(part)} is not JSON serializable`);
  };
  return write(value, 0);
}

function separatorsOf(separators: Value, isIndented: boolean): readonly [string, string] {
  if (separators === null) return [isIndented ? "," : ", ", ": "];
  const items = separators instanceof Tuple ? separators.items : Array.isArray(separators) ? separators : [];
  const [item, key] = items;
  if (items.length !== 2 || typeof item !== "string" || typeof key !== "string")
    throw new JinjaError("separators are not two texts");
  return [item, key];
}

function plain(value: null | boolean | bigint | number): string {
  if (value === null) return "null";
  if (typeof value !== "number") return String(value);
  return Number.isNaN(value) ? "NaN" : Number.isFinite(value) ? floatText(value) : value > 0 ? "Infinity" : "-Infinity";
}

function keyOf(key: Value): string {
  if (typeof key === "string") return key;
  if (key === null || typeof key === "boolean" || typeof key === "bigint" || typeof key === "number") return plain(key);
  throw new JinjaError(`keys must be str, int, float, bool or None, not ${typeOf(key)}`);
}

const short = new Map([
  ["\\", "\\\\"],
  ['"', '\\"'],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\f", "\\f"],
  ["\b", "\\b"],
]);

function quoted(text: string, ascii: boolean): string {
  const escaped = ascii ? /["\\]|[^ -~]/g : /["\\\x00-\x1f]/g;
  return `"${text.replace(escaped, (unit) => short.get(unit) ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`;
}

export { JinjaRefusal };
