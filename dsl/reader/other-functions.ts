/** What others call functions, written in the language. */
import type { Node } from "ts-morph";
import { bare, converted, operandText } from "./fixes.ts";

type Template = (texts: readonly string[], operands: readonly string[]) => string | undefined;

const one =
  (form: (x: string) => string): Template =>
  ([x], _operands) =>
    x === undefined ? undefined : form(x);
const oneOperand =
  (form: (x: string) => string): Template =>
  (_texts, [x]) =>
    x === undefined ? undefined : form(x);
const two =
  (form: (a: string, b: string) => string): Template =>
  (_texts, [a, b]) =>
    a === undefined || b === undefined ? undefined : form(a, b);
const nested =
  (name: string): Template =>
  (texts) =>
    texts.length < 2 ? texts[0] : texts.slice(1).reduce((a, b) => `${name}(${a}, ${b})`, texts[0]!);
const clamp: Template = ([x, low, high]) => (high === undefined ? undefined : `min(max(${x}, ${low}), ${high})`);

const templates: Readonly<Record<string, Template | undefined>> = {
  exp: one((x) => `exp(${x})`),
  log: one((x) => `log(${x})`),
  tanh: one((x) => `tanh(${x})`),
  sqrt: one((x) => `sqrt(${x})`),
  abs: one((x) => `abs(${x})`),
  floor: one((x) => `floor(${x})`),
  max: nested("max"),
  min: nested("min"),
  ceil: oneOperand((x) => `-floor(-${x})`),
  round: oneOperand((x) => `floor(${x} + 0.5)`),
  trunc: oneOperand((x) => `select(${x} < 0, -floor(-${x}), floor(${x}))`),
  sign: oneOperand((x) => `select(${x} < 0, -1, 1)`),
  fround: one((x) => x),
  hypot: two((a, b) => `sqrt(${a} * ${a} + ${b} * ${b})`),
  exp2: oneOperand((x) => `exp(${x} * 0.6931471805599453)`),
  log2: one((x) => `log(${x}) * 1.4426950408889634`),
  log10: one((x) => `log(${x}) * 0.4342944819032518`),
  cbrt: one((x) => `exp(log(${x}) / 3)`),
  imul: two((a, b) => `${a} * ${b}`),
  expm1: one((x) => `exp(${x}) - 1`),
  log1p: oneOperand((x) => `log(1 + ${x})`),
  sinh: oneOperand((x) => `(exp(${x}) - exp(-${x})) / 2`),
  cosh: oneOperand((x) => `(exp(${x}) + exp(-${x})) / 2`),
  fma: ([, , c], [a, b]) => (c === undefined ? undefined : `${a} * ${b} + ${c}`),
  inverseSqrt: one((x) => `rsqrt(${x})`),
  parseInt: one((x) => `u32(${x})`),
  parseFloat: one((x) => `f32(${x})`),
  Number: one((x) => `f32(${x})`),
  f16: one((x) => `bf16(${x})`),
  half: one((x) => `bf16(${x})`),
  float: one((x) => `f32(${x})`),
  int: one((x) => `i32(${x})`),
  where: ([c, a, b]) => (b === undefined ? undefined : `select(${c}, ${a}, ${b})`),
  relu: one((x) => `max(${x}, 0)`),
  clamp,
  clip: clamp,
  square: oneOperand((x) => `${x} * ${x}`),
  softplus: one((x) => `log(1 + exp(${x}))`),
  zeros: () => "0",
  ones: () => "1",
  swish: one((x) => `silu(${x})`),
  inv: oneOperand((x) => `1 / ${x}`),
  neg: oneOperand((x) => `-${x}`),
  rsqrt: one((x) => `rsqrt(${x})`),
  sigmoid: one((x) => `sigmoid(${x})`),
  argmin: (texts) => {
    const [, item, leaf] = /^(\([^()]*\)|\w+)\s*=>\s*([^{]*)$/s.exec(texts[2] ?? "") ?? [];
    return leaf === undefined ? undefined : `argmax(${texts[0]}, ${texts[1]}, ${item} => -${negatable(leaf)})`;
  },
  mean: (texts) => {
    const [domain, tree, leaf] = texts.length === 2 ? [texts[0], '"chain"', texts[1]] : texts;
    return leaf === undefined || !/^\w+$/.test(domain!)
      ? undefined
      : `sum(${domain}, ${tree}, ${leaf}) / f32(extent(${domain}))`;
  },
};

/** A leaf's text behind a minus: a call or a name as it is, else in parentheses. */
function negatable(text: string): string {
  return /^(?:[\w.]+|[\w.]+\([^()]*\))$/.test(text) ? text : `(${text})`;
}

/** The text of a call of another's function with these arguments; undefined where the arguments don't tell. */
export function writtenOut(
  name: string,
  args: readonly Node[],
  isConverted: (position: number) => boolean = () => false,
): string | undefined {
  const template = Object.hasOwn(templates, name) ? templates[name] : undefined;
  const text = (arg: Node, position: number, plain: string): string => {
    if (!isConverted(position)) return plain;
    const float = converted(bare(arg), "f32");
    return float.includes(" / ") && plain !== bare(arg).getText() ? `(${float})` : float;
  };
  return template?.(
    args.map((arg, position) => text(arg, position, bare(arg).getText())),
    args.map((arg, position) => text(arg, position, operandText(arg))),
  );
}
