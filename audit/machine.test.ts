/**
 * What a workgroup's stores tell of its ways, where no loop is run: which element is singled out, and nothing of the
 * data.
 */
import { expect, test } from "vitest";
import { Floats } from "./floats.ts";
import { Integers } from "./integers.ts";
import { Machine } from "./machine.ts";
import { Sink, Source } from "./memory.ts";
import { primitivesOf } from "./primitives.ts";
import { TermPool } from "./term.ts";
import { parseWgsl } from "./wgsl/index.ts";

/** The ways of the eight invocations of a workgroup that stores `stored`, as the first number of each of the same. */
function waysOf(before: string, stored: string): number[] {
  const module = parseWgsl(`struct Uniforms {
  ones: u32,
  zero: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> output_data: array<f32>;
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  var sum_0: f32 = bitcast<f32>(uniforms.zero);
  var last_0: u32 = 0u;
  for (var k_0 = 0u; k_0 < 1000u; k_0 += 1u) {
    sum_0 = sum_0 + x_data[k_0];
    last_0 = k_0;
  }
  ${before}
  output_data[local_index] = ${stored};
}
`);
  const integers = new Integers(new TermPool());
  const floats = new Floats(integers);
  const uniforms = { ones: 0xffffffff, zero: integers.hidden(0) };
  const machine = new Machine(module, integers, floats, uniforms, primitivesOf(integers, floats, uniforms));
  const read = (): never => {
    throw new Error("no value is asked for");
  };
  const buffers = {
    x_data: new Source("x", integers, 1000, 0, 1, read, read),
    output_data: new Sink("output", integers, 8, false),
  };
  const paths = machine.storesOfWorkgroup([0, 0, 0], [1, 1, 1], buffers, uniforms);
  return paths.map((path) => paths.indexOf(path));
}

test.each([
  ["a select of one element", "", "select(sum_0, -sum_0, local_index == 5u)", [0, 0, 0, 0, 0, 5, 0, 0]],
  [
    "the same by a name",
    "let it_0 = (local_index ^ 3u) == 6u;\n  let chosen_0 = select(sum_0, -sum_0, it_0);",
    "chosen_0",
    [0, 0, 0, 0, 0, 5, 0, 0],
  ],
  ["a branch beside the store", "if (local_index >= 6u) {\n    return;\n  }", "sum_0", [0, 0, 0, 0, 0, 0, 6, 6]],
  ["no choice", "", "sum_0 + 1.0f", [0, 0, 0, 0, 0, 0, 0, 0]],
  ["a choice by data", "", "select(sum_0, -sum_0, sum_0 < 1.0f)", [0, 0, 0, 0, 0, 0, 0, 0]],
  ["a choice by what was read", "", "select(sum_0, -sum_0, x_data[local_index] < 1.0f)", [0, 0, 0, 0, 0, 0, 0, 0]],
  ["a choice by what only a loop tells", "", "select(sum_0, -sum_0, last_0 == local_index)", [0, 0, 0, 0, 0, 0, 0, 0]],
] as const)("%s", (_, before, stored, ways) => expect(waysOf(before, stored)).toEqual(ways));
