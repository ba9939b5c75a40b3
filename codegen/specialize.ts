/** Pass 1: the model's sizes become constants. Everything after this pass is of one model. */
import { own } from "../dsl/own.ts";
import type { Expr, Kernel } from "../dsl/ir.ts";
import { Pool } from "../dsl/expr.ts";
import { withSizes } from "../dsl/sized.ts";
import { CompileError } from "./errors.ts";
import type { PassKernel } from "./pass-kernel.ts";

/** Extents beyond this would overflow 32-bit addresses long before. */
const largestExtent = 2 ** 30;

export function specialize(kernel: Kernel, sizes: Readonly<Record<string, number>>): PassKernel {
  const pool = new Pool();
  const extents = new Map<string, Expr>();
  for (const axis of kernel.axes) {
    if (axis.role !== "model") {
      extents.set(axis.name, pool.extent(axis.name));
      continue;
    }
    const size = own(sizes, axis.name);
    if (size === undefined) {
      throw new CompileError(
        `kernel ${kernel.name}: model axis '${axis.name}' has no extent`,
        `give it one, as in --axis ${axis.name}=64`,
        kernel.location,
      );
    }
    if (!Number.isInteger(size) || size < 1 || size > largestExtent) {
      throw new CompileError(
        `kernel ${kernel.name}: axis '${axis.name}' cannot have extent ${size}`,
        `give a whole number from 1 to ${largestExtent}`,
        kernel.location,
      );
    }
    extents.set(axis.name, pool.u32(size));
  }
  const { outputs, origins, names, memo } = withSizes(kernel, pool, extents);
  for (const [written, sized] of memo) {
    if (sized.kind !== "binary" || (sized.operator !== "divide" && sized.operator !== "remainder")) continue;
    if (sized.right.kind !== "constant" || sized.right.bits !== 0) continue;
    const location = kernel.origins.get(written) ?? kernel.location;
    const place = location === null ? "" : `, in line ${location.line} of ${location.file}`;
    throw new CompileError(
      `kernel ${kernel.name}: an integer is divided by zero at these extents${place}`,
      "give the axes that the divisor is made of larger extents",
      location,
    );
  }
  return { ...kernel, pool, outputs, extents, scratch: new Set(), origins, names };
}
