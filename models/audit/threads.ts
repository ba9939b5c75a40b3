/** The audit on all cores: threads that judge one artifact after another. */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Certificate } from "../../audit/index.ts";
import type { Judge, Subject } from "./subject.ts";

const script = new URL("./worker.js", import.meta.url);

/** Expressions die in their millions: with more room for the young ones, a sixth of the time is saved. */
const resourceLimits = { maxYoungGenerationSizeMb: 192 };

/** As many threads as there are cores. A process that is ended takes them with it. */
export const judgeInThreads: Judge = async (subjects, done) => {
  if (extname(import.meta.url) === ".ts") return judgeHere(subjects, done);
  const certificates = new Array<Certificate>(subjects.length);
  // The longest first, so that no core waits for one that was begun last.
  const waiting = [...subjects.keys()].sort((left, right) => lengthOf(subjects[left]!) - lengthOf(subjects[right]!));
  const work = async (): Promise<void> => {
    let thread: Worker | undefined;
    try {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        thread ??= new Worker(script, { resourceLimits });
        const certificate = await ask(thread, subjects[next]!);
        if (certificate.failures.some(({ kind }) => kind === "effort")) {
          // It may be gone, or hold more memory than the next one needs.
          await thread.terminate();
          thread = undefined;
        }
        certificates[next] = certificate;
        done(next, certificate);
      }
    } finally {
      await thread?.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), subjects.length) }, work));
  return certificates;
};

/** From its sources, as tests run it, this code has no thread: Node's read no TypeScript. */
const judgeHere: Judge = async (subjects, done) => {
  const { judge } = await import("./judge.ts");
  return subjects.map((subject, at) => {
    const certificate = judge(subject);
    done(at, certificate);
    return certificate;
  });
};

function lengthOf({ artifact }: Subject): number {
  return artifact.passes.reduce((length, { wgsl }) => length + wgsl.length, 0);
}

async function ask(thread: Worker, { declaration, artifact }: Subject): Promise<Certificate> {
  try {
    thread.postMessage({ declaration, artifact });
    const [certificate] = (await once(thread, "message")) as [Certificate];
    return certificate;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_OUT_OF_MEMORY") throw error;
    const { failed } = await import("./judge.ts");
    return failed(artifact, "effort", "its expressions do not fit into the memory of a thread");
  }
}
