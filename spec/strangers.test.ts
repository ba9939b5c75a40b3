/** Kernels as strangers wrote them (fixtures/strangers): they pass `check`, and at two sizes each their extents fit. */
import { expect, test } from "vitest";
import { checkExtents } from "../dsl/reader/index.ts";
import { sizes, strangers } from "./fixtures/strangers/sizes.ts";

test("there are forty strangers' kernels, each read without an error and with two sizes that fit", () => {
  expect(strangers.size).toBe(40);
  expect([...strangers.keys()].sort()).toEqual(Object.keys(sizes).sort());
  for (const [name, kernel] of strangers) {
    for (const extents of Object.values(sizes[name]!)) expect(checkExtents(kernel, extents), `${name} ${JSON.stringify(extents)}`).toEqual([]);
  }
});
