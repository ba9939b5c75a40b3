/** Calls of functions that the language does not have under this name. */
import { SyntaxKind } from "ts-morph";
import type { Fix } from "./report.ts";
import { removeImport } from "./imports.ts";
import type { Reading } from "./reading.ts";
import { nearest } from "./suggest.ts";
import { fault, type Scope, type Value } from "./values.ts";
import { callInstead, powerWords, likeMath, type CallLike } from "./math-calls.ts";
import { sumInstead, reportUnknown, mathInstead, isJavaScriptMath } from "./unknown.ts";

/** What others call reductions: one of ours in its place would bind the axes that are open in their arguments. */
export const reductions: ReadonlySet<string> = new Set([
  "dot",
  "mean",
  "softmax",
  "prod",
  "subgroupAdd",
  "any",
  "all",
  "count",
  "variance",
  "norm",
  "matmul",
  "einsum",
  "argmin",
]);

/** A fix that takes the name out of the import, too, where it was asked for in vain. */
function withoutImport(scope: Scope, name: string, fix: string | Fix): string | Fix {
  const at = scope.find(name)?.at;
  if (at === undefined || typeof fix === "string" || fix.edits.length === 0) return fix;
  const uses = at
    .getSourceFile()
    .getDescendantsOfKind(SyntaxKind.CallExpression)
    .filter((call) => call.getExpression().getText() === name);
  return uses.length > 1 ? fix : { ...fix, edits: [...fix.edits, removeImport(at)] };
}

/** What others call functions, and what to write instead. */
const otherFunctions: Readonly<Record<string, string>> = {
  dot: sumInstead,
  fma: "write a * b + c: the compiler fuses where that is exact",
  inverseSqrt: "write rsqrt(x)",
  mean: "write sum(axis, tree, leaf) / f32(extent(axis))",
  argmin: "write argmax(axis, tree, (item) => -x(item))",
  softmax: "write it with max, sum and exp, or reduce over runs",
  prod: 'reduce with a reducer of your own: state { p: "f32" }, identity { p: 1 }',
  Float32Array: "use the inputs",
  parseInt: "write u32(x) or i32(x)",
  parseFloat: "write f32(x)",
  Number: "write f32(x)",
  BigInt: "use u32 or i32",
  f16: "use bf16(x)",
  where: "write select(condition, whenTrue, whenFalse)",
  relu: "write max(x, 0)",
  clamp: "write min(max(x, low), high)",
  clip: "write min(max(x, low), high)",
  square: "write x * x",
  log1p: "write log(1 + x)",
  expm1: "write exp(x) - 1",
  softplus: "write log(1 + exp(x))",
  range:
    "reduce over below(axis, n) or upTo(axis, last), which begin at 0, and leave out the first ones in the leaf: " +
    "select(item < first, 0, value)",
  above: "reduce over the axis itself, and leave out the first ones in the leaf: select(item < first, 0, value)",
  from: "reduce over the axis itself, and leave out the first ones in the leaf: select(item < first, 0, value)",
  any: "write max(axis, tree, (item) => select(condition, 1, 0)) > 0",
  all: "write -max(axis, tree, (item) => select(condition, -1, 0)) > 0",
  count: "write sum(axis, tree, (item) => select(condition, 1, 0))",
  variance: "write it with two sums, or reduce with Welford's reducer",
  norm: "write sqrt(sum(axis, tree, (item) => x(item) * x(item)))",
  matmul: "write sum(axis, tree, (k) => a(row, k) * b(k, column))",
  einsum: "write sum(axis, tree, (k) => a(row, k) * b(k, column))",
  zeros: "write 0: the body gives one element",
  ones: "write 1: the body gives one element",
  workgroupBarrier: "remove it: the schedule is the compiler's",
  subgroupAdd: sumInstead,
  require: "write an import",
};

/** What to write instead of a function that the language has not, in words. */
export function functionInstead(name: string): string | undefined {
  if (Object.hasOwn(otherFunctions, name)) return otherFunctions[name];
  return Object.hasOwn(mathInstead, name) ? `write ${mathInstead[name]}` : undefined;
}

/** Another's function whose name is nearly this one. */
export function otherMeant(name: string): string | undefined {
  return name.length < 5 ? undefined : nearest(name, Object.keys(otherFunctions));
}

export function unknownFunction(
  reading: Reading,
  node: CallLike,
  written: string,
  scope: Scope,
  rest: () => Value,
): Value | undefined {
  const isKnown =
    functionInstead(written) !== undefined ||
    nearest(
      written,
      [...scope.names(), ...reading.scopes.languageNames()].filter((one) => one !== written),
    ) !== undefined;
  const name = isKnown ? written : (otherMeant(written) ?? written);
  const isMath = isJavaScriptMath(reading, name);
  const fix = Object.hasOwn(otherFunctions, name)
    ? otherFunctions[name]!
    : isMath
      ? `write ${mathInstead[name]}`
      : undefined;
  if (fix === undefined) return undefined;
  const values = isMath ? node.getArguments().map((arg) => reading.evaluate(arg, scope)) : [];
  reportUnknown(
    reading,
    node,
    (name === "pow" ? powerWords("pow(…)", node, values) : undefined) ?? {
      what: `'${written}(…)'`,
      fix: withoutImport(scope, written, callInstead(node, name, fix)),
    },
  );
  if (isMath) return likeMath(reading, node, name, values, scope);
  const left = rest();
  return reductions.has(name) ? fault : left;
}
