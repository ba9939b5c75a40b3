/**
 * Progress on terminals of all kinds. What is drawn is counted, since a spinner on a terminal of 0 columns once wrote
 * 796 MB.
 */
import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { withProgress } from "./progress.ts";

/** A terminal that keeps what is written to it, and ends a test that would write without end. */
class Terminal extends EventEmitter {
  readonly isTTY: boolean;
  columns: number | undefined;
  written = "";
  #awaited: { readonly text: string; readonly resolve: () => void } | undefined;

  constructor(columns: number | undefined, isTTY = true) {
    super();
    this.columns = columns;
    this.isTTY = isTTY;
  }

  write(text: string): boolean {
    this.written += text;
    if (this.written.length > 100_000) throw new Error("it writes without end");
    if (this.#awaited !== undefined && this.written.includes(this.#awaited.text)) this.#awaited.resolve();
    return true;
  }

  /** Moves and clears, as a spinner does. */
  cursorTo(): boolean {
    return this.write("\x1b[1G");
  }
  clearLine(): boolean {
    return this.write("\x1b[2K");
  }
  moveCursor(): boolean {
    return this.write("\x1b[1A");
  }

  async shows(text: string): Promise<void> {
    if (!this.written.includes(text))
      await new Promise<void>((resolve) => {
        this.#awaited = { text, resolve };
      });
  }
}

/** Work of three steps that waits for each to be shown, where one is drawn at all. */
async function worked(terminal: Terminal, environment: NodeJS.ProcessEnv, isDrawn: boolean): Promise<string> {
  const result = await withProgress(
    "Building",
    async (show) => {
      for (const text of ["Building: auditing (1 of 2)", "Building: auditing (2 of 2)", "Building: writing"]) {
        show(text);
        if (isDrawn) await terminal.shows(text);
      }
      return "done";
    },
    { stream: terminal as unknown as NodeJS.WriteStream, environment },
  );
  expect(result).toBe("done");
  return terminal.written;
}

test("a terminal is drawn on", async () => {
  for (const columns of [80, 10, undefined])
    expect(await worked(new Terminal(columns), { TERM: "xterm" }, true)).toContain("\x1b[2K");
});

test.each([
  ["of 0 columns", 0, { TERM: "xterm" }],
  ["of 1 column", 1, { TERM: "xterm" }],
  ["that is dumb", 80, { TERM: "dumb" }],
  ["in CI", 80, { TERM: "xterm", CI: "true" }],
])("a terminal %s gets a line for each step, and nothing that moves", async (_, columns, environment) => {
  expect(await worked(new Terminal(columns), environment, false)).toBe(
    "Building\nBuilding: auditing\nBuilding: writing\n",
  );
});

test("a terminal that is made 0 columns wide in the middle is no longer drawn on", async () => {
  const terminal = new Terminal(80);
  await withProgress(
    "Building",
    async (show) => {
      await terminal.shows("Building");
      terminal.columns = 0;
      terminal.emit("resize");
      const before = terminal.written;
      show("Building: writing");
      // Two frames' time, which a spinner that still turns would use.
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
      expect(terminal.written).toBe(before);
    },
    { stream: terminal as unknown as NodeJS.WriteStream, environment: {} },
  );
});

test("colors are left out where NO_COLOR asks for that", async () => {
  const colored = /\x1b\[\d+m/;
  expect(await worked(new Terminal(80), { TERM: "xterm", NO_COLOR: "1" }, true)).not.toMatch(colored);
});

test("a pipe gets nothing", async () => {
  expect(await worked(new Terminal(undefined, false), {}, false)).toBe("");
});
