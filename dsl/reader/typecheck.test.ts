/** TypeScript's own errors, in the language's words where those say what to do. */
import { expect, test } from "vitest";
import { applyEdits } from "../diagnostics.ts";
import { readKernels } from "./index.ts";

const kernel = `export const double = kernel({
  axes: { token: batch, channel: model },
  inputs: { x: "f32[token, channel]" },
  output: "f32[token, channel]",
  body: ({ x }, { token, channel }) => x(token, channel) * 2,
});
`;
const file = (text: string): string => `import { batch, kernel, model } from "treefold";\n\n${text}`;
const read = (source: string) => readKernels("typed.kernel.ts", { source, typecheck: true });

test.each([
  [
    "axes above the kernel",
    file(`const axes = { token: batch, channel: model };\n${kernel.replace(/axes: .*/, "axes,")}`),
    /'axes' stands outside of the kernel.*write axes in the kernel/,
  ],
  [
    "a kernel with a type",
    file(kernel.replace("double =", "double: Kernel =")),
    /a kernel's type is what kernel\(\{ … \}\) gives.*leave ': Kernel' out/,
  ],
])("%s has one error, and its fix works", (_, source, says) => {
  const { diagnostics } = read(source);
  expect(diagnostics.map(({ message, fix }) => `${message} ${fix}`)).toEqual([expect.stringMatching(says)]);
  expect(read(applyEdits(source, diagnostics[0]!.edits!)).diagnostics).toEqual([]);
});
