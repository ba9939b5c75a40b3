/** One case of a sweep: the device computes a chunk of results while threads go over the ones before. */
import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Kernel } from "../../dsl/ir.ts";
import { printKernel } from "../../dsl/print-ir.ts";
import type { Device } from "../../runtime/index.ts";
import { type Case, type Part, type Plant, sizeOfPart } from "./cases.ts";
import { emptyTally, merge, type Tally } from "./compare.ts";
import { OnDevice } from "./on-device.ts";
import type { Chunk, Work } from "./worker.ts";

// Its source beside this one, or what became of it in dist/.
const script = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

export interface SweepOptions {
  readonly threads: number;
  /** Arguments that the device is given at a time. */
  readonly chunkSize: number;
  readonly plant?: Plant;
}

export interface Swept {
  readonly case: Case;
  readonly part: Part;
  readonly schedule: string;
  readonly tally: Tally;
  readonly seconds: number;
}

/** Arguments that a thread takes at a time: few enough for its cache and for all threads to end together. */
const largestBlock = 2 ** 15;
/** Chunks that wait for threads, so that neither they nor the device wait for each other. */
const slots = 3;

/** Goes over a part of a case. Throws what the device throws, and what a thread does. */
export async function sweep(
  device: Device,
  one: Case,
  part: Part,
  kernels: readonly Kernel[],
  { threads, chunkSize, plant }: SweepOptions,
): Promise<Swept> {
  const begun = performance.now();
  const kernelOf = (name: string): Kernel => {
    const found = kernels.find((kernel) => kernel.name === name);
    if (found === undefined) throw new RangeError(`there is no kernel ${name}`);
    return found;
  };
  const functionKernel = kernelOf(`${one.function}Of`);
  const size = sizeOfPart(one, part);
  const results = Array.from({ length: slots }, () => new SharedArrayBuffer(chunkSize * 4));
  const taken = new SharedArrayBuffer(slots * 4);
  const work: Work = {
    case: one,
    declaration: printKernel(functionKernel),
    results,
    taken,
    blockSize: Math.min(largestBlock, chunkSize),
    plantedAt: Math.floor(size / 2),
    ...(plant && { plant }),
  };
  const onDevice = await OnDevice.open(device, kernelOf(one.arguments), functionKernel, chunkSize);
  const workers = Array.from({ length: threads }, () => new Worker(script, { workerData: work }));
  try {
    const failed = Promise.race(
      workers.map((worker) =>
        once(worker, "error").then(([error]) => {
          throw error;
        }),
      ),
    ) as Promise<never>;
    failed.catch(() => undefined);
    const done = Array.from({ length: slots }, () => Promise.resolve());
    for (let place = 0, turn = 0; place < size; place += chunkSize, turn++) {
      const slot = turn % slots;
      await Promise.race([done[slot], failed]);
      const chunk: Chunk = {
        slot,
        place,
        first: (part.first + place * part.stride) % 2 ** 32,
        stride: part.stride,
        count: Math.min(chunkSize, size - place),
      };
      await onDevice.run(chunk.first, part.stride, new Uint32Array(results[slot]!, 0, chunk.count));
      Atomics.store(new Int32Array(taken), slot, 0);
      done[slot] = Promise.all(workers.map((worker) => answerOf(worker, (answer) => answer === slot, chunk))).then(
        () => undefined,
      );
    }
    await Promise.race([Promise.all(done), failed]);
    const tally = emptyTally();
    const tallies = workers.map(
      (worker) => answerOf(worker, (answer) => typeof answer === "object", "finish") as Promise<Tally>,
    );
    for (const own of await Promise.race([Promise.all(tallies), failed])) merge(tally, own);
    return { case: one, part, schedule: onDevice.schedule, tally, seconds: (performance.now() - begun) / 1000 };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
    onDevice.dispose();
  }
}

/** Asks a thread, and gives its next answer of this kind. */
function answerOf(
  worker: Worker,
  isAnswer: (answer: unknown) => boolean,
  question: Chunk | "finish",
): Promise<unknown> {
  return new Promise((resolve) => {
    const hear = (answer: unknown): void => {
      if (!isAnswer(answer)) return;
      worker.off("message", hear);
      resolve(answer);
    };
    worker.on("message", hear);
    worker.postMessage(question);
  });
}
