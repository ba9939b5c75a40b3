/** What native code says: two harmless lines of Dawn's are left out, everything else comes through. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { withoutHarmless } from "./quiet.ts";

const limit = (kind: string): string =>
  `Warning: maxDynamic${kind}BuffersPerPipelineLayout artificially reduced from 1000000 to 16 to fit dynamic offset allocation limit.\n`;

test("only the two harmless lines are left out of a text", () => {
  expect(withoutHarmless(`${limit("Uniform")}${limit("Storage")}`)).toBe("");
  const others = [
    "Warning: maxDynamicUniformBuffersPerPipelineLayout is 0\n",
    "Error: device lost\n",
    limit("Texture"),
    `here: ${limit("Uniform")}`,
    limit("Uniform").trimEnd(),
  ];
  expect(withoutHarmless(others.slice(0, 4).join(limit("Storage")) + others[4]!)).toBe(others.join(""));
});

/** It is optional: there are systems that it is not built for. */
const hasKoffi = existsSync(new URL("../../node_modules/koffi", import.meta.url));
if (!hasKoffi) console.log("Nothing is left out of stderr here: koffi is not installed.");

/** What a process says on stderr that runs `body` with the built runtime. */
const saidBy = (body: string, environment: NodeJS.ProcessEnv = process.env): string => {
  const runtime = new URL("../../dist/runtime/", import.meta.url).href;
  const program = `import { writeSync } from "node:fs";
    import { spawnSync } from "node:child_process";
    import { quietly } from "${runtime}platform/quiet.js";
    import { tell } from "${runtime}platform/node.js";
    import { openDevice } from "${runtime}index.js";
    ${body}`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    encoding: "utf8",
    env: environment,
  });
  expect(status, stderr).toBe(0);
  return stderr;
};

/** The same of a process that opens a device after it ran `first`. */
const said = (first: string): string => saidBy(`${first}\n(await openDevice()).dispose();`);

/** Runs `body`, and then once more in a child, which inherits stderr and the environment as children do. */
const withChild = (body: string): string =>
  `const body = ${JSON.stringify(body)};
   const imports = process.execArgv.at(-1).split("\\n").filter((line) => line.trim().startsWith("import")).join("\\n");
   const run = (text) => spawnSync(process.execPath, ["--input-type=module", "-e", imports + text], { stdio: "inherit" });
   ${body}
   if (run(body).status !== 0) process.exitCode = 1;`;

/** None of what an outer process has announced, and no chosen driver, which is not announced. */
const fresh = { ...process.env, TREEFOLD_TOLD: undefined, VK_DRIVER_FILES: undefined, VK_ICD_FILENAMES: undefined };

test("a line is announced once by a process and its children, and another line is announced, too", () => {
  const lines = saidBy(withChild(`tell("one"); tell("two"); tell("one"); tell(String(process.ppid));`), fresh);
  expect(lines).toMatch(/^one\ntwo\n\d+\n\d+\n$/);
});

test("a software driver that was not chosen is announced once, however many devices a process and its child open", () => {
  const open = `for (let at = 0; at < 2; at++) { const device = await openDevice(); device.dispose(); }`;
  const lines = saidBy(
    `${withChild(open)}
    const { info } = await openDevice();
    if (/SwiftShader|llvmpipe/.test(info.description)) writeSync(2, "software\\n");`,
    fresh,
  );
  const count = (pattern: RegExp): number => lines.match(pattern)?.length ?? 0;
  expect(count(/^No GPU /gm), lines).toBe(count(/^software$/gm));
  if (hasKoffi) expect(lines).not.toContain("artificially reduced");
});

test.runIf(hasKoffi)("a device is opened without a word of its driver's limits", () => {
  expect(said("")).not.toContain("artificially reduced");
});

test.runIf(process.platform === "linux")(
  "what else is written meanwhile comes through, and stderr is as it was afterwards",
  () => {
    expect(
      said(`await quietly(() => { writeSync(2, "an error\\n"); });
    await quietly(() => { throw new Error("thrown"); }).catch(({ message }) => writeSync(2, message + "\\n"));
    writeSync(2, "later\\n");`),
    ).toMatch(/^an error\nthrown\nlater\n/);
  },
);
