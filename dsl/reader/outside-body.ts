/** What a kernel declares, used at the top of a module or in a function there. */
import { Node } from "ts-morph";
import type { Reading } from "./reading.ts";
import { fault, type Value } from "./values.ts";

/** Whether a node stands at the top of a module, or in a function there. */
export function isOutsideBody(reading: Reading, node: Node): boolean {
  const { body } = reading;
  return (
    body !== undefined &&
    (node.getSourceFile() !== body.getSourceFile() ||
      node.getStart() < body.getStart() ||
      node.getEnd() > body.getEnd())
  );
}

/** What belongs to a kernel has no meaning outside of its body. */
export function knownInBody(reading: Reading, node: Node, what: string): Value {
  const around = node.getAncestors().find((one) => Node.isFunctionDeclaration(one) || Node.isVariableDeclaration(one));
  const name = Node.isFunctionDeclaration(around) || Node.isVariableDeclaration(around) ? around.getName() : undefined;
  const isFunction =
    Node.isFunctionDeclaration(around) ||
    (Node.isVariableDeclaration(around) && Node.isArrowFunction(around.getInitializer()));
  reading.report.add(
    "R013",
    node,
    `${what} is known in the kernel's body only`,
    name === undefined
      ? "write it in the body"
      : isFunction
        ? `make '${name}' a const with an arrow function in the body: const ${name} = (…) => …; or give it what it ` +
          "needs as arguments"
        : `move const ${name} into the body`,
  );
  return fault;
}
