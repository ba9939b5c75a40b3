/**
 * Debug output on stderr, as TREEFOLD_DEBUG asks for it. Where it asks for nothing, a call costs one look into an empty
 * set, and the text of a message is never made.
 */

/** The levels by name. `docs/environment.md` says what each shows. */
export const debugLevels = ["errors", "driver", "timings", "schedules", "ir", "nest", "wgsl"] as const;
export type DebugLevel = (typeof debugLevels)[number];

/** What each number adds to the numbers below it. */
const numbered: readonly (readonly DebugLevel[])[] = [
  [],
  ["errors", "driver"],
  ["timings", "schedules"],
  ["ir", "nest", "wgsl"],
];

/** Reads a value such as `2` or `timings,wgsl`; gives the levels, and the words that are none. */
export function parseDebugLevels(text: string): {
  readonly levels: ReadonlySet<DebugLevel>;
  readonly unknown: string[];
} {
  const levels = new Set<DebugLevel>();
  const unknown: string[] = [];
  for (const word of text.split(",").map((part) => part.trim())) {
    const isNumber = /^\d+$/.test(word) && Number(word) < numbered.length;
    if (isNumber) for (const level of numbered.slice(0, Number(word) + 1).flat()) levels.add(level);
    else if ((debugLevels as readonly string[]).includes(word)) levels.add(word as DebugLevel);
    else if (word !== "") unknown.push(word);
  }
  return { levels, unknown };
}

// Browsers have no `process`, and no debug levels.
const environment: Readonly<Record<string, string | undefined>> = globalThis.process?.env ?? {};
const asked = parseDebugLevels(environment["TREEFOLD_DEBUG"] ?? "");

/** What is wrong with TREEFOLD_DEBUG, in a line; undefined where nothing is. */
export const debugMistake: string | undefined =
  asked.unknown.length === 0
    ? undefined
    : `TREEFOLD_DEBUG has no level '${asked.unknown[0]}'; fix: use a number up to ${numbered.length - 1}, ` +
      `or names from ${debugLevels.join(", ")}, separated by commas`;

export function shows(level: DebugLevel): boolean {
  return asked.levels.has(level);
}

/**
 * Writes a message where its level is asked for: each line begins with the level's name, so that logs can be searched.
 */
export function debug(level: DebugLevel, message: () => string): void {
  if (!shows(level)) return;
  const lines = message().trimEnd().split("\n");
  process.stderr.write(lines.map((line) => `${level}: ${line}\n`).join(""));
}

const nothing = (): void => undefined;

/** Starts a clock. The function that it returns says how long the work took, where timings are asked for. */
export function startTiming(): (what: () => string) => void {
  if (!shows("timings")) return nothing;
  const started = performance.now();
  return (what) => debug("timings", () => `${what()}: ${(performance.now() - started).toFixed(1)} ms`);
}
