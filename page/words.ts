/** Errors and figures in words. */
import {
  AllocationError,
  BatchError,
  DeviceArithmeticError,
  DeviceLostError,
  ModelFileError,
  NoAdapterError,
  OtherWeightsError,
  RequestError,
  RuntimeError,
  ShaderError,
  TokenizerError,
  type DeviceInfo,
} from "treefold-runtime";

export interface Problem {
  readonly title: string;
  readonly what: string;
  /** Empty where there is nothing to advise. */
  readonly fix: string;
  /** Whether the model is of no use afterwards, and can only be loaded again. */
  readonly ends: boolean;
}

/**
 * What a kind of error is called, whether it ends the model, and what helps here, where that is not what the error
 * says.
 */
type Kind = readonly [
  kind: abstract new (...given: never[]) => RuntimeError,
  title: string,
  ends: boolean,
  fix?: string,
];

const damaged =
  "load it again, in case the transfer was at fault; if it stays, the page has to be built again, and copied " +
  "as a whole";
/** The first that an error is one of. */
const kinds: readonly Kind[] = [
  [NoAdapterError, "This browser can't use a GPU here", true],
  [
    DeviceLostError,
    "The GPU went away",
    true,
    "load the model again; if it happens again, update the browser and the graphics driver",
  ],
  [DeviceArithmeticError, "The GPU computes otherwise", true],
  [
    AllocationError,
    "The GPU has too little memory",
    true,
    "close other pages and programs that use the GPU, and load the model again",
  ],
  [
    ShaderError,
    "The GPU's driver refused a kernel",
    true,
    "update the browser and the graphics driver; if it stays, report this",
  ],
  [OtherWeightsError, "The weights are damaged", true, damaged],
  [ModelFileError, "A file of the model is missing or damaged", true, damaged],
  [BatchError, "The model can't take this prompt", false],
  [TokenizerError, "The model can't take this prompt", false],
  [RequestError, "The GPU can't do this", true],
];

/** Where the page was opened from a disk. */
export const notServed: Problem = {
  title: "This page has to be served",
  what: "Opened as a file, it may read none of the files beside it.",
  fix: "Serve its folder over HTTP, as with 'python3 -m http.server' in it, and open http://localhost:8000.",
  ends: true,
};

export function problemOf(error: unknown): Problem {
  if (!(error instanceof RuntimeError)) {
    return {
      title: "Something unexpected happened",
      what: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      fix: "Load the page again; if it stays, report this.",
      ends: true,
    };
  }
  const [, title, ends, fix = error.fix] = kinds.find(([kind]) => error instanceof kind) ?? [
    RuntimeError,
    "Something went wrong",
    true,
  ];
  return {
    title,
    what: sentence(error instanceof BatchError ? error.what : `${error.where}: ${error.what}`),
    fix: sentence(fix),
    ends,
  };
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
  return isSoftware ? `${description}: software in place of a GPU, so slower` : description;
}

/** `12 tokens, 3.4 a second, the first after 0.5 s`. Times in milliseconds. */
export function figuresText(started: number, times: readonly number[], ending: string): string {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return ending;
  const rate = times.length < 2 ? "" : `, ${((times.length - 1) / ((last - first) / 1000)).toFixed(1)} a second`;
  return (
    `${times.length} token${times.length === 1 ? "" : "s"}${rate}, the first after ` +
    `${((first - started) / 1000).toFixed(1)} ` +
    `s${ending === "" ? "" : `; ${ending}`}`
  );
}
