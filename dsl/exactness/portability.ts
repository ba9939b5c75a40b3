/** Why devices may disagree on a kernel: the first of its operations that may meet, or give, a subnormal number. */
import type { Expr, Kernel, Reduce, SourceLocation } from "../ir.ts";
import { type Finding, Inference } from "./infer.ts";
import { exponentOf, leastNormal, mayBeSubnormal, multiply, ofMagnitude, type Range } from "./range.ts";
import { written } from "./written.ts";

export interface Disagreement {
  /** What may be how small, and what to write against it. */
  readonly reason: string;
  readonly location: SourceLocation;
}

/**
 * Factors from here on have products whose last bit, and so every sum of such, is a normal number or zero; and so have
 * such summands.
 */
const leastFactor = -51;
const leastSummand = -102;
/** Multiples of the least normal number are zero or normal. */
const leastQuantumOfNormal = -126;

/**
 * In the order of the source; undefined where each operation is proved to see zero and normal numbers, or overflows.
 */
export function findDisagreement(kernel: Kernel): Disagreement | undefined {
  const inference = new Inference();
  inference.judge(kernel);
  const found = [...inference.findings.values()].map((finding) => ({ finding, location: locationOf(kernel, finding) }));
  found.sort(
    (a, b) =>
      a.location.line - b.location.line ||
      a.location.column - b.location.column ||
      a.finding.operation.id - b.finding.operation.id,
  );
  const [first] = found;
  return first === undefined ? undefined : { reason: describe(kernel, first.finding), location: first.location };
}

/** Of the operation, or of the call or reduction that it stands in. */
function locationOf(kernel: Kernel, { operation, within }: Finding): SourceLocation {
  for (const place of [operation, ...within.toReversed()]) {
    const location =
      kernel.origins.get(place as Expr | Reduce) ??
      (place.kind === "reduce" ? locationOfFields(kernel, place) : undefined);
    if (location !== undefined) return location;
  }
  return kernel.location;
}

function locationOfFields(kernel: Kernel, reduce: Reduce): SourceLocation | undefined {
  return kernel.origins.get(kernel.pool.field(reduce, reduce.reducer.fields[0]!.name));
}

function describe({ names, origins }: Kernel, finding: Finding): string {
  const { operation, operands, within } = finding;
  const parts = operation.kind === "unary" ? [operation.operand] : [operation.left, operation.right];
  const nameOf = (expr: Expr): string => names.get(expr) ?? written(expr, names);
  const around = within.at(-1);
  if (around?.kind === "reduce" && !origins.has(operation) && around.leaf.length === 1) {
    const leaf = nameOf(around.leaf[0]!);
    return (
      `the ${around.reducer.name} over '${around.axis}' of ${leaf} ${smallAs(finding.least)}; put flush(…, 2 ** ` +
      `${leastSummand}) around ${leaf}`
    );
  }
  const where =
    around === undefined ? "" : ` in '${around.kind === "call" ? around.callee.name : around.reducer.name}'`;
  const { least, wanting } = remedyOf(operation, operands);
  const wrapped = [...new Set(wanting.map((position) => nameOf(parts[position]!)))];
  const put = `put flush(…, 2 ** ${least}) around ${wrapped.join(" and ")}`;
  if (operation.type === "f32" && finding.least < leastNormal)
    return `${written(operation, names)}${where} ${smallAs(finding.least)}; ${put}`;
  const smallest = operands[0]!.least <= (operands[1]?.least ?? Infinity) ? 0 : 1;
  return (
    `${nameOf(parts[smallest]!)} ${smallAs(operands[smallest]!.least)} before ` +
    `${written(operation, names)}${where}; ${put}`
  );
}

function smallAs(least: number): string {
  return `may be as small as 2^${exponentOf(least)}, which some devices flush to zero`;
}

/** From which exponent on operands are large enough, and which of them are not, by position. */
function remedyOf(
  { operator }: Finding["operation"],
  operands: readonly Range[],
): { readonly least: number; readonly wanting: readonly number[] } {
  const where = (isWanting: (range: Range) => boolean): number[] =>
    operands.flatMap((range, position) => (isWanting(range) ? [position] : []));
  if (operator === "add" || operator === "subtract")
    return { least: leastSummand, wanting: where((range) => range.quantum < leastQuantumOfNormal) };
  if (operator !== "multiply") return { least: leastQuantumOfNormal, wanting: where(mayBeSubnormal) };
  const subnormal = where(mayBeSubnormal);
  const [left, right] = operands.map((range, position) =>
    subnormal.includes(position) ? (ofMagnitude(range, 2 ** leastFactor, Infinity) ?? range) : range,
  );
  const isEnough = subnormal.length > 0 && multiply(left!, right!).quantum >= leastQuantumOfNormal;
  return { least: leastFactor, wanting: isEnough ? subnormal : where((range) => range.least < 2 ** leastFactor) };
}
