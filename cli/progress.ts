/** Progress of long work: a spinner on a terminal, nothing in a pipe. Goes to stderr. */
import ora from "ora";

/** Shows `text` while `work` goes on; `work` may replace the text as it gets along. */
export async function withProgress<T>(text: string, work: (show: (text: string) => void) => Promise<T>): Promise<T> {
  if (process.stderr.isTTY !== true) return work(() => undefined);
  const spinner = ora({ text, stream: process.stderr }).start();
  try {
    return await work((now) => { spinner.text = now; });
  } finally {
    spinner.stop();
  }
}
