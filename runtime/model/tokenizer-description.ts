/**
 * What tokenizer.json says, held to what the library computes as Hugging Face's own does: it would take other types,
 * ids and options in silence, and fail or differ only at some later text. Source: the fields that the `tokenizers`
 * crate writes, and the loaders' own conditions (a merge's parts and its result are in the vocabulary).
 */

export type Fields = Readonly<Record<string, unknown>>;

/** What is wrong, and how to fix it; Tokenizer says where. */
export class TokenizerFault extends Error {
  constructor(
    what: string,
    readonly fix: string,
  ) {
    super(what);
  }
}

const fetchAgain = "copy or download the file again";
const otherTokenizer = "use a checkpoint with a tokenizer like that of Qwen or Llama (byte-pair encoding)";
const sameCheckpoint = "take tokenizer.json from the same checkpoint as config.json";

function broken(what: string): never {
  throw new TokenizerFault(what, fetchAgain);
}
function unsupported(what: string, value: unknown): never {
  throw new TokenizerFault(`${what}, ${show(value)}, is not supported`, otherTokenizer);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
function list(value: unknown, what: string): readonly unknown[] {
  return Array.isArray(value) ? value : broken(`${what} is ${show(value)}, not a list`);
}
function fieldsOf(value: unknown, what: string): Fields {
  return isFields(value) ? value : broken(`${what} is ${show(value)}, not an object`);
}

/** @throws TokenizerFault */
export function checkDescription(description: Fields, vocabulary: number): void {
  const model = fieldsOf(description["model"], "model");
  const ids = checkModel(model);
  checkAddedTokens(list(description["added_tokens"], "added_tokens"), ids);
  const unknown = model["unk_token"] ?? null;
  if (unknown !== null && (typeof unknown !== "string" || !ids.has(unknown)))
    broken(`model.unk_token, ${show(unknown)}, is not in the vocabulary`);
  for (const [token, id] of ids) {
    if (id < vocabulary) continue;
    throw new TokenizerFault(
      `token ${show(token)} has the id ${id}, but the model's vocabulary has ${vocabulary}`,
      sameCheckpoint,
    );
  }
  for (const kind of Object.keys(parts)) checkPart(kind, description[kind] ?? null, kind, ids);
}

/** The ids of the model's own tokens. */
function checkModel(model: Fields): Map<string, number> {
  // Files of before 2020 lack the type.
  if ((model["type"] ?? "BPE") !== "BPE") unsupported("model.type", model["type"]);
  const vocabulary = fieldsOf(model["vocab"], "model.vocab");
  const ids = new Map<string, number>();
  const tokens = new Map<number, string>();
  for (const [token, id] of Object.entries(vocabulary)) {
    if (!isId(id)) return broken(`model.vocab gives ${show(token)} the id ${show(id)}, which is none`);
    if (tokens.has(id))
      return broken(`model.vocab gives ${show(tokens.get(id))} and ${show(token)} the same id, ${id}`);
    ids.set(token, id);
    tokens.set(id, token);
  }
  if (ids.size === 0) return broken("model.vocab names no token");
  list(model["merges"], "model.merges").forEach((merge, index) => {
    const pair: unknown = typeof merge === "string" ? merge.split(" ") : merge;
    if (
      !Array.isArray(pair) ||
      pair.length !== 2 ||
      !pair.every((token) => typeof token === "string") ||
      typeof merge !== typeof (model["merges"] as unknown[])[0]
    ) {
      return broken(`model.merges[${index}] is ${show(merge)}, not two tokens`);
    }
    const missing = [...(pair as string[]), pair.join("")].find((token) => !ids.has(token));
    if (missing !== undefined) broken(`model.merges[${index}] has ${show(missing)}, which model.vocab lacks`);
  });
  for (const name of ["fuse_unk", "byte_fallback", "ignore_merges"]) {
    if (typeof (model[name] ?? false) !== "boolean") broken(`model.${name} is ${show(model[name])}, not true or false`);
  }
  // Dropout would make the ids random; the others the library reads otherwise or not at all.
  for (const name of ["dropout", "continuing_subword_prefix", "end_of_word_suffix"]) {
    if (![null, 0, ""].includes((model[name] ?? null) as null)) unsupported(`model.${name}`, model[name]);
  }
  return ids;
}

/** Adds their ids to those of the model's own tokens. */
function checkAddedTokens(added: readonly unknown[], ids: Map<string, number>): void {
  const tokens = new Map([...ids].map(([token, id]) => [id, token]));
  added.forEach((item, index) => {
    const at = `added_tokens[${index}]`;
    const { id, content, ...flags } = fieldsOf(item, at);
    if (typeof content !== "string" || content === "") return broken(`${at}.content is ${show(content)}, not a text`);
    if (!isId(id)) return broken(`${at}.id is ${show(id)}, not a token id`);
    for (const name of ["single_word", "lstrip", "rstrip", "normalized", "special"]) {
      if (typeof (flags[name] ?? false) !== "boolean")
        broken(`${at}.${name} is ${show(flags[name])}, not true or false`);
    }
    if (flags["single_word"] === true) unsupported(`${at}.single_word`, true);
    if ((ids.get(content) ?? id) !== id)
      broken(`${at} gives ${show(content)} the id ${id}, but it has ${ids.get(content)}`);
    if ((tokens.get(id) ?? content) !== content)
      broken(`${at} gives ${show(content)} the id ${id}, which ${show(tokens.get(id))} has`);
    ids.set(content, id);
    tokens.set(id, content);
  });
}

/** What a field of a part must be, and null where it may be absent. */
type Field = readonly (string | boolean | null | "text" | "count" | "flag" | "pattern")[];
const flag: Field = [true, false, null];

/** The parts that are supported, by kind and type: the fields that the library goes by. `Sequence` names the list. */
const parts: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Field>> | string>>>> = {
  normalizer: {
    Sequence: "normalizers",
    NFC: {},
    NFD: {},
    NFKC: {},
    NFKD: {},
    Lowercase: {},
    Strip: { strip_left: flag, strip_right: flag },
    Prepend: { prepend: ["text"] },
    Replace: { pattern: ["pattern"], content: ["text"] },
  },
  pre_tokenizer: {
    Sequence: "pretokenizers",
    ByteLevel: { add_prefix_space: flag, use_regex: flag },
    Digits: { individual_digits: flag },
    Split: { pattern: ["pattern"], behavior: ["Isolated", "Removed"], invert: flag },
    Metaspace: { replacement: ["text"], prepend_scheme: ["always", "first", "never"], split: [false] },
  },
  post_processor: { Sequence: "processors", ByteLevel: {}, TemplateProcessing: {} },
  decoder: {
    Sequence: "decoders",
    ByteLevel: {},
    ByteFallback: {},
    Fuse: {},
    Replace: { pattern: ["pattern"], content: ["text"] },
    Strip: { content: ["text"], start: ["count"], stop: ["count"] },
    Metaspace: { replacement: ["text"] },
  },
};

function checkPart(kind: string, part: unknown, at: string, ids: ReadonlyMap<string, number>): void {
  if (part === null) return;
  const values = fieldsOf(part, at);
  const { type } = values;
  const fields =
    typeof type === "string" && Object.hasOwn(parts[kind]!, type)
      ? parts[kind]![type]!
      : unsupported(`${at}.type`, type);
  if (typeof fields === "string") {
    return list(values[fields], `${at}.${fields}`).forEach((item, index) => {
      if (item === null) broken(`${at}.${fields}[${index}] is null`);
      checkPart(kind, item, `${at}.${fields}[${index}]`, ids);
    });
  }
  for (const [name, allowed] of Object.entries(fields)) {
    const value = values[name] ?? null;
    if (allowed.some((form) => matches(form, value))) continue;
    if (allowed.includes("text") || allowed.includes("count") || allowed.includes("pattern") || allowed === flag)
      broken(`${at}.${name} is ${show(value)}`);
    unsupported(`${at}.${name}`, value);
  }
  // The library gives only the matches then, where isolating keeps what lies between.
  if (type === "Split" && values["behavior"] === "Isolated" && values["invert"] === true)
    unsupported(`${at}.invert`, true);
  if (type === "TemplateProcessing") checkTemplate(values, at, ids);
}

function matches(form: string | boolean | null, value: unknown): boolean {
  if (form === "text") return typeof value === "string";
  if (form === "count") return isId(value);
  if (form !== "pattern") return form === value;
  return isFields(value) && Object.keys(value).length === 1 && typeof (value["String"] ?? value["Regex"]) === "string";
}

/** The library goes by a special token's name; tokenizer.json also gives the ids that are meant. */
function checkTemplate(template: Fields, at: string, ids: ReadonlyMap<string, number>): void {
  const special = fieldsOf(template["special_tokens"] ?? {}, `${at}.special_tokens`);
  let texts = 0;
  list(template["single"], `${at}.single`).forEach((item, index) => {
    const piece = `${at}.single[${index}]`;
    const { SpecialToken: token, Sequence: sequence } = fieldsOf(item, piece);
    if (sequence !== undefined && token === undefined && fieldsOf(sequence, piece)["id"] === "A") return void texts++;
    const { id } = fieldsOf(token, piece);
    const meant =
      typeof id === "string" && Object.hasOwn(special, id)
        ? fieldsOf(special[id], `${at}.special_tokens`)["ids"]
        : undefined;
    if (typeof id !== "string" || !ids.has(id)) return broken(`${piece} names ${show(id)}, which is no token`);
    if (show(meant) !== `[${ids.get(id)}]`)
      broken(`${at}.special_tokens gives ${show(id)} the ids ${show(meant)}, but it has ${ids.get(id)}`);
  });
  if (texts !== 1) broken(`${at}.single takes the text ${texts} times`);
}
