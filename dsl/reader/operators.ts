/** Operators with one and two operands, on values and on constants. */
import { Node, SyntaxKind, type BinaryExpression, type PrefixUnaryExpression } from "ts-morph";
import type { BinaryOperator, Expr, ValueType } from "../ir.ts";
import { callFunction } from "./functions.ts";
import { unknownOf } from "./unknown-value.ts";
import { hole, standIn } from "./poison.ts";
import { bare, fitted, instead, operandText, renew, replaceBy, shorten, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import { reportAssignment } from "./assignments.ts";
import { reportUnknown } from "./unknown.ts";
import { scalar, type Scope, type Value } from "./values.ts";
import { onConstants, comparisonsOfConstants } from "./constant-operators.ts";
import { absenceTest, conditionCompared, chosenNumber } from "./conditions.ts";
import { readShift, readPower } from "./shifts.ts";

export function readUnary(reading: Reading, node: PrefixUnaryExpression, scope: Scope): Value {
  const operator = node.getOperatorToken();
  if (operator === SyntaxKind.PlusPlusToken || operator === SyntaxKind.MinusMinusToken)
    return reportAssignment(reading, node, scope);
  const at = node.getOperand();
  const operand = reading.evaluate(at, scope);
  if (operand.kind === "literal") {
    if (operator === SyntaxKind.MinusToken) return { ...operand, value: -operand.value };
    if (operator === SyntaxKind.PlusToken) return operand;
    if (operator === SyntaxKind.TildeToken) return { ...operand, value: ~operand.value >>> 0 };
  }
  const number = reading.typeOf(operand);
  if (
    operator === SyntaxKind.ExclamationToken &&
    (operand.kind === "scalar" || operand.kind === "axis") &&
    number !== "bool"
  ) {
    reading.report.add(
      "R006",
      node,
      `! takes a condition, and this is ${number}`,
      renew(node, "compare it", fitted(node, `${operandText(at)} === 0`)),
    );
    return scalar(reading.at(node, standIn(reading.pool, "bool", [reading.expr(operand, at)!])));
  }
  const expr = reading.expr(operand, at, operator === SyntaxKind.ExclamationToken ? "bool" : undefined);
  if (expr === undefined) return unknownOf(reading, [operand], [at]);
  const make = (name: "negate" | "not" | "complement"): Value =>
    scalar(reading.at(node, reading.pool.unary(name, expr)));
  const wrong = (type: ValueType, message: string, fix: string | Fix): Value => {
    reading.report.add("R006", node, message, fix);
    return scalar(reading.at(node, standIn(reading.pool, type, [expr])));
  };
  switch (operator) {
    case SyntaxKind.PlusToken:
      return operand;
    case SyntaxKind.ExclamationToken:
      return make("not");
    case SyntaxKind.TildeToken:
      return expr.type === "u32" || expr.type === "i32"
        ? make("complement")
        : wrong(
            expr.type,
            `~ of ${expr.type === "bool" ? "a condition" : expr.type}`,
            expr.type === "bool"
              ? write(node, `!${operandText(at)}`)
              : renew(node, "take its bits first", `fromBits(~bitsOf(${bare(at).getText()}))`),
          );
    case SyntaxKind.MinusToken:
      return expr.type === "f32" || expr.type === "i32"
        ? make("negate")
        : wrong(
            expr.type === "bool" ? "bool" : staysUnsigned(reading, node) ? "u32" : "i32",
            `a negated ${expr.type === "bool" ? "condition" : expr.type}`,
            expr.type === "bool"
              ? write(node, `!${operandText(at)}`)
              : staysUnsigned(reading, node)
                ? renew(node, "convert it, and back", `u32(-i32(${bare(at).getText()}))`)
                : renew(node, "convert it first", `-i32(${bare(at).getText()})`),
          );
    default:
      return reportUnknown(reading, node);
  }
}

/** Whether a value is what the outputs hold, all of them u32. */
function staysUnsigned(reading: Reading, node: Node): boolean {
  const parent = node.getParent();
  return (
    reading.outputTypes.has("u32") &&
    reading.outputTypes.size === 1 &&
    (Node.isArrowFunction(parent) || Node.isReturnStatement(parent) || Node.isParenthesizedExpression(parent)) &&
    node.getFirstAncestorByKind(SyntaxKind.ArrowFunction) !== undefined &&
    (reading.body === parent || (Node.isReturnStatement(parent) && parent.getParent()?.getParent() === reading.body))
  );
}

/** Operators with two operands: the operation, and whether the operands change places. */
const operators: Readonly<Record<string, { readonly name: BinaryOperator; readonly swapped?: true } | undefined>> = {
  "+": { name: "add" },
  "-": { name: "subtract" },
  "*": { name: "multiply" },
  "/": { name: "divide" },
  "%": { name: "remainder" },
  "&": { name: "and" },
  "|": { name: "or" },
  "^": { name: "xor" },
  "<": { name: "less" },
  "<=": { name: "lessEqual" },
  ">": { name: "less", swapped: true },
  ">=": { name: "lessEqual", swapped: true },
  "==": { name: "equal" },
  "===": { name: "equal" },
  "!=": { name: "notEqual" },
  "!==": { name: "notEqual" },
};

export function readBinary(reading: Reading, node: BinaryExpression, scope: Scope): Value {
  const operator = node.getOperatorToken().getText();
  const [leftAt, rightAt] = [node.getLeft(), node.getRight()];
  if (operator.endsWith("=") && !["==", "===", "!=", "!==", "<=", ">="].includes(operator))
    return reportAssignment(reading, node, scope);
  const absent = [leftAt, rightAt].find(
    (side) =>
      bare(side).getKind() === SyntaxKind.NullKeyword ||
      (bare(side).getText() === "undefined" && scope.find("undefined") === undefined),
  );
  if (absent !== undefined && /^[!=]==?$/.test(operator)) return absenceTest(reading, node, absent, scope);
  const left = reading.evaluate(leftAt, scope);
  const right = reading.evaluate(rightAt, scope);
  if (
    /^[<>]=?$/.test(operator) &&
    Node.isBinaryExpression(leftAt) &&
    /^[<>]=?$/.test(leftAt.getOperatorToken().getText())
  ) {
    reading.report.add(
      "R006",
      node,
      "a chain of comparisons compares a condition",
      write(node, `${leftAt.getText()} && ${leftAt.getRight().getText()} ${operator} ${rightAt.getText()}`),
    );
    return scalar(reading.at(node, hole(reading.pool, "bool")));
  }
  const told = conditionCompared(reading, node, operator, left, right);
  if (told !== undefined) return told;
  if (left.kind === "text" && operator === "+" && (right.kind === "text" || right.kind === "literal")) {
    return { kind: "text", text: left.text + (right.kind === "text" ? right.text : String(right.value)) };
  }
  if (operator === "**") return readPower(reading, node, left, right);
  if (left.kind === "literal" && right.kind === "literal") {
    const compare = comparisonsOfConstants[operator];
    if (compare !== undefined) return scalar(reading.pool.bool(compare(left.value, right.value)));
    const fold = onConstants[operator];
    if (fold !== undefined) {
      const value = fold(left.value, right.value);
      return { kind: "literal", value, decimal: left.decimal || right.decimal || !Number.isInteger(value) };
    }
  }
  if (operator === "&&" || operator === "||") {
    const chosen = chosenNumber(reading, node, operator, left, right);
    if (chosen !== undefined) return chosen;
    const a = reading.expr(left, leftAt, "bool");
    const b = reading.expr(right, rightAt, "bool");
    return scalar(reading.at(node, reading.pool.binary(operator === "&&" ? "bothTrue" : "eitherTrue", a!, b!)));
  }
  if (operator === "<<" || operator === ">>" || operator === ">>>")
    return readShift(reading, node, operator, left, right);
  const known = operators[operator];
  if (known === undefined) {
    const fix = insteadOfOperator[operator];
    const kept = operator === "??" ? leftAt : operator === "," ? rightAt : undefined;
    reportUnknown(
      reading,
      node,
      fix === undefined
        ? undefined
        : {
            what: operator === "," ? "a comma between values" : `'${operator}'`,
            fix: kept === undefined ? fix : instead(fix, node, kept.getText()),
          },
    );
    if (kept !== undefined) return kept === leftAt ? left : right;
    return unknownOf(reading, [left, right], [leftAt, rightAt]);
  }
  const pair = reading.pair(left, right, node, leftAt, rightAt, `'${operator}'`);
  if (pair === undefined) {
    const unknown = unknownOf(reading, [left, right], [leftAt, rightAt]);
    return comparisonsOfConstants[operator] === undefined || unknown.kind !== "fault"
      ? unknown
      : scalar(hole(reading.pool, "bool", unknown.parts));
  }
  return operate(reading, node, operator, known, pair);
}

const insteadOfOperator: Readonly<Record<string, string | undefined>> = {
  "??": "leave it out: every value is there",
  ",": "write one value; what a body needs on the way is a const",
  in: "write a comparison of numbers",
  instanceof: "leave it out: there are no classes",
};

function operate(
  reading: Reading,
  node: BinaryExpression,
  operator: string,
  known: { name: BinaryOperator; swapped?: true },
  [a, b]: [Expr, Expr],
): Value {
  const wrong = (message: string, fix: string | Fix): Value => {
    reading.report.add("R006", node, message, fix);
    return scalar(
      reading.at(node, standIn(reading.pool, comparisonsOfConstants[operator] === undefined ? a.type : "bool", [a, b])),
    );
  };
  const [left, right] = [bare(node.getLeft()).getText(), bare(node.getRight()).getText()];
  const texts = [shorten(left), shorten(right)] as const;
  if (a.type === "bool") {
    const both: Readonly<Record<string, string | undefined>> = { "&": "&&", "|": "||" };
    const logical = both[operator];
    const [p, q] = [operandText(node.getLeft()), operandText(node.getRight())];
    return wrong(
      `'${operator}' of two conditions`,
      logical !== undefined
        ? { words: `write ${logical}`, edits: [replaceBy(node.getOperatorToken(), logical)] }
        : operator.startsWith("=")
          ? write(node, fitted(node, `${p} && ${q} || !${p} && !${q}`))
          : operator.startsWith("!=") || operator === "^"
            ? write(node, fitted(node, `${p} && !${q} || !${p} && ${q}`))
            : {
                ...write(
                  node,
                  `select(${bare(node.getLeft()).getText()}, 1, 0) ${operator} ` +
                    `select(${bare(node.getRight()).getText()}, 1, 0)`,
                ),
                more: ", or combine conditions with &&, || and !",
              },
    );
  }
  if (known.name === "and" || known.name === "or" || known.name === "xor") {
    const isTruncation = operator === "|" && texts[1] === "0";
    if (a.type === "f32") {
      return wrong(
        `'${operator}' of f32`,
        isTruncation
          ? instead(`to cut off the fraction, write f32(i32(${texts[0]}))`, node, `f32(i32(${left}))`)
          : renew(
              node,
              "take the bits first",
              `fromBits(bitsOf(${left}) ${operator} ${b.kind === "constant" ? right : `bitsOf(${right})`})`,
            ),
      );
    }
  } else if (known.name === "divide" || known.name === "remainder") {
    if (a.type === "f32" && known.name === "divide") return divide(reading, node, a, b);
    if (a.type === "f32")
      return wrong("'%' of f32", {
        ...write(
          node,
          fitted(
            node,
            `${operandText(node.getLeft())} - floor(${operandText(node.getLeft())} / ` +
              `${operandText(node.getRight())}) * ${operandText(node.getRight())}`,
          ),
        ),
        more: ", which has the divisor's sign, where JavaScript's % has the dividend's",
      });
    if (known.name === "divide" && a.kind === "constant" && a.bits === 1 && b.kind === "extent") {
      const around = node.getParentIfKind(SyntaxKind.CallExpression);
      const isConverted = around?.getExpression().getText() === "f32";
      const whole = `1 / f32(${right})`;
      const at = isConverted ? around! : node;
      reading.report.add(
        "R006",
        node,
        `${texts[0]} / ${texts[1]} of integers is truncated to 0`,
        write(at, fitted(at, whole), ", of f32"),
      );
      return scalar(
        reading.at(node, isConverted ? standIn(reading.pool, a.type, [b]) : standIn(reading.pool, "f32", [b])),
      );
    }
    if (b.kind === "constant" && b.bits === 0)
      return wrong(`'${operator}' by zero`, "divide by something that is not zero");
  }
  if (a === b && a.type === "f32" && (known.name === "equal" || known.name === "notEqual")) {
    return wrong(
      `'${operator}' of one value with itself, which drivers take for ${known.name === "equal"}`,
      write(node, `${known.name === "equal" ? "!" : ""}isNaN(${left})`, ", which looks at the bits"),
    );
  }
  return scalar(
    reading.at(
      node,
      known.swapped === true ? reading.pool.binary(known.name, b, a) : reading.pool.binary(known.name, a, b),
    ),
  );
}

/** A float quotient is a call of the library's `divide`. */
function divide(reading: Reading, node: Node, dividend: Expr, divisor: Expr): Value {
  const library = reading.scopes.library("divide");
  if (library?.kind !== "function") throw new Error("dsl/math.ts exports no function 'divide'");
  return callFunction(reading, library, [scalar(dividend), scalar(divisor)], node, [node, node]);
}
