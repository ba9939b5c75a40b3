/**
 * The packages as users get them: in an empty directory, the runtime's tarball and a generated library are all it takes
 * for a strict TypeScript program, and the compiler is not among what npm installs.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demoDirectory, packageVersion } from "../models/places.ts";
import { besideKernels, treefold } from "../spec/fixtures/commands.ts";
import { effort } from "../spec/fixtures/effort.ts";
import { pages } from "../spec/fixtures/documents.ts";

besideKernels();

const root = dirname(dirname(fileURLToPath(import.meta.url)));
let folder: string;
let tarballs: string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "treefold-packages-"));
  tarballs = run(root, process.execPath, "cli/package.mjs").out.trim().split("\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(cwd: string, command: string, ...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}

/** What docs/models.md shows, for a library beside it called my-model; each says that it is so. */
const shownPrograms = new Map(
  pages
    .flatMap(({ fences }) => fences)
    .filter(({ mark }) => mark === "library program")
    .map(({ text }, at) => [`shown-${at}`, text]),
);
const program = `import { load, type Model } from "demo-model";

const model: Model = await load();
for await (const { text } of model.generate("Blessed are the", { maxTokens: 12 })) process.stdout.write(text);
model.dispose();
`;

describe("the packages", () => {
  test("hold what a user needs and nothing else", () => {
    expect(tarballs.map((file) => basename(file))).toEqual([
      `treefold-runtime-${packageVersion}.tgz`,
      `treefold-${packageVersion}.tgz`,
    ]);
    const [runtime, compiler] = tarballs.map((file) => run(folder, "tar", "tzf", file).out.trim().split("\n"));
    expect(runtime).toEqual(
      expect.arrayContaining([
        "package/LICENSE",
        "package/README.md",
        "package/package.json",
        "package/index.js",
        "package/index.d.ts",
      ]),
    );
    expect(
      runtime!.filter(
        (file) => !/^package\/(LICENSE|README\.md|package\.json|([a-z]+\/)*[a-z0-9-]+\.(js|d\.ts))$/.test(file),
      ),
    ).toEqual([]);
    expect(compiler).toEqual(
      expect.arrayContaining([
        "package/LICENSE",
        "package/README.md",
        "package/dist/cli/main.js",
        "package/spec/contract.md",
        "package/docs/tutorial.md",
        "package/models/kernels/attention.kernel.ts",
        "package/models/probes/arithmetic.kernel.ts",
        "package/page/index.html",
        "package/page/main.ts",
        "package/dist/runtime/package.json",
      ]),
    );
    expect(compiler!.filter((file) => /\.test\.|fixtures|\.tsbuildinfo|\.tgz$|node_modules|\.mjs$/.test(file))).toEqual(
      [],
    );
  });

  test("agree on what they need", () => {
    const [own, runtime] = [root, join(root, "runtime")].map(
      (path) =>
        JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as { version: string; dependencies: object },
    );
    expect(runtime!.version).toBe(own!.version);
    expect(own!.dependencies).toMatchObject(runtime!.dependencies);
  });

  if (effort === "quick") console.log("Libraries are installed in CI; docs/models.md's own is run here, too.");
  test.each(effort === "quick" ? [] : ["inside of the program's folder", "elsewhere, and linked"])(
    "let a strict program load a library that lies %s",
    (where) => {
      const app = join(folder, where.split(" ")[0]!);
      const library = where.startsWith("inside") ? join(app, "my-model") : join(folder, "library elsewhere");
      mkdirSync(app);
      expect(
        treefold("build", "--model", demoDirectory, "--out", library, "--name", "demo-model", "--no-audit"),
      ).toMatchObject({
        code: 0,
        err: "This takes some seconds, and for gigabytes of weights as long as reading them once.\n",
      });
      writeFileSync(
        join(app, "package.json"),
        JSON.stringify({ name: "app", version: "1.0.0", private: true, type: "module" }),
      );
      writeFileSync(join(app, "app.ts"), program);
      const shown = where.startsWith("inside") ? [...shownPrograms] : [];
      for (const [name, text] of shown) writeFileSync(join(app, `${name}.ts`), text);
      const npm = run(
        app,
        "npm",
        "install",
        "--ignore-scripts",
        "--no-fund",
        "--no-audit",
        "--prefer-offline",
        tarballs[0]!,
        library,
      );
      expect(npm.code, npm.err).toBe(0);
      const installed = run(app, "npm", "ls", "--omit=dev", "--all");
      expect(installed.code, installed.err).toBe(0);
      expect(installed.out).toContain("treefold-runtime@");
      expect(installed.out).not.toMatch(/ts-morph|chevrotain|typescript|fast-check|commander/);

      // The checkout's own TypeScript and types of Node: a program brings its own.
      const types = where.startsWith("inside") ? [] : ["--preserveSymlinks"];
      const compiled = run(
        app,
        process.execPath,
        join(root, "node_modules", "typescript", "bin", "tsc"),
        "--strict",
        "--module",
        "nodenext",
        "--target",
        "es2023",
        "--types",
        "node",
        "--typeRoots",
        join(root, "node_modules", "@types"),
        ...types,
        "app.ts",
        ...shown.map(([name]) => `${name}.ts`),
      );
      expect(compiled).toEqual({ code: 0, out: "", err: "" });
      // A bundler for browsers takes nothing of Node's along.
      const { errors, outputFiles } = buildSync({
        stdin: {
          contents:
            'import { loadModel } from "treefold-runtime"; void loadModel(() => import("demo-model/forward.js"), ' +
            '"/model/");',
          resolveDir: app,
        },
        bundle: true,
        platform: "browser",
        format: "esm",
        write: false,
        logLevel: "silent",
        preserveSymlinks: !where.startsWith("inside"),
      });
      expect(errors).toEqual([]);
      expect(outputFiles[0]!.text).toContain("requestAdapter");
      expect(outputFiles[0]!.text).not.toMatch(/"node:|tar-fs|VK_DRIVER_FILES/);
      expect(run(app, process.execPath, "app.js")).toMatchObject({
        code: 0,
        out: " LORD for ever; and his mercy endureth for ever",
      });
      for (const [name] of shown)
        expect(run(app, process.execPath, `${name}.js`)).toMatchObject({ code: 0, out: "true\n" });
    },
  );
});
