/** `treefold audit` as a user sees it: files, libraries as they lie there, edited ones, and the build's gate. */
import { createHash } from "node:crypto";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { hashArtifact } from "../codegen/artifact-hash.ts";
import { certify } from "../models/audit/certify.ts";
import { judge } from "../models/audit/judge.ts";
import { UncheckedError, type Judge } from "../models/audit/subject.ts";
import { buildLibrary, type Library } from "../models/build/library.ts";
import { writeLibrary } from "../models/build/write.ts";
import { compileKernels, type CompiledKernel, type KernelSource } from "../models/compile-model.ts";
import { DiskCache } from "../models/disk-cache.ts";
import { nameOf } from "../models/machine.ts";
import { hashAudit } from "../models/toolchain.ts";
import { sha256Of } from "../runtime/model/files.ts";
import { withTexts, type StoredArtifact } from "../runtime/model/kernels.ts";
import { manifestText, type KernelVariant, type Manifest } from "../runtime/model/manifest.ts";
import { inCi } from "../spec/fixtures/effort.ts";
import { besideKernels, treefold, treefoldHere } from "../spec/fixtures/commands.ts";
import { readOracle } from "../spec/fixtures/oracles.ts";

besideKernels();

/** Of a model's kernels these, which are audited in a moment. */
const kept = ["add-channel64", "linear-out16-inner64", "selectRows-channel64"];

/** Compiles those, after `plant` has changed what it likes; a library of them can be audited, and not run. */
const few =
  (plant: (kernel: CompiledKernel) => CompiledKernel = (kernel) => kernel): KernelSource =>
  async (uses, options) => {
    const all = [...uses];
    const compiled = await compileKernels(
      all.filter((use) => kept.includes(nameOf(use))),
      options,
    );
    return new Map(all.map((use) => [nameOf(use), (compiled.get(nameOf(use)) ?? []).map(plant)]));
  };

const { directory: checkpoint } = await readOracle("llama3");
let root: string;
let library: Library;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "treefold-audit-"));
  library = await buildLibrary(checkpoint, { kernels: few() });
  await writeLibrary(library, join(root, "sound"), { weights: false });
  vi.stubEnv("TREEFOLD_CACHE", join(root, "cache"));
  vi.stubEnv("XDG_STATE_HOME", join(root, "state"));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

let folder: string;
/** A copy of the library that a test may spoil. */
beforeEach(async () => {
  folder = join(await mkdtemp(join(root, "copy-")), "library");
  await cp(join(root, "sound"), folder, { recursive: true });
});

/** Replaces a text in a file of the library, once. */
async function edit(file: string, from: string | RegExp, to: string): Promise<void> {
  const before = await readFile(join(folder, file), "utf8");
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  await writeFile(join(folder, file), after);
}

/** Gives the library all the hashes that it would have, had it been built as it is now. */
async function mend(): Promise<void> {
  const read = (file: string): Promise<string> => readFile(join(folder, file), "utf8");
  const { sha256: _, ...manifest } = JSON.parse(await read("manifest.json")) as Manifest & { sha256: string };
  const kernels: Record<string, KernelVariant[]> = {};
  for (const [name, variants] of Object.entries(manifest.kernels)) {
    kernels[name] = await Promise.all(
      variants.map(async (variant) => {
        const stored = JSON.parse(await read(variant.artifact)) as StoredArtifact;
        const sha256 = hashArtifact(withTexts(stored, await Promise.all(variant.wgsl.map(read))));
        await writeFile(join(folder, variant.artifact), JSON.stringify({ ...stored, sha256 }));
        return { ...variant, sha256 };
      }),
    );
  }
  const hashesOf = async (files: object): Promise<Record<string, string>> =>
    Object.fromEntries(
      await Promise.all(Object.keys(files).map(async (file) => [file, sha256Of(await read(file))] as const)),
    );
  await writeFile(
    join(folder, "manifest.json"),
    manifestText({
      ...manifest,
      kernels,
      files: await hashesOf(manifest.files),
      entry: await hashesOf(manifest.entry!),
    }),
  );
}

const audit = (...args: string[]): ReturnType<typeof treefoldHere> => treefoldHere("audit", ...args);
/** Two flushed inputs under an operator, as a small tree. */
const flushedAnd = (operator: string): string =>
  `  ${operator}\n${["x", "y"]
    .map((input) =>
      [
        "select",
        "  <",
        "    %",
        `      bits(${input}[0, 0])`,
        "      2147483648",
        "    209715200",
        "  0",
        `  ${input}[0, 0]`,
      ]
        .map((line) => `    ${line}\n`)
        .join(""),
    )
    .join("")}`;
/** What it says, with the folder's own path left out. */
const said = (text: string): string => text.replaceAll(folder, "LIBRARY");

describe("a library", () => {
  test("is checked as it lies there, once", async () => {
    const cold = await audit(folder);
    expect(cold).toMatchObject({ code: 0, err: "" });
    expect(cold.out.replaceAll(/\d+ sizes, \d+ of \d+ elements/g, "…")).toBe(
      [
        "linear-out16-inner64  alone-vector  portable  checked  …",
        "linear-out16-inner64  alone-4x4     portable  checked  …",
        "add-channel64         alone         portable  checked  …",
        "selectRows-channel64  alone         integer   checked  …",
        "\n0 proven, 4 checked, 0 refuted, 0 not followed\n",
      ].join("\n"),
    );
    const certificates = join(root, "cache", "certificates");
    const entries = await readdir(certificates);
    expect(entries.length).toBe(4);
    expect(await audit(folder)).toEqual(cold);
    // A damaged entry is none.
    for (const entry of entries) await writeFile(join(certificates, entry), "damaged");
    expect(await audit(folder)).toEqual(cold);
    expect(await readdir(certificates)).toEqual(entries);
    expect(await readFile(join(certificates, entries[0]!), "utf8")).not.toBe("damaged");
  });

  test("--json and --report", async () => {
    const { code, out, err } = await audit(folder, "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const report = JSON.parse(out) as { kernels: { sizes: unknown[]; expressionHash: string }[] };
    expect(report).toMatchObject({
      kernels: [...kept, "linear, for many rows"].map(() => ({ status: "checked" })),
      proven: 0,
      checked: 4,
      refuted: 0,
      unfollowed: 0,
    });
    expect(Object.keys(report)).toEqual(["kernels", "proven", "checked", "refuted", "unfollowed", "leftOut"]);
    for (const kernel of report.kernels) {
      expect(Object.keys(kernel)).toEqual([
        "kernel",
        "schedule",
        "level",
        "status",
        "sizes",
        "expressionHash",
        "failures",
      ]);
      expect(kernel.sizes[0]).toMatchObject({
        extents: expect.any(Object) as object,
        elements: expect.any(Number) as number,
        of: expect.any(Number) as number,
      });
      expect(kernel.expressionHash).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(
      (await audit(folder, "--report")).out
        .replaceAll(/\b\d+ +\d+ of \d+ +[0-9a-f]{16}\b/g, "…")
        .replace(/elements +/, "elements "),
    ).toBe(
      [
        "kernel                schedule      level     status   sizes  elements expressions",
        "linear-out16-inner64  alone-vector  portable  checked  …",
        "linear-out16-inner64  alone-4x4     portable  checked  …",
        "add-channel64         alone         portable  checked  …",
        "selectRows-channel64  alone         integer   checked  …",
        "",
        "portable  3: 0 proven, 3 checked, 0 refuted, 0 not followed",
        "integer   1: 0 proven, 1 checked, 0 refuted, 0 not followed",
        "",
        "0 proven, 4 checked, 0 refuted, 0 not followed\n",
      ].join("\n"),
    );
  });

  test("with an edited text fails by its expression, its hash mended too", async () => {
    await edit("kernels/add-channel64.wgsl", /seal\((\w+) \+ (\w+)\)/, "seal($1 - $2)");
    await mend();
    const { code, out, err } = await audit(folder);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(
      said(out).replaceAll(/\d+ sizes, \d+ of \d+ elements|(?<== )-?[\d.e-]+(?=,)|0x[0-9a-f]{8}/g, "…"),
    ).toBe(`linear-out16-inner64  alone-vector  portable  checked              …
linear-out16-inner64  alone-4x4     portable  checked              …
add-channel64         alone         portable  refuted: expression  …
selectRows-channel64  alone         integer   checked              …

treefold/models/kernels/add.kernel.ts:12:5 refuted (expression): output[0, 0] is not what was declared
  12 |     flush(x(token, channel), leastSummand) + flush(y(token, channel), leastSummand),
     |     ^
note: kernel 'add-channel64', schedule 'alone', at channel=64, token=3
note: the text: LIBRARY/kernels/add-channel64.wgsl:41:5
  41 |     output_data[((minimum_0 * 64u) + channel_local_0)] = canonical(total_0);
     |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
note: where y[0, 0] = …, and all others are zero, its bits are …, and the declared ones …
note: declared
${flushedAnd("+")}note: found
${flushedAnd("-")}fix: build again, from kernels and with a compiler that you trust; where treefold has just written this text, report it

0 proven, 3 checked, 1 refuted, 0 not followed
`);
    // It is judged again the next time; only what passed is remembered.
    expect(await readdir(join(root, "cache", "certificates"))).toHaveLength(4);
  });

  test.each([
    ["another element", "output_data[((minimum_0 * 64u)", "output_data[((minimum_0 * 32u)", "write"],
    ["beyond its inputs", "y_data[((minimum_0 * 64u)", "y_data[((minimum_0 * 65u)", "bounds"],
  ])("with a text that reaches for %s fails by safety, its hashes mended too", async (_, from, to, kind) => {
    await edit("kernels/add-channel64.wgsl", from, to);
    await mend();
    const { code, out } = await audit(folder);
    expect(code).toBe(1);
    expect(out).toMatch(new RegExp(`\nadd-channel64 +alone +portable +refuted: ${kind} {2}`));
    expect(said(out)).toMatch(/\nnote: the text: LIBRARY\/kernels\/add-channel64\.wgsl:\d+:\d+\n {2}\d+ \| .+_data\[/);
  });

  test("with a text that is not of its declaration fails, as when it was made from another tree", async () => {
    await edit("kernels/linear-out16-inner64.ir", '"chain 128, chain"', '"chain 32, chain"');
    await mend();
    expect((await audit(folder)).out).toMatch(
      /^linear-out16-inner64 +alone-vector +portable +refuted: expression, claim {2}/,
    );
  });

  test("with another file than it was built with fails, whatever its text evaluates", async () => {
    await edit("kernels/add-channel64.wgsl", "// add", "// Add");
    const { code, out } = await audit(folder);
    expect(code).toBe(1);
    expect(out).toMatch(/\nadd-channel64 +alone +portable +refuted: hash {2}/);
    expect(said(out)).toContain(
      "\nerror: LIBRARY/kernels/add-channel64.wgsl: it does not have the hash that the manifest gives; fix: " +
        "build the library again\n\n0 proven, 3 checked, 1 refuted, 0 not followed\n",
    );
    const json = await audit(folder, "--json");
    expect(JSON.parse(json.out)).toMatchObject({ checked: 3, refuted: 1 });
    expect(json.err).toContain("it does not have the hash that the manifest gives");
  });

  test("with an edited manifest fails, though all of its kernels are checked", async () => {
    await edit("manifest.json", '"name": "', '"name": "my-');
    const { code, out, err } = await audit(folder);
    expect(code).toBe(1);
    expect(out).toMatch(/\n0 proven, 4 checked, 0 refuted, 0 not followed\n$/);
    expect(said(err)).toBe(
      "error: LIBRARY/manifest.json: it does not have the hash that it was written with; fix: build the library " +
        "again\n",
    );
  });

  test("whose artifact no compiler writes fails, and crashes nothing", async () => {
    await edit("kernels/add-channel64.json", '"bindings":[', '"bindings":[null,');
    await mend();
    expect((await audit(folder)).out).toMatch(/\n0 proven, 3 checked, 0 refuted, 1 not followed\n$/);
  });

  test.each([
    [
      "no manifest",
      async () => rm(join(folder, "manifest.json")),
      "LIBRARY: it is no library: it has no manifest.json; fix: give a folder that 'treefold build' wrote, or " +
        "a file of kernels",
    ],
    [
      "a manifest that is no JSON",
      async () => edit("manifest.json", "{", ""),
      /^LIBRARY\/manifest\.json: it is not JSON \(.+\); fix: build the library again$/,
    ],
    [
      "another manifest",
      async () => edit("manifest.json", /"kernels": \{[^]*"weights"/, '"kernels": 3, "weights"'),
      "LIBRARY/manifest.json: it is no manifest of a library; fix: build the library again",
    ],
    [
      "an artifact that is no JSON",
      async () => edit("kernels/add-channel64.json", "{", ""),
      /^LIBRARY\/kernels\/add-channel64\.json: it is not JSON \(.+\); fix: /,
    ],
    [
      "an artifact that is none",
      async () => edit("kernels/add-channel64.json", /[^]*/, "[]"),
      "LIBRARY/kernels/add-channel64.json: it is no artifact; fix: build the library again",
    ],
    [
      "a text that is not there",
      async () => rm(join(folder, "kernels/add-channel64.wgsl")),
      /^LIBRARY\/kernels\/add-channel64\.wgsl: it cannot be read \(ENOENT\); fix: /,
    ],
    [
      "a declaration that is none",
      async () => edit("kernels/add-channel64.ir", "axis token: batch", "axis token batch"),
      /^LIBRARY\/kernels\/add-channel64\.ir:2:14: it is no kernel: .+; fix: build the library again$/,
    ],
    [
      "no declaration",
      async () => edit("manifest.json", /"declaration": "kernels\/add-channel64.ir",/, ""),
      "LIBRARY/manifest.json: kernel 'add-channel64' has no declaration: an older compiler wrote it; fix: build " +
        "the library again",
    ],
  ])("with %s is refused in a line", async (_, spoil, message) => {
    await spoil();
    const { code, out, err } = await audit(folder);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^error: [^\n]+\n$/);
    const line = said(err).slice("error: ".length, -1);
    if (typeof message === "string") expect(line).toBe(message);
    else expect(line).toMatch(message);
  });
});

describe("an attack on a library", () => {
  /** What is said of one kernel, and the exit code. */
  const judged = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    const { code, out, err } = await audit(folder, ...args);
    return { code, out: said(out), err: said(err) };
  };

  test.each([
    ["forward.js", "forward.js", /$/, "// edited\n"],
    ["a type of its module", "forward.d.ts", /$/, "// edited\n"],
    ["the entry that users import", "index.js", /$/, "// edited\n"],
    ["its package.json", "package.json", '"private": true', '"private": false'],
    ["a tree", "kernels/linear-out16-inner64.from1.tree", "128", "64"],
  ])("is found where %s is edited", async (_, file, from, to) => {
    await edit(file, from, to);
    const { code, err } = await judged();
    expect({ code, err }).toEqual({
      code: 1,
      err: `error: LIBRARY/${file}: it does not have the hash that the manifest gives; fix: build the library again\n`,
    });
  });

  test("is found where a file is added, or one is gone", async () => {
    await mkdir(join(folder, "node_modules", "treefold-runtime"), { recursive: true });
    await writeFile(join(folder, "node_modules", "treefold-runtime", "index.js"), "export {};\n");
    expect(await judged()).toMatchObject({
      code: 1,
      err:
        "error: LIBRARY/node_modules/treefold-runtime/index.js: the manifest knows nothing of it; fix: remove " +
        "it, or build the library again\n",
    });
    await rm(join(folder, "node_modules"), { recursive: true });
    await rm(join(folder, "forward.js"));
    expect(await judged()).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: LIBRARY\/forward\.js: it cannot be read \(ENOENT\)/) as string,
    });
  });

  test("is found where the weights of two layers are swapped, hashes mended", async () => {
    const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as Manifest;
    const swap = (use: string): string =>
      use.replace(/^layers\.([01])\./, (_, layer: string) => `layers.${1 - Number(layer)}.`);
    const tensors = manifest.weights.tensors.map((tensor) => ({ ...tensor, uses: tensor.uses.map(swap) }));
    await writeFile(
      join(folder, "manifest.json"),
      JSON.stringify({ ...manifest, weights: { ...manifest.weights, tensors } }),
    );
    await mend();
    const { code, err } = await judged();
    expect(code).toBe(1);
    expect(err).toContain(
      "error: LIBRARY/manifest.json: the weight 'model.layers.0.self_attn.q_proj.weight' is used as " +
        "'layers.1.queries', of another layer; fix: build the library again\n",
    );
  });

  test("is found where declaration and text read another request's row alike, hashes mended", async () => {
    const ir = await readFile(join(folder, "kernels/add-channel64.ir"), "utf8");
    const wgsl = await readFile(join(folder, "kernels/add-channel64.wgsl"), "utf8");
    expect(ir).toContain("y[token, channel]");
    await writeFile(
      join(folder, "kernels/add-channel64.ir"),
      ir.replace("y[token, channel]", "y[min(token + 1, extent(token) - 1), channel]"),
    );
    await writeFile(
      join(folder, "kernels/add-channel64.wgsl"),
      wgsl.replace(/y_data\[\(\(minimum_0 \* 64u\)/, "y_data[((min(minimum_0 + 1u, uniforms.extent_token - 1u) * 64u)"),
    );
    await mend();
    const { code, out } = await judged();
    expect(code).toBe(1);
    expect(out).toContain(
      "the declaration breaks a rule of the language: the batch axis 'token' of 'y' is indexed by what is " +
        "neither its own point nor a placement table: it reads another's row (R005)",
    );
  });

  test.each([
    ["level", '"level":"portable"', '"level":"integer"'],
    ["trees", '"trees":["chain 128, chain"]', '"trees":["chain"]'],
    ["arithmetic", '"schedule":', '"arithmetic":"sealed","schedule":'],
  ])("is found where an artifact's %s is another, hashes mended", async (what, from, to) => {
    await edit("kernels/linear-out16-inner64.from1.json", from, to);
    await mend();
    expect(await judged()).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        what === "arithmetic" ? /refuted: seal/ : new RegExp(`of its ${what} the artifact says`),
      ) as string,
    });
  });

  test("with a forged certificate in the cache is judged all the same, and --fresh asks no cache", async () => {
    await edit("kernels/add-channel64.wgsl", /seal\((\w+) \+ (\w+)\)/, "seal($1 - $2)");
    await mend();
    const {
      kernels: [, , add],
    } = JSON.parse((await audit(folder, "--json")).out) as { kernels: object[] };
    const stored = JSON.parse(await readFile(join(folder, "kernels/add-channel64.json"), "utf8")) as StoredArtifact;
    const artifact = withTexts(stored, [await readFile(join(folder, "kernels/add-channel64.wgsl"), "utf8")]);
    const declaration = await readFile(join(folder, "kernels/add-channel64.ir"), "utf8");
    const key = createHash("sha256")
      .update(JSON.stringify([await hashAudit(), declaration, hashArtifact(artifact)]))
      .digest("hex");
    const certificate = { ...add, artifact: artifact.sha256, status: "checked", failures: [] };
    for (const entry of [certificate, { certificate, code: "" }, { certificate, code: "0".repeat(64) }]) {
      await new DiskCache(join(root, "cache", "certificates")).put(key, entry);
      expect((await audit(folder)).code).toBe(1);
    }
    expect((await audit(folder, "--fresh")).code).toBe(1);
  });

  test("no certificate is kept where others may read the key", async () => {
    await chmod(join(root, "state", "treefold", "audit.key"), 0o644);
    const certificates = join(root, "cache", "certificates");
    await rm(certificates, { recursive: true });
    expect((await audit(folder)).code).toBe(0);
    expect(await readdir(certificates).catch(() => [])).toEqual([]);
    await chmod(join(root, "state", "treefold", "audit.key"), 0o600);
  });
});

describe("a file", () => {
  test("is checked under every schedule that fits, at the extents that are given", async () => {
    const { code, out, err } = await audit("rows.kernel.ts", "--axis", "channel=20", "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const { kernels, checked, refuted, unfollowed } = JSON.parse(out) as {
      kernels: { kernel: string; schedule: string; status: string }[];
      checked: number;
      refuted: number;
      unfollowed: number;
    };
    expect([checked, refuted, unfollowed]).toEqual([kernels.length, 0, 0]);
    const explained = (await treefoldHere("explain", "rows.kernel.ts", "--stage", "schedule", "--axis", "channel=20"))
      .out;
    for (const name of ["rowSum", "rowMaximum"]) {
      const schedules = kernels.filter(({ kernel }) => kernel === name).map(({ schedule }) => schedule);
      expect(schedules.length).toBeGreaterThan(2);
      const [, offered] = new RegExp(`kernel ${name}\n((?: .*\n)+)`).exec(explained)!;
      expect(schedules).toEqual([...offered!.matchAll(/^ {2}(\S.*)$/gm)].map(([, schedule]) => schedule));
    }
  });

  test.runIf(inCi("an audit on threads, of a process"))("is checked on threads, too", () => {
    const one = treefold("audit", "rows.kernel.ts", "--axis", "channel=20", "--kernel", "rowSum");
    expect(one.out).toMatch(/\n0 proven, [1-9]\d* checked, 0 refuted, 0 not followed\n$/);
    expect(one.out).not.toContain("rowMaximum");
  });

  test("with a kernel that no schedule fits names it with the reason, and is not followed", async () => {
    const file = join(root, "wide.kernel.ts");
    const names = Array.from({ length: 21 }, (_, at) => `t${at}`);
    await writeFile(
      file,
      `import { batch, kernel, model } from "treefold";
export const small = kernel({ axes: { token: batch, channel: model }, inputs: { a: "f32[token, channel]" }, output: "f32[token, channel]", body: ({ a }, { token, channel }) => a(token, channel) + a(token, channel) });
export const wide = kernel({ axes: { token: batch }, inputs: { ${names.map((name) => `${name}: "f32[token]"`).join(", ")} }, output: "f32[token]",
  body: ({ ${names.join(", ")} }, { token }) => ${names.map((name) => `${name}(token)`).join(" + ")} });
`,
    );
    const { code, out } = await audit(file, "--json");
    expect(code).toBe(2);
    const report = JSON.parse(out) as {
      kernels: { kernel: string; status: string; failures: { message: string }[] }[];
      unfollowed: number;
      leftOut: object[];
    };
    expect(report).toMatchObject({ proven: 0, checked: report.kernels.length - 1, refuted: 0, unfollowed: 1 });
    const wide = report.kernels.find(({ kernel }) => kernel === "wide")!;
    expect(wide.status).toBe("unfollowed");
    expect(wide.failures[0]!.message).toMatch(/^kernel 'wide' fits no schedule: 22 storage buffers are more than .*8/);
    expect(report.leftOut).toContainEqual({
      kernel: "wide",
      schedule: "alone",
      reason: expect.stringContaining("22 storage buffers") as string,
    });
    const text = await audit(file);
    expect(text.code).toBe(2);
    expect(text.out).toMatch(/\nwide +none +invariant +not followed: schedule /);
    expect(text.out).toContain(" 0 refuted, 1 not followed\n");
  });

  test("with a wrong kernel is shown its diagnostics", async () => {
    const { code, out, err } = await audit("wrong.kernel.ts");
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^wrong\.kernel\.ts:7:\d+ error R\d+: /);
  });

  test.each([
    [
      ["none"],
      "error: there is no file or folder 'none'; fix: give a TypeScript file that exports kernels, or a folder " +
        "that 'treefold build' wrote\n",
    ],
    [
      ["rows.kernel.ts", "--axis", "chanel=3"],
      "error: none of the kernels has an axis 'chanel' (did you mean 'channel'?); fix: their axes are token, channel\n",
    ],
    [
      ["rows.kernel.ts", "--kernel", "rowSun"],
      "error: rows.kernel.ts has no kernel 'rowSun' (did you mean 'rowSum'?); fix: use one of rowSum, rowMaximum\n",
    ],
    [[".", "--axis", "channel=3"], "error: --axis is for a file of kernels, and '.' is a folder; fix: leave it out\n"],
    [[""], "error: command-argument value '' is invalid for argument 'file|dir'; fix: give a path, or a file: URL\n"],
    [[], "error: missing required argument 'file|dir'; fix: add <file|dir>; 'treefold audit --help' says what it is\n"],
  ])("wrong usage: %j", async (args, message) => {
    expect(await audit(...args)).toEqual({ code: 2, out: "", err: message });
  });
});

describe("the build", () => {
  // Nothing is known of these kernels there.
  beforeAll(() => {
    vi.stubEnv("TREEFOLD_CACHE", join(root, "cache of builds"));
  });

  const here: Judge = async (subjects, done) =>
    subjects.map((subject, at) => {
      const certificate = judge(subject);
      done(at, certificate);
      return certificate;
    });

  test("writes certificates into the manifest, and nothing else changes", async () => {
    const told: string[] = [];
    const audited = await buildLibrary(checkpoint, {
      kernels: few(),
      audit: (subjects) => certify(subjects, { judge: here, progress: (what) => told.push(what) }),
    });
    expect(told).toEqual([0, 1, 2, 3, 4].map((judged) => `auditing kernels (${judged} of 4)`));
    const { fingerprint, files, kernels } = audited.manifest;
    expect({ fingerprint, files }).toEqual({
      fingerprint: library.manifest.fingerprint,
      files: library.manifest.files,
    });
    for (const name of kept) {
      for (const [at, { certificate, ...variant }] of kernels[name]!.entries()) {
        expect(variant).toEqual(library.manifest.kernels[name]![at]);
        expect(certificate).toMatchObject({
          status: "checked",
          expressionHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
          auditor: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        });
        expect(certificate!.sizes.length).toBeGreaterThan(1);
        expect(Object.keys(files)).toContain(variant.declaration);
      }
    }
    const out = join(root, "audited");
    await writeLibrary(audited, out, { weights: false });
    expect((await audit(out)).code).toBe(0);
  });

  test("refuses a model with a kernel that is refuted, and writes nothing", async () => {
    const planted = few((kernel) => {
      if (kernel.artifact.kernel !== "add") return kernel;
      const passes = kernel.artifact.passes.map((pass) => ({
        ...pass,
        wgsl: pass.wgsl.replace(/seal\((\w+) \+ (\w+)\)/, "seal($1 - $2)"),
      }));
      return { ...kernel, artifact: { ...kernel.artifact, passes } };
    });
    const out = join(root, "refused");
    await mkdir(out);
    const building = buildLibrary(checkpoint, {
      kernels: planted,
      audit: (subjects) => certify(subjects, { judge: here }),
    }).then((built) => writeLibrary(built, out, { weights: false }));
    const error = await building.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UncheckedError);
    expect((error as UncheckedError).message).toMatch(
      /^kernel 'add-channel64', schedule 'alone', is refuted: output\[0, 0\] is not what was declared \(of 4 texts 1 refuted, 0 not followed\); fix: \S/,
    );
    expect(
      (error as UncheckedError).failed.map(({ subject, certificate }) => [subject.name, certificate.failures[0]!.kind]),
    ).toEqual([["add-channel64", "expression"]]);
    expect(await readdir(out)).toEqual([]);
  });
});
