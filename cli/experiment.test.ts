/** Wrong usage of `experiment`, which is told before a device is looked for. */
import { expect, test } from "vitest";
import { demoDirectory } from "../models/places.ts";
import { besideKernels, treefoldHere } from "../spec/fixtures/commands.ts";

besideKernels();
const distinct = ["distinct", "--model", demoDirectory];
const kl = ["kl", "--model", demoDirectory];

test.each([
  [["distinct"], 2, "error: required option '--model <dir>' not specified; fix: add --model <dir>\n"],
  [
    [...distinct, "--requests", "0"],
    2,
    "error: option '--requests <n>' argument '0' is invalid; fix: give a whole number of at least 1\n",
  ],
  [
    [...distinct, "--temperature", "0,hot"],
    2,
    "error: option '--temperature <list>' argument '0,hot' is invalid; fix: give temperatures with commas " +
      "between them, as in --temperature 0,0.7\n",
  ],
  [
    [...distinct, "--temperature", "0,0.001"],
    2,
    "error: option '--temperature <list>' argument '0,0.001' is invalid; fix: give 0, or a number from 0.01 to 100\n",
  ],
  [
    [...distinct, "--seed", "-1"],
    2,
    "error: option '--seed <n>' argument '-1' is invalid; fix: give a whole number below 2^32\n",
  ],
  [[...distinct, "--prompt", ""], 2, "error: the prompt is empty; fix: give --prompt some text\n"],
  [
    [...distinct, "--html", "no/such/page.html"],
    1,
    "error: 'no/such/page.html' cannot be written (ENOENT); fix: give --html a file in a directory that exists, " +
      "on a disk with room\n",
  ],
  [
    ["distinct", "--model", "/no/such"],
    1,
    "error: /no/such: there is no such directory; fix: give the directory that holds config.json and " +
      "model.safetensors\n",
  ],
  [
    [...kl, "--temperature", "101"],
    2,
    "error: option '--temperature <t>' argument '101' is invalid; fix: give 0, or a number from 0.01 to 100\n",
  ],
  [
    ["kl", "--model", "/no/such"],
    1,
    "error: /no/such: there is no such directory; fix: give the directory that holds config.json and " +
      "model.safetensors\n",
  ],
])("%j", async (args, code, err) => {
  expect(await treefoldHere("experiment", ...args)).toEqual({ code, out: "", err });
});

test("help leaves out what only the experiment's own processes use", async () => {
  expect((await treefoldHere("experiment", "kl", "--help")).out).not.toContain("--trainer");
});
