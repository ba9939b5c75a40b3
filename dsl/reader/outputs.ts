/** What a body returns, and the rules of stored values: bound axes, one writer for each element and word. */
import { Node, SyntaxKind } from "ts-morph";
import type { Edit } from "../diagnostics.ts";
import type { Expr, Output, Variable } from "../ir.ts";
import { valueTypeOf } from "../../runtime/storage.ts";
import { collect, operandsOf } from "../visit.ts";
import { checkStored, dependenceOf, isBatchLeaf, isPlacement, nameDependence } from "./batch-rules.ts";
import type { Declaration } from "./declaration.ts";
import type { DeclaredTensor } from "./tensors.ts";
import { unknownOf } from "./functions.ts";
import { holdsHole, standIn } from "./holes.ts";
import { reductionNames } from "./intrinsic-names.ts";
import { takeToo } from "./lookups.ts";
import { addTo, convertTo, insertAfter, removeFrom, renameField, replaceBy, shorten, shown, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { checkPoints, indicesFor } from "./points.ts";
import type { Fix } from "./report.ts";
import { nearest } from "./suggest.ts";
import { describe, fieldNode, type Value } from "./values.ts";

type Scattered = Extract<Value, { kind: "scattered" }>;

export function readOutputs(reading: Reading, declaration: Declaration, returned: Value, at: Node): Output[] {
  if (declaration.outputs.length === 0 || returned.kind === "fault") {
    checkLoose(reading, declaration, returned, at);
    if (declaration.several) checkWords(reading, declaration);
    return [];
  }
  if (!declaration.several) {
    if (returned.kind === "record") {
      reading.report.add(
        "R018",
        at,
        "the body returns an object, and the kernel has one output",
        returned.reduce === undefined
          ? soleField(at, returned)
          : {
              words: `return one of its fields: ${[...returned.fields.keys()].map((field) => `.${field}`).join(", ")}`,
              edits: fieldOfType(reading, declaration.outputs[0]!, returned, at),
            },
      );
      checkLoose(reading, declaration, returned, at);
      return [];
    }
    const output = readOutput(reading, declaration.outputs[0]!, returned, at);
    return output === undefined ? [] : [output];
  }
  const names = declaration.outputs.map((output) => output.name);
  const form = `return { ${names.join(", ")} }`;
  if (returned.kind !== "record") {
    reading.report.add("R018", at, `the kernel has outputs, and the body returns ${describe(returned)}`, form);
    checkLoose(reading, declaration, returned, at);
    checkWords(reading, declaration);
    return [];
  }
  const meant = new Map<string, string>();
  for (const name of returned.fields.keys()) {
    if (names.includes(name) || reading.faulty.has(name)) continue;
    const property = returned.at?.getProperty(name);
    const near = nearest(
      name,
      names.filter((known) => !returned.fields.has(known) && !meant.has(known)),
    );
    if (near !== undefined) meant.set(near, name);
    reading.report.add(
      "R018",
      property ?? at,
      `the body returns '${name}', which is no output`,
      near !== undefined
        ? renameField(property, near)
        : { words: `remove '${name}'`, edits: property === undefined ? [] : [removeFrom(property)] },
    );
  }
  const outputs = declaration.outputs.flatMap((declared) => {
    const value = returned.fields.get(meant.get(declared.name) ?? declared.name);
    if (value === undefined) {
      const isKnown = returned.at
        ?.getFirstAncestorByKind(SyntaxKind.Block)
        ?.getDescendantsOfKind(SyntaxKind.Identifier)
        .some(
          (one) =>
            one.getText() === declared.name &&
            (Node.isBindingElement(one.getParent()) || Node.isVariableDeclaration(one.getParent())),
        );
      reading.report.add("R021", declared.at, `the output '${declared.name}' is declared and never given`, {
        words: `return { ${[...(returned.at?.getProperties() ?? []).map((one) => one.getText()), isKnown === true ? declared.name : `${declared.name}: …`].map(shown).join(", ")} }`,
        edits: isKnown === true ? [addTo(returned.at!, returned.at!.getProperties(), declared.name)] : [],
      });
      return [];
    }
    const output = readOutput(reading, declared, value, fieldNode(returned, declared.name) ?? at);
    return output === undefined ? [] : [output];
  });
  checkWords(reading, declaration);
  return outputs;
}

/** Two 16-bit elements share a word, so those who write them together must agree on the axis along which they pair. */
function checkWords(reading: Reading, declaration: Declaration): void {
  const halves = declaration.outputs.filter((output) => output.storage === "bf16");
  const first = halves[0];
  for (const other of halves.slice(1)) {
    const [a, b] = [first!.axes.at(-1)!, other.axes.at(-1)!];
    if (a === b) continue;
    reading.report.add(
      "R016",
      other.at,
      `the 16-bit outputs '${first!.name}' and '${other.name}' end in different axes, '${a}' and '${b}'`,
      { words: `store one of them as f32, or let both end in the same axis`, edits: retype(other, "f32") },
      [{ message: `'${first!.name}' is declared here`, at: first!.at }],
    );
  }
}

/** What is returned without being any one output's value: it holds no batch arithmetic, and no axis that no output has. */
function checkLoose(reading: Reading, declaration: Declaration, returned: Value, at: Node): void {
  const rest = unknownOf(reading, [returned]);
  if (rest.kind !== "fault") return;
  reading.stored.push(...rest.parts);
  for (const part of rest.parts) {
    // What went into an unknown value may be an address.
    if (returned.kind !== "fault") checkStored(reading, part, at);
    if (declaration.outputs.length === 1) checkBoundAxes(reading, declaration.outputs[0]!, part, at);
  }
}

/** Every axis that the value mentions is one of the output's. */
function checkBoundAxes(reading: Reading, declared: DeclaredTensor, expr: Expr, at: Node): void {
  for (const variable of expr.free) {
    if (variable.kind === "axis" && !declared.axes.includes(variable.axis))
      reportUnbound(reading, declared, variable, at);
  }
}

function readOutput(reading: Reading, declared: DeclaredTensor, value: Value, at: Node): Output | undefined {
  const { name, storage, axes } = declared;
  const stored = value.kind === "scattered" ? value.value : value;
  const place =
    value.kind === "scattered"
      ? Node.isCallExpression(value.at)
        ? (value.at.getArguments()[1] ?? value.at)
        : value.at
      : at;
  const wanted = valueTypeOf(storage);
  const found = reading.typeOf(stored);
  const isOther = found !== undefined && found !== "loose" && found !== "bool" && found !== wanted;
  if (isOther) {
    reading.report.add(
      "R006",
      place,
      `'${name}' holds ${storage}, and this is ${found}`,
      {
        ...convertTo(place, wanted, stored.kind === "scalar" ? stored.expr : undefined),
        more: `; or declare it as "${found}[${axes.join(", ")}]"`,
      },
      [{ message: `'${name}' is declared here`, at: declared.at }],
    );
  }
  const expr = isOther
    ? standIn(reading.pool, wanted, [reading.expr(stored, place)!])
    : reading.expr(stored, place, wanted);
  if (expr === undefined) return undefined;
  reading.stored.push(expr);
  checkStored(reading, expr, place);
  if (value.kind === "scattered") return readScattered(reading, declared, value, expr);
  // An output with an axis that is not declared may be meant to have this one.
  if (axes.every((axis) => reading.axes.has(axis))) checkBoundAxes(reading, declared, expr, at);
  return { name, storage, axes, over: axes, value: expr };
}

function reportUnbound(reading: Reading, declared: DeclaredTensor, unbound: Variable, at: Node): void {
  const index = reading.pool.index(unbound);
  const places = [...(reading.places.get(index) ?? [])];
  // Another output may have this axis, and mention it rightly.
  const sources = sourcesOf(at);
  const own = places.filter((place) =>
    sources.some((source) => place === source || place.getAncestors().includes(source)),
  );
  const told = own.length > 0 ? own : places.length > 0 ? places : [reading.nodes.get(index) ?? at];
  for (const place of told) reportUnboundAt(reading, declared, unbound, place);
}

/** The source of a value: where it stands, and each declaration of its body whose name it mentions. */
function sourcesOf(at: Node): readonly Node[] {
  const body = at.getFirstAncestorByKind(SyntaxKind.Block);
  const declarations = new Map(
    body?.getDescendantsOfKind(SyntaxKind.VariableDeclaration).map((one) => [one.getName(), one] as const),
  );
  const sources = new Set<Node>([at]);
  for (const source of sources) {
    const names = Node.isIdentifier(source) ? [source] : source.getDescendantsOfKind(SyntaxKind.Identifier);
    for (const name of names) {
      const declared = declarations.get(name.getText());
      if (declared !== undefined) sources.add(declared);
    }
  }
  return [...sources];
}

function reportUnboundAt(reading: Reading, declared: DeclaredTensor, unbound: Variable, place: Node): void {
  const axis = reading.axes.get(unbound.axis)!;
  const around = reductionAround(place, axis.name);
  if (around !== undefined) {
    reading.report.add(
      "R012",
      place,
      `the axis '${axis.name}' is not bound: in this reduction over it, its points are the leaf's item`,
      around.item === undefined
        ? {
            words: `give the leaf its item: (item) => …, and write item here`,
            edits: around.leaf === undefined ? [] : [insertAfter(around.leaf, "item"), replaceBy(place, "item")],
          }
        : { words: `write ${around.item}, the leaf's item`, edits: [replaceBy(place, around.item)] },
      [{ message: "the reduction is here", at: around.at }],
    );
    return;
  }
  reading.report.add(
    "R012",
    place,
    `the axis '${axis.name}' is not bound: '${declared.name}' has no such axis, and no reduction goes over it here`,
    {
      words: `reduce over it, as in sum(${axis.name}, "chain", (item) => …), or add '${axis.name}' to the output's axes`,
      edits: withAxis(declared, axis.name),
    },
    [{ message: `'${declared.name}' is declared here`, at: declared.at }],
  );
}

/** The reduction over an axis in whose leaf a node stands, and what the leaf calls its item. */
function reductionAround(
  node: Node,
  axis: string,
): { readonly at: Node; readonly item: string | undefined; readonly leaf?: Node } | undefined {
  for (const above of node.getAncestors()) {
    if (!Node.isCallExpression(above) || !reductionNames.has(above.getExpression().getText())) continue;
    const [domain] = above.getArguments();
    const leaf = above.getArguments().at(-1);
    if (
      domain?.getText() !== axis ||
      leaf === undefined ||
      !(node.getPos() >= leaf.getPos() && node.getEnd() <= leaf.getEnd())
    )
      continue;
    const item = Node.isArrowFunction(leaf) ? leaf.getParameters()[0]?.getName() : undefined;
    const empty = Node.isArrowFunction(leaf) ? leaf.getFirstChildByKind(SyntaxKind.OpenParenToken) : undefined;
    return { at: above, item, ...(empty === undefined || leaf === undefined ? {} : { leaf: empty }) };
  }
  return undefined;
}

function readScattered(reading: Reading, declared: DeclaredTensor, value: Scattered, expr: Expr): Output | undefined {
  const { name, storage, axes } = declared;
  const { place, placeNodes } = value;
  reading.stored.push(...place);
  if (place.length !== axes.length) {
    reading.report.add(
      "R007",
      value.at,
      `'${name}' has ${axes.length} axes, and the place has ${place.length} ${place.length === 1 ? "index" : "indices"}`,
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
    checkOneWriter(reading, value, over);
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
  const form = `only a "unique placement u32[…]" table, as in place: "unique placement u32[${point ?? "token"}]" and scatter([place(${point ?? "token"}), …], …), or the axis' own point may stand here`;
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
function checkOneWriter(reading: Reading, { place, at }: Scattered, over: readonly string[]): void {
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
  const text = shorten(table === undefined ? missing : (reading.nodes.get(table)?.getText() ?? missing));
  reading.report.add(
    "R017",
    at,
    `an element may have several writers: the place does not tell the points of the axis '${missing}' apart`,
    table?.kind === "load"
      ? {
          words: `declare '${table.input}' as "unique placement u32[…]", so that the host checks that ${text} are distinct`,
          edits: retype(reading.inputs.get(table.input)!, "unique placement u32"),
        }
      : `use '${missing}' as an index of the place, or an element of a "unique placement u32[${missing}]" table; both parts of a slot, slot / n and slot % n, stand for the slot`,
    [{ message: `'${missing}' is declared here`, at: axis.at }],
  );
}

/** A tensor's type with another dtype, where it is written in its declaration. */
function retype(declared: { readonly at: Node; readonly axes: readonly string[] }, dtype: string): Edit[] {
  const type = Node.isPropertyAssignment(declared.at) ? declared.at.getInitializer() : undefined;
  return Node.isStringLiteral(type) ? [replaceBy(type, `"${dtype}[${declared.axes.join(", ")}]"`)] : [];
}

/** An output's type with one more axis. */
function withAxis(declared: DeclaredTensor, axis: string): Edit[] {
  return retype({ at: declared.at, axes: [...declared.axes, axis] }, declared.storage);
}

/** The only field of an object, in its place. */
function soleField(at: Node, returned: Extract<Value, { kind: "record" }>): Fix {
  const [name, ...others] = returned.fields.keys();
  const node = name === undefined || others.length > 0 ? undefined : fieldNode(returned, name);
  const whole = at.getParentIfKind(SyntaxKind.ParenthesizedExpression) ?? at;
  return {
    words: "return the value itself, or declare outputs: { … }",
    edits: node === undefined ? [] : [replaceBy(whole, node.getText())],
  };
}

function fieldOfType(
  reading: Reading,
  declared: DeclaredTensor,
  returned: Extract<Value, { kind: "record" }>,
  at: Node,
): Edit[] {
  const wanted = valueTypeOf(declared.storage);
  const [name] = [...returned.fields].find(([, value]) => reading.typeOf(value) === wanted) ?? [];
  return name === undefined ? [] : [insertAfter(at, `.${name}`)];
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
