/** Reading a reduction's leaf, once for each domain, and making the reduction of it. */
import { Node, SyntaxKind } from "ts-morph";
import type { Expr, Reduce, Reducer } from "../ir.ts";
import { reductionsBelow } from "../visit.ts";
import type { Tree } from "../tree.ts";
import { callFunction } from "./functions.ts";
import { unknownOf } from "./unknown-value.ts";
import { hole } from "./poison.ts";
import { builtInReducer } from "./built-in-reducers.ts";
import { removeFrom, replaceBy, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import { checkCuts } from "./sequence-cuts.ts";
import { describe, fault, scalar, type Domain, type FunctionLike, type Value } from "./values.ts";

/**
 * Reads a leaf with an item of `domain`, and makes the result of the reduction's fields. Sibling reductions over one
 * domain share their variable; where the leaf holds another reduction over it, or stands inside one, it gets the next
 * one, so that no variable is bound twice. Where the domain is unknown, so is the item.
 */
export function fold(
  reading: Reading,
  node: Node,
  domain: Domain | undefined,
  domainAt: Node,
  treeAt: Node | undefined,
  tree: Tree | undefined,
  leafFunction: Value,
  leafAt: Node,
  itemOf: (item: Value) => Value,
  read: (leaf: Value) => { reducer: Reducer; leaf: readonly (Expr | "item")[] } | undefined,
  make: (field: (name: string) => Expr, reduce: Reduce | undefined) => Value,
  type?: "u32",
): Value {
  if (leafFunction.kind !== "function") {
    if (leafFunction.kind !== "fault")
      reading.report.add(
        "R019",
        leafAt,
        `the leaf is a function of the item, and this is ${describe(leafFunction)}`,
        leafInstead(reading, domain, leafFunction, leafAt),
      );
    // The axis in it is what the item would be.
    return fault;
  }
  const parameters = leafFunction.node.getParameters();
  if (parameters.length > 1)
    reading.report.add("R019", leafAt, `the leaf takes ${parameters.length} items`, oneItem(leafFunction.node));
  const argumentsOf = (item: Value): Value[] => parameters.map((_, position) => (position === 0 ? item : fault));
  const { pool } = reading;
  if (domain === undefined) {
    const value = callFunction(
      reading,
      leafFunction,
      argumentsOf(fault),
      leafAt,
      parameters.map(() => leafAt),
    );
    const parts = read(value);
    const rest = unknownOf(reading, [value]);
    const exprs = rest.kind === "fault" ? rest.parts : [];
    if (parts === undefined) return type === undefined ? rest : scalar(hole(pool, type, exprs));
    const field = (name: string): Expr =>
      hole(pool, parts.reducer.fields.find((one) => one.name === name)!.type, exprs);
    return make(field, undefined);
  }
  const name = parameters[0]?.getName() ?? domain.axis.name;
  let depth =
    Math.max(
      -1,
      ...reading.folding
        .filter(
          (one) =>
            one.domain.start === domain.start && one.domain.count === domain.count && one.domain.axis === domain.axis,
        )
        .map((one) => one.depth),
    ) + 1;
  for (;;) {
    const variable = pool.itemVariable(name, domain.axis.name, domain.start, domain.count, depth);
    const item: Value = { kind: "scalar", expr: pool.index(variable), item: name };
    reading.folding.push({
      domain,
      depth,
      item: itemOf(item).kind === "scalar" ? parameters[0]?.getName() : undefined,
    });
    const value = callFunction(
      reading,
      leafFunction,
      argumentsOf(itemOf(item)),
      leafAt,
      parameters.map(() => leafAt),
    );
    reading.folding.pop();
    const parts: ReturnType<typeof unknownLeaf> = read(value) ?? unknownLeaf(reading, value);
    const leaf = parts.leaf.map((expr) => (expr === "item" ? pool.index(variable) : expr));
    if ([...reductionsBelow(leaf)].some((inner) => inner.variable === variable)) {
      depth += 1;
      continue;
    }
    const reduce = reading.at(
      node,
      pool.reduce({
        axis: domain.axis.name,
        variable,
        start: domain.start,
        count: domain.count,
        tree: tree ?? [{ fold: "chain" }],
        reducer: parts.reducer,
        leaf,
      }),
    );
    if (tree !== undefined) checkCuts(reading, reduce, domainAt, treeAt, leafAt);
    if (parts.unknown === true) {
      const whole = pool.field(reduce, "value");
      return type === undefined ? unknownOf(reading, [scalar(whole)]) : scalar(hole(pool, type, [whole]));
    }
    return make((field) => reading.at(node, pool.field(reduce, field)), reduce);
  }
}

/** The leaf with the one of its items that it uses. */
function oneItem(leaf: FunctionLike): Fix {
  const parameters = leaf.getParameters();
  const body = leaf.getBody();
  const used = parameters.filter((one) =>
    [body!, ...body!.getDescendants()].some((node) => Node.isIdentifier(node) && node.getText() === one.getName()),
  );
  const more = "; nest reductions for several axes";
  const [kept] = used.length === 0 ? parameters : used;
  if (body === undefined || used.length > 1)
    return { words: `write an arrow function of one item: (item) => …${more}`, edits: [] };
  return {
    words: `write (${kept!.getName()}) => …`,
    edits: [
      ...parameters.slice(1).map((one) => removeFrom(one)),
      ...(kept === parameters[0] ? [] : [replaceBy(parameters[0]!, kept!.getText())]),
    ],
    more,
  };
}

/** An expression as the leaf of a reduction: the axis in it becomes the item. */
function leafInstead(reading: Reading, domain: Domain | undefined, leaf: Value, at: Node): string | Fix {
  const axis = domain?.axis.name;
  if (axis === undefined || (leaf.kind !== "tensor" && reading.typeOf(leaf) === undefined))
    return "write an arrow function: (item) => …";
  const names = new Set(
    at
      .getSourceFile()
      .getDescendantsOfKind(SyntaxKind.Identifier)
      .map((one) => one.getText()),
  );
  const item = names.has(axis.slice(0, 1)) ? "item" : axis.slice(0, 1);
  if (leaf.kind === "tensor")
    return write(
      at,
      `(${item}) => ${at.getText()}(${leaf.input.axes.map((one) => (one === axis ? item : one)).join(", ")})`,
    );
  return write(
    at,
    `(${item}) => ${at.getText().replace(/(?<![.\w$])[A-Za-z_$][\w$]*/g, (word) => (word === axis ? item : word))}`,
  );
}

/** A leaf without a dtype: its parts are folded as something, so that their item is bound. */
function unknownLeaf(
  reading: Reading,
  leaf: Value,
): { reducer: Reducer; leaf: readonly (Expr | "item")[]; unknown?: true } {
  const rest = unknownOf(reading, [leaf]);
  return {
    reducer: builtInReducer(reading, "sum", "u32"),
    leaf: [hole(reading.pool, "u32", rest.kind === "fault" ? rest.parts : [])],
    unknown: true,
  };
}
