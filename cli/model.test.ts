/** Wrong usage of `forward` and `generate`, which is told before a device is looked for. */
import { describe, expect, test } from "vitest";
import { demoDirectory } from "../models/places.ts";
import { besideKernels, treefold, treefoldHere } from "../spec/fixtures/commands.ts";

besideKernels();

test("as a process says so", () => {
  expect(treefold("forward", "--model", demoDirectory)).toEqual({
    code: 2,
    out: "",
    err: "error: required option '--ids <ids>' not specified; fix: add --ids <ids>\n",
  });
});

describe.each([
  [
    ["forward", "--model", "/no/such", "--ids", "1"],
    1,
    "error: /no/such: there is no such directory; fix: give the directory that holds config.json and " +
      "model.safetensors\n",
  ],
  [
    ["generate", "--model", "/no/such", "--prompt", "x"],
    1,
    "error: /no/such: there is no such directory; fix: give the directory that holds config.json and " +
      "model.safetensors\n",
  ],
  [
    ["generate", "--model", demoDirectory, "--prompt", ""],
    2,
    "error: prompt 0 is empty; fix: give --prompt some text\n",
  ],
  [
    ["forward", "--model", demoDirectory],
    2,
    "error: required option '--ids <ids>' not specified; fix: add --ids <ids>\n",
  ],
  [
    ["forward", "--model", "", "--ids", "1"],
    2,
    "error: option '--model <dir>' argument '' is invalid; fix: give a path, or a file: URL\n",
  ],
  [
    ["forward", "--model", demoDirectory, "--ids", ""],
    2,
    "error: option '--ids <ids>' argument '' is invalid; fix: give token ids with commas between them, as in " +
      "--ids 0,17,5\n",
  ],
  [
    ["forward", "--model", demoDirectory, "--ids", "-1"],
    2,
    "error: option '--ids <ids>' argument '-1' is invalid; fix: give token ids with commas between them, as in " +
      "--ids 0,17,5\n",
  ],
  [
    ["forward", "--model", demoDirectory, "--ids", "1", "--out", ""],
    2,
    "error: option '--out <file>' argument '' is invalid; fix: give a path, or a file: URL\n",
  ],
  [
    ["build", "--model", demoDirectory, "--out", ""],
    2,
    "error: option '--out <dir>' argument '' is invalid; fix: give a path, or a file: URL\n",
  ],
  [
    ["build", "--model", demoDirectory, "--out", demoDirectory],
    1,
    `error: ${demoDirectory}: holds '${demoDirectory}', which the library is made from; fix: give a folder ` +
      "outside of the checkpoint\n",
  ],
  [
    ["page", "--model", demoDirectory, "--out", ""],
    2,
    "error: option '--out <dir>' argument '' is invalid; fix: give a path, or a file: URL\n",
  ],
  [
    ["page", "--model", demoDirectory, "--out", demoDirectory],
    1,
    `error: ${demoDirectory}: holds '${demoDirectory}', which the page is made from; fix: give a folder outside ` +
      "of the checkpoint\n",
  ],
  [
    ["page", "--model", demoDirectory, "--out", "new", "--name", "A b"],
    2,
    "error: --name 'A b' is no name of a package; fix: use small letters, digits, '-', '.' and '_', as in --name " +
      "my-model\n",
  ],
  [
    ["forward", "--model", demoDirectory, "--ids", "1,x"],
    2,
    "error: option '--ids <ids>' argument '1,x' is invalid; fix: give token ids with commas between them, as " +
      "in --ids 0,17,5\n",
  ],
  [
    ["forward", "--model", demoDirectory, "--ids", "1", "--chunk", "0"],
    2,
    "error: option '--chunk <n>' argument '0' is invalid; fix: give a whole number of at least 1\n",
  ],
  [
    ["generate", "--model", demoDirectory, "--prompt", "x", "--max-tokens", "1.5"],
    2,
    "error: option '--max-tokens <n>' argument '1.5' is invalid; fix: give a whole number of at least 1\n",
  ],
  [
    ["generate", "--model", demoDirectory, "--prompt", "x", "--max-tokens", "0"],
    2,
    "error: option '--max-tokens <n>' argument '0' is invalid; fix: give a whole number of at least 1\n",
  ],
] as const)("%j", (args, code, message) => {
  test("says so in one line", async () => {
    expect(await treefoldHere(...args)).toEqual({ code, out: "", err: message });
  });
});
