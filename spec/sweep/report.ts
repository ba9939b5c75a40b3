/** What a sweep found: a line for the terminal, JSON, and a page for spec/results. */
import { f32OfBits } from "../../dsl/expr.ts";
import type { DeviceInfo } from "../../runtime/index.ts";
import { type Claim, claims } from "./claims.ts";
import { claimOf, type Part, type Plant } from "./cases.ts";
import { type Example, holds, type Worst } from "./compare.ts";
import type { Swept } from "./sweep.ts";

export interface Report {
  readonly device: DeviceInfo;
  readonly threads: number;
  readonly part: Part;
  readonly seconds: number;
  readonly plant?: Plant;
  readonly cases: readonly Swept[];
}

/** Whether a case is as it should be. */
export function passes(swept: Swept, plant?: Plant): boolean {
  return holds(swept.tally, claimOf(swept.case, plant));
}

const hex = (bits: number): string => `0x${bits.toString(16).padStart(8, "0")}`;
const grouped = (count: number): string => count.toLocaleString("en-US");

/** An argument as its bits and its value, or a pair of them. */
function argumentText({ takes }: Claim, { x, y }: Pick<Worst, "x" | "y">): string {
  const one = (bits: number): string => `${hex(bits)} (${Number(f32OfBits(bits).toPrecision(6))})`;
  return takes === "f16" ? hex(x) : takes === "f32" ? one(x) : `${one(x)} / ${one(y)}`;
}

/** An error to three digits, never rounded down: a figure at its bound stays there. */
function errorText(error: number): string {
  return (Math.ceil(error * 1000 - 1e-4) / 1000).toFixed(3);
}

const boundText = ({ bound, unit }: Claim): string =>
  bound === 0 ? "exact" : bound === 0.5 ? `0.5 ${unit}: correctly rounded` : `${bound} ${unit}`;

/** One line for a case. */
export function line(swept: Swept, plant?: Plant): string {
  const { case: one, tally, seconds } = swept;
  const claim = claimOf(one, plant);
  const worst =
    tally.worst === undefined
      ? "nothing to round"
      : `worst ${errorText(tally.worst.error)} ${claim.unit} at ${argumentText(claim, tally.worst)}`;
  return (
    `${passes(swept, plant) ? "ok    " : "FAILED"} ${one.name.padEnd(18)} ${grouped(tally.arguments)} arguments, ` +
    `${grouped(tally.different)} differ, ` +
    `${grouped(tally.wrong)} wrong, ${worst} (bound ${boundText(claim)}), ${grouped(tally.misrounded)} not ` +
    `nearest; ${seconds.toFixed(1)} s`
  );
}

/** One line for an argument at which something was found. */
export function exampleLine({ x, y, result, expected }: Example, { case: one }: Swept): string {
  return `  ${one.function}(${argumentText(claims[one.function], { x, y })}) = ${hex(result)}, not ${expected}`;
}

export function json(report: Report): string {
  const cases = report.cases.map(({ case: one, part, schedule, tally, seconds }) => {
    const { bound, unit } = claimOf(one, report.plant);
    return {
      ...one,
      part,
      schedule,
      bound,
      unit,
      passes: passes({ case: one, part, schedule, tally, seconds }, report.plant),
      tally,
      seconds,
    };
  });
  return `${JSON.stringify({ ...report, cases }, null, 2)}\n`;
}

export function markdown(report: Report): string {
  const { device, cases, threads, part, seconds, plant } = report;
  const all = cases.every(({ case: one, tally }) => tally.arguments === one.count);
  const differ = cases.reduce((sum, { tally }) => sum + tally.different, 0);
  const rows = cases.map((swept) => {
    const { case: one, tally } = swept;
    const claim = claimOf(one, plant);
    const worst =
      tally.worst === undefined
        ? ["", ""]
        : [`${errorText(tally.worst.error)} ${claim.unit}`, argumentText(claim, tally.worst)];
    return [
      one.name,
      grouped(tally.arguments),
      grouped(tally.different),
      grouped(tally.wrong),
      ...worst,
      boundText(claim),
      grouped(tally.misrounded),
      swept.seconds.toFixed(1),
    ]
      .map((cell) => cell.replaceAll("|", "\\|"))
      .join(" | ");
  });
  const cut = [
    [part.first > 0, `--first ${part.first}`],
    [part.stride > 1, `--stride ${part.stride}`],
    [part.count < 2 ** 32, `--count ${part.count}`],
    [plant !== undefined, `--plant ${plant}`],
  ];
  const command = ["node spec/sweep.mjs", ...cut.filter(([is]) => is).map(([, option]) => option)].join(" ");
  const columns = [
    ...["function", "arguments", "bits differ", "special values wrong", "worst error", "first met at"],
    ...["stated bound", "not the nearest", "s"],
  ];
  const what = all ? "all arguments" : "a part of the arguments";
  const differing = differ === 0 ? "none differ" : `${grouped(differ)} differ`;
  return `# Elementary functions: ${device.description} (${device.device}), ${device.driver.replace(/.*, /, "")}

\`${command}\`, ${threads} threads, ${seconds.toFixed(0)} s. For ${what} the bits of this device were
compared with those of the reference evaluator: ${differing}. The evaluator's results were compared with the functions
in double precision ([sweep/reference.ts](../sweep/reference.ts) says why that suffices) and with what is stated of
special values ([sweep/claims.ts](../sweep/claims.ts)).

| ${columns.join(" | ")} |
|${"---|".repeat(columns.length)}
${rows.map((row) => `| ${row} |`).join("\n")}

Of one argument, all 2^32 bit patterns are all that there is, every NaN and every subnormal included; of f16, 2^16 are.
"divide, exponents" are all pairs of 2^15 numbers, each sign and exponent with 64 fractions; "divide, fractions" all
pairs of 2^15 numbers in [1, 2); "divide, random" pairs of random bits. An ulp is one place of the exact result, of
which f32 has 24 and bf16 has 8. Results that are not the nearest are counted among the finite ones.
`;
}
