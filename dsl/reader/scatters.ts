/** Outputs that are scattered: their places, and that each has one writer. */
import { Node, SyntaxKind } from "ts-morph";
import type { Expr, Output } from "../ir.ts";
import { collect, operandsOf } from "../visit.ts";
import { dependenceOf, isBatchLeaf, isPlacement, nameDependence } from "./batch-rules.ts";
import type { DeclaredTensor } from "./tensors.ts";
import { holdsHole } from "./poison.ts";
import { takeToo } from "./lookups.ts";
import { addTo, replaceBy, shorten, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { checkPoints, indicesFor } from "./points.ts";
import type { Fix } from "./report.ts";
import type { Value } from "./values.ts";
import { retype } from "./output-types.ts";

type Scattered = Extract<Value, { kind: "scattered" }>;

export function readScattered(
  reading: Reading,
  declared: DeclaredTensor,
  value: Scattered,
  expr: Expr,
): Output | undefined {
  const { name, storage, axes } = declared;
  const { place, placeNodes } = value;
  reading.stored.push(...place);
  if (place.length !== axes.length) {
    reading.report.add(
      "R007",
      value.at,
      `'${name}' has ${axes.length} axes, and the place has ${place.length} ` +
        `${place.length === 1 ? "index" : "indices"}`,
      placeNodes[0]?.getParentIfKind(SyntaxKind.ArrayLiteralExpression) === undefined
        ? `write scatter([one index for each of ${axes.join(", ")}], value)`
        : write(
            placeNodes[0].getParentOrThrow(),
            `[${indicesFor(reading, axes, placeNodes[0], value.indices, placeNodes).join(", ")}]`,
          ),
      [{ message: `'${name}' is declared here`, at: declared.at }],
    );
    return undefined;
  }
  const placeAt = placeNodes[0]?.getParentIfKind(SyntaxKind.ArrayLiteralExpression) ?? value.at;
  if (
    !checkPoints(
      reading,
      {
        name,
        axes,
        declaredAt: declared.at,
        node: placeAt,
        guarded: true,
        form: (indices) => `[${indices.join(", ")}]`,
        guardedForm: (indices) => `[${indices.join(", ")}]`,
      },
      value.indices,
      placeNodes,
    )
  )
    return undefined;
  const free = new Set([...expr.free, ...place.flatMap((index) => [...index.free])]);
  const over = [...reading.axes.keys()].filter((axis) => free.has(reading.pool.axisVariable(axis)));
  if (checkAddresses(reading, declared, value) && ![...place, expr].some((part) => holdsHole(part)))
    checkOneWriter(reading, value, over, { axes, counts: expr });
  checkPlace(reading, declared, value);
  const last = place.at(-1)!;
  if (
    storage === "bf16" &&
    !holdsHole(last) &&
    reading.axes.has(axes.at(-1)!) &&
    !(last.kind === "index" && last.variable.kind === "axis" && last.variable.axis === axes.at(-1))
  ) {
    reading.report.add(
      "R017",
      placeNodes.at(-1)!,
      `two elements of '${name}' share a word, which would have two writers`,
      {
        words: `let the last index be the axis '${axes.at(-1)}' itself, or store '${name}' as f32`,
        edits: retype(declared, "f32"),
      },
      [{ message: `'${name}' is declared here`, at: declared.at }],
    );
    return undefined;
  }
  return { name, storage, axes, over, place, value: expr };
}

/** Which row, slot or page of a batch axis is written to: its own point's, or the one that a placement table says. */
function checkAddresses(reading: Reading, declared: DeclaredTensor, { place, placeNodes }: Scattered): boolean {
  const wrong = place.findIndex((index, position) => {
    const axis = declared.axes[position]!;
    if (reading.axes.get(axis)?.role !== "batch" || holdsHole(index)) return false;
    if (index.kind === "index" && index.variable.kind === "axis" && index.variable.axis === axis) return false;
    const parts = [...collect([index], (part) => (part.kind === "load" ? [] : operandsOf(part)))];
    return parts.some((part) => isBatchLeaf(reading, part)) || !parts.some((part) => isPlacement(reading, part));
  });
  if (wrong === -1) return true;
  const [index, node, axis] = [place[wrong]!, placeNodes[wrong]!, declared.axes[wrong]!];
  const what =
    index.kind === "index"
      ? `'${shorten(node.getText())}', a point of the axis '${index.variable.axis}', stands for`
      : `'${shorten(node.getText())}' stands for`;
  reading.report.add(
    "R005",
    node,
    `${what} the batch axis '${axis}' of '${declared.name}': only a placement table says where there a value goes`,
    placed(reading, declared, index, node),
    [
      { message: `'${declared.name}' is declared here`, at: declared.at },
      { message: `'${axis}' is a batch axis`, at: reading.axes.get(axis)!.at },
    ],
  );
  return false;
}

/** A placement table's element in the place of a point: of a table that is there, or of a new one. */
function placed(reading: Reading, declared: DeclaredTensor, index: Expr, node: Node): Fix {
  const own = index.kind === "load" && index.type !== "f32" ? reading.inputs.get(index.input) : undefined;
  if (own !== undefined)
    return {
      words: `if '${own.name}' says where, declare it as "unique placement u32[${own.axes.join(", ")}]"`,
      edits: retype(own, "unique placement u32"),
    };
  const isPoint = index.kind === "index" && reading.axes.get(index.variable.axis)?.role === "batch";
  const points = isPoint
    ? [index.variable.axis]
    : [...reading.axes.values()]
        .filter(({ name, role }) => role === "batch" && !declared.axes.includes(name))
        .map(({ name }) => name)
        .slice(0, 1);
  const [point] = points;
  const isOver = (axes: readonly string[]): boolean => axes.length === 1 && axes[0] === point;
  const tables = [...reading.inputs.values()].filter(
    ({ ownership, axes }) => ownership === "placement" && isOver(axes),
  );
  const table = tables.find(({ unique }) => unique) ?? tables[0];
  const form =
    `only a "unique placement u32[…]" table, as in place: "unique placement u32[${point ?? "token"}]" and ` +
    `scatter([place(${point ?? "token"}), …], …), or the axis' own point may stand here`;
  const text = takenAs(reading, point);
  if (point === undefined || text === undefined || (!isPoint && index.kind !== "constant"))
    return { words: form, edits: [] };
  const name =
    table?.name ??
    ["place", "placeOf", "placeIn"].find(
      (one) => !reading.inputs.has(one) && !reading.axes.has(one) && !reading.parameters.has(one),
    ) ??
    "places";
  const taken = takenAs(reading, name);
  const edits = [
    replaceBy(node, `${taken ?? name}(${text})`),
    ...(taken === undefined ? takeToo(reading, 0, name).edits : []),
  ];
  if (table !== undefined) return { words: `write ${taken ?? name}(${text})`, edits };
  const inputs = node
    .getAncestors()
    .filter(Node.isObjectLiteralExpression)
    .map((one) => one.getProperty("inputs"))
    .find((one) => one !== undefined);
  const list = Node.isPropertyAssignment(inputs) ? inputs.getInitializer() : undefined;
  const words = `write ${name}(${text}), and declare it among the inputs: ${name}: "unique placement u32[${point}]"`;
  return {
    words,
    edits:
      Node.isObjectLiteralExpression(list) && edits.length > 1
        ? [...edits, addTo(list, list.getProperties(), `${name}: "unique placement u32[${point}]"`)]
        : [],
  };
}

/** What the body calls one of the names that it takes. */
function takenAs(reading: Reading, name: string | undefined): string | undefined {
  return reading.body
    ?.getParameters()
    .map((parameter) => parameter.getNameNode())
    .flatMap((pattern) => (Node.isObjectBindingPattern(pattern) ? pattern.getElements() : []))
    .find((element) => (element.getPropertyNameNode()?.getText() ?? element.getName()) === name)
    ?.getName();
}

/** Rows, slots and pages may only say where among the batch's things a value goes. */
function checkPlace(reading: Reading, declared: DeclaredTensor, { place, placeNodes }: Scattered): void {
  const isBatch = (axis: string): boolean => reading.axes.get(axis)?.role === "batch";
  place.forEach((index, position) => {
    const found = dependenceOf(reading, index);
    const axis = declared.axes[position]!;
    if (
      found === undefined ||
      (found.leaf.kind === "load" ? declared.axes.some(isBatch) : isBatch(axis)) ||
      !reading.axes.has(axis)
    )
      return;
    const { name, notes } = nameDependence(reading, found.leaf);
    reading.report.add(
      "R004",
      placeNodes[position]!,
      `${name} enters the place on the ${reading.axes.get(axis)!.role} axis '${axis}' of '${declared.name}'`,
      `write to a batch axis: declare '${axis}' as batch if it holds rows, slots or pages`,
      [{ message: `'${declared.name}' is declared here`, at: declared.at }, ...notes],
    );
  });
}

/** Every axis that the value is given for must be told from the place: as an index, or through a unique table. */
function checkOneWriter(
  reading: Reading,
  scattered: Scattered,
  over: readonly string[],
  output: { readonly axes: readonly string[]; readonly counts: Expr },
): void {
  const { place, at } = scattered;
  const told = new Set<string>();
  const take = (indices: readonly Expr[]): void => {
    for (const index of indices) if (index.kind === "index") told.add(index.variable.axis);
  };
  take(place);
  for (const index of place) {
    const table = index.kind === "load" ? index : quotientOfTable(index, place);
    if (table?.kind === "load" && reading.inputs.get(table.input)?.unique === true) take(table.indices);
  }
  const missing = over.find((axis) => !told.has(axis));
  if (missing === undefined) return;
  const axis = reading.axes.get(missing)!;
  const table = place.find(
    (index) => index.kind === "load" && [...index.free].some((variable) => variable.axis === missing),
  );
  const counted = table === undefined ? undefined : countInstead(reading, place, missing, table, output);
  const text = shorten(table === undefined ? missing : (reading.nodes.get(table)?.getText() ?? missing));
  reading.report.add(
    "R017",
    at,
    `an element may have several writers: the place does not tell the points of the axis '${missing}' apart`,
    counted ??
      (table?.kind === "load"
        ? {
            words:
              `declare '${table.input}' as "unique placement u32[…]", so that the host checks that ${text} are ` +
              "distinct",
            edits: retype(reading.inputs.get(table.input)!, "unique placement u32"),
          }
        : `use '${missing}' as an index of the place, or an element of a "unique placement u32[${missing}]" table; ` +
          "both parts of a slot, slot / n and slot % n, stand for the slot"),
    [{ message: `'${missing}' is declared here`, at: axis.at }],
  );
}

/** What is written does not differ along the axis, so it counts: each element counts its own. */
function countInstead(
  reading: Reading,
  place: readonly Expr[],
  missing: string,
  table: Expr,
  { axes, counts }: { readonly axes: readonly string[]; readonly counts: Expr },
): string | undefined {
  const bin = axes[place.indexOf(table)];
  if (bin === undefined || table.kind !== "load" || [...counts.free].some((variable) => variable.axis === missing))
    return undefined;
  const item = missing.slice(0, 1);
  const text = (reading.nodes.get(table)?.getText() ?? table.input).replace(/(?<![.\w$])[A-Za-z_$][\w$]*/g, (word) =>
    word === missing ? item : word,
  );
  return (
    `let each element count its own, without scatter: sum(${missing}, "chain", (${item}) => ` +
    `select(${text} === ${bin}, 1, 0))`
  );
}

/** The slot of `slot / n`, where the place holds `slot % n` too. */
function quotientOfTable(index: Expr, place: readonly Expr[]): Expr | undefined {
  if (index.kind !== "binary" || index.operator !== "divide") return undefined;
  const { left, right } = index;
  const rest = place.some(
    (other) =>
      other.kind === "binary" && other.operator === "remainder" && other.left === left && other.right === right,
  );
  return rest ? left : undefined;
}
