/** What a comparison says: how many texts are equal, and how the others differ. */
import { type Kind, kindOf, kinds, withoutComments } from "./compare.ts";

type Texts = ReadonlyMap<string, string>;

/** A comparison of two sides' texts by file name: FILE.KERNEL.SIZE.SCHEDULE.ARITHMETIC[.pass-N].wgsl. */
export interface Comparison {
  readonly kinds: ReadonlyMap<Kind, readonly string[]>;
  /** Texts that are equal but for their schedule's name: the old file name, and the new one. */
  readonly moved: ReadonlyMap<string, string>;
  readonly appear: readonly string[];
  readonly vanish: readonly string[];
}

export function compareTexts(old: Texts, now: Texts): Comparison {
  const found = new Map<Kind, string[]>(kinds.map((kind) => [kind, []]));
  for (const [name, text] of now) if (old.has(name)) found.get(kindOf(old.get(name)!, text))!.push(name);
  const appear = new Set([...now.keys()].filter((name) => !old.has(name)));
  const moved = new Map<string, string>();
  const newNames = new Map([...appear].map((name) => [contentOf(name, now), name]));
  for (const name of old.keys()) {
    const other = now.has(name) ? undefined : newNames.get(contentOf(name, old));
    if (other === undefined || !appear.delete(other)) continue;
    moved.set(name, other);
  }
  const vanish = [...old.keys()].filter((name) => !now.has(name) && !moved.has(name));
  return { kinds: found, moved, appear: [...appear], vanish };
}

export const areEqual = ({ kinds: found, moved, appear, vanish }: Comparison): boolean =>
  kinds.slice(1).every((kind) => found.get(kind)!.length === 0) && moved.size + appear.length + vanish.length === 0;

/** What a text is apart from its schedule: its kernel, size, arithmetic and pass, and all but its comments. */
function contentOf(name: string, texts: Texts): string {
  const [file, kernel, size, ...rest] = name.split(".");
  const arithmetic = rest.slice(rest.findIndex((part) => /^(free|sealed|builtin)$/.test(part)));
  return [file, kernel, size, ...arithmetic, withoutComments(texts.get(name)!)].join("\n");
}

export function reportLines(comparison: Comparison, diffs: ReadonlyMap<string, string>): string[] {
  const { moved, appear, vanish } = comparison;
  const of = (kind: Kind): readonly string[] => comparison.kinds.get(kind)!;
  const differing = kinds.slice(1).map((kind) => `${of(kind).length} in ${kind}`);
  const renamed = new Set([...moved].map(([from, to]) => `${scheduleOf(from)} is now ${scheduleOf(to)}`));
  return [
    `${of("equal").length} texts are equal`,
    `differing: ${differing.join(", ")}`,
    `${moved.size} moved to another schedule's name, ${appear.length} appear, ${vanish.length} vanish`,
    ...kinds.slice(1).flatMap((kind) => {
      const [first] = of(kind);
      return first === undefined
        ? []
        : [...listed(`differ in ${kind}`, of(kind)), ...shortened(diffs.get(first) ?? "")];
    }),
    ...(renamed.size === 0 ? [] : ["", "moved:", ...[...renamed].sort().map((line) => `  ${line}`)]),
    ...(appear.length === 0 ? [] : listed("appear", appear)),
    ...(vanish.length === 0 ? [] : listed("vanish", vanish)),
  ];
}

const partsOf = (name: string): string[] => name.replace(/\.wgsl$/, "").split(".");
const scheduleOf = (name: string): string => partsOf(name)[3]!;

/** How many texts are so in all, under each schedule, and of each kernel. */
function listed(title: string, names: readonly string[]): string[] {
  const counts = (of: (parts: readonly string[]) => string): string => {
    const found = new Map<string, number>();
    for (const name of names) found.set(of(partsOf(name)), (found.get(of(partsOf(name))) ?? 0) + 1);
    return [...found].map(([key, count]) => `${key} ${count}`).join(", ");
  };
  return [
    "",
    `${title}: ${names.length}, the first is ${names[0]}`,
    `  by schedule: ${counts((parts) => parts[3]!)}`,
    `  by kernel: ${counts((parts) => parts[1]!)}`,
  ];
}

function shortened(diff: string): string[] {
  const lines = diff.trimEnd().split("\n");
  return lines.length <= 80 ? lines : [...lines.slice(0, 80), `… ${lines.length - 80} lines more; --diff has them`];
}
