/**
 * Drivers in software unroll nests of loops with constant bounds whole, and then compile for seconds. So a loop around
 * another one starts at a zero that they cannot see.
 */
import { unseenZero } from "./build.ts";
import type { Block } from "./tree.ts";
import { rewriteStatements } from "./walk.ts";

export function hideLoopStarts(block: Block): Block {
  return rewriteStatements(block, (statement) => {
    if (statement.kind !== "for") return statement;
    const { from, body } = statement;
    const isZero = from.kind === "literal" && from.bits === 0;
    const isAround = body.statements.some(({ kind }) => kind === "for" || kind === "while");
    return isZero && isAround ? { ...statement, from: unseenZero } : statement;
  });
}
