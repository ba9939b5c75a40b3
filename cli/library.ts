/** What the commands that write a library have in common. */
import { UncheckedError } from "../models/audit/subject.ts";
import type { Library } from "../models/build/library.ts";
import { renderFailures } from "./certificates.ts";
import { UsageError } from "./exit.ts";

export interface LibraryOptions {
  /** The package's; the checkpoint directory's if absent. */
  readonly name?: string;
  /** Whether each kernel's text is audited first. */
  readonly audit: boolean;
}

/** Tells a name that npm would not take before anything that takes long. @throws UsageError */
export function checkName(name: string | undefined): void {
  if (name !== undefined && !/^(@[a-z0-9-][a-z0-9._-]*\/)?[a-z0-9-][a-z0-9._-]*$/.test(name)) {
    throw new UsageError(
      `--name '${name}' is no name of a package; fix: use small letters, digits, '-', '.' and '_', as in --name ` +
        "my-model",
    );
  }
}

/**
 * A checkpoint's library, with what the reference evaluator holds devices to. What is refuted or not followed is shown
 * on stderr. @throws CheckpointError, UncheckedError
 */
export async function buildHeld(
  directory: string,
  { name, audit }: LibraryOptions,
  show: (what: string) => void,
): Promise<Library> {
  // Said once the checkpoint has been found to be one.
  let said = false;
  const progress = (what: string): void => {
    if (what.startsWith("reading")) return show(what);
    if (!said) process.stderr.write(howLong(audit));
    said = true;
    show(what);
  };
  const { buildLibrary } = await import("../models/build/library.ts");
  const { certify } = await import("../models/audit/certify.ts");
  const { expectations } = await import("../spec/expect.ts");
  return buildLibrary(directory, {
    progress,
    expect: expectations(progress),
    ...(name === undefined ? {} : { name }),
    ...(audit ? { audit: (subjects) => certify(subjects, { progress }) } : {}),
  }).catch(showUnchecked);
}

/** In words, since it depends on the machine. */
function howLong(audit: boolean): string {
  return audit
    ? "This takes a minute or two on two cores, less on more: most of it audits each kernel, which --no-audit " +
        "leaves out. Gigabytes of weights take as long as reading them once.\n"
    : "This takes some seconds, and for gigabytes of weights as long as reading them once.\n";
}

/** What was refuted or not followed, before the line that says so. */
function showUnchecked(error: unknown): never {
  if (error instanceof UncheckedError)
    process.stderr.write(`${renderFailures(error.failed.map((judged) => ({ ...judged, faults: [] })))}\n`);
  throw error;
}
