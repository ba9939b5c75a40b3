/** Reading an element of a tensor: `x(token, channel)` and `gather(x, row(token), channel)`. */
import { Node } from "ts-morph";
import { valueTypeOf } from "../../runtime/storage.ts";
import { collect, operandsOf } from "../visit.ts";
import type { Edit } from "../diagnostics.ts";
import type { Expr, Input } from "../ir.ts";
import { dependenceOf, instead, isBatchLeaf, isPlacement, nameDependence } from "./batch-rules.ts";
import { hole, holdsHole, isUnknown } from "./poison.ts";
import { instead as mend, replaceBy, shorten, write } from "./fixes.ts";
import type { DeclaredInput, Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import { unknownOf } from "./unknown-value.ts";
import { areBound, checkPoints, indicesFor, pointOf, type Access } from "./points.ts";
import { scalar, type Value } from "./values.ts";

export function readLoad(
  reading: Reading,
  input: Input,
  node: Node,
  argNodes: readonly Node[],
  args: readonly Value[],
  guarded: boolean,
): Value {
  const declared = reading.inputs.get(input.name)!;
  const type = valueTypeOf(input.storage);
  const unknown = (): Value =>
    scalar(
      reading.at(
        node,
        hole(
          reading.pool,
          type,
          args.map((arg, position) => readIndex(reading, arg, argNodes[position]!)),
        ),
      ),
    );
  reading.used.add(input.name);
  // What a body calls the tensor, which is mostly its name.
  const root =
    Node.isCallExpression(node) && !guarded
      ? node.getExpression()
      : Node.isCallExpression(node)
        ? node.getArguments()[0]
        : undefined;
  const called = root === undefined ? input.name : root.getText();
  const access: Access = {
    name: input.name,
    axes: input.axes,
    declaredAt: declared.at,
    node,
    guarded,
    form: (indices) => `${guarded ? `gather(${called}, ` : `${called}(`}${indices.join(", ")})`,
    guardedForm: (indices) => `gather(${called}, ${indices.join(", ")})`,
  };
  if (args.length !== input.axes.length) {
    const given = `${args.length} ${args.length === 1 ? "index is" : "indices are"} given`;
    reading.report.add(
      "R007",
      node,
      `'${input.name}' has ${input.axes.length} ${input.axes.length === 1 ? "axis" : "axes"}, and ${given}`,
      ifBound(reading, access.form, indicesFor(reading, input.axes, node, args, argNodes), node),
      [{ message: `'${input.name}' is declared here`, at: declared.at }],
    );
    return unknown();
  }
  // The fix names other points, so that what these are is not asked for.
  if (!checkPoints(reading, access, args, argNodes)) {
    const rest = unknownOf(
      reading,
      args.filter((arg) => arg.kind !== "axis"),
      argNodes.filter((_, position) => args[position]!.kind !== "axis"),
    );
    return scalar(reading.at(node, hole(reading.pool, type, rest.kind === "fault" ? rest.parts : [])));
  }
  const indices = args.map((arg, position) => readIndex(reading, arg, argNodes[position]!));
  const fits = indices.map((index, position) =>
    checkIndex(
      reading,
      input,
      index,
      input.axes[position]!,
      argNodes[position]!,
      guarded,
      write(node, access.guardedForm(argNodes.map((one) => one.getText()))),
    ),
  );
  return scalar(
    reading.at(
      node,
      fits.every((one) => one)
        ? reading.pool.load(input.name, input.storage, indices, guarded)
        : hole(reading.pool, type, indices),
    ),
  );
}

/** Where an axis is not bound, what to reduce is the author's to say. */
function ifBound(
  reading: Reading,
  form: (indices: readonly string[]) => string,
  indices: readonly string[],
  node: Node,
): Fix {
  const fix = write(node, form(indices));
  return areBound(reading, indices) ? fix : { ...fix, edits: [] };
}

function asPlacement({ at, storage, axes }: DeclaredInput): Edit[] {
  const type = Node.isPropertyAssignment(at) ? at.getInitializer() : undefined;
  return Node.isStringLiteral(type) ? [replaceBy(type, `"placement ${storage}[${axes.join(", ")}]"`)] : [];
}

/** An index is a u32. */
export function readIndex(reading: Reading, value: Value, at: Node): Expr {
  if (value.kind === "literal" && value.value < 0) {
    reading.report.add(
      "R008",
      at,
      `the index ${value.value} is below 0`,
      mend("axes start at 0: use an index from 0 to extent - 1", at, "0"),
    );
    return hole(reading.pool, "u32");
  }
  return reading.expr(value, at, "u32")!;
}

/** Whether a load appears outside the addresses of other loads. */
function findLoaded(expr: Expr, wanted: (leaf: Expr) => boolean): Expr | undefined {
  return [...collect([expr], (part) => (part.kind === "load" || isUnknown(part) ? [] : operandsOf(part)))].find(wanted);
}

/**
 * Whether an index lies inside its axis whatever its data are, by the form of the expression: a remainder or a minimum.
 */
function staysBelow(index: Expr, axis: string): boolean {
  const isExtent = (expr: Expr): boolean => expr.kind === "extent" && expr.axis === axis;
  switch (index.kind) {
    case "index":
      return index.variable.axis === axis;
    case "select":
      return staysBelow(index.whenTrue, axis) && staysBelow(index.whenFalse, axis);
    case "binary": {
      const { operator, left, right, type } = index;
      if (type !== "u32") return false;
      switch (operator) {
        case "remainder":
          return isExtent(right) || staysBelow(left, axis);
        case "minimum":
          return staysBelow(left, axis) || staysBelow(right, axis);
        case "divide":
          return right.kind === "constant" && staysBelow(left, axis);
        // An axis has a point, where an index of it is asked for.
        case "subtract":
          return isExtent(left) && right.kind === "constant" && right.bits === 1;
        default:
          return false;
      }
    }
    default:
      return false;
  }
}

function checkIndex(
  reading: Reading,
  input: Input,
  index: Expr,
  axisName: string,
  at: Node,
  guarded: boolean,
  gathered: Fix,
): boolean {
  const axis = reading.axes.get(axisName);
  // The axis's own declaration is faulty.
  if (axis === undefined) return true;
  const text = shorten(at.getText());
  const declared: { message: string; at: Node } = {
    message: `'${input.name}' is declared here`,
    at: reading.inputs.get(input.name)!.at,
  };
  const table = findLoaded(index, (leaf) => leaf.kind === "load" || leaf.kind === "field");
  if (axis.role === "batch") {
    if (index === reading.pool.index(reading.pool.axisVariable(axisName)) || holdsHole(index)) return true;
    const isPlain = findLoaded(index, (leaf) => isBatchLeaf(reading, leaf)) === undefined;
    if (isPlain && table?.kind === "load" && findLoaded(index, (leaf) => isPlacement(reading, leaf)) === undefined) {
      const owned = reading.inputs.get(table.input)!;
      reading.report.add(
        "R005",
        at,
        `the batch axis '${axisName}' of '${input.name}' is indexed by '${text}', a request's own value, which ` +
          "does not say where its data lie",
        {
          words:
            `if it does, declare it as a placement table: ${table.input}: "placement ` +
            `${owned.storage}[${owned.axes.join(", ")}]"`,
          edits: asPlacement(owned),
        },
        [declared, { message: `'${table.input}' is declared here`, at: owned.at }],
      );
      return false;
    }
    if (table?.kind !== "load" || !isPlain) {
      reading.report.add(
        "R005",
        at,
        `the batch axis '${axisName}' of '${input.name}' is indexed by '${text}', which reads a neighbour's row`,
        {
          words: `index it by '${axisName}' itself, or through gather by a placement table`,
          edits: reading.outputAxes.has(axisName) ? [replaceBy(at, pointOf(reading, axisName, at) ?? axisName)] : [],
        },
        [declared, { message: `'${axisName}' is a batch axis`, at: axis.at }],
      );
      return false;
    }
  } else {
    const found = dependenceOf(reading, index);
    const owned = found?.leaf.kind === "load" && input.axes.some((name) => reading.axes.get(name)?.role === "batch");
    if (found !== undefined && !(owned && guarded)) {
      const { name, notes } = nameDependence(reading, found.leaf);
      reading.report.add(
        owned ? "R009" : "R004",
        at,
        `'${text}' takes ${name} to the ${axis.role} axis '${axisName}' of '${input.name}'`,
        owned
          ? gathered
          : found.leaf.kind === "extent"
            ? instead(reading, found.leaf)
            : "index it by a model or sequence axis, or through gather by a request-owned table",
        [declared, ...notes],
      );
      return false;
    }
  }
  const data = table ?? findLoaded(index, (leaf) => leaf.kind === "parameter");
  if (!guarded && data !== undefined && !staysBelow(index, axisName)) {
    reading.report.add(
      "R009",
      at,
      `the index '${text}' of '${input.name}' depends on data, so it may lie outside the axis '${axisName}'`,
      { ...gathered, more: ", which gives 0 there" },
      [declared],
    );
    return false;
  }
  return true;
}
