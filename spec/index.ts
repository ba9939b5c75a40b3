/** What an author of kernels tests them with: "treefold/spec". */
export { checkInvariance, type InvarianceOptions, type InvarianceReport } from "./invariance.ts";
export { evaluate, type EvaluationData } from "./evaluator.ts";
export { execute, hashOutputs, type Execution } from "./execute.ts";
export { randomInputs, type RandomInputs } from "./inputs.ts";
export { orderSensitivity, replaceTrees } from "./order.ts";
