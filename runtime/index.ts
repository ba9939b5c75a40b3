/** Runs artifacts: a device, tensors on it, loaded kernels, and submissions. Knows nothing of the compiler. */
export * from "./errors.ts";
export { openDevice, Device, type BufferPurpose, type DeviceInfo, type DeviceOptions, type MemoryReport } from "./device.ts";
export { createTensor, Tensor, type TensorDescription } from "./tensor.ts";
export { loadKernel, type LoadedKernel } from "./kernel.ts";
export { Commands, type RunArguments } from "./commands.ts";
export { dispatchSize, fitsDevice, type RuntimeLimits } from "./limits.ts";
export { evaluateFormula, printFormula } from "./formula.ts";
export { elementsOf, packElements, unpackElements, wordsOf, type TensorLayout } from "./layout.ts";
