/**
 * `npm test`: sets up what is missing, checks types, runs the tests that need no device, and then the device tests
 * (`*.device.test.ts`) once on every Vulkan driver here, and those that need a device, whichever it is
 * (`*.any-device.test.ts`), on the last of them. Arguments go on to vitest, as in `npm test -- runtime`.
 *
 * TREEFOLD_CASES=ci tries more random cases, as `.ci/run` does (fixtures/effort.ts).
 * TREEFOLD_REQUIRE_DRIVERS=swiftshader,lavapipe makes an absent driver a failure.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { build, install, root, setUp } from "../cli/setup.mjs";

const say = (line) => process.stdout.write(`${line}\n`);
const node = (args, options) => spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", ...options });

setUp(install);
setUp(() => build(say));

const drivers = await findDrivers();
const { missing } = announce(drivers);
const totals = { passed: 0, failed: missing.length };

if (process.argv.length === 2) {
  say("\n== types");
  // A page's code has a browser's types, and nothing else has.
  for (const project of ["tsconfig.test.json", "page"]) {
    const { status } = node([join("node_modules", "typescript", "bin", "tsc"), "-p", project]);
    count(status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
  }
}
say("\n== tests that need no device");
// Two at a time on two cores: a software driver computes on all of them, but compiles on one.
const several = `--maxWorkers=${Math.max(2, availableParallelism() - 1)}`;
count(vitest(["host", "host-alone"], {}, several));
const anyDriver = drivers.at(-1);
for (const [at, driver] of drivers.entries()) {
  const { name, manifest, description } = driver;
  say(`\n== device tests on ${name} (${description})${driver === anyDriver ? "" : `; those for which any device will do follow on ${anyDriver.name}`}`);
  const environment = { VK_DRIVER_FILES: manifest, TREEFOLD_DRIVER: name, TREEFOLD_SHARE: `${at}/${drivers.length}` };
  count(vitest(["device", "device-alone"], environment, several));
  if (driver === anyDriver) count(vitest(["any-device"], environment, several));
}
say(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;

function count({ passed, failed }) {
  totals.passed += passed;
  totals.failed += failed;
}

/** Runs projects of vitest.config.ts and counts its tests; a file that could not run at all counts as one that failed. */
function vitest(projects, environment, ...options) {
  const folder = mkdtempSync(join(tmpdir(), "treefold-test-"));
  const file = join(folder, "results.json");
  try {
    const { status } = node([join("node_modules", "vitest", "vitest.mjs"), "run", ...projects.flatMap((project) => ["--project", project]), "--passWithNoTests",
      "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...options, ...process.argv.slice(2)], { env: { ...process.env, ...environment } });
    if (!existsSync(file)) return { passed: 0, failed: 1 };
    const results = JSON.parse(readFileSync(file, "utf8"));
    const broken = results.testResults.filter((suite) => suite.status === "failed" && !suite.assertionResults.some((test) => test.status === "failed"));
    const failed = results.numFailedTests + broken.length;
    return { passed: results.numPassedTests, failed: status !== 0 && failed === 0 ? 1 : failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The bundled SwiftShader, and one driver for each other device that the system's (or the user's) manifests offer. */
async function findDrivers() {
  const { installedDrivers } = await import("../dist/runtime/platform/driver.js");
  const found = new Map();
  for (const manifest of await installedDrivers()) {
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
