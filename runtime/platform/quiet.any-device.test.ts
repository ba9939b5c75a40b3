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

/** What a process says on stderr that opens a device with the built runtime, after it ran `first`. */
const said = (first: string): string => {
  const runtime = new URL("../../dist/runtime/", import.meta.url).href;
  const program = `import { writeSync } from "node:fs";
    import { quietly } from "${runtime}platform/quiet.js";
    import { openDevice } from "${runtime}index.js";
    ${first}
    (await openDevice()).dispose();`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  return stderr;
};

/** It is optional: there are systems that it is not built for. */
const hasKoffi = existsSync(new URL("../../node_modules/koffi", import.meta.url));
if (!hasKoffi) console.log("Nothing is left out of stderr here: koffi is not installed.");
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
