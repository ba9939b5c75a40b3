/** What to write for a power. */
import { Node } from "ts-morph";
import { shorten } from "./fixes.ts";

/** `exponent` is undefined where it is no constant. */
export function insteadOfPower(base: Node, exponentAt: Node, exponent: number | undefined): string {
  const text = shorten(base.getText());
  const factor = Node.isIdentifier(base) || Node.isCallExpression(base) || Node.isParenthesizedExpression(base) || Node.isPropertyAccessExpression(base) || Node.isNumericLiteral(base) ? text : `(${text})`;
  if (exponent === 0.5) return `write sqrt(${text})`;
  if (exponent === -0.5) return `write rsqrt(${text})`;
  if (exponent !== undefined && Number.isInteger(exponent)) {
    const product = Array.from({ length: Math.min(Math.abs(exponent), 9) }, () => factor).join(" * ");
    if (Math.abs(exponent) > 8) return "write the product out, by squares: const square = x * x";
    if (exponent === 0) return "write 1";
    return `write ${exponent > 0 ? product : `1 / ${exponent === -1 ? product : `(${product})`}`}`;
  }
  return `where ${text} is positive, write exp(${shorten(exponentAt.getText())} * log(${text})); for whole exponents, write the product out`;
}
