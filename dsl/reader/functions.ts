/** Calls of the author's functions, and the statements of a body. */
import { Node, SyntaxKind, type VariableDeclaration } from "ts-morph";
import { valueTypeOf } from "../../runtime/storage.ts";
import type { Expr, FunctionDeclaration, ValueType } from "../ir.ts";
import { bindParameter, bindPattern, functionAround, isLoose, reportHidden } from "./bindings.ts";
import { hole, standIn } from "./holes.ts";
import { isLibrary } from "./modules.ts";
import { insertBefore, removeBefore, removeStatement, removeUpTo, replaceBy, shorten, shown } from "./fixes.ts";
import type { Inlined, Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import { isObjectInBraces, missingReturn } from "./returns.ts";
import { isReassigned, unknownStatement } from "./statements.ts";
import { reportUnknown } from "./unknown.ts";
import { fault, scalar, Scope, type FunctionLike, type Value } from "./values.ts";

type FunctionValue = Extract<Value, { kind: "function" }>;

/**
 * Functions at the top of a module that take and give numbers become declarations, called by name; all others are
 * read in place of the call.
 */
export function callFunction(
  reading: Reading,
  callee: FunctionValue,
  given: readonly Value[],
  node: Node,
  argNodes: readonly Node[],
): Value {
  const parameters = callee.node.getParameters();
  // What is no number is told of at the call, and not inside of the function.
  const args = given.map((arg, position): Value => {
    const isNumber = parameters[position]?.getTypeNode()?.getText() === "number" && !isLibrary(callee.node);
    if (!isNumber || !["tensor", "record", "tuple", "text"].includes(arg.kind)) return arg;
    const expr = reading.expr(arg, argNodes[position]!, arg.kind === "tensor" ? valueTypeOf(arg.input.storage) : "f32");
    return expr === undefined ? fault : scalar(expr);
  });
  const unknown = (): Value => unknownOf(reading, args, argNodes);
  if (parameters.some(isLoose)) {
    if (!reading.calling.includes(callee.node))
      inline(
        reading,
        callee,
        parameters.map(() => fault),
      );
    return unknown();
  }
  if (args.length !== parameters.length) {
    reading.report.add(
      "R019",
      node,
      `'${callee.name}' takes ${parameters.length} arguments, and ${args.length} are given`,
      `call it as ${callee.name}(${parameters.map((one) => one.getName()).join(", ")})`,
      [{ message: `'${callee.name}' is written here`, at: callee.node }],
    );
    if (!reading.calling.includes(callee.node))
      inline(
        reading,
        callee,
        parameters.map(() => fault),
      );
    return unknown();
  }
  if (reading.calling.includes(callee.node)) {
    reading.report.add(
      "R001",
      node,
      `'${callee.name}' calls itself, which accumulates outside a reduction`,
      'write sum(axis, "chain", (item) => …), or reduce with a reducer of your own',
      [{ message: `'${callee.name}' is written here`, at: callee.node }],
    );
    return unknown();
  }
  const isNumber = (arg: Value): boolean => reading.typeOf(arg) !== undefined;
  if (
    callee.topLevel &&
    ((isLibrary(callee.node) && !isLibrary(node)) || args.every((arg) => arg.kind !== "axis" && isNumber(arg)))
  ) {
    const typed = typedArguments(reading, callee, args, argNodes, node);
    const declaration = declare(
      reading,
      callee,
      typed.map((arg) => arg.type),
      node,
    );
    if (declaration === "faulty") return unknown();
    if (declaration !== undefined) return scalar(reading.at(node, reading.pool.call(declaration, typed)));
  }
  return inline(reading, callee, args);
}

/** What is left of values that went into a fault: nothing is known of it but what they mention. Functions among them are read. */
export function unknownOf(reading: Reading, values: readonly Value[], nodes: readonly Node[] = []): Value {
  const partsOf = (value: Value, at: Node | undefined): readonly Expr[] => {
    switch (value.kind) {
      case "fault":
        return value.parts;
      case "scalar":
        return [value.expr];
      case "axis": {
        const index = reading.pool.index(reading.pool.axisVariable(value.axis.name));
        return [at === undefined ? index : reading.at(at, index)];
      }
      case "choice":
        return [value.condition, ...partsOf(value.whenTrue, at), ...partsOf(value.whenFalse, at)];
      case "record":
        return [...value.fields.values()].flatMap((field) => partsOf(field, at));
      case "tuple":
        return value.items.flatMap((item) => partsOf(item, at));
      case "function":
        return reading.calling.includes(value.node) || value.topLevel
          ? []
          : partsOf(
              reading.inline(value,
                value.node.getParameters().map(() => fault),
              ),
              at,
            );
      default:
        return [];
    }
  };
  const parts = values.flatMap((value, position) => partsOf(value, nodes[position]));
  return parts.length === 0 ? fault : { kind: "fault", parts };
}

/** Reads a function's body with these arguments. */
export function inline(reading: Reading, callee: Inlined, args: readonly Value[]): Value {
  const scope = new Scope(callee.scope);
  callee.node.getParameters().forEach((parameter, index) => bindParameter(reading, scope, parameter, args[index]!));
  reading.calling.push(callee.node);
  try {
    return readBody(reading, callee.node, scope);
  } finally {
    reading.calling.pop();
  }
}

/** Numbers without a dtype take that of the first argument that has one, else f32; the library's functions are on f32, or say that they take bits. */
function typedArguments(
  reading: Reading,
  callee: FunctionValue,
  args: readonly Value[],
  argNodes: readonly Node[],
  node: Node,
): Expr[] {
  const library = isLibrary(callee.node) && !isLibrary(node);
  const declared = callee.node
    .getParameters()
    .map((parameter): ValueType => (parameter.getTypeNode()?.getText() === "Bits" ? "u32" : "f32"));
  const known = args
    .map((arg) => reading.typeOf(arg))
    .find((type) => type !== undefined && type !== "loose" && type !== "bool") as ValueType | undefined;
  return args.map((arg, index) => {
    const decimal = arg.kind === "literal" && arg.decimal;
    return reading.expr(
      arg,
      argNodes[index]!,
      library ? declared[index]! : arg.kind === "scalar" ? undefined : decimal ? "f32" : (known ?? "f32"),
    )!;
  });
}

function declare(
  reading: Reading,
  callee: FunctionValue,
  types: readonly ValueType[],
  call: Node,
): FunctionDeclaration | undefined | "faulty" {
  let bySignature = reading.functions.get(callee.node);
  if (bySignature === undefined) reading.functions.set(callee.node, (bySignature = new Map()));
  const signature = types.join(" ");
  if (bySignature.has(signature)) return bySignature.get(signature);
  const parameters = callee.node.getParameters().map((one, index) => ({ name: one.getName(), type: types[index]! }));
  const folding = reading.folding.splice(0);
  // Read without dtypes first, to tell its own faults from those of being called with these.
  const isFloat = types.every((type) => type === "f32");
  if (!isFloat)
    inline(
      reading,
      callee,
      parameters.map(() => fault),
    );
  const before = reading.report.size;
  const result = inline(
    reading,
    callee,
    parameters.map(({ name, type }) => scalar(reading.pool.argument(name, type))),
  );
  reading.folding.push(...folding);
  if (!isFloat && reading.report.size > before) {
    reading.report.add(
      "R006",
      call,
      `'${callee.name}' can't be called with (${types.join(", ")})`,
      "convert the arguments to what it works on, such as f32(…)",
    );
  }
  const type = reading.typeOf(result);
  const expr =
    type === undefined
      ? undefined
      : reading.expr(
          result,
          callee.node,
          result.kind === "scalar" ? undefined : result.kind === "literal" && !result.decimal ? types[0] : undefined,
        );
  const declaration =
    result.kind === "fault"
      ? "faulty"
      : expr === undefined
        ? undefined
        : {
            name: nameOf(reading, callee.name, types),
            parameters,
            result: expr,
            ...(isLibrary(callee.node) ? { library: true as const } : {}),
          };
  bySignature.set(signature, declaration);
  return declaration;
}

/** The author's name while it is free; functions on integers carry their types. */
function nameOf(reading: Reading, name: string, types: readonly ValueType[]): string {
  const typed =
    types.every((type) => type === "f32") || !reading.functionNames.has(name) ? name : [name, ...types].join("_");
  let free = typed;
  for (let i = 2; reading.functionNames.has(free); i++) free = `${typed}_${i}`;
  reading.functionNames.add(free);
  return free;
}

/** Without async, await and *. */
function ordinary(node: FunctionLike): Fix {
  const words = "write an ordinary function: a body is one expression, not a process";
  const marks = [
    node.getFirstChildByKind(SyntaxKind.AsyncKeyword),
    node.getFirstDescendantByKind(SyntaxKind.AsyncKeyword),
    node.getFirstChildByKind(SyntaxKind.AsteriskToken),
  ];
  const mark = marks.find((one) => one !== undefined);
  const awaits = node.isAsync() ? node.getDescendantsOfKind(SyntaxKind.AwaitExpression) : [];
  const yields =
    Node.isArrowFunction(node) || !node.isGenerator() ? [] : node.getDescendantsOfKind(SyntaxKind.YieldExpression);
  const [only] = yields;
  const returns =
    yields.length === 1 &&
    Node.isExpressionStatement(only!.getParent()) &&
    only!.getParent()!.getNextSibling((one) => Node.isStatement(one)) === undefined
      ? [replaceBy(only!.getFirstChild()!, "return")]
      : [];
  return {
    words,
    edits:
      mark === undefined || yields.length > returns.length
        ? []
        : [removeBefore(mark), ...returns, ...awaits.map((one) => removeUpTo(one, one.getExpression()))],
  };
}

/** The value that a function's body returns. */
export function readBody(reading: Reading, node: FunctionLike, scope: Scope): Value {
  if (node.isAsync() || (!Node.isArrowFunction(node) && node.isGenerator())) {
    reportUnknown(reading, node, { what: node.isAsync() ? "an async function" : "a generator", fix: ordinary(node) });
  }
  const body = node.getBody();
  if (body === undefined) {
    reading.report.add("R018", node, "a function without a body", "write its body: const declarations and a return");
    return fault;
  }
  if (!Node.isBlock(body)) return reading.evaluate(body, scope);
  const statements = body.getStatements();
  const isWithout =
    reading.refused === 0 &&
    !body.getDescendantsOfKind(SyntaxKind.ReturnStatement).some((one) => functionAround(one) === node);
  if (isWithout && isObjectInBraces(node, statements)) {
    reading.report.add("R018", node, "a body without a return: after => braces are a block, and no object", {
      words: "write parentheses around the object: ({ … })",
      edits: [replaceBy(body, `(${body.getText()})`)],
    });
    return fault;
  }
  const last = statements.at(-1);
  const yielded =
    isWithout && Node.isExpressionStatement(last) && Node.isYieldExpression(last.getExpression())
      ? last.getExpression()
      : undefined;
  if (Node.isYieldExpression(yielded)) {
    const isGenerator = !Node.isArrowFunction(node) && node.isGenerator();
    if (!isGenerator)
      reading.report.add("R010", yielded, "'yield' is not part of the language", {
        words: "return the value: a body is one expression, not a process",
        edits: [replaceBy(yielded.getFirstChild()!, "return")],
      });
    readStatements(reading, statements.slice(0, -1), scope);
    const value = yielded.getExpression();
    return value === undefined ? fault : reading.evaluate(value, scope);
  }
  const nothing = node.getReturnTypeNode()?.getText() === "void" ? node.getReturnTypeNode() : undefined;
  if (nothing !== undefined && !isWithout)
    reading.report.add("R018", nothing, "a function that gives nothing, and returns a value", {
      words: "write : number",
      edits: [replaceBy(nothing, "number")],
    });
  const typed = nothing === undefined ? [] : [replaceBy(nothing, "number")];
  if (isWithout && Node.isExpressionStatement(last) && !isAssignment(last.getExpression())) {
    reading.report.add("R018", node, "a body without a return: its last statement is a value", {
      words: `write ${nothing === undefined ? "" : ": number and "}return ${shown(last.getExpression().getText())}`,
      edits: [insertBefore(last, "return "), ...typed],
    });
    readStatements(reading, statements.slice(0, -1), scope);
    return reading.evaluate(last.getExpression(), scope);
  }
  const before = reading.report.size;
  const returned = readStatements(reading, statements, scope);
  if (returned.length > 0 || !isWithout) return merge(reading, returned);
  const missing = missingReturn(reading, node, statements);
  // What an assignment or a loop should have been has a fault of its own.
  if (missing.edits.length > 0 || reading.report.size === before)
    reading.report.add(
      "R018",
      node,
      "a body without a return",
      missing.edits.length === 0 || nothing === undefined
        ? missing
        : {
            ...missing,
            words: missing.words.replace(/^write /, "write : number and "),
            edits: [...missing.edits, ...typed],
          },
    );
  return fault;
}

function isAssignment(node: Node): boolean {
  return (
    (Node.isBinaryExpression(node) && /(^|[^=!<>])=$/.test(node.getOperatorToken().getText())) ||
    Node.isPostfixUnaryExpression(node) ||
    (Node.isPrefixUnaryExpression(node) && /^(\+\+|--)/.test(node.getText())) ||
    (Node.isCallExpression(node) && /^console\./.test(node.getText()))
  );
}

/** Several returns are a fault already; what they give is checked as far as it is of one kind. */
function merge(reading: Reading, values: readonly Value[]): Value {
  const [first] = values;
  if (first === undefined || values.length === 1) return first ?? fault;
  if (first.kind === "record" && values.every((value) => value.kind === "record")) {
    const names = new Set(values.flatMap((value) => [...value.fields.keys()]));
    return {
      kind: "record",
      fields: new Map(
        [...names].map((name) => [
          name,
          merge(
            reading,
            values.flatMap((value) => value.fields.get(name) ?? []),
          ),
        ]),
      ),
    };
  }
  const types = new Set(values.map((value) => reading.typeOf(value)).filter((type) => type !== "loose"));
  const [type] = types;
  if (types.size !== 1 || type === undefined) return unknownOf(reading, values);
  const unknown = unknownOf(reading, values);
  return unknown.kind === "fault" ? scalar(standIn(reading.pool, type, unknown.parts)) : unknown;
}

/** Reads statements in order, and gives what they return: one value, where there is no fault. */
export function readStatements(reading: Reading, statements: readonly Node[], scope: Scope): Value[] {
  const returned: Value[] = [];
  let after = false;
  for (const statement of statements) {
    if (after) {
      const rest = statements.slice(statements.indexOf(statement)).filter((one) => !Node.isEmptyStatement(one));
      reading.report.add("R010", statement, "a statement after the return", {
        words: "remove it: it means nothing",
        edits: rest.map((one) => removeStatement(one)),
      });
      readStatements(reading, statements.slice(statements.indexOf(statement)), scope);
      break;
    }
    if (Node.isVariableStatement(statement)) {
      for (const declaration of statement.getDeclarations())
        readDeclaration(reading, declaration, statement.getDeclarationKind(), scope);
    } else if (Node.isReturnStatement(statement)) {
      const value = statement.getExpression();
      if (value === undefined)
        reading.report.add(
          "R018",
          statement,
          "a return without a value",
          `return ${functionAround(statement) === reading.body ? "the value of the output's element" : "a value"}`,
        );
      returned.push(value === undefined ? fault : reading.evaluate(value, scope));
      after = true;
    } else if (Node.isFunctionDeclaration(statement)) {
      const name = statement.getName() ?? "";
      reportHidden(reading, scope, name, statement.getNameNode() ?? statement);
      scope.bind(name, {
        at: statement,
        value: () => ({ kind: "function", node: statement, scope, name, topLevel: false }),
      });
    } else if (!Node.isEmptyStatement(statement)) {
      returned.push(...unknownStatement(reading, statement, scope));
    }
  }
  return returned;
}

export function readDeclaration(reading: Reading, declaration: VariableDeclaration, kind: string, scope: Scope): void {
  const initializer = declaration.getInitializer();
  const pattern = declaration.getNameNode();
  if (kind !== "const") {
    const keyword = declaration.getParent()!.getFirstChild()!;
    const changes = isReassigned(declaration);
    // What a loop or an assignment does to it has a fault of its own.
    if (!changes)
      reading.report.add(
        "R001",
        declaration,
        `'${shorten(declaration.getName())}' is declared with '${kind}': a value that changes accumulates outside a reduction`,
        changes || initializer === undefined
          ? 'write const; to accumulate, write sum(axis, "chain", (item) => …) or reduce with a reducer of your own'
          : { words: `write const ${shown(declaration.getName())}`, edits: [replaceBy(keyword, "const")] },
      );
  }
  if (initializer === undefined) {
    if (kind === "const")
      reading.report.add(
        "R010",
        declaration,
        `'${shorten(declaration.getName())}' has no value`,
        "give it its value where it is declared",
      );
    bindPattern(reading, scope, pattern, fault, declaration);
    return;
  }
  const value = reading.evaluate(initializer, scope, Node.isIdentifier(pattern) ? pattern.getText() : undefined);
  const known = kind === "const" || !isReassigned(declaration);
  const bound = known
    ? value
    : value.kind === "scalar"
      ? scalar(hole(reading.pool, value.expr.type, [value.expr]))
      : unknownOf(reading, [value]);
  bindPattern(reading, scope, pattern, bound, declaration);
  if (value.kind === "record" && value.reduce !== undefined) nameFields(reading, value.fields);
}

function nameFields(reading: Reading, fields: ReadonlyMap<string, Value>): void {
  for (const [name, value] of fields) {
    if (value.kind === "scalar") reading.named(value.expr, name);
  }
}
