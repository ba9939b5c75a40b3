/** What an artifact says beside its texts is held against the declaration: each lie is a failure of its own. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readKernels } from "../dsl/reader/index.ts";
import type { Artifact, Pass } from "../runtime/artifact.ts";
import { compile, schedulesFor } from "../codegen/compile.ts";
import { audit } from "./index.ts";

const read = (name: string) =>
  readKernels(fileURLToPath(new URL(`../models/kernels/${name}.kernel.ts`, import.meta.url))).kernels[0]!;
const compiled = (name: string, extents: Record<string, number>) => {
  const kernel = read(name);
  return { kernel, artifact: compile(kernel, { extents, schedule: schedulesFor(kernel, { extents })[0]! }) };
};
const add = compiled("add", { channel: 8 });
const store = compiled("storeRows", { kvHead: 2, dim: 4 });

/** The artifact with its first pass changed. */
const withPass = (artifact: Artifact, change: (pass: Pass) => Partial<Pass>): Artifact => ({
  ...artifact,
  passes: artifact.passes.map((pass) => ({ ...pass, ...change(pass) })),
});

test("as compiled, both are proven", () => {
  for (const { kernel, artifact } of [add, store]) expect(audit(kernel, artifact).failures).toEqual([]);
});

test.each([
  [
    "a shape",
    add,
    (pass: Pass) => ({
      bindings: pass.bindings.map((binding) => ({ ...binding, shape: [...binding.shape].reverse() })),
    }),
    "layout",
  ],
  [
    "a storage",
    add,
    (pass: Pass) => ({ bindings: pass.bindings.map((binding) => ({ ...binding, storage: "u32" as const })) }),
    "layout",
  ],
  [
    "two inputs' names",
    add,
    (pass: Pass) => ({
      bindings: pass.bindings.map((binding) => ({ ...binding, name: binding.name === "x" ? "z" : binding.name })),
    }),
    "layout",
  ],
  [
    "blocks of an output",
    add,
    (pass: Pass) => ({
      bindings: pass.bindings.map((binding) => (binding.role === "output" ? { ...binding, blocks: [1, 2] } : binding)),
    }),
    "layout",
  ],
  [
    "a scratch of an input's name",
    add,
    (pass: Pass) => ({
      bindings: pass.bindings.map((binding) =>
        binding.name === "x" ? { ...binding, role: "scratch" as const } : binding,
      ),
    }),
    "layout",
  ],
  [
    "the host's check of places",
    store,
    (pass: Pass) => ({ bindings: pass.bindings.map(({ unique: _, ...binding }) => binding) }),
    "layout",
  ],
  [
    "that places are scattered to",
    store,
    (pass: Pass) => ({ bindings: pass.bindings.map(({ scattered: _, ...binding }) => binding) }),
    "layout",
  ],
  [
    "a uniform's place",
    add,
    (pass: Pass) => ({ uniforms: pass.uniforms.map((field) => ({ ...field, offsetBytes: 0 })) }),
    "layout",
  ],
  [
    "a uniform's value",
    add,
    (pass: Pass) => ({
      uniforms: pass.uniforms.map((field) =>
        field.name === "zero" ? { ...field, value: { kind: "formula" as const, formula: 1 } } : field,
      ),
    }),
    "layout",
  ],
  ["the size of a workgroup", add, () => ({ workgroupSize: 1 }), "layout"],
  ["the entry point", add, () => ({ entryPoint: "other" }), "layout"],
  [
    "a vec3 in a buffer",
    add,
    (pass: Pass) => ({
      wgsl: pass.wgsl.replace("x_data: array<f32>", "x_data: array<vec3<f32>>").replace(/(x_data\[[^\]]*\])/, "$1.x"),
    }),
    "text",
  ],
  ["the number of workgroups", add, () => ({ workgroups: 1 }), "write"],
] as const)("%s", (_, { kernel, artifact }, change, kind) => {
  const changed = withPass(artifact, change as (pass: Pass) => Partial<Pass>);
  expect(audit(kernel, changed).failures[0]?.kind).toBe(kind);
});

test("two passes that write one output", () => {
  expect(
    audit(add.kernel, { ...add.artifact, passes: [...add.artifact.passes, ...add.artifact.passes] }).failures[0],
  ).toMatchObject({ kind: "layout", message: "'output' is written by 2 passes" });
});

test("no pass at all, and nonsense: failures, and nothing is thrown", () => {
  expect(audit(add.kernel, { ...add.artifact, passes: [] }).status).toBe("refuted");
  expect(
    audit(
      add.kernel,
      withPass(add.artifact, () => ({ bindings: null as never })),
    ).status,
  ).toBe("unfollowed");
});
