export { Engine } from "./engine.ts";
export { EngineClosedError, NotFiniteError, OverloadError, PageTableError } from "./errors.ts";
export type { EngineOptions } from "./options.ts";
export type { EngineRequest } from "./request.ts";
export type { EngineStatistics, StepReport } from "./statistics.ts";
export {
  Submission,
  type EngineCompletion,
  type EngineResult,
  type EngineToken,
  type FinishReason,
  type TopLogprob,
} from "./submission.ts";
