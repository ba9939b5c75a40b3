/** Values that a user gives for a kernel's parameters. */
import type { Kernel } from "../dsl/ir.ts";
import { didYouMean } from "../runtime/index.ts";

/** A parameter that the kernel does not have, or a value that it can't take. */
export class ParameterError extends Error {
  override readonly name = "ParameterError";

  constructor(
    readonly what: string,
    readonly fix: string,
  ) {
    super(`${what}; fix: ${fix}`);
  }
}

/**
 * The values as the kernel takes them: those of f32 parameters rounded to f32.
 * @throws ParameterError
 */
export function checkedParameters(kernel: Kernel, given: Readonly<Record<string, number>>): Record<string, number> {
  const names = kernel.parameters.map(({ name }) => name);
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const parameter = kernel.parameters.find((candidate) => candidate.name === name);
      if (parameter === undefined) {
        throw new ParameterError(
          `kernel '${kernel.name}' has no parameter '${name}'${didYouMean(name, names)}`,
          names.length === 0 ? "it has none: leave it out" : `its parameters are ${names.join(", ")}`,
        );
      }
      const { type } = parameter;
      const [fits, wanted] =
        type === "f32"
          ? [Number.isFinite(Math.fround(value)), "a finite number"]
          : type === "u32"
            ? [value === value >>> 0, "a whole number from 0 to 4294967295"]
            : [value === (value | 0), "a whole number from -2147483648 to 2147483647"];
      if (typeof value !== "number" || !fits)
        throw new ParameterError(`parameter '${name}' (${type}) can't be ${String(value)}`, `give ${wanted}`);
      return [name, type === "f32" ? Math.fround(value) : value];
    }),
  );
}
