/** What is compared: the sources of a commit, or of the working tree. */
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** The sources of one side. */
export interface Side {
  /** As the user gave it, with the commit that it stands for. */
  readonly name: string;
  readonly sources: string;
  /** Its hash, where it is a commit. */
  readonly commit?: string;
}

/** A message for the user, without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const workingTree: Side = { name: "the working tree", sources: root };

/** The commit's sources in a folder of their own, with this checkout's packages. */
export function checkOut(commit: string, folder: string): Side {
  const hash = git(
    ["rev-parse", "--verify", "--quiet", `${commit}^{commit}`],
    `no commit is called '${commit}'`,
  ).trim();
  mkdirSync(folder, { recursive: true });
  const archive = join(folder, "..", `${hash}.tar`);
  git(["archive", "--output", archive, hash], `git could not archive ${hash}`);
  const { status } = spawnSync("tar", ["-xf", archive, "-C", folder], { stdio: "inherit" });
  if (status !== 0) throw new UsageError(`tar could not unpack ${archive}`);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  return { name: `${commit} (${hash.slice(0, 10)})`, sources: folder, commit: hash };
}

function git(args: readonly string[], fault: string): string {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 30 });
  if (status !== 0) throw new UsageError(`${fault}; fix: name a commit, a branch or a tag of this repository`);
  return stdout;
}

/** Differences of two folders as unified diffs, by file name. */
export function diffsOf(old: string, now: string, cwd: string): Map<string, string> {
  const args = ["diff", "--no-index", "--no-color", "--no-prefix", "--no-renames", "--no-ext-diff", old, now];
  const { stdout } = spawnSync("git", args, { cwd, encoding: "utf8", maxBuffer: 2 ** 31 - 1 });
  const parts = stdout.split(/^(?=diff --git )/m).filter((part) => part !== "");
  return new Map(
    parts.map((part) => {
      const header = part.slice(0, part.indexOf("\n"));
      return [header.slice(header.lastIndexOf("/") + 1), part];
    }),
  );
}
