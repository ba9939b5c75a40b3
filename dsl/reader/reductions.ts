/** Domains, trees, and the reductions over them. */
import { Node } from "ts-morph";
import type { Expr, Reducer } from "../ir.ts";
import { unknownOf } from "./unknown-value.ts";
import { hole } from "./poison.ts";
import { builtInReducer, leafKey } from "./built-in-reducers.ts";
import { checkIdentity } from "./identity.ts";
import { bare, removeFrom, renameField, renew, replaceBy, shorten, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { nearest } from "./suggest.ts";
import { describe, fault, scalar, type Domain, type Scope, type Value } from "./values.ts";
import { domainOf, checkDomain } from "./domains.ts";
import { readTree } from "./tree-arguments.ts";
import { fold } from "./folds.ts";

/** `sum`, `max` and `argmax`. Without `treeAt`, its lack has been reported. */
export function readReduction(
  reading: Reading,
  name: "sum" | "max" | "argmax",
  node: Node,
  [domainAt, treeAt, leafAt]: readonly [Node, Node | undefined, Node],
  scope: Scope,
): Value {
  const value = reading.evaluate(domainAt, scope);
  const tree = treeAt === undefined ? undefined : readTree(reading, treeAt, scope);
  if (value.kind === "runs") {
    reading.report.add(
      "R019",
      domainAt,
      `'${name}' goes over items, and this is runs of them`,
      "write reduce(runs(…), tree, reducer, (run) => …), whose leaf reduces inside the run",
    );
  }
  const domain = value.kind === "runs" ? value.domain : domainOf(reading, value, domainAt);
  const leafFunction = reading.evaluate(leafAt, scope);
  const known = domain === undefined ? undefined : checkDomain(reading, domain, domainAt);
  return fold(
    reading,
    node,
    known,
    domainAt,
    treeAt,
    tree,
    leafFunction,
    leafAt,
    (item) => item,
    (leaf) => {
      const expr = reading.expr(leaf, leafAt, leaf.kind === "literal" && !leaf.decimal ? "u32" : undefined);
      if (expr === undefined) return undefined;
      if (expr.type === "bool") {
        const body = Node.isArrowFunction(leafAt) && !Node.isBlock(leafAt.getBody()) ? leafAt.getBody() : undefined;
        reading.report.add(
          "R006",
          leafAt,
          `'${name}' of conditions`,
          body === undefined
            ? "turn the condition into a number: select(condition, 1, 0)"
            : renew(body, "turn the condition into a number", `select(${bare(body).getText()}, 1, 0)`),
        );
        return undefined;
      }
      const reducer = builtInReducer(reading, name, expr.type);
      return { reducer, leaf: name === "argmax" ? [leafKey(reading.pool, expr), "item"] : [expr] };
    },
    (field) => scalar(field(name === "argmax" ? "index" : "value")),
    name === "argmax" ? "u32" : undefined,
  );
}

/** `reduce`, with an author's reducer, over items or over runs. */
export function readReduce(
  reading: Reading,
  node: Node,
  [domainAt, treeAt, byAt, leafAt]: readonly [Node, Node | undefined, Node, Node],
  scope: Scope,
): Value {
  const over = reading.evaluate(domainAt, scope);
  const tree = treeAt === undefined ? undefined : readTree(reading, treeAt, scope);
  const by = reading.evaluate(byAt, scope);
  const leafFunction = reading.evaluate(leafAt, scope);
  const inner = over.kind === "runs" ? over.domain : domainOf(reading, over, domainAt);
  if (by.kind !== "reducer" && by.kind !== "fault") {
    const named = by.kind === "text" && scope.find(by.text)?.value().kind === "reducer" ? by.text : undefined;
    reading.report.add(
      "R019",
      byAt,
      `a reducer is expected here, and this is ${describe(by)}`,
      named !== undefined
        ? { words: `write ${named} without quotes`, edits: [replaceBy(byAt, named)] }
        : "declare one at the top of the module: const mine = reducer({ state, identity, combine })",
    );
  }
  const known = inner === undefined ? undefined : checkDomain(reading, inner, domainAt);
  const { pool } = reading;
  const domain: Domain | undefined =
    known === undefined || over.kind !== "runs"
      ? known
      : { axis: known.axis, start: pool.u32(0), count: pool.divideUp(known.count, over.length) };
  const itemOf = (item: Value): Value => {
    if (over.kind !== "runs" || item.kind !== "scalar" || known === undefined) return item;
    const offset = pool.multiply(item.expr, pool.u32(over.length));
    return {
      kind: "range",
      domain: {
        axis: known.axis,
        start: pool.add(known.start, offset),
        count: pool.minimum(pool.u32(over.length), pool.subtract(known.count, offset)),
      },
    };
  };
  const fieldsOf = (reducer: Reducer, field: (name: string) => Expr): ReadonlyMap<string, Value> =>
    new Map(reducer.fields.map(({ name }): [string, Value] => [name, scalar(reading.at(node, field(name)))]));
  return fold(
    reading,
    node,
    domain,
    domainAt,
    treeAt,
    tree,
    leafFunction,
    leafAt,
    itemOf,
    (leaf) => (by.kind === "reducer" ? readState(reading, by.reducer, leaf, leafAt) : undefined),
    (field, reduce) => {
      if (by.kind !== "reducer") return fault;
      if (reduce !== undefined && !reading.faultyReducers.has(by.reducer)) checkIdentity(reading, reduce, leafAt);
      return { kind: "record", fields: fieldsOf(by.reducer, field), ...(reduce === undefined ? {} : { reduce }) };
    },
  );
}

/** What a field is given, as it is written. */
function fieldText(leaf: Value & { readonly kind: "record" }, name: string): string {
  const property = leaf.at?.getProperty(name);
  return Node.isPropertyAssignment(property) ? shorten(property.getInitializerOrThrow().getText()) : name;
}

/** One expression for each of the state's fields. */
function readState(reading: Reading, reducer: Reducer, leaf: Value, at: Node): { reducer: Reducer; leaf: Expr[] } {
  const names = reducer.fields.map((field) => field.name);
  const form = `return all of the state: ({ ${names.join(", ")} })`;
  if (leaf.kind !== "record") {
    const body = Node.isArrowFunction(at) && !Node.isBlock(at.getBody()) ? at.getBody() : undefined;
    if (leaf.kind !== "fault")
      reading.report.add(
        "R006",
        at,
        `the leaf gives the state of '${reducer.name}', and this is ${describe(leaf)}`,
        names.length === 1 && body !== undefined && reading.typeOf(leaf) !== undefined
          ? write(body, `({ ${names[0]}: ${bare(body).getText()} })`)
          : names.length === 1
            ? form
            : `give every field a value: ({ ${names.map((name) => `${name}: …`).join(", ")} })`,
      );
    const rest = unknownOf(reading, [leaf]);
    return {
      reducer,
      leaf: reducer.fields.map(({ type }) => hole(reading.pool, type, rest.kind === "fault" ? rest.parts : [])),
    };
  }
  const extra = [...leaf.fields.keys()].filter((name) => !names.includes(name));
  const missing = names.filter((name) => !leaf.fields.has(name));
  if (extra.length > 0 || missing.length > 0) {
    const pairs = extra.flatMap((name) => {
      const meant = nearest(name, missing);
      return meant === undefined ? [] : [[name, meant] as const];
    });
    const misspelt = pairs[0];
    const property = (name: string): Node | undefined => leaf.at?.getProperty(name);
    if (misspelt !== undefined) {
      reading.report.add(
        "R006",
        property(misspelt[0]) ?? at,
        `the leaf's state has '${misspelt[0]}', which '${reducer.name}' has not`,
        renameField(property(misspelt[0]), misspelt[1]),
      );
    } else {
      const wrong = extra.flatMap((name) => property(name) ?? []);
      reading.report.add(
        "R006",
        at,
        "the leaf's state " +
          `${missing.length > 0 ? `lacks '${missing.join("', '")}'` : `has '${extra.join("', '")}', which '${reducer.name}' has not`}`,
        missing.length > 0
          ? `give ${missing.length === 1 ? "it" : "each"} a value, too: ` +
              `({ ${names.map((name) => `${name}: ${leaf.fields.has(name) ? fieldText(leaf, name) : "…"}`).join(", ")} })`
          : { words: form, edits: wrong.map((one) => removeFrom(one)) },
      );
    }
  }
  return {
    reducer,
    leaf: reducer.fields.map((field) => reading.expr(leaf.fields.get(field.name) ?? fault, at, field.type)!),
  };
}
