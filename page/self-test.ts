/**
 * What the page asks of a device: the library's self-test, and whether the golden prompt's logits have the golden hash.
 */
import { checkGolden, examineLibrary, type Examination, type GoldenCheck, type Model } from "treefold-runtime";

/** Undefined where the library has nothing to compare with. @throws the device's errors */
export async function compareGolden(model: Model, progress: (what: string) => void): Promise<GoldenCheck | undefined> {
  if (model.manifest.golden === undefined) return undefined;
  return checkGolden(model, (done, tokens) => progress(`Computing logits: ${done} of ${tokens} tokens`));
}

/** Undefined where the library has no self-test. @throws ModelFileError, and the device's errors */
export async function examine(
  model: Model,
  library: URL,
  progress: (what: string) => void,
): Promise<Examination | undefined> {
  if (model.manifest.selfTest === undefined) return undefined;
  const { examination } = await examineLibrary(model.device, library, {
    progress: (what) => progress(`Asking the GPU: ${what}`),
  });
  return examination;
}
