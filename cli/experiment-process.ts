/**
 * A part of an experiment that runs in a process of its own: the same program, under an option that only experiments
 * use.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended {
  /** null where a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  /** Its error line, without the word. */
  readonly said: string;
}

/** Runs the built command line. @param environment set beside this process's own */
export async function runMain(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const main = fileURLToPath(
    new URL(import.meta.url.endsWith(".ts") ? "../dist/cli/main.js" : "./main.js", import.meta.url),
  );
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err] = await Promise.all(
    [child.stdout, child.stderr].map(async (stream) => {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString("utf8");
    }),
  );
  const code = child.exitCode ?? (await new Promise<number | null>((resolve) => child.on("close", resolve)));
  return {
    code,
    out: out!,
    said: err!
      .split("\n")
      .filter((line) => line.startsWith("error: "))
      .join(" ")
      .slice("error: ".length),
  };
}
