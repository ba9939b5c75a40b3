/** What the commands that write a library have in common. */
import { UnprovenError } from "../models/audit/subject.ts";
import type { Library } from "../models/build/library.ts";
import { renderFailures } from "./certificates.ts";
import { UsageError } from "./exit.ts";

export interface LibraryOptions {
  /** The package's; the checkpoint directory's if absent. */
  readonly name?: string;
  /** Whether each kernel is proven first. */
  readonly audit: boolean;
}

/** Tells a name that npm would not take before anything that takes long. @throws UsageError */
export function checkName(name: string | undefined): void {
  if (name !== undefined && !/^(@[a-z0-9-][a-z0-9._-]*\/)?[a-z0-9-][a-z0-9._-]*$/.test(name)) {
    throw new UsageError(`--name '${name}' is no name of a package; fix: use small letters, digits, '-', '.' and '_', as in --name my-model`);
  }
}

/** A checkpoint's library, with what the reference evaluator holds devices to. What is not proven is shown on stderr. @throws CheckpointError, UnprovenError */
export async function buildHeld(directory: string, { name, audit }: LibraryOptions, progress: (what: string) => void): Promise<Library> {
  const { buildLibrary } = await import("../models/build/library.ts");
  const { certify } = await import("../models/audit/certify.ts");
  const { expectations } = await import("../spec/expect.ts");
  return buildLibrary(directory, {
    progress, expect: expectations(progress), ...(name === undefined ? {} : { name }), ...(audit ? { audit: (subjects) => certify(subjects, { progress }) } : {}),
  }).catch(showUnproven);
}

/** What a kernel that is not proven fails by, before the line that says so. */
function showUnproven(error: unknown): never {
  if (error instanceof UnprovenError) process.stderr.write(`${renderFailures(error.failed.map((judged) => ({ ...judged, faults: [] })))}\n`);
  throw error;
}
