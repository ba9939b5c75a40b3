/**
 * `npm test`: sets up what is missing, checks types, runs the tests that need no device, and then the device tests
 * (`*.device.test.ts`) once on every Vulkan driver here, and those that need a device, whichever it is
 * (`*.any-device.test.ts`), on the last of them. Arguments go on to vitest, as in `npm test -- runtime`.
 *
 * TREEFOLD_CASES=ci leaves nothing out, as `.ci/run` does (fixtures/effort.ts). What a run leaves out is listed at its
 * end, and what it took of the processors. TREEFOLD_REQUIRE_DRIVERS=swiftshader,lavapipe makes an absent driver a
 * failure.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { build, install, root, setUp } from "../cli/setup.mjs";

const started = Date.now();
const quick = (process.env.TREEFOLD_CASES ?? "quick") === "quick";
const say = (line) => process.stdout.write(`${line}\n`);
const node = (args, options) => spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", ...options });

say(
  quick
    ? "All tests: some eight minutes of one core's time with two software drivers, half of that on two idle cores, " +
        "less on a GPU; longer where a package has to be downloaded. What it took and what is left to CI is " +
        "listed at the end."
    : "All tests, at length: half an hour with two software drivers on two cores.",
);
setUp(install);
setUp(() => build(say));

const drivers = await findDrivers();
const { missing } = announce(drivers);
const totals = { passed: 0, failed: missing.length, skipped: 0 };
const folder = mkdtempSync(join(tmpdir(), "treefold-test-"));
/** What failed, to be said once more at the end, where a reader looks first. */
const failures = [];
const [leftOut, times] = [join(folder, "left-out.jsonl"), join(folder, "times.jsonl")];

if (process.argv.length === 2) {
  say("\n== types");
  // A page's code has a browser's types, and nothing else has.
  for (const project of ["tsconfig.test.json", "page"]) {
    const { status } = node([join("node_modules", "typescript", "bin", "tsc"), "-p", project]);
    count(status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
  }
  say("\n== format and lint");
  const { status } = node([join("node_modules", "@biomejs", "biome", "bin", "biome"), "check", "--error-on-warnings"]);
  count(status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
}
say("\n== tests that need no device");
// Two at a time on two cores: a software driver computes on all of them, but compiles on one.
const several = `--maxWorkers=${Math.max(2, availableParallelism() - 1)}`;
count(vitest(["host", "host-alone"], {}, several));
/**
 * In vectors of 4, lavapipe compiles and runs in two thirds of the time that vectors of 8 or 16 take. CI has what the
 * processor has, as users do.
 */
const narrow = quick && process.env.LP_NATIVE_VECTOR_WIDTH === undefined ? { LP_NATIVE_VECTOR_WIDTH: "128" } : {};
const anyDriver = drivers.at(-1);
for (const [at, driver] of drivers.entries()) {
  const { name, manifest, description } = driver;
  const rest = driver === anyDriver ? "" : `; those for which any device will do follow on ${anyDriver.name}`;
  say(`\n== device tests on ${name} (${description})${rest}`);
  const environment = { VK_DRIVER_FILES: manifest, TREEFOLD_DRIVER: name, TREEFOLD_SHARE: `${at}/${drivers.length}` };
  if (name === "lavapipe") Object.assign(environment, narrow);
  count(vitest(["device", "device-alone"], environment, several));
  if (driver === anyDriver) count(vitest(["any-device"], environment, several));
}
sayWhatTookLong();
sayWhatIsLeftOut();
rmSync(folder, { recursive: true, force: true });
sayWhatFailed();
say(`\n${processorTime()}`);
say(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;

function count({ passed, failed, skipped = 0 }) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
}

/** What the tests said that they leave out, added up by its name. */
function sayWhatIsLeftOut() {
  const counts = new Map();
  if (narrow.LP_NATIVE_VECTOR_WIDTH !== undefined && drivers.some(({ name }) => name === "lavapipe"))
    counts.set("lavapipe's widest vectors", 1);
  for (const { what, count: left } of linesOf(leftOut)) counts.set(what, (counts.get(what) ?? 0) + left);
  if (counts.size === 0 && totals.skipped === 0) return;
  say(`\n== left out here; TREEFOLD_CASES=ci npm test does it, and npm run test:full more`);
  for (const [what, left] of [...counts].sort(([one], [other]) => (one < other ? -1 : 1))) say(`  ${what}: ${left}`);
  say(`  ${totals.skipped} tests skipped, for these reasons or those that they printed`);
}

/** The test files that took most of the processors. */
function sayWhatTookLong() {
  const most = linesOf(times)
    .sort((one, other) => other.seconds - one.seconds)
    .slice(0, 20);
  if (most.length === 0) return;
  say("\n== seconds of processor time of the test files that took most");
  for (const { file, driver, seconds } of most)
    say(`  ${seconds.toFixed(1).padStart(6)}  ${relative(root, file)}${driver === undefined ? "" : ` on ${driver}`}`);
}

/** Each test that failed, with the first line of its reason: a log of some thousand lines is searched for these. */
function sayWhatFailed() {
  if (failures.length === 0) return;
  say("\n== failed");
  for (const failure of failures) say(`  ${failure}`);
}

function firstLine(text) {
  return (text ?? "").split("\n", 1)[0];
}

function linesOf(file) {
  return existsSync(file)
    ? readFileSync(file, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];
}

/**
 * Minutes of processor time of this process and of all that it waited for, which only Linux tells; and by the clock.
 */
function processorTime() {
  const minutes = (seconds) => (seconds / 60).toFixed(1);
  const clock = `${minutes((Date.now() - started) / 1000)} by the clock`;
  if (process.platform !== "linux") return `Took ${clock}.`;
  // Fields 14 to 17 of proc(5)'s stat: user and system time, own and of children that were waited for, in hundredths of
  // a second.
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /s, "")
    .split(" ")
    .slice(11, 15);
  return (
    `Took ${minutes(fields.reduce((sum, field) => sum + Number(field), 0) / 100)} minutes of processor ` +
    `time, user and system, of all processes, set-up included; ${clock}.`
  );
}

/**
 * Runs projects of vitest.config.ts and counts its tests; a file that could not run at all counts as one that failed.
 */
function vitest(projects, environment, ...options) {
  const file = join(folder, `results-${projects[0]}.json`);
  rmSync(file, { force: true });
  const { status } = node(
    [
      join("node_modules", "vitest", "vitest.mjs"),
      "run",
      ...projects.flatMap((project) => ["--project", project]),
      "--passWithNoTests",
      ...options,
      ...process.argv.slice(2),
    ],
    {
      env: {
        ...process.env,
        TREEFOLD_RESULTS: file,
        TREEFOLD_LEFT_OUT: leftOut,
        TREEFOLD_PROCESSOR_TIME: times,
        ...environment,
      },
    },
  );
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const results = JSON.parse(readFileSync(file, "utf8"));
  for (const suite of results.testResults) {
    const driver = environment.TREEFOLD_DRIVER;
    const where = `${relative(root, suite.name)}${driver === undefined ? "" : ` on ${driver}`}`;
    const tests = suite.assertionResults.filter((test) => test.status === "failed");
    for (const test of tests) failures.push(`${where} > ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
    if (suite.status === "failed" && tests.length === 0) failures.push(`${where}: ${firstLine(suite.message)}`);
  }
  const broken = results.testResults.filter(
    (suite) => suite.status === "failed" && !suite.assertionResults.some((test) => test.status === "failed"),
  );
  let failed = results.numFailedTests + broken.length;
  if (status !== 0 && failed === 0) {
    failed = 1;
    failures.push(`${projects.join(", ")}: vitest ended with ${status}; see 'Unhandled' above`);
  }
  return {
    passed: results.numPassedTests,
    failed,
    skipped: results.numPendingTests,
  };
}

/** The bundled SwiftShader, and one driver for each other device that the system's (or the user's) manifests offer. */
async function findDrivers() {
  const { installedDrivers } = await import("../dist/runtime/platform/driver.js");
  const found = new Map();
  for (const manifest of await installedDrivers()) {
    const { stdout } = node([join("spec", "probe.mjs")], {
      env: { ...process.env, VK_DRIVER_FILES: manifest },
      stdio: ["ignore", "pipe", "ignore"],
      encoding: "utf8",
    });
    if (stdout === "") continue;
    const info = JSON.parse(stdout);
    const name =
      info.architecture === "swiftshader"
        ? "swiftshader"
        : info.description.startsWith("llvmpipe")
          ? "lavapipe"
          : info.device || info.description;
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
    say(
      "  lavapipe: absent; on Debian and Ubuntu: apt-get install libvulkan1 mesa-vulkan-drivers (Mesa 25; on " +
        "bookworm from bookworm-backports)",
    );
  }
  if (names.every((name) => name === "swiftshader" || name === "lavapipe"))
    say("  a GPU: absent; its maker's driver brings a manifest under vulkan/icd.d");
  for (const name of missing) say(`FAILED: TREEFOLD_REQUIRE_DRIVERS names ${name}, which is absent`);
  return { missing };
}
