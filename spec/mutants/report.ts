/** What a full run found, as a page. */
import type { Failure, FailureKind } from "../../audit/index.ts";

export interface Finding {
  readonly kind: string;
  readonly what: string;
  readonly planted: string;
  readonly at: string;
  readonly equivalent: string | null;
  readonly caught: FailureKind | null;
  /** Whether the audit shows that it is wrong, or only does not follow it. */
  readonly outcome: Failure["outcome"] | null;
  /** Whether the driver of this run gives the evaluator's bits today. */
  readonly right: boolean;
}

export interface Run {
  readonly driver: string;
  readonly findings: readonly Finding[];
}

/** `N mutants, N refuted, N not followed, N equivalent`. */
export function summary(findings: readonly Finding[]): string {
  const caught = (outcome: Failure["outcome"]): number =>
    findings.filter((finding) => finding.equivalent === null && finding.outcome === outcome).length;
  const same = findings.filter((finding) => finding.equivalent !== null && finding.caught === null).length;
  return (
    `${findings.length} mutants, ${caught("refuted")} refuted, ${caught("unfollowed")} not followed, ` +
    `${same} equivalent`
  );
}

/** How often something is the case. */
function tally(values: readonly string[]): string {
  const counted = new Map<string, number>();
  for (const value of values) counted.set(value, (counted.get(value) ?? 0) + 1);
  return [...counted]
    .sort(([, a], [, b]) => b - a)
    .map(([value, count]) => `${value} ${count}`)
    .join(", ");
}

/** The page, of runs of the same mutants on several drivers. */
export function page(runs: readonly Run[]): string {
  const { findings } = runs[0]!;
  const keyOf = ({ kind, planted, at }: Finding): string => `${planted} ${kind} ${at}`;
  const right = runs.map((run) => new Map(run.findings.map((finding) => [keyOf(finding), finding.right])));
  const isRight = (finding: Finding): boolean => right.every((of) => of.get(keyOf(finding)) === true);
  const keys = [...new Set(findings.map(({ planted, kind }) => `${planted}\n${kind}`))];
  const rows = (wanted: (finding: Finding) => boolean, last: (own: readonly Finding[]) => string): string[] =>
    keys.flatMap((key) => {
      const own = findings.filter((finding) => `${finding.planted}\n${finding.kind}` === key && wanted(finding));
      if (own.length === 0) return [];
      const { kind, what, planted } = own[0]!;
      const count = own.filter(isRight).length;
      const bits = count === 0 ? "no" : count === own.length ? "yes" : `${count} of ${own.length}`;
      return [
        `| ${kind} | ${what} | ${planted} | ${own.map(({ at }) => `\`${at}\``).join(" ")} | ${last(own)} | ${bits} |`,
      ];
    });
  const faults = findings.filter(({ equivalent }) => equivalent === null);
  const kindsOf = (some: readonly Finding[]): number =>
    new Set(some.map(({ planted, kind }) => `${planted} ${kind}`)).size;
  const silent = faults.filter(isRight);
  return [
    "# Mutants",
    "",
    "Faults planted in the WGSL that the compiler prints (text) and in the lowering itself (the file's name), " +
      "each judged by",
    "the audit. Tint accepts every one of them. A site is a kernel (with a size, where it is not the usual " +
      "one), a schedule,",
    "the pass of two, and which match of the kind's pattern it is. Written by `npm run test:full`.",
    "",
    `**${summary(findings)}.** ${keys.length} kinds; caught by: ` +
      `${tally(faults.map(({ caught }) => caught ?? "nothing"))}.`,
    "",
    `Run on ${runs.map(({ driver }) => driver).join(" and ")}, on data on which nine in ten outputs change with the`,
    `order of the sums, and on data of even magnitude. Of the faults, ${silent.length}, of ${kindsOf(silent)} ` +
      "kinds, give the evaluator's bits on",
    `${runs.length === 1 ? "it" : "all of them"} today, where no run could have found them.`,
    "",
    "## Caught",
    "",
    "| kind | what | planted in | sites | caught by | right bits today? |",
    "|---|---|---|---|---|---|",
    ...rows(
      ({ equivalent }) => equivalent === null,
      (own) =>
        tally(
          own.map(({ caught, outcome }) =>
            caught === null ? "NOTHING" : outcome === "refuted" ? caught : `${caught} (not followed)`,
          ),
        ),
    ),
    "",
    "## Equivalent",
    "",
    "These change no bit; the audit passes them.",
    "",
    "| kind | what | planted in | sites | why it is none | right bits? |",
    "|---|---|---|---|---|---|",
    ...rows(
      ({ equivalent }) => equivalent !== null,
      (own) => own[0]!.equivalent!,
    ),
    "",
  ].join("\n");
}
