/** Linear forms over expressions: bounds of integers that hold whatever the expressions are. */
import type { Expr } from "../ir.ts";

/** A sum of expressions, each with a factor, and a constant under "one". */
export type Form = ReadonlyMap<Expr | "one", number>;

export interface Bounds {
  readonly lower: readonly Form[];
  readonly upper: readonly Form[];
}

/** More than a bound that somebody writes needs, and few enough to try. */
export const most = 12;

export const zero: Form = new Map();

export function constant(value: number): Form {
  return new Map([["one", value]]);
}
export function exactly(form: Form): Bounds {
  return { lower: [form], upper: [form] };
}
export function plus(a: Form, b: Form): Form {
  const sum = new Map(a);
  for (const [of, factor] of b) sum.set(of, (sum.get(of) ?? 0) + factor);
  return sum;
}
export function times(form: Form, factor: number): Form {
  return new Map([...form].map(([of, value]) => [of, value * factor]));
}
export function few(forms: readonly Form[]): readonly Form[] {
  return forms.slice(0, most);
}
export function pairs(as: readonly Form[], bs: readonly Form[], of: (a: Form, b: Form) => Form): readonly Form[] {
  return few(as.flatMap((a) => bs.map((b) => of(a, b))));
}
