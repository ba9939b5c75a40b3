/** What is left of values that went into a fault. */
import type { Node } from "ts-morph";
import type { Expr } from "../ir.ts";
import type { Reading } from "./reading.ts";
import { fault, type Value } from "./values.ts";

/**
 * What is left of values that went into a fault: nothing is known of it but what they mention. Functions among them are
 * read.
 */
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
              reading.inline(
                value,
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
