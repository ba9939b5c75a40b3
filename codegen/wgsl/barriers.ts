/**
 * Barriers, placed by a pass. An array of a workgroup's needs one between two accesses of which one writes: one
 * invocation may be ahead of another. No other part of the compiler decides where a barrier stands.
 *
 *   for stretch { fill tile; read tile }   →   for stretch { barrier; fill tile; barrier; read tile }
 *
 * All invocations of a workgroup have to meet at a barrier, so it stands in uniform control flow. A statement that only
 * some of them run is one region: a read in it after a write in it is an error, and what it writes no other invocation
 * reads or writes in it. The audit proves that of each text.
 *
 * Blocks are done from the inside out, each from its first statement to its last:
 * - A statement that may clash with what came before it gets a barrier, right behind the last access before it.
 * - A loop whose next round may clash with the one before gets a barrier at its start; at its end, where that serves
 *   what follows the loop, too.
 * So no barrier is in vain: without it, the clash that it was placed for is left.
 */
import { ScheduleError } from "../errors.ts";
import { type Block, type Module, type Statement, type Symbol, targetSymbol } from "./tree.ts";
import { varies, varyingSymbols } from "./uniformity.ts";
import { bodyOf, expressionsOf, namesIn } from "./walk.ts";

/** What may have been read and written since the last barrier. */
interface Pending {
  readonly reads: ReadonlySet<Symbol>;
  readonly writes: ReadonlySet<Symbol>;
}

const nothing: Pending = { reads: new Set(), writes: new Set() };

/** A statement, as far as barriers are concerned. */
type Part =
  | ({ readonly kind: "region" } & Pending)
  | { readonly kind: "loop" | "branch"; readonly parts: readonly Part[] }
  | { readonly kind: "barrier" };

interface Placed {
  readonly statements: readonly Statement[];
  readonly parts: readonly Part[];
}

const barrier: Statement = { kind: "barrier" };

/** The body of a module's entry point with its barriers. */
export function placeBarriers(module: Pick<Module, "body" | "buffers" | "workgroupArrays">): Block {
  if (module.workgroupArrays.length === 0) return module.body;
  const { statements } = new Placement(varyingSymbols(module)).block(module.body);
  return { statements };
}

class Placement {
  readonly #varying: ReadonlySet<Symbol>;

  constructor(varying: ReadonlySet<Symbol>) {
    this.#varying = varying;
  }

  block(block: Block): Placed {
    const inner = block.statements.map((statement) => this.#statement(statement));
    const parts: Part[] = [];
    const statements: Statement[] = [];
    let pending = nothing;
    for (const [at, own] of inner.entries()) {
      const rest = inner.slice(at + 1).map(({ part }) => part);
      const { statement, part } = repeatable(own, pending, rest);
      if (clashes(part, pending)) {
        let place = parts.length;
        while (isIdle(parts[place - 1])) place--;
        parts.splice(place, 0, { kind: "barrier" });
        statements.splice(place, 0, barrier);
        pending = nothing;
      }
      parts.push(part);
      statements.push(statement);
      pending = afterPart(part, pending);
    }
    return { statements, parts };
  }

  #statement(statement: Statement): One {
    const body = bodyOf(statement);
    const isApart = expressionsOf(statement).some((expression) => varies(expression, this.#varying));
    if (body === undefined || isApart) return { statement, part: regionOf(statement) };
    const { statements, parts } = this.block(body);
    if (parts.every(isIdle)) return { statement, part: { kind: "region", ...nothing } };
    return {
      statement: { ...statement, body: { statements } } as Statement,
      part: { kind: statement.kind === "if" ? "branch" : "loop", parts },
    };
  }
}

interface One {
  readonly statement: Statement;
  readonly part: Part;
}

/** A loop with the barrier that it needs between two of its rounds. */
function repeatable(one: One, pending: Pending, rest: readonly Part[]): One {
  const { statement, part } = one;
  const body = bodyOf(statement);
  if (part.kind !== "loop" || body === undefined) return one;
  if (firstClash(part.parts, after(part.parts, nothing)) === undefined) return one;
  const start = { ...part, parts: [{ kind: "barrier" as const }, ...part.parts] };
  const end = { ...part, parts: [...part.parts, { kind: "barrier" as const }] };
  const clashAfter = (loop: Part): number => {
    const before = clashes(loop, pending) ? nothing : pending;
    return firstClash(rest, afterPart(loop, before)) ?? rest.length;
  };
  const isLast = clashAfter(end) > clashAfter(start);
  const { statements } = body;
  return {
    statement: { ...statement, body: { statements: isLast ? [...statements, barrier] : [barrier, ...statements] } },
    part: isLast ? end : start,
  } as One;
}

function isIdle(part: Part | undefined): boolean {
  return part?.kind === "region" && part.reads.size === 0 && part.writes.size === 0;
}

/** Which of the parts is the first that clashes with what came before it. */
function firstClash(parts: readonly Part[], entry: Pending): number | undefined {
  let pending = entry;
  for (const [at, part] of parts.entries()) {
    if (clashes(part, pending)) return at;
    pending = afterPart(part, pending);
  }
  return undefined;
}

function clashes(part: Part, pending: Pending): boolean {
  switch (part.kind) {
    case "barrier":
      return false;
    case "region":
      return meet(part.reads, pending.writes) || meet(part.writes, pending.reads) || meet(part.writes, pending.writes);
    case "branch":
    case "loop":
      return firstClash(part.parts, pending) !== undefined;
  }
}

function meet(some: ReadonlySet<Symbol>, others: ReadonlySet<Symbol>): boolean {
  return [...some].some((symbol) => others.has(symbol));
}

function after(parts: readonly Part[], entry: Pending): Pending {
  return parts.reduce((pending, part) => afterPart(part, pending), entry);
}

/** What is pending behind a part: a branch may not be taken, and a loop run any number of times. */
function afterPart(part: Part, entry: Pending): Pending {
  switch (part.kind) {
    case "barrier":
      return nothing;
    case "region":
      return both(entry, part);
    case "branch":
      return both(entry, after(part.parts, entry));
    case "loop": {
      const once = both(entry, after(part.parts, entry));
      return both(once, after(part.parts, once));
    }
  }
}

function both(one: Pending, other: Pending): Pending {
  if (other.reads.size + other.writes.size === 0) return one;
  return { reads: new Set([...one.reads, ...other.reads]), writes: new Set([...one.writes, ...other.writes]) };
}

/** What a statement reads and writes that stands as a whole between two barriers. */
function regionOf(statement: Statement): Part {
  const reads = new Set<Symbol>();
  const writes = new Set<Symbol>();
  const read = (symbol: Symbol): void => {
    if (symbol.kind !== "workgroup") return;
    reads.add(symbol);
    if (writes.has(symbol))
      throw new ScheduleError(
        `${symbol.hint} would be filled and read where only some invocations of a workgroup come, with no barrier ` +
          "between",
        "leave it out",
        "stage",
      );
  };
  const visit = (inner: Statement): void => {
    const target = inner.kind === "assign" ? targetSymbol(inner.target) : undefined;
    for (const expression of expressionsOf(inner)) {
      const isTarget = inner.kind === "assign" && expression === inner.target && expression.kind === "index";
      for (const symbol of namesIn(isTarget ? expression.index : expression)) read(symbol);
    }
    if (target?.kind === "workgroup") writes.add(target);
    const body = bodyOf(inner);
    if (body === undefined) return;
    body.statements.forEach(visit);
    // A loop comes back to its first statement.
    if (inner.kind !== "if") body.statements.forEach(visit);
  };
  visit(statement);
  return { kind: "region", reads, writes };
}
