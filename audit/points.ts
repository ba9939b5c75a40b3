/** Which output elements are compared: corners, and around every edge that the text shows along each axis. */
import { visitExpression, visitStatements } from "./slices.ts";
import type { Module } from "./wgsl/ast.ts";

/** All integers of an entry point that could be a tile, a run, or the number of them. */
export function integersOf(module: Module): number[] {
  const found = new Set<number>([module.workgroupSize]);
  visitStatements(module.entry.body, (expression) =>
    visitExpression(expression, (part) => {
      if (part.kind === "literal" && part.type.kind === "scalar" && part.type.name === "u32") found.add(part.bits);
    }),
  );
  return [...found].sort((a, b) => a - b);
}

/** Indices along one axis: both ends, and around each integer of the text and its first multiple. */
function indicesAlong(extent: number, integers: readonly number[], most: number): number[] {
  const around = integers.flatMap((edge) => (edge > 1 ? [edge - 1, edge, edge + 1, 2 * edge - 1, 2 * edge] : []));
  const candidates = [...new Set([0, extent - 1, 1, extent - 2, ...around])].filter(
    (index) => index >= 0 && index < extent,
  );
  if (candidates.length <= most) return candidates;
  // Both ends, and the rest evenly.
  const step = (candidates.length - 2) / (most - 2);
  return [
    ...candidates.slice(0, 2),
    ...Array.from({ length: most - 2 }, (_, at) => candidates[2 + Math.floor(at * step)]!),
  ];
}

/**
 * Points of a tensor with these extents: its corners, then one axis at a time through its indices, the others at either
 * end.
 */
export function pointsOf(shape: readonly number[], integers: readonly number[], along: number): number[][] {
  if (shape.some((extent) => extent === 0)) return [];
  const points = new Map<string, number[]>();
  const put = (point: number[]): void => void points.set(point.join(), point);
  for (let corner = 0; corner < 2 ** Math.min(shape.length, 4); corner++)
    put(shape.map((extent, axis) => ((corner >> axis) & 1 ? extent - 1 : 0)));
  shape.forEach((extent, axis) => {
    indicesAlong(extent, integers, along).forEach((index, at) => {
      put(shape.map((other, otherAxis) => (otherAxis === axis ? index : at % 2 === 0 ? other - 1 : 0)));
    });
  });
  return [...points.values()];
}
