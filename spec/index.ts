/**
 * What the author of a kernel tests it with: `assertInvariant` first of all, and the parts that it is made of.
 *
 *     const file = new URL("./layer-norm.kernel.ts", import.meta.url);
 *     const report = await assertInvariant(file, { axes: { channel: 200 } });
 */
export { assertInvariant, type InvarianceOptions, type InvarianceReport } from "./invariance.ts";
export {
  InvarianceError,
  OrderInsensitiveError,
  TestSetupError,
  type Difference,
  type Failure,
} from "./invariance/errors.ts";
export type { AxisRange } from "./invariance/cases.ts";
export { evaluate } from "./evaluator.ts";
export { EvaluationError, roundToBf16, type EvaluationData } from "./data.ts";
export type { Elements } from "../runtime/index.ts";
export { execute, hashOutputs, type Execution } from "./execute.ts";
export { InputError, kindFor, randomInputs, type InputOptions, type Kind, type RandomInputs } from "./inputs.ts";
export { orderSensitivity, replaceTrees, TreeError, withoutRounding } from "./order.ts";
export { arbitraryTree } from "./arbitraries/trees.ts";
export { parseTree, printTree, TreeSyntaxError } from "../dsl/tree-notation.ts";
export { readKernels, type ReadOptions } from "../dsl/reader/index.ts";
export { offeredSchedules, schedulesFor, type Misfit, type Offer } from "../codegen/compile.ts";
export { CompileError, ScheduleError } from "../codegen/errors.ts";
export { openDevice, type Device, type DeviceInfo } from "../runtime/index.ts";
export type { Kernel } from "../dsl/ir.ts";
export type { Tree } from "../dsl/tree.ts";
export { scheduleOf } from "../codegen/schedule/given.ts";
export type { Schedule, Step } from "../codegen/schedule/step.ts";
export { parseSteps, printSteps, StepSyntaxError } from "../codegen/schedule/text.ts";
export type { Diagnostic } from "../dsl/diagnostics.ts";
