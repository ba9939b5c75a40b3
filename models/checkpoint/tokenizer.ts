/** A checkpoint's tokenizer, read strictly and tried once, so that a broken one is found before anything long begins. */
import { join } from "node:path";
import { Tokenizer, TokenizerError } from "../../runtime/model/tokenizer.ts";
import { CheckpointError } from "./error.ts";
import { readJsonObject } from "./json.ts";

/** Names of the files that a tokenizer is made of. */
export const tokenizerFiles = { description: "tokenizer.json", settings: "tokenizer_config.json" } as const;

/** @throws CheckpointError if a file is missing, broken or of a kind that the tokenizers library does not know */
export async function readTokenizer(directory: string): Promise<Tokenizer> {
  const description = await readJsonObject(directory, tokenizerFiles.description);
  const settings = await readJsonObject(directory, tokenizerFiles.settings);
  const file = join(directory, tokenizerFiles.description);
  try {
    return new Tokenizer(description, settings, file);
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    throw new CheckpointError(file, null, error.what, error.fix, { cause: error.cause });
  }
}
