/** What mutants are made of: kernels under schedules, at sizes that are small and ragged. */
import type { Artifact } from "../../runtime/artifact.ts";
import { compile, schedulesFor } from "../../codegen/compile.ts";
import type { Schedule } from "../../codegen/schedule/step.ts";
import type { Kernel } from "../../dsl/ir.ts";
import { defaultLimits, type DeviceLimits } from "../../runtime/artifact.ts";
import { type Extents, extentsOf, kernels, type Size } from "../fixtures/schedule-kernels.ts";
import { modelExtents } from "../extents.ts";

/** By the mark behind a kernel's name; `ranges` is `ragged` on a device that binds little. */
const sizes: Readonly<Record<string, Size>> = {
  ragged: { rows: 5, items: 70, width: 17 },
  /** Rows of 16-bit elements end in padding. */
  even: { rows: 5, items: 71, width: 17 },
  odd: { rows: 5, items: 71, width: 17 },
  /** Three runs of 128 items, and pages of more than one. */
  long: { rows: 5, items: 150, width: 18 },
  /** Rows are whole vectors, and outputs whole blocks. */
  wide: { rows: 5, items: 144, width: 40 },
  widest: { rows: 5, items: 144, width: 70 },
  vast: { rows: 5, items: 70, width: 192 },
  ranges: { rows: 5, items: 70, width: 68 },
};
const smallBindings = { ...defaultLimits, maxBindingBytes: 4096 };

/** A pass of a kernel under a schedule: `linear/split@1`, `attention:odd/alone`. */
export interface Target {
  readonly name: string;
  readonly kernel: Kernel;
  readonly schedule: Schedule;
  readonly pass: number;
  readonly artifact: Artifact;
  readonly limits: DeviceLimits;
  /** Of a batch to run it on. */
  readonly extents: Extents;
}

const artifacts = new Map<string, Omit<Target, "name" | "pass">>();

/** Throws RangeError where there is none such. */
export function targetOf(name: string): Target {
  const [, kernelName = "", size = "ragged", scheduleName = "", pass = "0"] =
    /^(\w+)(?::(\w+))?\/([\w-]+)(?:@(\d))?$/.exec(name) ?? [];
  const key = `${kernelName}:${size}/${scheduleName}`;
  let made = artifacts.get(key);
  if (made === undefined) artifacts.set(key, (made = make(kernelName, size, scheduleName)));
  return { ...made, name, pass: Number(pass) };
}

function make(name: string, size: string, scheduleName: string): Omit<Target, "name" | "pass"> {
  const kernel = kernels.get(name);
  if (kernel === undefined || sizes[size] === undefined) throw new RangeError(`there is no ${name} of size ${size}`);
  const extents = extentsOf(name, sizes[size]);
  const request = { extents: modelExtents(kernel, extents), limits: size === "ranges" ? smallBindings : defaultLimits };
  const offered = schedulesOf(kernel, size, request);
  const schedule = offered.find((candidate) => candidate.name === scheduleName);
  if (schedule === undefined) {
    throw new RangeError(
      `${name} has no schedule ${scheduleName}; it has ${offered.map((candidate) => candidate.name).join(", ")}`,
    );
  }
  return { kernel, schedule, extents, limits: request.limits, artifact: compile(kernel, { ...request, schedule }) };
}

const schedules = new Map<string, readonly Schedule[]>();

function schedulesOf(kernel: Kernel, size: string, request: Parameters<typeof schedulesFor>[1]): readonly Schedule[] {
  const key = `${kernel.name}:${size}`;
  let offered = schedules.get(key);
  if (offered === undefined) schedules.set(key, (offered = schedulesFor(kernel, request)));
  return offered;
}

/** The artifact with another text in one pass. The device keeps what it has compiled by the hash. */
export function withText({ artifact, pass }: Target, wgsl: string, mark: string): Artifact {
  const passes = artifact.passes.map((one, number) => (number === pass ? { ...one, wgsl } : one));
  return { ...artifact, passes, sha256: `${artifact.sha256}, ${mark}` };
}
