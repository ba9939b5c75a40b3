/**
 * Runs what the compiler made, and knows nothing of the compiler: generated models, and below them a device, tensors on
 * it, loaded kernels and submissions.
 */
export * from "./errors.ts";
export {
  openDevice,
  Device,
  type BufferPurpose,
  type DeviceInfo,
  type DeviceOptions,
  type MemoryReport,
} from "./device.ts";
export { createTensor, Tensor, type TensorDescription } from "./tensor.ts";
export { bitsOf, type Elements, ElementsError } from "./elements.ts";
export { loadKernel, type LoadedKernel } from "./kernel.ts";
export { Commands, type RunArguments } from "./commands.ts";
export { dispatchSize, fitsDevice, type RuntimeLimits } from "./limits.ts";
export { evaluateFormula, printFormula } from "./formula.ts";
export { elementsOf, notBf16, packElements, unpackElements, wordsOf, type TensorLayout } from "./layout.ts";
export type {
  Arithmetic,
  Artifact,
  Binding,
  ContractLevel,
  DeviceLimits,
  Formula,
  Layout,
  Pass,
  SourceLocation,
  StorageType,
  UniformField,
} from "./artifact.ts";
export { loadModel, type LoadOptions, type WeightsProgress } from "./model/load.ts";
export type { Model, ModelMemory } from "./model/model.ts";
export type { Wanted } from "./model/steps.ts";
export type { Completion, CompletionOptions, ForwardOptions, GenerateAllOptions, Piece } from "./model/completion.ts";
export type { LayerCache, Machine, ModelWeights, Program, Step } from "./model/program.ts";
export type { KernelVariant, Manifest, RunConfig, WeightEntry } from "./model/manifest.ts";
export { BatchError, type StepEntry } from "./model/batch.ts";
export { CacheFullError, type CachedSequence } from "./model/pages.ts";
export type { KvCache } from "./model/cache.ts";
export * from "./engine/index.ts";
export { SamplingError, type SamplingParameters } from "./model/sampling.ts";
export { DeviceArithmeticError, policyTexts, type Policy } from "./doctor/policy.ts";
export type { Examination, ProbeResult } from "./doctor/examine.ts";
export { checkGolden, type GoldenCheck } from "./model/golden.ts";
export { examineLibrary } from "./model/verified.ts";
export { ModelFileError, OtherWeightsError } from "./model/files.ts";
export { ChatTemplateError, type ChatMessage, type ChatOptions } from "./model/chat.ts";
export { TokenizerError, type Tokenizer, type TokenStream } from "./model/tokenizer.ts";
