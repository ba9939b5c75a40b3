/** Folders of files: what can't be read is one typed error, and what others throw meanwhile is theirs. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Folder, ModelFileError } from "./files.ts";

let path: string;
beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), "treefold-files-"));
  await writeFile(
    join(path, "weights"),
    Uint8Array.from({ length: 10 }, (_, index) => index),
  );
});
afterAll(() => rm(path, { recursive: true }));

test("bytes are read from where they are asked for, and told of", async () => {
  const told: number[] = [];
  const folder = new Folder(pathToFileURL(path), { received: (bytes) => told.push(bytes) });
  expect(await folder.readBytes("weights", 2, 3)).toEqual(Uint8Array.of(2, 3, 4));
  expect(told).toEqual([3]);
  await folder.close();
});

test("what is missing, short or nowhere is a ModelFileError", async () => {
  const folder = new Folder(path, { fix: "copy it again" });
  const rejections = [
    [() => folder.readText("none"), `${join(path, "none")}: it cannot be read (ENOENT); fix: copy it again`],
    [() => folder.readBytes("none", 0, 1), `${join(path, "none")}: it cannot be read (ENOENT); fix: copy it again`],
    [
      () => folder.readBytes("weights", 8, 5),
      `${join(path, "weights")}: it ends at byte 10, where 3 more belong; fix: copy it again`,
    ],
  ] as const;
  for (const [read, message] of rejections) {
    await expect(read()).rejects.toThrow(ModelFileError);
    await expect(read()).rejects.toThrow(message);
  }
  expect(() => new Folder(new URL("https://example.org/"))).toThrow(
    "https://example.org/: it is no place in the file system; fix: give a path, or a file: URL",
  );
  await folder.close();
});

test("a signal's reason, and what `received` throws, are thrown as they are", async () => {
  const reason = new Error("enough");
  const aborted = new Folder(path, { signal: AbortSignal.abort(reason) });
  await expect(aborted.readText("none")).rejects.toBe(reason);
  const folder = new Folder(path, {
    received: () => {
      throw reason;
    },
  });
  await expect(folder.readBytes("weights", 0, 1)).rejects.toBe(reason);
  await expect(folder.readText("none")).rejects.toThrow(ModelFileError);
  await folder.close();
});
