/**
 * Sets up a checkout: packages as the lockfile has them, and dist/ built from the sources as they are.
 * Plain JavaScript on Node's own modules, since nothing else is there yet. Writes to stderr only.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = ["dsl", "codegen", "audit", "runtime", "models", "spec", "cli", "page"];
// dist/runtime is a package of its own, which `npm pack` takes as it is.
const copied = [
  ["runtime/package.json", "package.json"],
  ["runtime/README.md", "README.md"],
  ["LICENSE", "LICENSE"],
];
const dist = join(root, "dist");
const stampFile = join(dist, ".built-from");

const say = (line) => process.stderr.write(`${line}\n`);

class SetupError extends Error {}

/** Runs a step of the setup; where it fails, ends the process with a line that says which, and exit code 1. */
export function setUp(step) {
  try {
    step();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exit(1);
  }
}

/** Installs the packages unless node_modules holds what package-lock.json asks for. */
export function install() {
  const reason = staleness();
  if (reason === undefined) return;
  say(`Installing packages into node_modules (npm ci), since ${reason}.`);
  const environment = { ...process.env };
  // What an outer `npm install -g` or `--omit` was told does not hold for this checkout's own packages.
  for (const name of ["global", "location", "prefix", "omit", "dry_run", "production"])
    delete environment[`npm_config_${name}`];
  const npm = process.env.npm_execpath;
  const [command, args] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
  const { status, error } = spawnSync(
    command,
    [...args, "ci", "--include=dev", "--ignore-scripts", "--no-fund", "--no-audit"],
    {
      cwd: root,
      env: environment,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32" && command === "npm",
    },
  );
  if (status !== 0)
    throw new SetupError(
      `npm ci failed${error === undefined ? "" : ` (${error.message})`}; fix: see npm's output above; it needs ` +
        "a network, or a filled npm cache",
    );
}

/** Why node_modules is not what the lockfile asks for; undefined where it is. */
function staleness() {
  const installedFile = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedFile)) return "there are none";
  const packagesOf = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
  const wanted = packagesOf(join(root, "package-lock.json"));
  const installed = packagesOf(installedFile);
  for (const [path, { version, integrity, optional }] of Object.entries(wanted)) {
    if (path === "") continue;
    const found = installed[path];
    // An optional package may be one for another platform.
    if (found === undefined ? !optional : found.version !== version || found.integrity !== integrity) {
      return `${path.replace("node_modules/", "")} ${version} of the lockfile is not among them`;
    }
  }
  return undefined;
}

/** Builds dist/, unless it was built from these very sources and is as it was then. Says so through `notify`. */
export function build(notify = () => {}) {
  if (isBuilt()) return;
  mkdirSync(dist, { recursive: true });
  const release = lock();
  try {
    if (isBuilt()) return; // By the process that held the lock.
    notify("Building dist/ (tsc).");
    const stamp = stampOf();
    tidy();
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", ".", "--noCheck"],
      { cwd: root, encoding: "utf8" },
    );
    if (status !== 0) throw new SetupError(`${stdout}The build failed; fix: correct the errors above`);
    // npm makes a package's command executable when it first links it, and tsc writes the file anew.
    chmodSync(join(dist, "cli", "main.js"), 0o755);
    for (const [from, to] of copied) copyFileSync(join(root, from), join(dist, "runtime", to));
    writeFileSync(stampFile, `${stamp}${between}${builtOf()}`);
  } finally {
    release();
  }
}

const between = "built:\n";
const isBuilt = () => existsSync(stampFile) && readFileSync(stampFile, "utf8") === `${stampOf()}${between}${builtOf()}`;

/** Names, sizes and times of all that goes into the build. */
function stampOf() {
  return ["tsconfig.json", "package-lock.json", ...copied.map(([from]) => from), ...sourceFiles()]
    .map((file) => lineOf(root, file))
    .join("");
}

/** The same of all that came out of it: `npm pack` takes what lies in dist/. */
function builtOf() {
  return builtFiles()
    .map((file) => lineOf(dist, file))
    .join("");
}

function lineOf(folder, file) {
  const { size, mtimeMs } = statSync(join(folder, file));
  return `${file} ${size} ${mtimeMs}\n`;
}

function sourceFiles() {
  return sources
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true })
        .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
        .map((name) => join(folder, name)),
    )
    .sort();
}

/** Paths in dist/, without what a build keeps there for itself. */
function builtFiles() {
  return readdirSync(dist, { recursive: true })
    .filter((name) => !name.split(sep).at(-1).startsWith(".") && statSync(join(dist, name)).isFile())
    .sort();
}

/** Removes from dist/ what no source makes (any more), and lets the compiler write anew what is not as it left it. */
function tidy() {
  const made = new Set([
    ...sourceFiles().flatMap((name) => [".js", ".d.ts"].map((ending) => name.replace(/\.ts$/, ending))),
    ...copied.map(([, to]) => join("runtime", to)),
  ]);
  const before = existsSync(stampFile) ? readFileSync(stampFile, "utf8").split(between)[1] : undefined;
  if (before !== builtOf()) rmSync(join(dist, ".tsbuildinfo"), { force: true });
  for (const name of builtFiles()) if (!made.has(name)) rmSync(join(dist, name), { force: true });
}

/** Keeps other processes from building at the same time; gives what ends that. */
function lock() {
  const file = join(dist, ".building");
  for (;;) {
    try {
      const descriptor = openSync(file, "wx");
      writeFileSync(descriptor, String(process.pid));
      closeSync(descriptor);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (!isHeld(file)) rmSync(file, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}

function isHeld(file) {
  try {
    const text = readFileSync(file, "utf8");
    if (text === "") return Date.now() - statSync(file).mtimeMs < 1000; // Its owner is about to write its id.
    process.kill(Number(text), 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
