/**
 * A thread of a sweep. It takes blocks of a chunk, one after another until none is left, evaluates the function there
 * and compares. Each case has threads of its own, so that V8 compiles `compare` for one function only.
 */
import { parentPort, workerData } from "node:worker_threads";
import { parseKernel } from "../../dsl/parse-ir.ts";
import { generate } from "../generate.ts";
import { fill } from "./arguments.ts";
import { type Case, claimOf, type Plant } from "./cases.ts";
import { compare, emptyTally } from "./compare.ts";

export interface Work {
  readonly case: Case;
  /** The function's kernel, as dsl/print-ir.ts prints it. */
  readonly declaration: string;
  /** The device's results of a chunk, and how many of its blocks have been taken, for each slot. */
  readonly results: readonly SharedArrayBuffer[];
  readonly taken: SharedArrayBuffer;
  readonly blockSize: number;
  readonly plant?: Plant;
  /** The place at which a planted bit is wrong. */
  readonly plantedAt: number;
}

/**
 * A chunk to be compared: its arguments' first place among all, their first index and stride, and how many there are.
 */
export interface Chunk {
  readonly slot: number;
  readonly place: number;
  readonly first: number;
  readonly stride: number;
  readonly count: number;
}

const work = workerData as Work;
const claim = claimOf(work.case, work.plant);
const { blockSize } = work;
const evaluate = generate(parseKernel(work.declaration), { i: blockSize }, {});
const taken = new Int32Array(work.taken);
const inputs = { x: new Uint32Array(blockSize), y: new Uint32Array(blockSize) };
const outputs = { output: new Uint32Array(blockSize) };
const tally = emptyTally();

parentPort!.on("message", (chunk: Chunk | "finish") => {
  if (chunk === "finish") return parentPort!.postMessage(tally);
  const { slot } = chunk;
  const device = new Uint32Array(work.results[slot]!);
  for (let at = next(); at < chunk.count; at = next()) {
    const size = Math.min(blockSize, chunk.count - at);
    const place = chunk.place + at;
    fill(work.case.arguments, (chunk.first + Math.imul(at, chunk.stride)) >>> 0, chunk.stride, inputs.x, inputs.y);
    evaluate(inputs, outputs, outside);
    if (work.plant === "bit" && work.plantedAt >= place && work.plantedAt < place + size)
      outputs.output[work.plantedAt - place]! ^= 1;
    const own = (array: Uint32Array): Uint32Array => array.subarray(0, size);
    compare(
      claim,
      {
        place,
        x: own(inputs.x),
        y: own(inputs.y),
        evaluator: own(outputs.output),
        device: device.subarray(at, at + size),
      },
      tally,
    );
  }
  parentPort!.postMessage(slot);

  function next(): number {
    return Atomics.add(taken, slot, 1) * blockSize;
  }
});

function outside(input: string): never {
  throw new RangeError(`'${input}' is read outside of it`);
}
