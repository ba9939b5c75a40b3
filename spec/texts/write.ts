/**
 * Writes the texts of one side. Only this file calls a side's compiler, whose paths and types may be those of another
 * commit: it takes three functions of it, and leaves out what that commit does not read or compile.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Kernel } from "../../dsl/ir.ts";
import type { Artifact, Arithmetic, Pass } from "../../runtime/artifact.ts";
import { extentsOf, type Extents, sizedKernels } from "../fixtures/kernel-extents.ts";
import { sizes as strangers } from "../fixtures/strangers/extents.ts";
import { UsageError } from "./sides.ts";

/** The sizes of each kernel by file and name. The new side makes the list, and the old side takes it. */
export type SizeList = Record<string, Readonly<Record<string, Extents>>>;

interface Compiler {
  readonly schedulesFor: (kernel: Kernel, request: { extents: Extents }) => readonly { readonly name: string }[];
  readonly compile: (
    kernel: Kernel,
    request: { extents: Extents; schedule: unknown; arithmetic: Arithmetic },
  ) => Artifact;
}

const arithmetics: readonly Arithmetic[] = ["free", "sealed", "builtin"];
const aligned = { rows: 16, items: 128, width: 64 };
const ragged = { rows: 3, items: 133, width: 75 };

/** Writes one file for each kernel, size, schedule, arithmetic and pass. @returns the sizes that it took */
export async function writeTexts(
  sources: string,
  folder: string,
  list: SizeList | undefined,
  only: RegExp,
): Promise<SizeList> {
  const taken: SizeList = {};
  const { schedulesFor, compile } = (await importFrom(sources, "codegen/compile.ts")) as Compiler;
  emptied(folder);
  for (const [file, kernel] of await kernelsOf(sources, only)) {
    const sizes = list === undefined ? await sizesOf(sources, kernel) : list[`${file}.${kernel.name}`];
    if (sizes === undefined) continue;
    taken[`${file}.${kernel.name}`] = sizes;
    for (const [size, all] of Object.entries(sizes)) {
      const extents = onlyOf(kernel, all);
      const name = `${file}.${kernel.name}.${size}`;
      const write = (rest: string, text: string): void => writeFileSync(join(folder, `${name}.${rest}.wgsl`), text);
      const schedules = attempt(() => schedulesFor(kernel, { extents }));
      if (typeof schedules === "string") {
        write("none", schedules);
        continue;
      }
      for (const schedule of schedules)
        for (const arithmetic of arithmetics) {
          const artifact = attempt(() => compile(kernel, { extents, schedule, arithmetic }));
          if (typeof artifact === "string") write(`${asFileName(schedule.name)}.${arithmetic}`, artifact);
          else
            artifact.passes.forEach((pass, at) => {
              const number = artifact.passes.length === 1 ? "" : `.pass-${at + 1}`;
              write(`${asFileName(schedule.name)}.${arithmetic}${number}`, textOf(extents, pass));
            });
        }
    }
  }
  return taken;
}

/** The folder with nothing in it, where it held nothing but texts. */
function emptied(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder);
  const other = names.find((name) => !name.endsWith(".wgsl"));
  if (other !== undefined)
    throw new UsageError(`${folder} holds '${other}', which is no text; fix: name a new folder, or one of texts`);
  for (const name of names) rmSync(join(folder, name));
}

/**
 * The WGSL, and what the runtime is told besides. Places in the source are left out: they move with every line of it.
 */
function textOf(extents: Extents, { wgsl, sourceMap: _, label: __, ...rest }: Pass): string {
  return `${wgsl.trimEnd()}\n\n/* ${JSON.stringify({ extents, ...rest }, null, 2)} */\n`;
}

/** What an error says, where there is one, stands for the text. */
function attempt<Result>(action: () => Result): Result | string {
  try {
    return action();
  } catch (error) {
    return `does not compile: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}\n`;
  }
}

async function kernelsOf(sources: string, only: RegExp): Promise<[file: string, kernel: Kernel][]> {
  const { readKernels } = (await importFrom(sources, "dsl/reader/index.ts")) as {
    readKernels: (file: string) => { kernels: Kernel[] };
  };
  const isWanted = (file: string, kernel: string): boolean => only.test(`${basename(file, ".kernel.ts")}.${kernel}`);
  return kernelFiles(sources)
    .filter((file) =>
      [...readFileSync(file, "utf8").matchAll(/(\w+) = kernel\(/g)].some(([, name]) => isWanted(file, name!)),
    )
    .flatMap((file) =>
      readKernels(file)
        .kernels.filter(({ name }) => isWanted(file, name))
        .map((kernel): [string, Kernel] => [basename(file, ".kernel.ts"), kernel]),
    );
}

/** Every file of kernels that are right, wherever a commit has it. */
function kernelFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isFile()) return entry.name.endsWith(".kernel.ts") ? [path] : [];
      return entry.isDirectory() && !/^(\..*|node_modules|dist|wrong|attacks)$/.test(entry.name)
        ? kernelFiles(path)
        : [];
    });
}

/**
 * An aligned and a ragged size where the fixtures have them for a kernel of this name and these axes; those of the
 * command line elsewhere.
 */
async function sizesOf(sources: string, kernel: Kernel): Promise<Readonly<Record<string, Extents>> | undefined> {
  const { name } = kernel;
  const known = sizedKernels.includes(name)
    ? { aligned: extentsOf(name, aligned), ragged: extentsOf(name, ragged) }
    : Object.hasOwn(strangers, name)
      ? { ...strangers[name]! }
      : undefined;
  const model = kernel.axes.filter(({ role }) => role === "model");
  if (known !== undefined && model.every((axis) => Object.hasOwn(known.aligned, axis.name))) return known;
  const { modelExtentsOr } = (await importFrom(sources, "cli/default-extents.ts")) as {
    modelExtentsOr: (kernel: Kernel, given: Extents) => Extents;
  };
  return { default: modelExtentsOr(kernel, Object.create(null) as Extents) };
}

const onlyOf = (kernel: Kernel, extents: Extents): Extents =>
  Object.fromEntries(kernel.axes.flatMap(({ name, role }) => (role === "model" ? [[name, extents[name]!]] : [])));

const asFileName = (schedule: string): string => schedule.replace(/[^\w-]+/g, "_").slice(0, 100);

const importFrom = (sources: string, path: string): Promise<unknown> =>
  import(pathToFileURL(join(sources, path)).href) as Promise<unknown>;

/** A folder's texts by file name. */
export function readTexts(folder: string): Map<string, string> {
  return new Map(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
}
