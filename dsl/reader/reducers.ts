/** `reducer({ state, identity, combine })`. */
import {
  type ArrowFunction,
  type MethodDeclaration,
  Node,
  type ObjectLiteralExpression,
  type PropertyAssignment,
} from "ts-morph";
import { Denotation } from "../denotation.ts";
import { f32OfBits } from "../expr.ts";
import { collect } from "../visit.ts";
import type { Constant, Expr, Reducer } from "../ir.ts";
import { checkSides } from "./combine-sides.ts";
import { dtypeMeant } from "./tensors.ts";
import { trackingAlgebra } from "./finite-range.ts";
import { addTo, bare, insertBefore, removeFrom, renameField, replaceBy, shorten, write } from "./fixes.ts";
import { hole, holdsHole } from "./poison.ts";
import { checkName } from "./names.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import { nearest } from "./suggest.ts";
import { describe, fault, fieldNode, scalar, type FunctionLike, type Scope, type Value } from "./values.ts";

type FieldType = "f32" | "u32" | "i32";

export function readReducer(reading: Reading, description: Node, scope: Scope): Value {
  const known = reading.reducers.get(description);
  if (known !== undefined) return { kind: "reducer", reducer: known };
  if (!Node.isObjectLiteralExpression(description)) {
    reading.report.add(
      "R019",
      description,
      "a reducer is described by an object",
      "write reducer({ state: { … }, identity: { … }, combine(left, right) { … } })",
    );
    return fault;
  }
  const properties = membersOf(reading, description);
  const member = (name: string): Node | undefined => {
    const property = properties.get(name);
    if (property === undefined)
      reading.report.add("R018", description, `the reducer has no '${name}'`, memberInstead(name, properties));
    return Node.isPropertyAssignment(property) ? property.getInitializer() : property;
  };
  const [stateAt, identityAt, combineAt] = [member("state"), member("identity"), member("combine")];
  const types = stateAt === undefined ? undefined : readTypes(reading, stateAt, scope);
  if (types === undefined) {
    if (identityAt !== undefined) reading.evaluate(identityAt, scope);
    return fault;
  }
  const identities =
    identityAt === undefined
      ? undefined
      : readIdentity(reading, types, identityAt, reading.evaluate(identityAt, scope));
  const before = reading.report.size;
  const combines = combineAt === undefined ? undefined : readCombine(reading, types, combineAt, scope);
  const reducer: Reducer = {
    name: nameOf(description),
    fields: types.map(([name, type], position) => ({
      name,
      type,
      identity: identities?.[position] ?? reading.pool.constant(type, 0),
      combine: combines?.[position] ?? reading.pool.state("left", name, type),
    })),
  };
  if (identities === undefined || combines === undefined || reading.report.size > before)
    reading.faultyReducers.add(reducer);
  reading.reducers.set(description, reducer);
  return { kind: "reducer", reducer };
}

const members = ["state", "identity", "combine"];
/** What others call them. */
const otherMembers: Readonly<Record<string, string>> = {
  init: "identity",
  initial: "identity",
  initialValue: "identity",
  zero: "identity",
  neutral: "identity",
  start: "identity",
  seed: "identity",
  empty: "identity",
  unit: "identity",
  merge: "combine",
  fold: "combine",
  reduce: "combine",
  op: "combine",
  operator: "combine",
  join: "combine",
  fn: "combine",
  step: "combine",
  fields: "state",
  types: "state",
  type: "state",
  accumulator: "state",
};

/** A reducer's members, by the names that they have or are meant to have. */
function membersOf(reading: Reading, description: ObjectLiteralExpression): Map<string, Node> {
  const all = description.getProperties();
  const found = new Map<string, Node>(
    all.flatMap((one) =>
      Node.isSpreadAssignment(one) || !members.includes(one.getName()) ? [] : [[one.getName(), one] as const],
    ),
  );
  for (const property of all) {
    if (Node.isSpreadAssignment(property) || members.includes(property.getName())) continue;
    const name = property.getName();
    const free = members.filter((one) => !found.has(one));
    const other = Object.hasOwn(otherMembers, name) ? otherMembers[name]! : undefined;
    const meant = other !== undefined && free.includes(other) ? other : nearest(name, free);
    reading.report.add(
      "R018",
      property,
      `a reducer has no '${name}'`,
      meant === undefined
        ? { words: "remove it: a reducer has a state, an identity and a combine", edits: [removeFrom(property)] }
        : Node.isMethodDeclaration(property)
          ? { words: `did you mean '${meant}'?`, edits: [replaceBy(property.getNameNode(), meant)] }
          : renameField(property, meant),
    );
    if (meant !== undefined) found.set(meant, property);
  }
  return found;
}

/** Of a reducer that adds up, the identity is zeros. */
function memberInstead(name: string, found: ReadonlyMap<string, Node>): string | Fix {
  const form = "write reducer({ state: { … }, identity: { … }, combine(left, right) { … } })";
  const [state, combine] = [found.get("state"), found.get("combine")];
  const fields = Node.isPropertyAssignment(state) ? state.getInitializer() : undefined;
  if (
    name !== "identity" ||
    combine === undefined ||
    !Node.isObjectLiteralExpression(fields) ||
    /\bm(?:ax|in)\(|[?*/]/.test(combine.getText())
  )
    return form;
  const text = `identity: { ${fields
    .getProperties()
    .map((one) => `${(one as PropertyAssignment).getName()}: 0`)
    .join(", ")} }`;
  return { words: `write ${text}, where nothing is folded yet`, edits: [insertBefore(combine, `${text},\n  `)] };
}

function nameOf(description: Node): string {
  const declaration = description.getFirstAncestor(Node.isVariableDeclaration);
  const name =
    declaration?.getInitializer()?.getEnd() === description.getParent()?.getEnd() ? declaration?.getName() : undefined;
  return name ?? "reducer";
}

function readTypes(reading: Reading, at: Node, scope: Scope): [string, FieldType][] | undefined {
  const value = reading.evaluate(at, scope);
  if (value.kind === "fault") return undefined;
  if (value.kind !== "record" || value.fields.size === 0) {
    reading.report.add(
      "R018",
      at,
      "a reducer's state names its fields and their dtypes",
      'write state: { total: "f32" }',
    );
    return undefined;
  }
  const types: [string, FieldType][] = [];
  for (const [name, type] of value.fields) {
    const text = type.kind === "text" ? type.text : undefined;
    if (text !== "f32" && text !== "u32" && text !== "i32") {
      const place = fieldNode(value, name) ?? at;
      const meant = text === undefined ? "f32" : dtypeMeant(text);
      reading.report.add(
        "R006",
        place,
        `the dtype of the state's field '${name}' is ${text === undefined ? describe(type) : `"${text}"`}`,
        write(place, `"${meant}"`, ': a field is "f32", "u32" or "i32"'),
      );
      types.push([name, meant]);
      continue;
    }
    checkName(reading.report, name, "a state's field", at);
    types.push([name, text]);
  }
  return types;
}

/** A state of one field, where its value alone is given, or a function that gives the state. */
function stateInstead(at: Node, name: string): Fix | undefined {
  if (Node.isObjectLiteralExpression(at)) return undefined;
  if (Node.isArrowFunction(at) && at.getParameters().length === 0) {
    const body = bare(at.getBody());
    return Node.isObjectLiteralExpression(body) ? write(at, body.getText()) : undefined;
  }
  const value = Node.isMethodDeclaration(at) || Node.isArrowFunction(at) ? returnedBy(at) : at;
  if (value === undefined) return undefined;
  const text = `{ ${name}: ${value.getText()} }`;
  return write(value, Node.isArrowFunction(value.getParent()) ? `(${text})` : text);
}

/** What a function returns, where its only statement says so. */
function returnedBy(at: MethodDeclaration | ArrowFunction): Node | undefined {
  const body = at.getBody();
  if (!Node.isBlock(body)) return body;
  const last = body.getStatements().at(-1);
  return Node.isReturnStatement(last) ? last.getExpression() : undefined;
}

/** One expression for each field, in the state's order. */
function readFields(
  reading: Reading,
  types: readonly [string, FieldType][],
  at: Node,
  value: Value,
  what: string,
): Expr[] | undefined {
  if (value.kind === "fault") return types.map(([, type]) => hole(reading.pool, type, value.parts));
  const form = `give all of the state: { ${types.map(([name]) => name).join(", ")} }`;
  if (value.kind !== "record") {
    const given = types.length === 1 ? stateInstead(at, types[0]![0]) : undefined;
    const all = `give every field a value: { ${types.map(([name]) => `${name}: …`).join(", ")} }`;
    reading.report.add("R006", at, `${what} is a state, and this is ${describe(value)}`, given ?? all);
    return undefined;
  }
  const names = types.map(([name]) => name);
  const extra = [...value.fields.keys()].filter((name) => !names.includes(name));
  const meant = new Map<string, string>();
  for (const name of extra) {
    const near = nearest(
      name,
      names.filter((known) => !value.fields.has(known) && ![...meant.values()].includes(known)),
    );
    const property = value.at?.getProperty(name);
    if (near !== undefined) meant.set(name, near);
    reading.report.add(
      "R006",
      property ?? at,
      `${what} has '${name}', which the state has not`,
      near !== undefined
        ? renameField(property, near)
        : { words: form, edits: property === undefined ? [] : [removeFrom(property)] },
    );
  }
  const exprs = types.map(([name, type]) => {
    const [misspelt] = [...meant].find(([, known]) => known === name) ?? [];
    const field = value.fields.get(misspelt ?? name);
    if (field !== undefined) return reading.expr(field, fieldNode(value, misspelt ?? name) ?? at, type);
    // How two states become one is the author's to say.
    const isIdentity = what === "the identity";
    reading.report.add("R006", at, `${what} lacks '${name}'`, {
      words: isIdentity ? `${form}, as in ${name}: 0` : form,
      edits: value.at === undefined || !isIdentity ? [] : [addTo(value.at, value.at.getProperties(), `${name}: 0`)],
    });
    return hole(reading.pool, type);
  });
  return exprs.map((expr) => expr!);
}

function readIdentity(
  reading: Reading,
  types: readonly [string, FieldType][],
  at: Node,
  value: Value,
): Constant[] | undefined {
  let infinite = false;
  if (value.kind === "record") {
    for (const [name, field] of value.fields) {
      if (field.kind === "literal" && !Number.isFinite(field.value)) {
        const place = fieldNode(value, name) ?? at;
        const whole = at.getParent()?.getParent()?.getText() ?? "";
        const combine = whole.slice(whole.indexOf("combine")).replaceAll("=>", "");
        const finite =
          Number.isNaN(field.value) || !/\bm(?:ax|in)\(/.test(combine)
            ? "0"
            : // A combine that only chooses leaves the ends of the range as they are.
              /exp\(|log\(|[-+*/]/.test(combine)
              ? field.value < 0
                ? "-(2 ** 126)"
                : "2 ** 126"
              : `${field.value < 0 ? "-" : ""}3.4028234663852886e38`;
        reading.report.add("R014", place, `the identity's '${name}' is ${field.value}`, {
          ...write(place, finite),
          more: `: an identity is finite, since combining two must not give NaN; ${finite.startsWith("-") ? "for a maximum alone, -3.4028234663852886e38 is the lowest f32" : "for a minimum alone, 3.4028234663852886e38 is the largest f32"}`,
        });
        infinite = true;
      }
    }
  }
  if (infinite) return undefined;
  const exprs = readFields(reading, types, at, value, "the identity");
  if (exprs === undefined || exprs.some((expr) => holdsHole(expr))) return undefined;
  const varying = exprs.findIndex((expr) => expr.kind !== "constant");
  if (varying === -1) return exprs as Constant[];
  const [name] = types[varying]!;
  const place = (value.kind === "record" ? fieldNode(value, name) : undefined) ?? at;
  const number = constantOf(exprs[varying]!);
  reading.report.add(
    "R014",
    place,
    `the identity's '${name}' is ${shorten(place.getText())}, which is calculated`,
    number === undefined
      ? "write a number: every fold starts from it"
      : write(place, number, `, the number that ${shorten(place.getText())} comes to: every fold starts from it`),
  );
  return undefined;
}

/** What an expression of constants alone comes to, as it is written. */
function constantOf(expr: Expr): string | undefined {
  if (
    [...collect([expr])].some(
      ({ kind }) =>
        kind === "load" ||
        kind === "index" ||
        kind === "extent" ||
        kind === "parameter" ||
        kind === "field" ||
        kind === "state",
    )
  )
    return undefined;
  const { bits } = new Denotation(trackingAlgebra()).valueOf(expr);
  const number = expr.type === "f32" ? f32OfBits(bits) : expr.type === "i32" ? bits | 0 : bits;
  return expr.type === "bool" || !Number.isFinite(number) ? undefined : String(number).replace("e+", "e");
}

function readCombine(
  reading: Reading,
  types: readonly [string, FieldType][],
  at: Node,
  scope: Scope,
): Expr[] | undefined {
  const value: Value = Node.isMethodDeclaration(at)
    ? { kind: "function", node: at as FunctionLike, scope, name: "combine", topLevel: false }
    : reading.evaluate(at, scope);
  if (value.kind === "fault") return undefined;
  if (value.kind !== "function" || value.node.getParameters().length !== 2) {
    reading.report.add(
      "R019",
      at,
      "a reducer's combine is a function of two states",
      "write combine(left, right) { return { … }; }",
    );
    return undefined;
  }
  const side = (name: "left" | "right"): Value => ({
    kind: "record",
    fields: new Map(
      types.map(([field, type]): [string, Value] => [field, scalar(reading.pool.state(name, field, type))]),
    ),
  });
  const folding = reading.folding.splice(0);
  const outer = reading.combining;
  reading.combining = { sides: value.node.getParameters().map((one) => shorten(one.getName())), isTold: false };
  const result = reading.inline(value, [side("left"), side("right")]);
  reading.combining = outer;
  reading.folding.push(...folding);
  const exprs = readFields(reading, types, at, result, "the combined state");
  const open = exprs?.map(findOpen).find((leaf) => leaf !== undefined);
  if (open === undefined) {
    return exprs === undefined ||
      exprs.some((expr) => holdsHole(expr)) ||
      !checkSides(
        reading,
        types.map(([name]) => name),
        exprs,
        at,
      )
      ? undefined
      : exprs;
  }
  reading.report.add(
    "R019",
    reading.nodes.get(open) ?? at,
    "a reducer's combine reads something other than its two states",
    "bring what it needs into the state, through the leaf: combine gives the same for the same two states",
  );
  return undefined;
}

/** What a combined state may not depend on. */
function findOpen(expr: Expr): Expr | undefined {
  return [...collect([expr])].find(
    ({ kind }) => kind === "load" || kind === "index" || kind === "extent" || kind === "parameter" || kind === "field",
  );
}
