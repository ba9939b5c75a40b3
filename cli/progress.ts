/**
 * Progress of long work: a spinner on a terminal that can draw one, lines on one that can't, nothing in a pipe. Goes to
 * stderr.
 */
import ora from "ora";

/** What is looked at of a stream and of the environment. */
export interface ProgressOptions {
  readonly stream?: NodeJS.WriteStream;
  readonly environment?: NodeJS.ProcessEnv;
}

/** Shows `text` while `work` goes on; `work` may replace the text as it gets along. */
export async function withProgress<T>(
  text: string,
  work: (show: (text: string) => void) => Promise<T>,
  options: ProgressOptions = {},
): Promise<T> {
  const { stream = process.stderr, environment = process.env } = options;
  if (stream.isTTY !== true) return work(() => undefined);
  if (!canDraw(stream, environment)) return work(lines(text, stream));
  const spinner = ora({ text, stream, isEnabled: true, color: environment["NO_COLOR"] ? false : "cyan" }).start();
  // The spinner clears as many lines as its text takes at the terminal's width, which is without end where there is
  // none.
  const resized = (): void => {
    if (!canDraw(stream, environment)) spinner.stop();
  };
  stream.on("resize", resized);
  try {
    return await work((now) => {
      spinner.text = now;
    });
  } finally {
    stream.off("resize", resized);
    spinner.stop();
  }
}

/** Whether a terminal has a cursor that moves, and a width: some say 0 where none was set. */
export function canDraw({ columns = 80 }: NodeJS.WriteStream, environment: NodeJS.ProcessEnv): boolean {
  return columns >= 10 && environment["TERM"] !== "dumb" && environment["CI"] === undefined;
}

/** A line for each step: counters within one, as in "(3 of 49)", bring no further line. */
function lines(first: string, stream: NodeJS.WriteStream): (text: string) => void {
  let last = "";
  const show = (text: string): void => {
    const step = text.replace(/ *\([^()]*\)$/, "");
    if (step !== last) stream.write(`${step}\n`);
    last = step;
  };
  show(first);
  return show;
}
