/** Shifts, and powers with a constant exponent. */
import type { BinaryExpression } from "ts-morph";
import { unknownOf } from "./unknown-value.ts";
import { standIn } from "./poison.ts";
import { insteadOfPower } from "./powers.ts";
import { instead, shorten, shown, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { scalar, type Value } from "./values.ts";

export function readShift(
  reading: Reading,
  node: BinaryExpression,
  operator: string,
  left: Value,
  right: Value,
): Value {
  const [leftAt, rightAt] = [node.getLeft(), node.getRight()];
  const a = reading.expr(left, leftAt);
  const isWhole = right.kind !== "literal" || (Number.isInteger(right.value) && !right.decimal && right.value >= 0);
  if (!isWhole)
    reading.report.add(
      "R008",
      rightAt,
      `a shift by ${shorten(rightAt.getText())} bits`,
      right.value < 0
        ? "write a whole number from 0 to 31"
        : {
            ...write(rightAt, String(Math.min(31, Math.trunc(right.value)))),
            more: ", or another whole number from 0 to 31",
          },
    );
  const b = isWhole ? reading.expr(right, rightAt, "u32") : reading.pool.u32(0);
  if (a === undefined || b === undefined) return unknownOf(reading, [left, right], [leftAt, rightAt]);
  const { pool } = reading;
  if (a.type === "bool") {
    const text = `select(${leftAt.getText()}, u32(1), u32(0))`;
    reading.report.add(
      "R006",
      node,
      `'${operator}' of a condition`,
      instead(`turn the condition into a number: ${shown(text)}`, leftAt, text),
    );
    return scalar(reading.at(node, standIn(pool, "u32", [a, b])));
  }
  if (a.type === "f32") {
    // A float's bits are a u32; what the shift gives becomes a float again, as what stands around it expects.
    const text = `fromBits(bitsOf(${leftAt.getText()}) ${operator} ${rightAt.getText()})`;
    reading.report.add("R006", node, `'${operator}' of f32`, {
      ...instead(`shift its bits: ${shown(text)}`, node, text),
      more: ", or convert it to u32 or i32 first",
    });
    return scalar(reading.at(node, standIn(pool, "f32", [a, b])));
  }
  if (b.kind === "constant" && b.bits > 31) {
    reading.report.add(
      "R008",
      rightAt,
      `a shift by ${b.bits} bits of 32`,
      instead("shift by 0 to 31 bits", rightAt, "31"),
    );
    return scalar(a);
  }
  // >>> of an i32 shifts its bits as those of a u32: zeros come in, and it is an i32 still.
  if (operator === ">>>" && a.type === "i32") {
    return scalar(reading.at(node, pool.unary("toI32", pool.binary("shiftRight", pool.unary("toU32", a), b))));
  }
  return scalar(reading.at(node, pool.binary(operator === "<<" ? "shiftLeft" : "shiftRight", a, b)));
}

export function readPower(reading: Reading, node: BinaryExpression, left: Value, right: Value): Value {
  if (right.kind !== "literal" || left.kind !== "literal" || !Number.isInteger(right.value)) {
    const exponent = right.kind === "literal" ? right.value : undefined;
    if (left.kind !== "fault")
      reading.report.add(
        "R010",
        node,
        "'**' is only for constants with a whole exponent",
        insteadOfPower(node, node.getLeft(), node.getRight(), exponent),
      );
    const [leftAt, rightAt] = [node.getLeft(), node.getRight()];
    const parts = [
      reading.expr(left, leftAt),
      right.kind === "literal" ? undefined : reading.expr(right, rightAt),
    ].filter((part) => part !== undefined);
    const type = reading.typeOf(left) === "loose" ? reading.typeOf(right) : reading.typeOf(left);
    return type === undefined || type === "loose"
      ? unknownOf(reading, [left, right], [leftAt, rightAt])
      : scalar(reading.at(node, standIn(reading.pool, type, parts)));
  }
  let value = 1;
  for (let i = 0; i < Math.min(Math.abs(right.value), 4096); i++) value *= left.value;
  if (right.value < 0) value = 1 / value;
  return { kind: "literal", value, decimal: left.decimal || !Number.isInteger(value) };
}
