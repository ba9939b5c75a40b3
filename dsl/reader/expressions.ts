/** Gives an expression of the source its value. */
import { Node, SyntaxKind, type BinaryExpression, type Expression, type PrefixUnaryExpression } from "ts-morph";
import type { BinaryOperator, Expr, ValueType } from "../ir.ts";
import { checkCondition } from "./batch-rules.ts";
import { readElement } from "./brackets.ts";
import { callFunction, unknownOf } from "./functions.ts";
import { hole, standIn } from "./holes.ts";
import { callIntrinsic } from "./intrinsics.ts";
import { readLoad } from "./loads.ts";
import { shorten, type Reading } from "./reading.ts";
import { nearest } from "./suggest.ts";
import { isJavaScriptMath, mathInstead, reportAssignment, reportUnknown, unknownCall } from "./unknown.ts";
import { describe, fault, scalar, type Scope, type Value } from "./values.ts";
import { intrinsicNames } from "./intrinsic-names.ts";

/** The value of an expression; `fault`, after a report, where it has none. `name` is what its author calls it. */
export function evaluate(reading: Reading, node: Node, scope: Scope, name?: string): Value {
  const value = evaluateUnnamed(reading, node, scope);
  if (name === undefined) return value;
  if (value.kind === "function" && value.name === "") return { ...value, name };
  if (value.kind === "scalar" && !reading.names.has(value.expr)) {
    reading.named(value.expr, name);
    if (value.expr.kind === "field") reading.named(value.expr.of, name);
  }
  if (value.kind === "record" && value.reduce !== undefined) reading.named(value.reduce, name);
  return value;
}

function evaluateUnnamed(reading: Reading, node: Node, scope: Scope): Value {
  if (Node.isParenthesizedExpression(node) || Node.isAsExpression(node) || Node.isSatisfiesExpression(node) || Node.isNonNullExpression(node)) {
    return evaluate(reading, node.getExpression(), scope);
  }
  if (Node.isNumericLiteral(node)) return readNumber(node.getText());
  if (Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node)) return { kind: "text", text: node.getLiteralText() };
  if (Node.isTemplateExpression(node)) return readTemplate(reading, node, scope);
  if (Node.isTrueLiteral(node) || Node.isFalseLiteral(node)) return scalar(reading.pool.bool(Node.isTrueLiteral(node)));
  if (Node.isIdentifier(node)) return readName(reading, node, scope);
  if (Node.isPrefixUnaryExpression(node)) return readUnary(reading, node, scope);
  if (Node.isBinaryExpression(node)) return readBinary(reading, node, scope);
  if (Node.isConditionalExpression(node)) {
    return choose(reading, node, [node.getCondition(), node.getWhenTrue(), node.getWhenFalse()], scope);
  }
  if (Node.isCallExpression(node)) return readCall(reading, node, scope);
  if (Node.isPropertyAccessExpression(node)) return readProperty(reading, node, node.getExpression(), node.getName(), node.getNameNode(), scope);
  if (Node.isElementAccessExpression(node)) return readElement(reading, node, scope);
  if (Node.isArrowFunction(node) || Node.isFunctionExpression(node)) {
    return { kind: "function", node, scope, name: "", topLevel: isTopLevel(node) };
  }
  if (Node.isObjectLiteralExpression(node)) return readObject(reading, node, scope);
  if (Node.isArrayLiteralExpression(node)) {
    return { kind: "tuple", items: node.getElements().map((element) => evaluate(reading, element, scope)) };
  }
  if (Node.isPostfixUnaryExpression(node)) return reportAssignment(reading, node, scope);
  const parts: Node[] = [];
  node.forEachChild((part) => { if (Node.isExpression(part)) parts.push(part); });
  reportUnknown(reading, node);
  const values = parts.map((part) => evaluate(reading, part, scope));
  return Node.isAwaitExpression(node) ? values[0]! : unknownOf(reading, values, parts);
}

function isTopLevel(node: Node): boolean {
  return node.getFirstAncestor((above) => Node.isArrowFunction(above) || Node.isFunctionExpression(above) || Node.isFunctionDeclaration(above) || Node.isMethodDeclaration(above)) === undefined;
}

function readNumber(text: string): Value {
  const clean = text.replaceAll("_", "");
  const value = Number(clean);
  const decimal = !/^0[xbo]/i.test(clean) && /[.e]/i.test(clean);
  return { kind: "literal", value, decimal: decimal || !Number.isInteger(value) };
}

function readTemplate(reading: Reading, node: Node & { getHead(): Node & { getLiteralText(): string } } & { getTemplateSpans(): { getExpression(): Expression; getLiteral(): Node & { getLiteralText(): string } }[] }, scope: Scope): Value {
  let text = node.getHead().getLiteralText();
  let faulty = false;
  for (const span of node.getTemplateSpans()) {
    const part = evaluate(reading, span.getExpression(), scope);
    if (part.kind === "fault") {
      faulty = true;
      continue;
    }
    if (part.kind !== "literal" && part.kind !== "text") {
      return reportUnknown(reading, node, { what: `a template that holds ${describe(part)}`, fix: "put only constant numbers and strings into a template" });
    }
    text += (part.kind === "literal" ? String(part.value) : part.text) + span.getLiteral().getLiteralText();
  }
  return faulty ? fault : { kind: "text", text };
}

function readName(reading: Reading, node: Node, scope: Scope): Value {
  const name = node.getText();
  const binding = scope.find(name);
  if (binding !== undefined) {
    const value = binding.value();
    if (value.kind === "tensor") reading.used.add(value.input.name);
    if (value.kind === "scalar" && value.expr.kind === "parameter") reading.used.add(value.expr.name);
    return value;
  }
  if (name === "Infinity") return { kind: "literal", value: Infinity, decimal: true };
  if (name === "NaN") return { kind: "literal", value: NaN, decimal: true };
  if (["undefined", "Math", "Array", "Object", "console", "Number", "globalThis", "process", "performance", "Date", "JSON"].includes(name)) {
    return reportUnknown(reading, node);
  }
  if (reading.axes.has(name)) {
    reading.report.add("R013", node, `the axis '${name}' is not among the axes that the body takes`, `add it to the body's second parameter: { ${name} }`,
      [{ message: `'${name}' is declared here`, at: reading.axes.get(name)!.at }]);
    return { kind: "axis", axis: reading.axes.get(name)! };
  }
  if (reading.inputs.has(name)) {
    const input = reading.inputs.get(name)!;
    reading.report.add("R013", node, `the input '${name}' is not among the inputs that the body takes`, `add it to the body's first parameter: { ${name} }`,
      [{ message: `'${name}' is declared here`, at: input.at }]);
    reading.used.add(name);
    return { kind: "tensor", input, at: input.at };
  }
  if (intrinsicNames.has(name) || reading.scopes.library(name) !== undefined) {
    reading.report.add("R013", node, `'${name}' is not imported`, `add it to the import: import { ${name} } from "treefold"`);
    return intrinsicNames.has(name) ? { kind: "intrinsic", name } : reading.scopes.library(name) ?? fault;
  }
  reading.unknownNames.add(name);
  if (isJavaScriptMath(reading, name)) {
    reading.report.add("R013", node, `'${name}' is not defined`, `write ${mathInstead[name]}`);
  } else {
    const meant = nearest(name, scope.names());
    reading.report.add("R013", node, `'${name}' is not defined`, meant === undefined
      ? `declare it with const, or take it from the body's parameters` : `did you mean '${meant}'?`);
  }
  return fault;
}

function readUnary(reading: Reading, node: PrefixUnaryExpression, scope: Scope): Value {
  const operator = node.getOperatorToken();
  if (operator === SyntaxKind.PlusPlusToken || operator === SyntaxKind.MinusMinusToken) return reportAssignment(reading, node, scope);
  const at = node.getOperand();
  const operand = evaluate(reading, at, scope);
  if (operand.kind === "literal") {
    if (operator === SyntaxKind.MinusToken) return { ...operand, value: -operand.value };
    if (operator === SyntaxKind.PlusToken) return operand;
    if (operator === SyntaxKind.TildeToken) return { ...operand, value: ~operand.value >>> 0 };
  }
  const expr = reading.expr(operand, at, operator === SyntaxKind.ExclamationToken ? "bool" : undefined);
  if (expr === undefined) return unknownOf(reading, [operand], [at]);
  const make = (name: "negate" | "not" | "complement"): Value => scalar(reading.at(node, reading.pool.unary(name, expr)));
  const wrong = (type: ValueType, message: string, fix: string): Value => {
    reading.report.add("R006", node, message, fix);
    return scalar(reading.at(node, standIn(reading.pool, type, [expr])));
  };
  switch (operator) {
    case SyntaxKind.PlusToken: return operand;
    case SyntaxKind.ExclamationToken: return make("not");
    case SyntaxKind.TildeToken:
      return expr.type === "u32" || expr.type === "i32" ? make("complement") : wrong("u32", `~ of ${expr.type}`, `take its bits first: ~bitsOf(${shorten(at.getText())})`);
    case SyntaxKind.MinusToken:
      return expr.type === "f32" || expr.type === "i32" ? make("negate")
        : wrong(expr.type === "bool" ? "bool" : "i32", `a negated ${expr.type === "bool" ? "condition" : expr.type}`, expr.type === "bool" ? `write !${shorten(at.getText())}` : `convert it first: -i32(${shorten(at.getText())})`);
    default: return reportUnknown(reading, node);
  }
}

/** Operators with two operands: the operation, and whether the operands change places. */
const operators: Readonly<Record<string, { readonly name: BinaryOperator; readonly swapped?: true } | undefined>> = {
  "+": { name: "add" }, "-": { name: "subtract" }, "*": { name: "multiply" }, "/": { name: "divide" }, "%": { name: "remainder" },
  "&": { name: "and" }, "|": { name: "or" }, "^": { name: "xor" },
  "<": { name: "less" }, "<=": { name: "lessEqual" }, ">": { name: "less", swapped: true }, ">=": { name: "lessEqual", swapped: true },
  "==": { name: "equal" }, "===": { name: "equal" }, "!=": { name: "notEqual" }, "!==": { name: "notEqual" },
};

const onConstants: Readonly<Record<string, ((left: number, right: number) => number) | undefined>> = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b, "%": (a, b) => a % b,
  "&": (a, b) => (a & b) >>> 0, "|": (a, b) => (a | b) >>> 0, "^": (a, b) => (a ^ b) >>> 0,
  "<<": (a, b) => a * 2 ** b, ">>": (a, b) => Math.floor(a / 2 ** b), ">>>": (a, b) => Math.floor((a >>> 0) / 2 ** b),
};
const comparisonsOfConstants: Readonly<Record<string, ((left: number, right: number) => boolean) | undefined>> = {
  "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  "==": (a, b) => a === b, "===": (a, b) => a === b, "!=": (a, b) => a !== b, "!==": (a, b) => a !== b,
};

function readBinary(reading: Reading, node: BinaryExpression, scope: Scope): Value {
  const operator = node.getOperatorToken().getText();
  const [leftAt, rightAt] = [node.getLeft(), node.getRight()];
  if (operator.endsWith("=") && !["==", "===", "!=", "!==", "<=", ">="].includes(operator)) return reportAssignment(reading, node, scope);
  const left = evaluate(reading, leftAt, scope);
  const right = evaluate(reading, rightAt, scope);
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
    const a = reading.expr(left, leftAt, "bool");
    const b = reading.expr(right, rightAt, "bool");
    return scalar(reading.at(node, reading.pool.binary(operator === "&&" ? "bothTrue" : "eitherTrue", a!, b!)));
  }
  if (operator === "<<" || operator === ">>" || operator === ">>>") return readShift(reading, node, operator, left, right);
  const known = operators[operator];
  if (known === undefined) {
    reportUnknown(reading, node);
    return unknownOf(reading, [left, right], [leftAt, rightAt]);
  }
  const pair = reading.pair(left, right, node, leftAt, rightAt, `'${operator}'`);
  if (pair === undefined) {
    const unknown = unknownOf(reading, [left, right], [leftAt, rightAt]);
    return comparisonsOfConstants[operator] === undefined || unknown.kind !== "fault" ? unknown : scalar(hole(reading.pool, "bool", unknown.parts));
  }
  return operate(reading, node, operator, known, pair);
}

function operate(reading: Reading, node: BinaryExpression, operator: string, known: { name: BinaryOperator; swapped?: true }, [a, b]: [Expr, Expr]): Value {
  const wrong = (message: string, fix: string): Value => {
    reading.report.add("R006", node, message, fix);
    return scalar(reading.at(node, standIn(reading.pool, comparisonsOfConstants[operator] === undefined ? a.type : "bool", [a, b])));
  };
  const texts = [shorten(node.getLeft().getText()), shorten(node.getRight().getText())] as const;
  if (a.type === "bool") {
    return wrong(`'${operator}' of two conditions`, operator.startsWith("=") ? `write ${texts[0]} ? ${texts[1]} : !${texts[1]} with &&, || and !`
      : "combine conditions with &&, || and !, or turn them into numbers with select(condition, 1, 0)");
  }
  if (known.name === "and" || known.name === "or" || known.name === "xor") {
    if (a.type === "f32") return wrong(`'${operator}' of f32`, `take the bits first: bitsOf(${texts[0]}) ${operator} …`);
  } else if (known.name === "divide" || known.name === "remainder") {
    if (a.type === "f32" && known.name === "divide") return divide(reading, node, a, b);
    if (a.type === "f32") return wrong("'%' of f32", `write ${texts[0]} - floor(${texts[0]} / ${texts[1]}) * ${texts[1]}`);
    if (b.kind === "constant" && b.bits === 0) return wrong(`'${operator}' by zero`, "divide by something that is not zero");
  }
  return scalar(reading.at(node, known.swapped === true ? reading.pool.binary(known.name, b, a) : reading.pool.binary(known.name, a, b)));
}

/** A float quotient is a call of the library's `divide`. */
function divide(reading: Reading, node: Node, dividend: Expr, divisor: Expr): Value {
  const library = reading.scopes.library("divide");
  if (library?.kind !== "function") throw new Error("dsl/math.ts exports no function 'divide'");
  return callFunction(reading, library, [scalar(dividend), scalar(divisor)], node, [node, node]);
}

function readShift(reading: Reading, node: BinaryExpression, operator: string, left: Value, right: Value): Value {
  const [leftAt, rightAt] = [node.getLeft(), node.getRight()];
  const a = reading.expr(left, leftAt);
  const b = reading.expr(right, rightAt, "u32");
  if (a === undefined || b === undefined) return unknownOf(reading, [left, right], [leftAt, rightAt]);
  if (a.type !== "u32" && a.type !== "i32" || operator === ">>>" && a.type === "i32") {
    reading.report.add("R006", node, `'${operator}' of ${a.type === "bool" ? "a condition" : a.type}`,
      a.type === "i32" ? `convert it first: u32(${shorten(leftAt.getText())}) >> …` : `take the bits first: bitsOf(${shorten(leftAt.getText())}) ${operator} …`);
    return scalar(reading.at(node, standIn(reading.pool, "u32", [a, b])));
  }
  if (b.kind === "constant" && b.bits > 31) {
    reading.report.add("R008", rightAt, `a shift by ${b.bits} bits of 32`, "shift by 0 to 31 bits");
    return scalar(a);
  }
  return scalar(reading.at(node, reading.pool.binary(operator === "<<" ? "shiftLeft" : "shiftRight", a, b)));
}

function readPower(reading: Reading, node: BinaryExpression, left: Value, right: Value): Value {
  if (right.kind !== "literal" || left.kind !== "literal" || !Number.isInteger(right.value)) {
    const exponent = right.kind === "literal" ? right.value : undefined;
    if (left.kind !== "fault") reading.report.add("R010", node, "'**' is only for constants with a whole exponent", insteadOfPower(node, exponent));
    const [leftAt, rightAt] = [node.getLeft(), node.getRight()];
    const parts = [reading.expr(left, leftAt), right.kind === "literal" ? undefined : reading.expr(right, rightAt)].filter((part) => part !== undefined);
    const type = reading.typeOf(left) === "loose" ? reading.typeOf(right) : reading.typeOf(left);
    return type === undefined || type === "loose" ? unknownOf(reading, [left, right], [leftAt, rightAt]) : scalar(reading.at(node, standIn(reading.pool, type, parts)));
  }
  let value = 1;
  for (let i = 0; i < Math.min(Math.abs(right.value), 4096); i++) value *= left.value;
  if (right.value < 0) value = 1 / value;
  return { kind: "literal", value, decimal: left.decimal || !Number.isInteger(value) };
}

function insteadOfPower(node: BinaryExpression, exponent: number | undefined): string {
  const [left, right] = [node.getLeft(), node.getRight()];
  const text = shorten(left.getText());
  const factor = Node.isIdentifier(left) || Node.isCallExpression(left) || Node.isParenthesizedExpression(left) || Node.isPropertyAccessExpression(left) ? text : `(${text})`;
  if (exponent === 0.5) return `write sqrt(${text})`;
  if (exponent === -0.5) return `write rsqrt(${text})`;
  if (exponent !== undefined && Number.isInteger(exponent) && exponent >= 2 && exponent <= 8) return `write ${Array.from({ length: exponent }, () => factor).join(" * ")}`;
  if (exponent === -1) return `write 1 / ${factor}`;
  if (exponent !== undefined && Number.isInteger(exponent)) return "write the product out";
  return `where ${text} is positive, write exp(${shorten(right.getText())} * log(${text})); for whole exponents, write the product out`;
}

/** `condition ? whenTrue : whenFalse`, and `select`. */
export function choose(reading: Reading, node: Node, [conditionAt, trueAt, falseAt]: readonly [Node, Node, Node], scope: Scope): Value {
  const conditionValue = evaluate(reading, conditionAt, scope);
  const whenTrue = evaluate(reading, trueAt, scope);
  const whenFalse = evaluate(reading, falseAt, scope);
  const wanted = reading.expr(conditionValue, conditionAt, "bool")!;
  const condition = checkCondition(reading, wanted, conditionAt) ? wanted : hole(reading.pool, "bool", [wanted]);
  if (whenTrue.kind === "record" && whenFalse.kind === "record") return chooseFields(reading, node, condition, whenTrue.fields, whenFalse.fields);
  if (whenTrue.kind === "text" && whenFalse.kind === "fault" || whenFalse.kind === "text" && whenTrue.kind === "fault") return fault;
  if (whenTrue.kind === "text" || whenFalse.kind === "text") {
    return reportUnknown(reading, node, { what: "a choice between strings", fix: "write one constant string: a tree does not depend on anything" });
  }
  if (reading.typeOf(whenTrue) === "loose" && reading.typeOf(whenFalse) === "loose") return { kind: "choice", condition, whenTrue, whenFalse };
  const pair = reading.pair(whenTrue, whenFalse, node, trueAt, falseAt, "a choice");
  return pair === undefined ? unknownOf(reading, [scalar(condition), whenTrue, whenFalse], [conditionAt, trueAt, falseAt])
    : scalar(reading.at(node, reading.pool.select(condition, pair[0], pair[1])));
}

function chooseFields(reading: Reading, node: Node, condition: Expr, whenTrue: ReadonlyMap<string, Value>, whenFalse: ReadonlyMap<string, Value>): Value {
  const fields = new Map<string, Value>();
  for (const [name, value] of whenTrue) {
    const other = whenFalse.get(name);
    if (other === undefined) {
      reading.report.add("R006", node, `only one side of the choice has a field '${name}'`, "give both sides the same fields");
      fields.set(name, value);
      continue;
    }
    if (reading.typeOf(value) === "loose" && reading.typeOf(other) === "loose") {
      fields.set(name, { kind: "choice", condition, whenTrue: value, whenFalse: other });
      continue;
    }
    const pair = reading.pair(value, other, node, node, node, "a choice");
    fields.set(name, pair === undefined ? unknownOf(reading, [scalar(condition), value, other]) : scalar(reading.at(node, reading.pool.select(condition, pair[0], pair[1]))));
  }
  return { kind: "record", fields };
}

function readCall(reading: Reading, node: Node & { getExpression(): Node; getArguments(): Node[] }, scope: Scope): Value {
  const calleeAt = node.getExpression();
  const args = node.getArguments();
  const spread = args.find((arg) => Node.isSpreadElement(arg));
  if (spread !== undefined) {
    reportUnknown(reading, spread);
    return unknownOf(reading, args.map((arg) => evaluate(reading, Node.isSpreadElement(arg) ? arg.getExpression() : arg, scope)), args);
  }
  const unknown = unknownCall(reading, node, scope);
  if (unknown !== undefined) return unknown;
  const callee = evaluate(reading, calleeAt, scope);
  switch (callee.kind) {
    case "intrinsic": return callIntrinsic(reading, callee.name, node, args, scope);
    case "tensor": return readLoad(reading, callee.input, node, args, args.map((arg) => evaluate(reading, arg, scope)), false);
    case "function": return callFunction(reading, callee, args.map((arg) => evaluate(reading, arg, scope)), node, args);
    case "fault": return unknownOf(reading, [callee, ...args.map((arg) => evaluate(reading, arg, scope))], [calleeAt, ...args]);
    default: {
      const text = shorten(calleeAt.getText());
      const plain = args.length === 0 && reading.typeOf(callee) !== undefined;
      const isParameter = callee.kind === "scalar" && callee.expr.kind === "parameter";
      reading.report.add("R010", calleeAt, `${isParameter ? `the parameter '${callee.expr.name}'` : describe(callee)} is called like a function`,
        isParameter ? `a parameter is a plain value: write ${text}` : plain ? `write ${text}`
        : callee.kind === "axis" || callee.kind === "scalar" ? "index tensors by calls, as in x(token, channel); multiply with *" : "call a tensor or a function");
      return plain || isParameter ? unknownArguments(reading, callee, args, scope)
        : unknownOf(reading, [callee, ...args.map((arg) => evaluate(reading, arg, scope))], [calleeAt, ...args]);
    }
  }
}

/** Reads the arguments of what is no function, and gives its plain value. */
function unknownArguments(reading: Reading, callee: Value, args: readonly Node[], scope: Scope): Value {
  for (const arg of args) evaluate(reading, arg, scope);
  return callee;
}

function readProperty(reading: Reading, node: Node, of: Node, name: string, nameAt: Node, scope: Scope): Value {
  if (Node.isIdentifier(of) && scope.find(of.getText()) === undefined) {
    const constant = of.getText() === "Math" ? (Math as unknown as Record<string, unknown>)[name] : undefined;
    if (typeof constant === "number") return { kind: "literal", value: constant, decimal: true };
    if (["Math", "Number"].includes(of.getText())) return reportUnknown(reading, node);
  }
  const value = evaluate(reading, of, scope);
  if (value.kind === "fault") return value;
  const found = value.kind === "record" ? value.fields.get(name) : value.kind === "namespace" ? value.member(name) : undefined;
  if (found !== undefined) {
    if (found.kind === "tensor") reading.used.add(found.input.name);
    if (found.kind === "scalar" && found.expr.kind === "parameter") reading.used.add(found.expr.name);
    return found;
  }
  if (value.kind === "record" || value.kind === "namespace") {
    const names = value.kind === "record" ? [...value.fields.keys()] : value.names;
    const meant = nearest(name, names);
    reading.unknownNames.add(name);
    reading.report.add("R013", nameAt, `${describe(value)} has no '${name}'`, meant === undefined ? `it has: ${names.slice(0, 40).join(", ")}` : `did you mean '${meant}'?`);
    return unknownOf(reading, [value]);
  }
  if (name === "length") {
    return reportUnknown(reading, node, { what: "'.length' of " + describe(value), fix: "write extent(axis), the extent of an axis" });
  }
  return reportUnknown(reading, node, { what: `'.${name}' of ${describe(value)}`, fix: "take fields of a reduce's state only; index tensors by calls" });
}

function readObject(reading: Reading, node: Node & { getProperties(): Node[] }, scope: Scope): Value {
  const fields = new Map<string, Value>();
  for (const property of node.getProperties()) {
    if (Node.isShorthandPropertyAssignment(property)) fields.set(property.getName(), readName(reading, property.getNameNode(), scope));
    else if (Node.isPropertyAssignment(property) && !Node.isComputedPropertyName(property.getNameNode())) {
      const nameNode = property.getNameNode();
      const name = Node.isStringLiteral(nameNode) ? nameNode.getLiteralText() : property.getName();
      if (fields.has(name)) reading.report.add("R020", property, `'${name}' is given twice`, "give each field once");
      fields.set(name, evaluate(reading, property.getInitializerOrThrow(), scope, name));
    } else {
      reportUnknown(reading, property);
      if (Node.isSpreadAssignment(property)) evaluate(reading, property.getExpression(), scope);
    }
  }
  return { kind: "record", fields };
}
