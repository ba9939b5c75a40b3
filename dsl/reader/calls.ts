/** A call, by what is called. */
import { Node } from "ts-morph";
import { callFunction } from "./functions.ts";
import { unknownOf } from "./unknown-value.ts";
import { callIntrinsic } from "./intrinsics.ts";
import { readLoad } from "./loads.ts";
import { instead, replaceBy, shorten, shown, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { reportUnknown } from "./unknown.ts";
import { unknownCall } from "./unknown-calls.ts";
import { describe, fault, type Scope, type Value } from "./values.ts";

export function readCall(
  reading: Reading,
  node: Node & { getExpression(): Node; getArguments(): Node[] },
  scope: Scope,
): Value {
  const calleeAt = node.getExpression();
  const args = node.getArguments();
  const spread = args.find((arg) => Node.isSpreadElement(arg));
  if (spread !== undefined) {
    reportUnknown(reading, spread);
    return unknownOf(
      reading,
      args.map((arg) => reading.evaluate(Node.isSpreadElement(arg) ? arg.getExpression() : arg, scope)),
      args,
    );
  }
  if (
    (Node.isCallExpression(node) && node.hasQuestionDotToken()) ||
    (Node.isPropertyAccessExpression(calleeAt) && calleeAt.hasQuestionDotToken())
  ) {
    const plain = node.getText().replaceAll("?.(", "(").replaceAll("?.", ".");
    reportUnknown(reading, node, {
      what: "'?.'",
      fix: { words: `write ${shown(plain)}: everything that is declared is there`, edits: [replaceBy(node, plain)] },
    });
  }
  const unknown = unknownCall(reading, node, scope);
  if (unknown !== undefined) return unknown;
  const declared = Node.isIdentifier(calleeAt) ? scope.find(calleeAt.getText())?.at : undefined;
  if (Node.isVariableDeclaration(declared) && isKernel(declared.getInitializer(), scope)) {
    reading.report.add(
      "R010",
      calleeAt,
      `'${calleeAt.getText()}' is a kernel, and a kernel is not called`,
      "write what both compute as a function of numbers, and call that in both",
      [{ message: "it is declared here", at: declared.getNameNode() }],
    );
    return unknownOf(
      reading,
      args.map((arg) => reading.evaluate(arg, scope)),
      args,
    );
  }
  const callee = reading.evaluate(calleeAt, scope);
  switch (callee.kind) {
    case "intrinsic":
      return callIntrinsic(reading, callee.name, node, args, scope);
    case "tensor":
      return readLoad(
        reading,
        callee.input,
        node,
        args,
        args.map((arg) => reading.evaluate(arg, scope)),
        false,
      );
    case "function":
      return callFunction(
        reading,
        callee,
        args.map((arg) => reading.evaluate(arg, scope)),
        node,
        args,
      );
    // It may be a reduction, which binds the axes that are open in its arguments.
    case "fault": {
      for (const arg of args) unknownOf(reading, [reading.evaluate(arg, scope)], [arg]);
      return fault;
    }
    default: {
      const text = shorten(calleeAt.getText());
      const plain = args.length === 0 && reading.typeOf(callee) !== undefined;
      if (Node.isIdentifier(calleeAt) && reading.outputNames.has(text) && callee.kind === "scalar" && args.length > 0) {
        reading.report.add("R010", calleeAt, `the output '${text}' can't be read by its kernel`, {
          ...write(node, text),
          more: ", the value that goes into it; the old contents are an input of another name",
        });
        unknownArguments(reading, callee, args, scope);
        return fault;
      }
      const isParameter = callee.kind === "scalar" && callee.expr.kind === "parameter";
      reading.report.add(
        "R010",
        calleeAt,
        `${isParameter ? `the parameter '${callee.expr.name}'` : describe(callee)} is called like a function`,
        isParameter
          ? instead(`a parameter is a plain value: write ${text}`, node, calleeAt.getText())
          : plain
            ? write(node, calleeAt.getText())
            : callee.kind === "axis" || callee.kind === "scalar"
              ? "index tensors by calls, as in x(token, channel); multiply with *"
              : "call a tensor or a function",
      );
      return plain || isParameter
        ? unknownArguments(reading, callee, args, scope)
        : unknownOf(reading, [callee, ...args.map((arg) => reading.evaluate(arg, scope))], [calleeAt, ...args]);
    }
  }
}

function isKernel(node: Node | undefined, scope: Scope): boolean {
  if (!Node.isCallExpression(node) || !Node.isIdentifier(node.getExpression())) return false;
  const callee = scope.find(node.getExpression().getText())?.value();
  return callee?.kind === "intrinsic" && callee.name === "kernel";
}

/** Reads the arguments of what is no function, and gives its plain value. */
function unknownArguments(reading: Reading, callee: Value, args: readonly Node[], scope: Scope): Value {
  for (const arg of args) reading.evaluate(arg, scope);
  return callee;
}
