/** Calls of the author's functions. */
import type { Node } from "ts-morph";
import { valueTypeOf } from "../../runtime/storage.ts";
import type { Expr, FunctionDeclaration, ValueType } from "../ir.ts";
import { bindParameter, isLoose } from "./bindings.ts";
import { isLibrary } from "./modules.ts";
import type { Inlined, Reading } from "./reading.ts";
import { fault, scalar, Scope, type Value } from "./values.ts";
import { unknownOf } from "./unknown-value.ts";
import { readBody } from "./bodies.ts";

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

/**
 * Numbers without a dtype take that of the first argument that has one, else f32; the library's functions are on f32,
 * or say that they take bits.
 */
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
