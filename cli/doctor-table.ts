/** A self-test as a person reads it. */
import { policyTexts, type Examination, type ProbeResult } from "../runtime/doctor/index.ts";
import type { GoldenCheck } from "../runtime/model/golden.ts";

/** Text that ends with a newline. */
export function render(
  { device, probes, policy, verified, skipped }: Examination,
  fingerprint: string,
  golden: GoldenCheck | undefined,
): string {
  const asked = probes.filter(({ decides }) => decides !== "kernels");
  const kernels = probes.filter(({ decides }) => decides === "kernels");
  return [
    `adapter      ${device.description}`,
    `driver       ${device.driver}`,
    "",
    ...table(asked),
    ...(kernels.length === 0 ? [] : ["", ...table(kernels)]),
    ...(skipped.length === 0 ? [] : ["", ...skipped.map((reason) => `not asked: ${reason}`)]),
    "",
    `policy       ${policy}: ${policyTexts[policy]}`,
    `fingerprint  ${fingerprint}`,
    ...(golden === undefined
      ? []
      : [
          `golden hash  ${golden.expected}, ${golden.tokens} tokens`,
          `this device  ${golden.seen}${golden.agrees ? ": it agrees, bit for bit" : ": it differs"}`,
        ]),
    verified ? "" : "This device does not give the model's results; see the lines marked 'no'.\n",
  ].join("\n");
}

function table(probes: readonly ProbeResult[]): string[] {
  const rows = [
    ["", "asked", "expected", "seen", "what follows"],
    ...probes.map(({ name, expected, seen, ok, decides, follows }) => [
      ok ? "ok" : decides === "nothing" ? "--" : "no",
      name,
      expected,
      seen,
      follows,
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join("  "),
  );
}
