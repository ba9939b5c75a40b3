/**
 * A checkpoint's tokenizer and chat templates, read strictly and tried, so that a broken one is found before anything
 * long begins.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { RuntimeError } from "../../runtime/errors.ts";
import { specialTokensOf } from "../../runtime/model/chat.ts";
import { Tokenizer } from "../../runtime/model/tokenizer.ts";
import { generationFile } from "./config.ts";
import { CheckpointError } from "./error.ts";
import { FieldReader } from "./fields.ts";
import { ifPresent, isRecord, readJsonObject, readText, shortJson } from "./json.ts";

/** Names of the files that a tokenizer is made of; the template may be absent. */
export const tokenizerFiles = {
  description: "tokenizer.json",
  settings: "tokenizer_config.json",
  template: "chat_template.jinja",
} as const;
/** Where transformers saves templates other than the default one. */
const moreTemplates = "additional_chat_templates";

export interface TokenizerFiles {
  /** What tokenizer.json says. */
  readonly description: Readonly<Record<string, unknown>>;
  /** What tokenizer_config.json says. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The default chat template. */
  readonly template: string | undefined;
  /**
   * All of the chat templates, by name; that above is `default`. Whether they parse, ChatTemplate says: a model can
   * speak without.
   */
  readonly templates: Readonly<Record<string, string>>;
  readonly tokenizer: Tokenizer;
}

/**
 * @param vocabulary of the model: each token's id must be below that
 * @throws CheckpointError if a file is missing, broken or of a kind that the tokenizers library does not know
 */
export async function readTokenizerFiles(directory: string, vocabulary?: number): Promise<TokenizerFiles> {
  const description = await readJsonObject(directory, tokenizerFiles.description);
  const settings = await readJsonObject(directory, tokenizerFiles.settings);
  // What speaks must say where it ends: config.json's word alone has been wrong for chat models, which then never end.
  const generation = await readJsonObject(directory, generationFile);
  const settingsFile = join(directory, tokenizerFiles.settings);
  refuseAs(settingsFile, () => specialTokensOf(settings, settingsFile));
  const file = join(directory, tokenizerFiles.description);
  const tokenizer = refuseAs(file, () => new Tokenizer(description, settings, file, vocabulary));
  checkEndIds(new FieldReader(join(directory, generationFile), generation), tokenizer, vocabulary);
  const templates = await readTemplates(directory, settings);
  return {
    description,
    settings,
    template: templates.get("default"),
    templates: Object.fromEntries(templates),
    tokenizer,
  };
}

/** The tokenizer alone, as `readTokenizerFiles` reads it. */
export async function readTokenizer(directory: string, vocabulary?: number): Promise<Tokenizer> {
  return (await readTokenizerFiles(directory, vocabulary)).tokenizer;
}

/** An id that is only there to fill the vocabulary up ends nothing. @throws CheckpointError */
function checkEndIds(generation: FieldReader, tokenizer: Tokenizer, vocabulary = Infinity): void {
  const wrong = generation.ids("eos_token_id", vocabulary).find((id) => !tokenizer.has(id));
  if (wrong !== undefined) {
    generation.refuse(
      "eos_token_id",
      `${wrong} is an id that no token of ${tokenizerFiles.description} has`,
      "take both files from the same checkpoint, or correct the id",
    );
  }
}

function refuseAs<T>(file: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    throw new CheckpointError(file, null, error.what, error.fix, { cause: error.cause });
  }
}

/** transformers 5 saves templates as files; before, they were fields of the settings. Files count. */
async function readTemplates(
  directory: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<Map<string, string>> {
  const templates = templatesIn(settings["chat_template"] ?? null, join(directory, tokenizerFiles.settings));
  const text = await ifPresent(readText(directory, tokenizerFiles.template));
  if (text !== undefined) templates.set("default", text);
  const names = await readdir(join(directory, moreTemplates)).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return [];
    throw new CheckpointError(
      join(directory, moreTemplates),
      null,
      `cannot be read (${cause.code ?? String(cause)})`,
      "check that it is a directory, and that you may read it",
      { cause },
    );
  });
  for (const name of names.filter((file) => file.endsWith(".jinja")).sort()) {
    templates.set(name.slice(0, -".jinja".length), await readText(join(directory, moreTemplates), name));
  }
  return templates;
}

function templatesIn(value: unknown, file: string): Map<string, string> {
  if (value === null) return new Map();
  const listed: unknown[] = Array.isArray(value) ? value : [{ name: "default", template: value }];
  return new Map(
    listed.map((item) => {
      const { name, template } = isRecord(item) ? item : {};
      if (typeof name === "string" && typeof template === "string") return [name, template];
      throw new CheckpointError(
        file,
        "chat_template",
        `${shortJson(value)} is neither a text nor a list of names and texts`,
        "correct the file",
      );
    }),
  );
}
