/**
 * `treefold experiment devices`, on the drivers that are here: equal bits with the model's kernels, other bits without.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { demoDirectory, packageRoot } from "../models/places.ts";
import { installedDrivers } from "../runtime/platform/driver.ts";
import { besideKernels, treefold } from "../spec/fixtures/commands.ts";
import { effort } from "../spec/fixtures/effort.ts";

besideKernels();
const args = ["experiment", "devices", "--model", demoDirectory];

interface Run {
  readonly arithmetic: string;
  readonly devices: readonly {
    readonly device: { readonly description: string };
    readonly logits: string;
    readonly ids: readonly number[];
    readonly text: string;
  }[];
  readonly different: number;
  readonly of: number;
  readonly firstToken: number | null;
  readonly largest: number;
}

if (effort === "quick") console.log("Devices are compared in CI: it takes two of them half a minute.");
test.runIf(effort !== "quick")("devices agree with the model's kernels, and part without", async () => {
  const drivers = await installedDrivers();
  const { code, out, err } = treefold(
    ...args,
    "--max-tokens",
    "4",
    "--json",
    ...drivers.flatMap((driver) => ["--driver", driver]),
  );
  if (/there is one device here/.test(err)) {
    console.log(`Not compared: ${err}`);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    return;
  }
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const printed = JSON.parse(out) as { runs: [Run, Run] };
  const [ours, theirs] = printed.runs;
  console.log(
    printed.runs
      .map(
        ({ arithmetic, different, of, firstToken, largest }) =>
          `${arithmetic}: ${different} of ${of} logits ` +
          `differ${different === 0 ? "" : `, first at token ${firstToken}, by ${largest} at most`}`,
      )
      .join("\n"),
  );
  expect(ours).toMatchObject({ arithmetic: "treefold", different: 0, firstToken: null, firstId: null, largest: 0 });
  expect(new Set(ours.devices.map(({ logits }) => logits)).size).toBe(1);
  expect(ours.devices.length).toBeGreaterThan(1);
  expect(theirs.arithmetic).toBe("builtin");
  expect(theirs.different).toBeGreaterThan(0);
  expect(new Set(theirs.devices.map(({ logits }) => logits)).size).toBeGreaterThan(1);

  const shape = /^\| `experiment devices` \| `(.*)` \|$/m.exec(
    readFileSync(join(packageRoot, "docs", "cli.md"), "utf8"),
  )![1]!;
  const names = (text: string): string[] => [...text.matchAll(/"(\w+)"/g)].map(([, name]) => name!).sort();
  expect(
    [...new Set([...Object.keys(printed), ...Object.keys(ours), ...Object.keys(ours.devices[0]!)])].sort(),
  ).toEqual(names(shape));
});

test("one driver is not enough, and wrong usage is told", () => {
  expect(treefold(...args, "--driver", "/nowhere.json").err).toMatch(/^error: no driver here offers a device; fix: /);
  expect(treefold(...args, "--prompt", "")).toMatchObject({
    code: 2,
    err: "error: the prompt is empty; fix: give --prompt some text\n",
  });
});
