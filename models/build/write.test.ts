/** Where a library may be written, and what is there when something happens in between. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emptyKernels } from "../../spec/fixtures/kernels.ts";
import { readOracle } from "../../spec/fixtures/oracles.ts";
import { buildLibrary, type Library } from "./library.ts";
import { buildPage } from "./page.ts";
import { checkTarget, LibraryWriteError, pageFolder, writeLibrary, writePage } from "./write.ts";

let root: string;
let checkpoint: string;
let library: Library;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "treefold-write-"));
  checkpoint = join(root, "checkpoints", "qwen3");
  await cp((await readOracle("qwen3")).directory, checkpoint, { recursive: true });
  library = await buildLibrary(checkpoint, { kernels: emptyKernels });
});
afterAll(() => rm(root, { recursive: true }));

const write = (directory: string): Promise<void> => writeLibrary(library, directory, { weights: true });
const identity = (path: string): Promise<string | undefined> =>
  stat(path).then(
    ({ ino, ctimeMs }) => `${ino} ${ctimeMs}`,
    () => undefined,
  );
/** Every file below, with what it holds. */
async function contentsOf(directory: string): Promise<Map<string, string>> {
  const names = (await readdir(directory, { recursive: true, withFileTypes: true })).filter(
    (entry) => !entry.isDirectory(),
  );
  return new Map(
    await Promise.all(
      names.map(
        async ({ name, path }): Promise<[string, string]> => [
          join(path, name),
          await readFile(join(path, name), "latin1").catch(() => "a link"),
        ],
      ),
    ),
  );
}
const hidden = async (): Promise<string[]> => (await readdir(root)).filter((name) => name.startsWith("."));

describe("a library is written", () => {
  it("to a new folder, an empty one, in place of a library, and through a link to one", async () => {
    for (const name of ["new", "not/yet/there"]) await write(join(root, name));
    await mkdir(join(root, "empty"));
    await symlink("new", join(root, "link"));
    for (const name of ["empty", "new", "link"]) await write(join(root, name));
    const files = [...(await contentsOf(join(root, "new"))).values()];
    for (const name of ["empty", "link", "not/yet/there"])
      expect([...(await contentsOf(join(root, name))).values()]).toEqual(files);
    expect((await readdir(root, { withFileTypes: true })).find(({ name }) => name === "link")!.isSymbolicLink()).toBe(
      true,
    );
    expect(await hidden()).toEqual([]);
  });

  it("as a whole: at no moment is a part of one there, however many processes write", async () => {
    const target = join(root, "contested");
    let done = false;
    const writing = Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let turn = 0; turn < 4; turn++) await write(target);
      }),
    ).finally(() => {
      done = true;
    });
    let seen = 0;
    while (!done) {
      const before = await identity(target);
      const names = await readdir(target, { recursive: true }).catch(() => []);
      // Otherwise another one was put there while this one was read.
      if (before !== undefined && before === (await identity(target))) {
        seen++;
        expect(names.length).toBe(library.files.size + 2 + library.weights.length);
      }
    }
    await writing;
    expect(seen).toBeGreaterThan(10);
    expect(await hidden()).toEqual([]);
  });

  it("and clears away what a killed one left a day ago, and nobody else's", async () => {
    const names = [`.late.${randomUUID()}`, `.other.${randomUUID()}`, ".late.notes"];
    const yesterday = new Date(Date.now() - 25 * 3600 * 1000);
    for (const name of names) {
      await mkdir(join(root, name));
      await utimes(join(root, name), yesterday, yesterday);
    }
    const today = `.late.${randomUUID()}`;
    await mkdir(join(root, today));
    await write(join(root, "late"));
    const left = (await hidden()).sort();
    for (const name of left) await rm(join(root, name), { recursive: true });
    expect(left).toEqual([names[1]!, names[2]!, today].sort());
  });
});

describe("a page", () => {
  const page = async (directory: string): Promise<void> =>
    writePage(library, await buildPage(library.manifest), directory);

  it("is written with the library and its weights inside, and replaced", async () => {
    const target = join(root, "page");
    await page(target);
    const files = await contentsOf(target);
    expect([...files.keys()].filter((path) => !path.startsWith(join(target, "model"))).sort()).toEqual(
      pageFolder.files.map((name) => join(target, name)).sort(),
    );
    await write(join(root, "beside"));
    const beside = await contentsOf(join(root, "beside"));
    expect(
      [...beside]
        .map(([path, text]) => [path.replace(join(root, "beside"), join(target, "model")), text])
        .filter(([path, text]) => files.get(path!) !== text),
    ).toEqual([]);
    await writeFile(join(target, "index.html"), "older");
    await page(target);
    expect(await contentsOf(target)).toEqual(files);
    expect(await hidden()).toEqual([]);
  });

  it("replaces no library, no page with a file of somebody's in it, and is replaced by no library", async () => {
    await page(join(root, "kept page"));
    await write(join(root, "kept library"));
    const before = await contentsOf(root);
    await expect(page(join(root, "kept library"))).rejects.toThrow(
      "kept library: is not empty, and holds no page of Treefold's; fix: give a folder that does not exist yet, " +
        "or one that 'treefold page' wrote",
    );
    await expect(write(join(root, "kept page"))).rejects.toThrow(
      "kept page: is not empty, and holds no library of Treefold's",
    );
    expect(await contentsOf(root)).toEqual(before);
    for (const place of [["notes.md"], ["model", "kernels", "notes.md"]]) {
      await writeFile(join(root, "kept page", ...place), "mine");
      await expect(page(join(root, "kept page"))).rejects.toThrow(
        `holds '${join(...place)}', which no build has written`,
      );
      await rm(join(root, "kept page", ...place));
    }
  });

  it("shows names as text", async () => {
    const files = await buildPage({ ...library.manifest, name: '<b>&"' });
    expect(files.get("index.html")).toContain("<h1>&#60;b&#62;&#38;&#34;</h1>");
    expect(files.get("index.html")).not.toContain("{{");
  });
});

describe("nothing is touched", () => {
  const places: [string, () => Promise<string>, string][] = [
    ["where no path is given", async () => "", "is no path"],
    [
      "that is a file",
      async () => {
        await writeFile(join(root, "file"), "mine");
        return join(root, "file");
      },
      "is not a folder",
    ],
    ["below a file", async () => join(root, "file", "library"), "cannot be written (ENOTDIR)"],
    [
      "below a link that leads nowhere",
      async () => {
        await symlink("nowhere", join(root, "dangling"));
        return join(root, "dangling");
      },
      "cannot be written (ENOENT)",
    ],
    [
      "that holds other files",
      async () => {
        await mkdir(join(root, "full"));
        await writeFile(join(root, "full", "notes.md"), "mine");
        return join(root, "full");
      },
      "is not empty, and holds no library of Treefold's",
    ],
    [
      "that holds another manifest",
      async () => {
        await writeFile(join(root, "full", "manifest.json"), '{"format": "other"}');
        return join(root, "full");
      },
      "is not empty, and holds no library of Treefold's",
    ],
    [
      "that holds a library and another file",
      async () => {
        await write(join(root, "mixed"));
        await writeFile(join(root, "mixed", "kernels", "notes.md"), "mine");
        return join(root, "mixed");
      },
      "holds 'kernels/notes.md', which no build has written",
    ],
    ["that is the checkpoint", async () => checkpoint, "which the library is made from"],
    ["that is above the checkpoint", async () => join(root, "checkpoints"), "which the library is made from"],
    ["that is the system's", async () => "/", "is the folder that this runs in, or one above it"],
    ["where no folder can be made", async () => "/proc/library", "cannot be written (E"],
  ];
  it.each(places)("%s", async (_, make, fault) => {
    const place = await make();
    const before = await contentsOf(root);
    const message = (error: unknown): string => {
      expect(error).toBeInstanceOf(LibraryWriteError);
      return (error as Error).message;
    };
    const line = await write(place).then(() => "written", message);
    expect(line).toMatch(/^[^\n]*; fix: [^\n]+$/);
    expect(line).toContain(fault);
    expect(await contentsOf(root)).toEqual(before);
    expect(await hidden()).toEqual([]);
  });

  it("by a build into the folder that it runs in: checkTarget refuses it", async () => {
    await expect(checkTarget(".", [])).rejects.toThrow(
      ".: is the folder that this runs in, or one above it; fix: give another folder, as in --out my-model",
    );
  });

  it("where the library is made from a checkpoint inside of an older library", async () => {
    await write(join(root, "outer"));
    await cp(checkpoint, join(root, "outer", "weights", "checkpoint"), { recursive: true });
    await expect(checkTarget(join(root, "outer"), [join(root, "outer", "weights", "checkpoint")])).rejects.toThrow(
      "which the library is made from",
    );
  });

  it("where a file of the weights is gone: the older library stays", async () => {
    const target = join(root, "stays");
    await write(target);
    const before = await contentsOf(target);
    await expect(
      writeLibrary({ ...library, weights: [join(root, "gone.safetensors")] }, target, { weights: true }),
    ).rejects.toThrow("stays: cannot be written (ENOENT); fix: ");
    expect(await contentsOf(target)).toEqual(before);
    expect(await hidden()).toEqual([]);
  });
});
