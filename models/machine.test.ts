/** Names of kernels' uses, which programs and manifests hold, and the uses that are found again by them. */
import { expect, it } from "vitest";
import { nameOf, useNamed, type KernelUse } from "./machine.ts";

const attention: KernelUse = {
  module: "attention",
  kernel: "attention",
  extents: { head: 6, dim: 32, kvHead: 2, page: 16 },
};
const listedAs = (use: KernelUse, axes: readonly string[]): KernelUse => ({
  ...use,
  extents: Object.fromEntries(axes.map((axis) => [axis, use.extents[axis]!])),
});

function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) => orders(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

it("finds a use by its name, in whatever order the extents are listed", () => {
  const name = nameOf(attention);
  const all = orders(Object.keys(attention.extents));
  expect(all).toHaveLength(24);
  for (const axes of all) {
    const found = useNamed(name, listedAs(attention, axes))!;
    expect(found).toEqual(attention);
    expect(nameOf(found)).toBe(name);
  }
});

it.each<[string, KernelUse]>([
  ["attention-head6-dim32-kvHead2-page8", attention],
  ["attention-head6-dim32-kvHead2", attention],
  ["attention-head6-dim32-kvHead2-page16-slot4", attention],
  ["linear-head6-dim32-kvHead2-page16", attention],
  ["attention-head6-dim32-kvHead2-page16", listedAs(attention, ["head", "dim", "page"])],
])("finds no use where '%s' is another's name", (name, use) => {
  expect(useNamed(name, use)).toBeUndefined();
});
