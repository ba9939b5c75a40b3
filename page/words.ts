/** Errors and figures in words. */
import {
  AllocationError, BatchError, DeviceLostError, ModelFileError, NoAdapterError, OtherWeightsError, RequestError, RuntimeError, ShaderError, TokenizerError, type DeviceInfo,
} from "treefold-runtime";

export interface Problem {
  readonly title: string;
  readonly what: string;
  /** Empty where there is nothing to advise. */
  readonly fix: string;
  /** Whether the model is of no use afterwards, and can only be loaded again. */
  readonly ends: boolean;
}

/** The first that an error is one of. */
const kinds = [
  [NoAdapterError, "This browser can't use a GPU here", true],
  [DeviceLostError, "The GPU went away", true],
  [AllocationError, "The GPU has too little memory", true],
  [ShaderError, "The GPU's driver refused a kernel", true],
  [OtherWeightsError, "The weights are damaged", true],
  [ModelFileError, "A file of the model is missing or damaged", true],
  [BatchError, "The model can't take this prompt", false],
  [TokenizerError, "The model can't take this prompt", false],
  [RequestError, "The GPU can't do this", true],
] as const;

export function problemOf(error: unknown): Problem {
  if (!(error instanceof RuntimeError)) return { title: "Something unexpected happened", what: error instanceof Error ? `${error.name}: ${error.message}` : String(error), fix: "load the page again; if it stays, report this", ends: true };
  const [, title, ends] = kinds.find(([kind]) => error instanceof kind) ?? [RuntimeError, "Something went wrong", true];
  const what = error instanceof BatchError ? error.what : `${error.where}: ${error.what}`;
  return { title, what: sentence(what), fix: sentence(error.fix), ends };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** As disks count them: `5.5 MB`. */
export function bytesText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return unit === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** unit).toFixed(1)} ${units[unit]}`;
}

export function adapterText({ description }: DeviceInfo, isSoftware: boolean): string {
  return isSoftware ? `${description}: no GPU, but software that stands in for one; slow, and with the same bits` : description;
}

/** `12 tokens, 3.4 a second, the first after 0.5 s`. Times in milliseconds. */
export function figuresText(started: number, times: readonly number[], ending: string): string {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return ending;
  const rate = times.length < 2 ? "" : `, ${((times.length - 1) / ((last - first) / 1000)).toFixed(1)} a second`;
  return `${times.length} token${times.length === 1 ? "" : "s"}${rate}, the first after ${((first - started) / 1000).toFixed(1)} s${ending === "" ? "" : `; ${ending}`}`;
}
