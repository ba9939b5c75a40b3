/** What to write for a power. */
import type { Node } from "ts-morph";
import { bare, fitted, operandText, write } from "./fixes.ts";
import type { Fix } from "./report.ts";

/** `exponent` is undefined where it is no constant. */
export function insteadOfPower(node: Node, base: Node, exponentAt: Node, exponent: number | undefined): string | Fix {
  const text = bare(base).getText();
  const factor = operandText(base);
  if (exponent === 0.5) return write(node, `sqrt(${text})`);
  if (exponent === -0.5) return write(node, `rsqrt(${text})`);
  if (exponent !== undefined && Number.isInteger(exponent)) {
    const product = Array.from({ length: Math.min(Math.abs(exponent), 9) }, () => factor).join(" * ");
    if (Math.abs(exponent) > 8) return "write the product out, by squares: const square = x * x";
    if (exponent === 0) return write(node, "1");
    return write(node, fitted(node, exponent > 0 ? product : `1 / ${exponent === -1 ? product : `(${product})`}`));
  }
  return {
    ...write(node, `exp(${operandText(exponentAt)} * log(${text}))`),
    more: `, where ${text} is positive; for whole exponents, write the product out`,
  };
}
