/** All mutants, of texts and of what the lowering with a fault prints, and what is said of them. */
import { compiledWith, type LoweringFault, loweringFaults } from "./lowering.ts";
import { audit, type Failure, type FailureKind, passes } from "../../audit/index.ts";
import type { Artifact } from "../../runtime/artifact.ts";
import { adversaries } from "./adversaries.ts";
import { arithmetic } from "./arithmetic.ts";
import { batch } from "./batch.ts";
import { equivalent } from "./equivalent.ts";
import { type Kind, plant } from "./kind.ts";
import { memory } from "./memory.ts";
import { order } from "./order.ts";
import { places } from "./places.ts";
import type { Target } from "./targets.ts";

export const textKinds: readonly Kind[] = [
  ...arithmetic,
  ...order,
  ...memory,
  ...places,
  ...batch,
  ...adversaries,
  ...equivalent,
];
export { loweringFaults } from "./lowering.ts";

export interface Mutant {
  readonly kind: string;
  readonly what: string;
  /** Where the fault was planted: in the text, or in a file of the lowering. */
  readonly planted: string;
  readonly at: string;
  /** Why it is none. */
  readonly equivalent: string | undefined;
  readonly make: () => { readonly target: Target; readonly artifact: Artifact };
}

const ofText = (kind: Kind, at: string): Mutant => ({
  kind: kind.name,
  what: kind.what,
  planted: "text",
  at,
  equivalent: kind.equivalent,
  make: () => plant(kind, at),
});
const ofLowering = (fault: LoweringFault, at: string): Mutant => ({
  kind: fault.name,
  what: fault.what,
  planted: fault.file,
  at,
  equivalent: fault.equivalent,
  make: () => compiledWith(fault, at),
});

/** Of each kind the first sites, all where absent. */
export function mutants(most = Infinity): Mutant[] {
  return [
    ...textKinds.flatMap((kind) => kind.at.slice(0, most).map((at) => ofText(kind, at))),
    ...loweringFaults.flatMap((fault) => fault.at.slice(0, most).map((at) => ofLowering(fault, at))),
  ];
}

export interface Catch {
  readonly outcome: Failure["outcome"];
  readonly kind: FailureKind;
  readonly message: string;
}

/** What rejects a mutant; null where it passes. */
export function caughtBy({ target, artifact }: { readonly target: Target; readonly artifact: Artifact }): Catch | null {
  const { status, failures } = audit(target.kernel, artifact);
  if (passes(status)) return null;
  const { outcome, kind, message } = failures.find((failure) => failure.outcome === status) ?? failures[0]!;
  return { outcome, kind, message };
}
