/** Reading and writing at computed places: `gather` and `scatter`. */
import { Node } from "ts-morph";
import { unknownOf } from "./unknown-value.ts";
import { readIndex, readLoad } from "./loads.ts";
import { replaceBy, shown, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { fault, describe, type Scope, type Value } from "./values.ts";

export function readGather(reading: Reading, node: Node, args: readonly Node[], scope: Scope): Value {
  const mended = args.length === 0 ? undefined : gatherAsMeant(reading, node, args, scope);
  if (mended !== undefined) {
    const [first, ...others] = mended;
    const kind = reading.evaluate(first!, scope);
    if (kind.kind === "tensor")
      return readLoad(
        reading,
        kind.input,
        node,
        others,
        others.map((arg) => reading.evaluate(arg, scope)),
        true,
      );
  }
  const tensor = reading.evaluate(args[0]!, scope);
  const rest = args.slice(1);
  const indices = rest.map((arg) => reading.evaluate(arg, scope));
  if (tensor.kind === "fault") return unknownOf(reading, [tensor, ...indices], args);
  if (tensor.kind === "tensor") return readLoad(reading, tensor.input, node, rest, indices, true);
  reading.report.add(
    "R006",
    args[0]!,
    `a tensor is expected here, and this is ${describe(tensor)}`,
    "write gather(tensor, index, …), with one index for each axis of the tensor",
  );
  return unknownOf(reading, indices, rest);
}

/** The arguments of a gather where an element, an array of indices or an index stands in another's place. */
function gatherAsMeant(reading: Reading, node: Node, args: readonly Node[], scope: Scope): readonly Node[] | undefined {
  const [first, second] = args;
  const isTensor = (arg: Node | undefined): boolean =>
    Node.isIdentifier(arg) && scope.find(arg.getText())?.value().kind === "tensor";
  const say = (at: Node, message: string, meant: readonly Node[], code = "R006"): readonly Node[] => {
    reading.report.add(code, at, message, write(node, `gather(${meant.map((arg) => arg.getText()).join(", ")})`));
    return meant;
  };
  if (Node.isCallExpression(first) && isTensor(first.getExpression()) && args.length === 1) {
    return say(first, "a tensor is expected here, and this is an element of one", [
      first.getExpression(),
      ...first.getArguments(),
    ]);
  }
  if (isTensor(first) && args.length === 2 && Node.isArrayLiteralExpression(second)) {
    return say(second, "an index is expected here, and this is an array", [first!, ...second.getElements()]);
  }
  const others = args.filter((arg) => isTensor(arg));
  if (isTensor(first) || others.length !== 1) return undefined;
  return say(
    node,
    "the arguments of 'gather' stand in another order",
    [others[0]!, ...args.filter((arg) => arg !== others[0])],
    "R019",
  );
}

export function readScatter(reading: Reading, node: Node, given: readonly Node[], scope: Scope): Value {
  const isSwapped = Node.isArrayLiteralExpression(given[1]) && !Node.isArrayLiteralExpression(given[0]);
  const args = isSwapped ? [given[1]!, given[0]!] : given;
  if (isSwapped)
    reading.report.add(
      "R019",
      node,
      "the arguments of 'scatter' stand in another order",
      write(node, `scatter(${args.map((arg) => arg.getText()).join(", ")})`),
    );
  const place = reading.evaluate(args[0]!, scope);
  const value = reading.evaluate(args[1]!, scope);
  if (place.kind === "fault") return unknownOf(reading, [place, value], args);
  const placeNodes = Node.isArrayLiteralExpression(args[0]!) ? args[0]!.getElements() : [];
  if (place.kind !== "tuple") {
    const object = args[0]!;
    if (place.kind === "record" && Node.isObjectLiteralExpression(object)) {
      reading.report.add(
        "R017",
        object,
        "the place of a scatter is an array of indices, and this is an object",
        write(
          object,
          `[${object
            .getProperties()
            .map((one) => (Node.isPropertyAssignment(one) ? one.getInitializer()! : one).getText())
            .join(", ")}]`,
        ),
      );
      return fault;
    }
    reading.report.add(
      "R017",
      args[0]!,
      `the place of a scatter is an array of indices, and this is ${describe(place)}`,
      {
        words: `write scatter([${shown(args[0]!.getText())}], …)`,
        edits: [replaceBy(args[0]!, `[${args[0]!.getText()}]`)],
      },
    );
    return unknownOf(reading, [place, value], args);
  }
  const indices = place.items.map((item, position) => readIndex(reading, item, placeNodes[position] ?? args[0]!));
  return {
    kind: "scattered",
    place: indices,
    value,
    at: node,
    placeNodes: placeNodes.length > 0 ? placeNodes : indices.map(() => args[0]!),
    indices: place.items,
  };
}
