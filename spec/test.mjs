/**
 * `npm test`: sets up what is missing, checks types, runs the tests that need no device, and then the device tests
 * (`*.device.test.ts`) once on every Vulkan driver here, and those that need a device, whichever it is
 * (`*.any-device.test.ts`), on the last of them. Arguments go on to vitest, as in `npm test -- runtime`.
 *
 * TREEFOLD_REQUIRE_DRIVERS=swiftshader,lavapipe makes an absent driver a failure.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { build, install, root, setUp } from "../cli/setup.mjs";

const say = (line) => process.stdout.write(`${line}\n`);
const node = (args, options) => spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", ...options });

setUp(install);
setUp(() => build(say));

const drivers = await findDrivers();
const { missing } = announce(drivers);
const totals = { passed: 0, failed: missing.length };

// Checking types takes one core, and a software driver waits for its own compiler as often as not: what has nothing to do
// with each other runs side by side, and is printed one after the other.
const types = process.argv.length === 2 ? typeCheck() : undefined;
say("\n== tests that need no device");
count(await vitest(["host"], {}, "inherit", `--maxWorkers=${Math.max(2, availableParallelism() - 1)}`));
if (types !== undefined) {
  say("\n== types");
  count(await types);
}
const runs = drivers.map(({ name, manifest, description }, at) => {
  const last = at === drivers.length - 1;
  const title = `== device tests on ${name} (${description})${last ? "" : `; those for which any device will do follow on ${drivers.at(-1).name}`}`;
  return { title, result: vitest(last ? ["device", "any-device"] : ["device"], { VK_DRIVER_FILES: manifest, TREEFOLD_DRIVER: name }, "pipe") };
});
for (const { title, result } of runs) {
  say(`\n${title}`);
  count(await result);
}
say(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;

function count({ passed, failed, output = "" }) {
  process.stdout.write(output);
  totals.passed += passed;
  totals.failed += failed;
}

async function typeCheck() {
  const { status, output } = await started([join("node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.test.json"], {}, "pipe");
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, output };
}

/** Runs projects of vitest.config.ts and counts their tests; a file that could not run at all counts as one that failed. */
async function vitest(projects, environment, stdio, ...options) {
  const folder = mkdtempSync(join(tmpdir(), "treefold-test-"));
  const file = join(folder, "results.json");
  try {
    const { status, output } = await started([join("node_modules", "vitest", "vitest.mjs"), "run", ...projects.flatMap((project) => ["--project", project]), "--passWithNoTests",
      "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...options, ...process.argv.slice(2)], environment, stdio);
    if (!existsSync(file)) return { passed: 0, failed: 1, output };
    const results = JSON.parse(readFileSync(file, "utf8"));
    const broken = results.testResults.filter((suite) => suite.status === "failed" && !suite.assertionResults.some((test) => test.status === "failed"));
    const failed = results.numFailedTests + broken.length;
    return { passed: results.numPassedTests, failed: status !== 0 && failed === 0 ? 1 : failed, output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A process of Node's; with `pipe`, all that it printed is in `output`. */
function started(args, environment, stdio) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", stdio, stdio], env: { ...process.env, ...environment } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => void (output += text));
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, output })));
}

/** The bundled SwiftShader, and one driver for each other device that the system's (or the user's) manifests offer. */
async function findDrivers() {
  const { unpackSwiftShader, swiftShaderManifest } = await import("../dist/runtime/driver.js");
  const manifests = process.platform === "linux" && process.arch === "x64" ? [join(await unpackSwiftShader(), swiftShaderManifest)] : [];
  const chosen = process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES;
  if (chosen) manifests.push(...chosen.split(delimiter));
  else {
    const data = (process.env.XDG_DATA_DIRS || "/usr/local/share:/usr/share").split(delimiter);
    for (const folder of ["/etc", process.env.XDG_DATA_HOME || join(homedir(), ".local", "share"), ...data].map((base) => join(base, "vulkan", "icd.d"))) {
      if (existsSync(folder)) manifests.push(...readdirSync(folder).filter((name) => name.endsWith(".json")).sort().map((name) => join(folder, name)));
    }
  }
  const found = new Map();
  for (const manifest of manifests) {
    const { stdout } = node([join("spec", "probe.mjs")], { env: { ...process.env, VK_DRIVER_FILES: manifest }, stdio: ["ignore", "pipe", "ignore"], encoding: "utf8" });
    if (stdout === "") continue;
    const info = JSON.parse(stdout);
    const name = info.architecture === "swiftshader" ? "swiftshader" : info.description.startsWith("llvmpipe") ? "lavapipe" : info.device || info.description;
    if (!found.has(info.description)) found.set(info.description, { name, manifest, description: info.description });
  }
  return [...found.values()];
}

/** Says which drivers there are, and how to get the others. */
function announce(drivers) {
  const names = drivers.map(({ name }) => name);
  const required = (process.env.TREEFOLD_REQUIRE_DRIVERS ?? "").split(",").filter((name) => name !== "");
  const missing = required.filter((name) => !names.includes(name));
  say("Vulkan drivers:");
  for (const { name, description, manifest } of drivers) say(`  ${name}: ${description} (${manifest})`);
  if (!names.includes("swiftshader")) say("  swiftshader: absent; it comes with npm ci on x86-64 Linux");
  if (!names.includes("lavapipe")) {
    say("  lavapipe: absent; on Debian and Ubuntu: apt-get install libvulkan1 mesa-vulkan-drivers (Mesa 25; on bookworm from bookworm-backports)");
  }
  if (names.every((name) => name === "swiftshader" || name === "lavapipe")) say("  a GPU: absent; its maker's driver brings a manifest under vulkan/icd.d");
  for (const name of missing) say(`FAILED: TREEFOLD_REQUIRE_DRIVERS names ${name}, which is absent`);
  return { missing };
}
