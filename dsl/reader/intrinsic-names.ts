/** The names that dsl/language.ts gives to kernels. */
export const reductionNames: ReadonlySet<string> = new Set(["sum", "max", "argmax", "reduce"]);
export const roleNames: ReadonlySet<string> = new Set(["batch", "model", "sequence"]);
export const intrinsicNames: ReadonlySet<string> = new Set([
  ...reductionNames,
  ...roleNames,
  "kernel",
  "reducer",
  "min",
  "upTo",
  "below",
  "runs",
  "extent",
  "gather",
  "scatter",
  "select",
  "bf16",
  "f32",
  "u32",
  "i32",
  "bitsOf",
  "fromBits",
  "abs",
  "floor",
]);
/** Its types, which mean nothing to the reader. */
export const typeNames: ReadonlySet<string> = new Set([
  "AxisIndex",
  "Range",
  "Runs",
  "Scattered",
  "TensorType",
  "Tensor",
  "KernelDescription",
  "StateTypes",
  "ReducerDescription",
  "Domain",
]);
