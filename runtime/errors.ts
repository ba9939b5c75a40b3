/** What can go wrong at run time. Each message is one line: where, what, and how to fix it; the cause is kept. */

interface Report {
  /** The kernel, tensor, pass or device that it happened to. */
  readonly where: string;
  readonly what: string;
  readonly fix: string;
  readonly cause?: unknown;
}

export abstract class RuntimeError extends Error {
  readonly where: string;
  readonly what: string;
  readonly fix: string;

  constructor(report: Report) {
    const line = `${report.where}: ${report.what}; fix: ${report.fix}`;
    super(line.replace(/\s*\n\s*/g, " "), report.cause === undefined ? undefined : { cause: report.cause });
    this.name = new.target.name;
    this.where = report.where;
    this.what = report.what;
    this.fix = report.fix;
  }
}

/** No driver on this machine offers a device. */
export class NoAdapterError extends RuntimeError {}
/** The device went away: the driver crashed or was reset, or the device was disposed of. */
export class DeviceLostError extends RuntimeError {}
/** The device has too little memory, or the buffer is larger than it can bind. */
export class AllocationError extends RuntimeError {}
/** A request that does not fit its kernel: a missing or unknown tensor, a wrong shape, storage, extent or parameter. */
export class RequestError extends RuntimeError {}
/** The driver refused a command that had passed our own checks. */
export class CommandError extends RuntimeError {}

/** What the driver says about generated text, at the kernel source it comes from where that is known. */
export interface ShaderMessage {
  readonly type: "error" | "warning" | "info";
  readonly text: string;
  /** `file:line:column` of the kernel's source, or `wgsl:line:column` where no source line stands behind the text. */
  readonly location: string;
  /** The WGSL line itself. */
  readonly source: string;
}

/** The driver refused a shader. */
export class ShaderError extends RuntimeError {
  readonly messages: readonly ShaderMessage[];

  constructor(report: Report & { readonly messages: readonly ShaderMessage[] }) {
    super(report);
    this.messages = report.messages;
  }
}

/** What a thrown value or a driver's error says. */
export function messageOf(error: unknown): string {
  return typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);
}

/** The name among `names` that `wrong` was most likely meant to be, as ` (did you mean 'x'?)`, or nothing. */
export function didYouMean(wrong: string, names: Iterable<string>): string {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wrong.length / 2)) + 1;
  for (const name of names) {
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best === undefined ? "" : ` (did you mean '${best}'?)`;
}

/** Levenshtein distance. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[right.length]!;
}
