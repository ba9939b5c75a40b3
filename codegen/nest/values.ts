/** Whether what an expression of a nest mentions has a value where it stands: axes, items, reductions and buffers. */
import { collect, operandsOf } from "../../dsl/visit.ts";
import type { Expr, Reduce, Variable } from "../../dsl/ir.ts";
import { whyNotTiled } from "./dimension.ts";
import { type Buffer, type Exchange, leaderOf, type Loop, type Node, titleOf } from "./nest.ts";

/** What is known where a node stands. */
export interface Scope {
  /** The nodes around, outermost first. */
  readonly around: readonly Node[];
  /** Reductions whose values can be read. */
  readonly ended: Set<Reduce>;
  readonly filled: Set<Buffer>;
  /** The part of an exchange that this is in. */
  readonly side: ReadonlyMap<Exchange, "make" | "body">;
}

/** What an expression mentions and has no value. */
export function valueFaults(expr: Expr, scope: Scope): string[] {
  const faults: string[] = [];
  const buffers = scope.around.flatMap((node) => (node.kind === "buffer" ? [node.buffer] : []));
  const filled = (part: Expr): boolean => buffers.some((buffer) => buffer.element === part && scope.filled.has(buffer));
  const parts = collect([expr]);
  for (const buffer of buffers) {
    if (!scope.filled.has(buffer) && parts.has(buffer.element) && !isFilling(buffer, scope))
      faults.push(`a ${buffer.space} buffer is read before it is filled`);
  }
  for (const part of collect([expr], (node) => (filled(node) ? [] : operandsOf(node)))) {
    if (part.kind === "field" && !scope.ended.has(part.of) && !filled(part))
      faults.push(`a value of ${titleOf({ members: [part.of] })} is read before its fold has ended`);
  }
  for (const variable of expr.free) {
    const fault = variable.kind === "axis" ? axisFault(variable, scope) : itemFault(variable, scope);
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

function isFilling(buffer: Buffer, { around }: Scope): boolean {
  return around.some((node) => node.kind === "copy" && node.buffer === buffer);
}

/** An axis has a value inside all of its loops, or where the points that they lack are held. */
function axisFault({ axis }: Variable, scope: Scope): string | undefined {
  const fold = scope.around.findLast((node) => node.kind === "fold" || node.kind === "exchange");
  const held = (fold?.held ?? []).filter((points) => points.axis === axis);
  const why = whyNotTiled([...loopsOver(axis, scope), ...held]);
  return why === undefined ? undefined : `axis ${axis} has no value: ${why}`;
}

function itemFault(variable: Variable, { around }: Scope): string | undefined {
  const isBinder = (node: Node): boolean =>
    ((node.kind === "fold" || node.kind === "exchange") && leaderOf(node.of).variable === variable) ||
    (node.kind === "copy" && leaderOf(node.buffer.items.of).variable === variable);
  return around.some(isBinder) ? undefined : `item ${variable.name} has no value`;
}

export function loopsOver(axis: string, { around }: Scope): Loop[] {
  return around.filter(
    (node): node is Loop => node.kind === "loop" && node.over.kind === "points" && node.over.axis === axis,
  );
}
