/** What is asked of one set of extents (case.ts): of which texts, at which of the cases, on all data or on some. */
import type { Kernel } from "../dsl/ir.ts";
import type { Artifact } from "../runtime/artifact.ts";
import type { RowBounds } from "./taint-report.ts";
import type { Place } from "./passes.ts";
import type { Effort } from "./refute.ts";
import type { Case } from "./sizes.ts";
import type { Module } from "./wgsl/ast.ts";

export interface CaseRequest {
  readonly kernel: Kernel;
  readonly artifact: Artifact;
  readonly modules: readonly Module[];
  /** Where rows meet their count, in each module. */
  readonly rows: readonly RowBounds[];
  readonly at: Case;
  /** Which of the cases this is: what is not varied on purpose varies with it. */
  readonly number: number;
  /** Tables and integer parameters that have values, since control flow needs them. */
  readonly known: ReadonlySet<string>;
  /** What searches for inputs may cost yet. */
  readonly effort: Effort;
  /** Runs on data of this seed, rather than for all data: what cannot be followed otherwise is followed so. */
  readonly seed?: number;
  /** Of a run on data: compares this word alone, with its expressions rather than bits, which can be shown. */
  readonly only?: At;
  /** Runs only these workgroups beside the first and last ones, so that not every word has to be written. */
  readonly some?: readonly number[];
  /** How many workgroups lie along x and y, where that is not varied. */
  readonly across?: readonly [number, number];
}

/** A word of an output. */
export interface At {
  readonly output: string;
  readonly place: Place;
}
