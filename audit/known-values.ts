/** Values of tables and parameters that control flow needs: which element has which, at which of the cases. */
import type { Kernel } from "../dsl/ir.ts";
import type { Case } from "./sizes.ts";

interface Request {
  readonly kernel: Kernel;
  readonly at: Case;
  readonly number: number;
}

/**
 * Rows of which each takes every value in turn; those beyond take them in no order, so that no step from row to row is
 * a period.
 */
const rowsInTurn = 4;

function spread(element: number): readonly [number, number] {
  if (element < rowsInTurn) return [element, element];
  const hash = Math.imul(element ^ (element >>> 15), 0x2c1b3c6d);
  const mixed = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return [(mixed ^ (mixed >>> 15)) >>> 16, (mixed ^ (mixed >>> 13)) & 0xffff];
}

/**
 * Neighbours differ, and so do tables and rows that lie any step apart: what reads the wrong one shows. One of three is
 * the longest.
 */
export function valueOf({ kernel, at, number }: Request, name: string, element: number): number {
  const values = at.valuesOf.get(name) ?? at.values;
  const table = [...kernel.inputs, ...kernel.parameters].findIndex((candidate) => candidate.name === name);
  const [longest, other] = spread(element);
  if (values.length === 1 || (longest + table) % 3 === number % 3) return values[0]!;
  return values[1 + ((other + number + table) % (values.length - 1))]!;
}

export function valueOfParameter(request: Request, name: string): number {
  const values = request.at.valuesOf.get(`parameter ${name}`);
  return values === undefined ? valueOf(request, name, 0) : values[request.number % values.length]!;
}
