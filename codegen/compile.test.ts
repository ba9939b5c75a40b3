/** A kernel is compiled for sizes that its indices fit, or not at all. */
import { expect, test } from "vitest";
import { extentsOf, kernels } from "../spec/fixtures/schedule-kernels.ts";
import { compile, schedulesFor } from "./compile.ts";

test("extents at which an index leaves its axis are refused", () => {
  const rotary = kernels.get("rotary")!;
  const extents = extentsOf("rotary", { rows: 2, items: 31, width: 2 });
  const [schedule] = schedulesFor(rotary, { extents });
  expect(compile(rotary, { extents, schedule: schedule! }).kernel).toBe("rotary");
  const odd = { ...extents, dim: extents.dim! - 1 };
  expect(() => compile(rotary, { extents: odd, schedule: schedule! })).toThrow(
    /the index of 'x' on the axis 'dim' runs from \d+ to \d+; the axis has \d+ items; fix: compute the index from axes that fit, on both sides of a choice, too: .*or write gather/,
  );
});
