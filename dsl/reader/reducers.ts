/** `reducer({ state, identity, combine })`. */
import { Node } from "ts-morph";
import { partsOf } from "../expr.ts";
import type { Constant, Expr, Reducer } from "../ir.ts";
import { checkSides } from "./combine-sides.ts";
import { evaluate } from "./expressions.ts";
import { inline } from "./functions.ts";
import { hole, holdsHole } from "./holes.ts";
import { checkName } from "./names.ts";
import type { Reading } from "./reading.ts";
import { describe, fault, scalar, type FunctionLike, type Scope, type Value } from "./values.ts";

type FieldType = "f32" | "u32" | "i32";

export function readReducer(reading: Reading, description: Node, scope: Scope): Value {
  const known = reading.reducers.get(description);
  if (known !== undefined) return { kind: "reducer", reducer: known };
  if (!Node.isObjectLiteralExpression(description)) {
    reading.report.add("R019", description, "a reducer is described by an object", "write reducer({ state: { … }, identity: { … }, combine(left, right) { … } })");
    return fault;
  }
  const member = (name: string): Node | undefined => {
    const property = description.getProperty(name);
    if (property === undefined) reading.report.add("R018", description, `the reducer has no '${name}'`, "write reducer({ state: { … }, identity: { … }, combine(left, right) { … } })");
    return Node.isPropertyAssignment(property) ? property.getInitializer() : property;
  };
  const [stateAt, identityAt, combineAt] = [member("state"), member("identity"), member("combine")];
  const types = stateAt === undefined ? undefined : readTypes(reading, stateAt, scope);
  if (types === undefined) {
    if (identityAt !== undefined) evaluate(reading, identityAt, scope);
    return fault;
  }
  const identities = identityAt === undefined ? undefined : readIdentity(reading, types, identityAt, evaluate(reading, identityAt, scope));
  const before = reading.report.size;
  const combines = combineAt === undefined ? undefined : readCombine(reading, types, combineAt, scope);
  const reducer: Reducer = {
    name: nameOf(description),
    fields: types.map(([name, type], position) => ({ name, type, identity: identities?.[position] ?? reading.pool.constant(type, 0), combine: combines?.[position] ?? reading.pool.state("left", name, type) })),
  };
  if (identities === undefined || combines === undefined || reading.report.size > before) reading.faultyReducers.add(reducer);
  reading.reducers.set(description, reducer);
  return { kind: "reducer", reducer };
}

function nameOf(description: Node): string {
  const declaration = description.getFirstAncestor(Node.isVariableDeclaration);
  const name = declaration?.getInitializer()?.getEnd() === description.getParent()?.getEnd() ? declaration?.getName() : undefined;
  return name ?? "reducer";
}

function readTypes(reading: Reading, at: Node, scope: Scope): [string, FieldType][] | undefined {
  const value = evaluate(reading, at, scope);
  if (value.kind === "fault") return undefined;
  if (value.kind !== "record" || value.fields.size === 0) {
    reading.report.add("R018", at, "a reducer's state names its fields and their dtypes", "write state: { total: \"f32\" }");
    return undefined;
  }
  const types: [string, FieldType][] = [];
  for (const [name, type] of value.fields) {
    const text = type.kind === "text" ? type.text : undefined;
    if (text !== "f32" && text !== "u32" && text !== "i32") {
      reading.report.add("R006", at, `the state's field '${name}' has no dtype`, "a field is \"f32\", \"u32\" or \"i32\"");
      return undefined;
    }
    checkName(reading.report, name, "a state's field", at);
    types.push([name, text]);
  }
  return types;
}

/** One expression for each field, in the state's order. */
function readFields(reading: Reading, types: readonly [string, FieldType][], at: Node, value: Value, what: string): Expr[] | undefined {
  if (value.kind === "fault") return types.map(([, type]) => hole(reading.pool, type, value.parts));
  const form = `give all of the state: { ${types.map(([name]) => name).join(", ")} }`;
  if (value.kind !== "record") {
    reading.report.add("R006", at, `${what} is a state, and this is ${describe(value)}`, form);
    return undefined;
  }
  const extra = [...value.fields.keys()].find((name) => !types.some(([known]) => known === name));
  if (extra !== undefined) {
    reading.report.add("R006", at, `${what} has '${extra}', which the state has not`, form);
  }
  const exprs = types.map(([name, type]) => {
    const field = value.fields.get(name);
    if (field !== undefined) return reading.expr(field, at, type);
    reading.report.add("R006", at, `${what} lacks '${name}'`, form);
    return hole(reading.pool, type);
  });
  return exprs.map((expr) => expr!);
}

function readIdentity(reading: Reading, types: readonly [string, FieldType][], at: Node, value: Value): Constant[] | undefined {
  let infinite = false;
  if (value.kind === "record") {
    for (const [name, field] of value.fields) {
      if (field.kind === "literal" && !Number.isFinite(field.value)) {
        reading.report.add("R014", at, `the identity's '${name}' is ${field.value}`,
          "use a finite number: combining two identities must not give NaN; for a maximum, -3.4028234663852886e38 is the lowest f32");
        infinite = true;
      }
    }
  }
  if (infinite) return undefined;
  const exprs = readFields(reading, types, at, value, "the identity");
  if (exprs === undefined || exprs.some((expr) => holdsHole(expr))) return undefined;
  const varying = exprs.findIndex((expr) => expr.kind !== "constant");
  if (varying === -1) return exprs as Constant[];
  reading.report.add("R014", at, `the identity's '${types[varying]![0]}' is not a constant`, "write a number: every fold starts from it");
  return undefined;
}

function readCombine(reading: Reading, types: readonly [string, FieldType][], at: Node, scope: Scope): Expr[] | undefined {
  const value: Value = Node.isMethodDeclaration(at) ? { kind: "function", node: at as FunctionLike, scope, name: "combine", topLevel: false } : evaluate(reading, at, scope);
  if (value.kind === "fault") return undefined;
  if (value.kind !== "function" || value.node.getParameters().length !== 2) {
    reading.report.add("R019", at, "a reducer's combine is a function of two states", "write combine(left, right) { return { … }; }");
    return undefined;
  }
  const side = (name: "left" | "right"): Value => ({
    kind: "record", fields: new Map(types.map(([field, type]): [string, Value] => [field, scalar(reading.pool.state(name, field, type))])),
  });
  const folding = reading.folding.splice(0);
  const result = inline(reading, value, [side("left"), side("right")]);
  reading.folding.push(...folding);
  const exprs = readFields(reading, types, at, result, "the combined state");
  const open = exprs?.map(findOpen).find((leaf) => leaf !== undefined);
  if (open === undefined) {
    return exprs === undefined || exprs.some((expr) => holdsHole(expr)) || !checkSides(reading, types.map(([name]) => name), exprs, at) ? undefined : exprs;
  }
  reading.report.add("R019", reading.nodes.get(open) ?? at, "a reducer's combine reads something other than its two states",
    "bring what it needs into the state, through the leaf: combine gives the same for the same two states");
  return undefined;
}

/** What a combined state may not depend on. */
function findOpen(expr: Expr): Expr | undefined {
  return [...partsOf(expr)].find(({ kind }) => kind === "load" || kind === "index" || kind === "extent" || kind === "parameter" || kind === "field");
}
