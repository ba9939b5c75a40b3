/**
 * How fast emitted kernels are: a linear layer of bf16 weights under several schedules, at 1 row and at many, timed by
 * the device's own clock. One hash of row 0 must come out of all of them, and the evaluator's bits for a sample.
 *
 *     node dist/spec/benchmark.js [--out 24576] [--inner 4096] [--rows 1,4096] [--repeat 200] [--json FILE]
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compile, schedulesFor } from "../codegen/compile.ts";
import type { Schedule, Step } from "../codegen/schedule/step.ts";
import type { Kernel } from "../dsl/ir.ts";
import { readKernels } from "../dsl/reader/index.ts";
import {
  type Device,
  Commands,
  createTensor,
  dispatchSize,
  evaluateFormula,
  loadKernel,
  openDevice,
  packElements,
  type Tensor,
} from "../runtime/index.ts";
import { evaluate } from "./evaluator.ts";

interface Figure {
  readonly schedule: string;
  readonly rows: number;
  readonly microseconds: number;
  readonly terabytesPerSecond: number;
  readonly teraflops: number;
  readonly sha256OfRow0: string;
}

/** Weight sets that are read in turn, so that no cache answers for memory. */
const weightSets = 4;

/**
 * bf16 values with all eight significant bits in use, both signs and a few exponents, as f32 bits: sums of them round.
 */
function operands(count: number, seed: number): Uint32Array {
  let state = seed;
  return Uint32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state & 0x80000000) | ((120 + ((state >>> 8) & 7)) << 23) | ((state >>> 12) & 0x7f0000)) >>> 0;
  });
}

/** Device time of `repeat` dispatches, one after the other in one pass, in seconds for each. */
async function secondsEach(
  device: Device,
  schedule: Schedule,
  kernel: Kernel,
  extents: Record<string, number>,
  tensors: { x: Tensor; weights: Tensor[]; output: Tensor },
  repeat: number,
): Promise<number> {
  const { gpu } = device;
  const loaded = await loadKernel(device, compile(kernel, { extents, schedule, limits: device.limits }));
  if (!gpu.features.has("timestamp-query"))
    throw new Error(`${device.info.description} has no timestamp queries; fix: measure on a GPU that has`);
  const uniforms = loaded.passes.map(({ pass, uniformBindingBytes }) => {
    const values = new Uint32Array(uniformBindingBytes / 4);
    for (const field of pass.uniforms)
      if (field.value.kind === "formula") values[field.offsetBytes / 4] = evaluateFormula(field.value.formula, extents);
    const buffer = gpu.createBuffer({
      size: values.byteLength,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    gpu.queue.writeBuffer(buffer, 0, values);
    return buffer;
  });
  const queries = gpu.createQuerySet({ type: "timestamp", count: 2 });
  const resolved = gpu.createBuffer({ size: 16, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  const read = gpu.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass({
    timestampWrites: { querySet: queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
  });
  for (let turn = 0; turn < repeat; turn++) {
    for (const [at, { pass: compiled, pipeline }] of loaded.passes.entries()) {
      const bound = compiled.bindings.map(({ name }) =>
        (name === "x"
          ? tensors.x
          : name === "output"
            ? tensors.output
            : tensors.weights[turn % tensors.weights.length]!
        ).bound(),
      );
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, loaded.passes[at]!.bindGroup(uniforms[at]!, bound), [0]);
      const workgroups = evaluateFormula(compiled.workgroups, extents);
      pass.dispatchWorkgroups(...dispatchSize(workgroups, device.limits.maxWorkgroupsPerDimension)!);
    }
  }
  pass.end();
  encoder.resolveQuerySet(queries, 0, 2, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, read, 0, 16);
  gpu.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  const [begin, end] = new BigUint64Array(read.getMappedRange());
  read.unmap();
  [resolved, read, ...uniforms].forEach((buffer) => buffer.destroy());
  queries.destroy();
  return Number(end! - begin!) / 1e9 / repeat;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Variations on offered schedules: other counts of ways and stretches, which are data. */
function variations(schedule: Schedule, device: Device): Schedule[] {
  const changed = (name: string, change: (step: Step) => Step): Schedule => ({
    name,
    steps: schedule.steps.map(change),
  });
  if (schedule.name === "blocks") {
    const lanes = schedule.steps.reduce((product, step) => product * (step.step === "bind" ? step.invocations : 1), 1);
    return [8, 16, 32]
      .filter((ways) => ways * lanes <= device.limits.maxInvocations)
      .map((ways) => changed(`blocks, ${ways} ways`, (step) => (step.step === "cooperate" ? { ...step, ways } : step)));
  }
  if (schedule.name.startsWith("tile-8x8")) {
    return [8, 16, 32].map((leaves) =>
      changed(`tile-8x8, stretch ${leaves}`, (step) => (step.step === "stage" ? { ...step, leaves } : step)),
    );
  }
  return [schedule];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: "string", default: "24576" },
      inner: { type: "string", default: "4096" },
      rows: { type: "string", default: "1,4096" },
      repeat: { type: "string", default: "200" },
      json: { type: "string" },
    },
  });
  const out = Number(values.out);
  const inner = Number(values.inner);
  const kernel = readKernels(
    fileURLToPath(
      new URL(
        import.meta.url.includes("/dist/")
          ? "../../models/kernels/linear.kernel.ts"
          : "../models/kernels/linear.kernel.ts",
        import.meta.url,
      ),
    ),
  ).kernels.find(({ name }) => name === "linear")!;
  const device = await openDevice();
  const offered = schedulesFor(kernel, { extents: { out, inner }, limits: device.limits });
  const weight = operands(out * inner, 1);
  const figures: Figure[] = [];
  for (const rows of values.rows.split(",").map(Number)) {
    const names = rows >= 64 ? ["tile-8x8"] : ["blocks", "runs-vector"];
    const x = createTensor(device, { name: "x", storage: "bf16", shape: [rows, inner] }, operands(rows * inner, 2));
    const output = createTensor(device, { name: "output", storage: "f32", shape: [rows, out] });
    for (const schedule of offered
      .filter(({ name }) => names.includes(name))
      .flatMap((one) => variations(one, device))) {
      const blocks = schedule.steps.find((step) => step.step === "layout")?.blocks;
      const layout = {
        name: "weight",
        storage: "bf16" as const,
        shape: [out, inner],
        ...(blocks && { blocks: [...blocks] }),
      };
      const words = packElements(layout, weight);
      const weights = Array.from({ length: rows >= 64 ? 1 : weightSets }, () => {
        const tensor = createTensor(device, layout);
        tensor.writeWords(words);
        return tensor;
      });
      const extents = { token: rows, out, inner };
      try {
        const loaded = await loadKernel(device, compile(kernel, { extents, schedule, limits: device.limits }));
        await new Commands(device).run(loaded, { tensors: { x, weight: weights[0]!, output }, extents }).submit();
        const row = (await output.readElements()).slice(0, out);
        const repeat = rows >= 64 ? Math.max(1, Math.ceil(Number(values.repeat) / 20)) : Number(values.repeat);
        // An idle GPU takes a while to reach its clocks.
        for (const until = Date.now() + 1500; Date.now() < until; )
          await secondsEach(device, schedule, kernel, extents, { x, weights, output }, repeat);
        const times: number[] = [];
        for (let round = 0; round < 5; round++)
          times.push(await secondsEach(device, schedule, kernel, extents, { x, weights, output }, repeat));
        const seconds = median(times);
        figures.push({
          schedule: schedule.name,
          rows,
          microseconds: seconds * 1e6,
          terabytesPerSecond: (out * inner * 2) / seconds / 1e12,
          teraflops: (2 * rows * out * inner) / seconds / 1e12,
          sha256OfRow0: createHash("sha256").update(new Uint8Array(row.buffer)).digest("hex"),
        });
        console.log(JSON.stringify(figures[figures.length - 1]));
      } catch (error) {
        console.log(`${schedule.name} at ${rows} rows: ${error instanceof Error ? error.message : String(error)}`);
      }
      weights.forEach((tensor) => tensor.dispose());
    }
    x.dispose();
    output.dispose();
  }
  const expected = evaluate(kernel, { extents: { token: 1, out, inner }, inputs: { x: operands(inner, 2), weight } })[
    "output"
  ]!;
  const evaluator = createHash("sha256").update(new Uint8Array(expected.buffer)).digest("hex");
  const report = { device: device.info, kernel: "linear", tree: "chain 128, chain", out, inner, evaluator, figures };
  console.log(
    `evaluator ${evaluator}; ${figures.filter(({ sha256OfRow0 }) => sha256OfRow0 === evaluator).length} of ` +
      `${figures.length} agree`,
  );
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  device.dispose();
}

await main();
