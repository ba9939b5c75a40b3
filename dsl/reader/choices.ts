/** Choices between two values, both of which are evaluated. */
import { Node } from "ts-morph";
import type { Expr } from "../ir.ts";
import { write } from "./fixes.ts";
import { checkCondition } from "./batch-rules.ts";
import { unknownOf } from "./unknown-value.ts";
import { hole } from "./poison.ts";
import type { Reading } from "./reading.ts";
import { reportUnknown } from "./unknown.ts";
import { fault, scalar, type Scope, type Value } from "./values.ts";

/** `condition ? whenTrue : whenFalse`, and `select`. */
export function choose(
  reading: Reading,
  node: Node,
  [conditionAt, trueAt, falseAt]: readonly [Node, Node, Node],
  scope: Scope,
): Value {
  const conditionValue = reading.evaluate(conditionAt, scope);
  const whenTrue = reading.evaluate(trueAt, scope);
  const whenFalse = reading.evaluate(falseAt, scope);
  const reordered = inOrder(reading, node, [conditionValue, whenTrue, whenFalse], [conditionAt, trueAt, falseAt]);
  if (reordered !== undefined) return choose(reading, node, reordered, scope);
  const wanted = reading.expr(conditionValue, conditionAt, "bool")!;
  const condition = checkCondition(reading, wanted, conditionAt) ? wanted : hole(reading.pool, "bool", [wanted]);
  if (whenTrue.kind === "record" && whenFalse.kind === "record")
    return chooseFields(reading, node, condition, whenTrue.fields, whenFalse.fields);
  if (
    (whenTrue.kind === "text" && whenFalse.kind === "fault") ||
    (whenFalse.kind === "text" && whenTrue.kind === "fault")
  )
    return fault;
  if (whenTrue.kind === "text" || whenFalse.kind === "text") {
    return reportUnknown(reading, node, {
      what: "a choice between strings",
      fix: "write one constant string: a tree does not depend on anything",
    });
  }
  if (reading.typeOf(whenTrue) === "loose" && reading.typeOf(whenFalse) === "loose")
    return { kind: "choice", condition, whenTrue, whenFalse, nodes: [trueAt, falseAt] };
  const pair = reading.pair(whenTrue, whenFalse, node, trueAt, falseAt, "a choice");
  return pair === undefined
    ? unknownOf(reading, [scalar(condition), whenTrue, whenFalse], [conditionAt, trueAt, falseAt])
    : scalar(reading.at(node, reading.pool.select(condition, pair[0], pair[1])));
}

type Three<T> = readonly [T, T, T];

/** `select(a, b, condition)`, in WGSL's order, and `select(a, condition, b)`. */
function inOrder(reading: Reading, node: Node, values: Three<Value>, nodes: Three<Node>): Three<Node> | undefined {
  const [first, second, third] = values.map((value) => reading.typeOf(value));
  if (
    !Node.isCallExpression(node) ||
    first === undefined ||
    first === "bool" ||
    (second === "bool") === (third === "bool")
  )
    return undefined;
  const isLast = third === "bool";
  const ordered: Three<Node> = isLast ? [nodes[2], nodes[1], nodes[0]] : [nodes[1], nodes[0], nodes[2]];
  reading.report.add("R019", node, "the arguments of 'select' stand in another order: the condition is the first", {
    ...write(node, `select(${ordered.map((one) => one.getText()).join(", ")})`),
    more:
      ": select(condition, whenTrue, " +
      `whenFalse)${isLast ? "; WGSL has the value for false first and the condition last" : ""}`,
  });
  return ordered;
}

function chooseFields(
  reading: Reading,
  node: Node,
  condition: Expr,
  whenTrue: ReadonlyMap<string, Value>,
  whenFalse: ReadonlyMap<string, Value>,
): Value {
  const fields = new Map<string, Value>();
  for (const [name, value] of whenTrue) {
    const other = whenFalse.get(name);
    if (other === undefined) {
      reading.report.add(
        "R006",
        node,
        `only one side of the choice has a field '${name}'`,
        "give both sides the same fields",
      );
      fields.set(name, value);
      continue;
    }
    if (reading.typeOf(value) === "loose" && reading.typeOf(other) === "loose") {
      fields.set(name, { kind: "choice", condition, whenTrue: value, whenFalse: other, nodes: [node, node] });
      continue;
    }
    const pair = reading.pair(value, other, node, node, node, "a choice");
    fields.set(
      name,
      pair === undefined
        ? unknownOf(reading, [scalar(condition), value, other])
        : scalar(reading.at(node, reading.pool.select(condition, pair[0], pair[1]))),
    );
  }
  return { kind: "record", fields };
}
