/** The golden hash: whether a model on this device gives what the reference evaluator gave for it. */
import { createSha256 } from "../sha256.ts";
import { RequestError } from "../errors.ts";
import type { Golden } from "./manifest.ts";
import type { Model } from "./model.ts";

export interface GoldenCheck {
  /** SHA-256 over all logits (manifest.ts, Golden). */
  readonly expected: string;
  readonly seen: string;
  readonly agrees: boolean;
  /** Tokens whose logits were hashed, and how many of them are the prompt's. */
  readonly tokens: number;
  readonly promptTokens: number;
}

/**
 * Feeds the golden prompt, and then one by one what follows it, as a server would that generates greedily.
 * @param golden that of the library, if absent
 * @throws RequestError where the library has no golden hash, and what `forward` throws
 */
export async function checkGolden(
  model: Model,
  progress: (done: number, tokens: number) => void = () => undefined,
  golden: Golden | undefined = model.manifest.golden,
): Promise<GoldenCheck> {
  const { name } = model.manifest;
  if (golden === undefined)
    throw new RequestError({
      where: `model '${name}'`,
      what: "its library has no golden hash",
      fix: "build it again, from a checkpoint that the reference evaluator can run",
    });
  const { ids, promptTokens, logits: expected } = golden;
  const hash = createSha256();
  const cache = model.createCache([ids.length]);
  try {
    const sequence = cache.open();
    for (let done = 0; done < ids.length; ) {
      const next = ids.slice(done, done === 0 ? promptTokens : done + 1);
      const [logits] = await model.stepLogits(cache, [{ sequence, ids: next }], "all");
      hash.update(logits!);
      done += next.length;
      progress(done, ids.length);
    }
  } finally {
    cache.dispose();
  }
  const seen = hash.digest();
  return { expected, seen, agrees: seen === expected, tokens: ids.length, promptTokens };
}
