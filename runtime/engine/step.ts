/** What a step computes of a completion, for the model and for the ledger. */
import type { SampledEntry } from "../model/steps.ts";
import type { LedgerEntry } from "./ledger.ts";
import type { Planned } from "./scheduler.ts";
import type { StepReport } from "./statistics.ts";

/** The model's part: the ids to compute, whether a token is sampled behind them, and who looks at the logits. */
export function entryOf({ completion, count }: Planned, onFault: (error: unknown) => void): SampledEntry {
  const { cached, ids, pending, row, group, index } = completion;
  const { observe } = group.request;
  const start = cached!.length;
  return {
    sequence: cached!,
    ids: ids.slice(start, start + count),
    ...(count === pending && { sample: row }),
    ...(observe !== undefined && {
      observe: (first: number, logits: Float32Array<ArrayBuffer>) => {
        try {
          observe(index, start + first, logits);
        } catch (error) {
          onFault(error);
        }
      },
    }),
  };
}

/** The ledger's part: which positions belong to the request once the step is done. */
export function accountOf({ completion, count }: Planned): LedgerEntry {
  return {
    request: completion.group.id,
    marks: completion.marks.slice(0, completion.cached!.length + count),
    count,
  };
}

/** How much a step computes. Asked before it is done: what it chooses changes what is pending. */
export function countsOf(planned: readonly Planned[]): Omit<StepReport, "step" | "milliseconds"> {
  const tokens = planned.reduce((total, { count }) => total + count, 0);
  const decoding = planned.filter(
    ({ completion }) => completion.pending === 1 && completion.logprobs.length > 0,
  ).length;
  return { completions: planned.length, decoding, tokens, prefilled: tokens - decoding };
}
