/** What `npm start` ends with: what it showed, and commands to go on with. */

/** What comes after `treefold`, to be run in the checkout, and what it is for. */
export const nextSteps: readonly { readonly args: readonly string[]; readonly what: string }[] = [
  {
    args: ["explain", "models/kernels/linear.kernel.ts", "--kernel", "linear", "--stage", "wgsl"],
    what: "a kernel's own WGSL",
  },
  {
    args: [
      "run",
      "models/kernels/linear.kernel.ts",
      "--kernel",
      "linear",
      "--axis",
      "token=5",
      "--axis",
      "out=40",
      "--axis",
      "inner=300",
    ],
    what: "that kernel under each of its schedules: one hash",
  },
  {
    args: ["generate", "--model", "models/demo/kjv-qwen3", "--prompt", "In the beginning"],
    what: "a prompt of yours (the first time, it also makes the library's self-test)",
  },
];

/** The demo's last lines. `others` are the numbers of requests that were beside the one whose hashes were counted. */
export function lastWords(others: readonly number[], treefold: number, ordinary: number): string {
  const crowds = `${others.slice(0, -1).join(", ")} and ${others.at(-1)}`;
  const commands = nextSteps.map(
    ({ args, what }) =>
      `  # ${what}\n  npm run -s treefold -- ` +
      `${args.map((arg) => (/^[\w./=-]+$/.test(arg) ? arg : `"${arg}"`)).join(" ")}\n`,
  );
  return (
    `Seen: a request's logits had ${count(treefold)}, alone and among ${crowds} others, with Treefold's kernels, ` +
    `and ${count(ordinary)} with kernels whose sums follow the batch.\n\nNext:\n${commands.join("")}`
  );
}

const count = (hashes: number): string => (hashes === 1 ? "one hash" : `${hashes} hashes`);
