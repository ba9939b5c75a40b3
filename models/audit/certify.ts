/**
 * Certificates of artifacts, from the cache where they were judged before: the second audit of a model takes a moment.
 * An entry is believed only with a code that is made with this user's key, of the certificate, the texts, the
 * declaration and the audit itself.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import { passes, type Certificate } from "../../audit/certificate.ts";
import { hashArtifact } from "../../codegen/artifact-hash.ts";
import { prune } from "../aside.ts";
import { DiskCache, userCacheDirectory } from "../disk-cache.ts";
import { hashAudit } from "../toolchain.ts";
import { auditKey } from "./key.ts";
import type { Judge, Judged, Subject } from "./subject.ts";
import { judgeInThreads } from "./threads.ts";

export interface CertifyOptions {
  /** By default a thread for each core. */
  readonly judge?: Judge;
  /** Called before the first and after each one that is judged anew. */
  readonly progress?: (what: string) => void;
  /** Judges all anew, whatever is in the cache. */
  readonly fresh?: boolean;
}

interface Entry {
  readonly certificate: Certificate;
  readonly code: string;
}

/** Certificates that are kept, some 1 KB each; what was used least recently goes first. */
const certificatesKept = 4096;

/** Judges all, in their order. Only what passed is kept: what did not is worth another look. */
export async function certify(
  subjects: readonly Subject[],
  { judge = judgeInThreads, progress = () => undefined, fresh = false }: CertifyOptions = {},
): Promise<Judged[]> {
  const directory = join(userCacheDirectory(), "certificates");
  const cache = new DiskCache<Entry>(directory);
  const auditor = await hashAudit();
  const keys = subjects.map(({ declaration, artifact }) =>
    createHash("sha256")
      .update(JSON.stringify([auditor, declaration, hashArtifact(artifact)]))
      .digest("hex"),
  );
  const secret = await auditKey();
  const codeOf = (key: string, certificate: Certificate): string =>
    createHmac("sha256", secret!)
      .update(JSON.stringify([key, certificate]))
      .digest("hex");
  const known = await Promise.all(
    keys.map(async (key): Promise<Certificate | undefined> => {
      if (fresh || secret === undefined) return undefined;
      const { certificate, code } = (await cache.get(key)) ?? {};
      const isOurs =
        certificate !== undefined &&
        typeof code === "string" &&
        isEqual(code, codeOf(key, certificate)) &&
        passes(certificate.status);
      return isOurs ? certificate : undefined;
    }),
  );
  const open = [...subjects.keys()].filter((subject) => known[subject] === undefined);
  if (open.length > 0) {
    let judged = subjects.length - open.length;
    const tell = (): void => progress(`auditing kernels (${judged} of ${subjects.length})`);
    const kept: Promise<void>[] = [];
    tell();
    const certificates = await judge(
      open.map((subject) => subjects[subject]!),
      (at, certificate) => {
        judged++;
        tell();
        const key = keys[open[at]!]!;
        if (passes(certificate.status) && secret !== undefined)
          kept.push(cache.put(key, { certificate, code: codeOf(key, certificate) }));
      },
    );
    await Promise.all(kept);
    await prune(directory, certificatesKept);
    open.forEach((subject, at) => {
      known[subject] = certificates[at]!;
    });
  }
  return subjects.map((subject, at) => ({
    subject,
    certificate: { ...known[at]!, artifact: subject.artifact.sha256 },
  }));
}

function isEqual(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}
