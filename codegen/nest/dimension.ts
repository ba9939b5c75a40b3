/** How loops over one dimension divide it: whether together they take each of its points once, and in order. */
import type { Held, Loop } from "./nest.ts";

type Part = Pick<Loop, "trips" | "stride">;

/** Why the loops do not take each point of their dimension exactly once; undefined where they do. */
export function whyNotTiled(parts: readonly (Part | Held)[]): string | undefined {
  const rest = parts.filter(({ trips }) => trips === "rest");
  if (rest.length !== 1)
    return rest.length === 0 ? "no loop takes the rest of it" : "several loops take the rest of it";
  let size = 1;
  for (const { trips, stride } of [...parts].sort((a, b) => a.stride - b.stride || order(a) - order(b))) {
    if (trips !== "rest" && (!Number.isInteger(trips) || trips < 1)) return `a loop makes ${trips} trips`;
    if (stride !== size) return `a loop's stride is ${stride}, and the loops below it take ${size}`;
    if (trips !== "rest") size *= trips;
    else if (parts.some((part) => part.stride > stride)) return "the loop that takes the rest is not the outermost";
  }
  return undefined;
}

/** Of two loops with one stride, the one that takes a single trip lies below the other. */
function order({ trips }: Part | Held): number {
  return trips === 1 ? 0 : trips === "rest" ? 2 : 1;
}

/** Whether loops, outermost first, take a span's items one after another. */
export function isInOrder(loops: readonly Loop[]): boolean {
  return loops.every(
    ({ stride, binding }, at) =>
      (binding === "serial" || binding === "unrolled" || binding === "vector") &&
      (at === 0 || stride <= loops[at - 1]!.stride),
  );
}
