/** Domains, trees, and the reductions over them. */
import { Node, SyntaxKind } from "ts-morph";
import type { Expr, Reduce, Reducer } from "../ir.ts";
import { reductionsBelow } from "../visit.ts";
import { isComplete, type Tree } from "../tree.ts";
import { parseTree, TreeSyntaxError } from "../tree-notation.ts";
import { checkBound, checkOwnBound, checkTree, checkWhole } from "./batch-rules.ts";
import { callFunction, unknownOf } from "./functions.ts";
import { hole } from "./holes.ts";
import { builtInReducer, leafKey } from "./built-in-reducers.ts";
import { checkIdentity } from "./identity.ts";
import { bare, removeFrom, renameField, renew, replaceBy, shorten, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { spanOfNode, type Fix } from "./report.ts";
import { nearest } from "./suggest.ts";
import { inverted, mendedTree, treeWords } from "./trees.ts";
import { checkCuts } from "./sequence-cuts.ts";
import { describe, fault, scalar, type Domain, type FunctionLike, type Scope, type Value } from "./values.ts";

/** `upTo(axis, last)` and `below(axis, count)`. */
export function readRange(
  reading: Reading,
  name: "upTo" | "below",
  node: Node,
  args: readonly Node[],
  scope: Scope,
): Value {
  const first = reading.evaluate(args[0]!, scope);
  const value = reading.evaluate(args[1]!, scope);
  if (value.kind === "axis" && (first.kind === "scalar" || first.kind === "literal" || first.kind === "tensor")) {
    reading.report.add(
      "R019",
      node,
      `the arguments of '${name}' stand in another order`,
      write(node, `${name}(${args[1]!.getText()}, ${args[0]!.getText()})`),
    );
    return readRange(reading, name, node, [args[1]!, args[0]!], scope);
  }
  const domain = wholeAxis(reading, first, args[0]!);
  if (reading.typeOf(value) === "f32") {
    const { pool } = reading;
    reading.report.add(
      "R024",
      args[1]!,
      `the bound of a range counts items, and this is an f32`,
      asCount(reading, value, args[1]!),
    );
    return domain === undefined
      ? unknownOf(reading, [value])
      : { kind: "range", domain: { ...domain, count: hole(pool, "u32", [reading.expr(value, args[1]!)!]) } };
  }
  const isBound = value.kind !== "literal" || (Number.isInteger(value.value) && value.value >= 0);
  if (!isBound)
    reading.report.add("R006", args[1]!, `the bound of a range is a whole number from 0, and this is ${value.value}`, {
      ...write(
        node,
        `below(${args[0]!.getText()}, ${value.kind === "literal" ? Math.max(0, Math.trunc(value.value) + (name === "upTo" ? 1 : 0)) : 0})`,
      ),
      more: name === "upTo" ? ", or upTo(axis, last) with the last item" : ", with the number of items",
    });
  const bound = isBound ? reading.expr(value, args[1]!, "u32")! : hole(reading.pool, "u32");
  const fits = checkBound(reading, bound, args[1]!);
  if (domain === undefined) return unknownOf(reading, [scalar(bound)]);
  const { pool } = reading;
  if (!fits || !checkOwnBound(reading, domain.axis, bound, args[1]!))
    return { kind: "range", domain: { ...domain, count: hole(pool, "u32", [bound]) } };
  const wanted = name === "upTo" ? pool.add(bound, pool.u32(1)) : bound;
  return { kind: "range", domain: { ...domain, count: reading.at(node, pool.minimum(wanted, domain.count)) } };
}

/** A number that was declared as an f32 is declared as a u32; one that is calculated is the author's to count otherwise. */
function asCount(reading: Reading, value: Value, at: Node): Fix {
  const expr = value.kind === "scalar" ? value.expr : undefined;
  const declared =
    expr?.kind === "parameter"
      ? reading.parameters.get(expr.name)?.at
      : expr?.kind === "load"
        ? reading.inputs.get(expr.input)?.at
        : undefined;
  const type = Node.isPropertyAssignment(declared) ? declared.getInitializer() : undefined;
  const text = type?.getText().replace(/\b(?:bf16|f32)\b/, "u32");
  if (
    declared === undefined ||
    !Node.isPropertyAssignment(declared) ||
    !Node.isStringLiteral(type) ||
    text === undefined
  ) {
    return {
      words:
        "bound it by a u32 of a model or sequence axis, of a parameter or of a request-owned table: a rounding may not decide how many items there are",
      edits: [],
    };
  }
  return {
    words: `declare it as u32: ${declared.getName()}: ${text}`,
    edits: [replaceBy(type, text)],
    more: at.getText() === declared.getName() ? "" : ", so that no rounding decides how many items there are",
  };
}

export function readRuns(reading: Reading, args: readonly Node[], scope: Scope): Value {
  const domain = domainOf(reading, reading.evaluate(args[0]!, scope), args[0]!);
  const length = reading.evaluate(args[1]!, scope);
  if (domain === undefined) return fault;
  if (length.kind === "fault") return { kind: "runs", domain, length: 1 };
  if (length.kind !== "literal" || length.decimal || length.value < 1 || length.value > 2 ** 30) {
    reading.report.add("R015", args[1]!, "the length of runs is a constant number of items, 1 or more", {
      ...write(
        args[1]!,
        String(length.kind === "literal" ? Math.min(Math.max(1, Math.round(length.value)), 2 ** 30) : 64),
      ),
      more: ", or another whole number",
    });
    return { kind: "runs", domain, length: 1 };
  }
  return { kind: "runs", domain, length: length.value };
}

function wholeAxis(reading: Reading, value: Value, at: Node): Domain | undefined {
  if (value.kind === "axis")
    return { axis: value.axis, start: reading.pool.u32(0), count: reading.pool.extent(value.axis.name) };
  if (value.kind !== "fault") {
    const axis =
      value.kind === "text" && reading.axes.has(value.text)
        ? value.text
        : value.kind === "tensor"
          ? value.input.axes.at(-1)
          : undefined;
    const known = axis === undefined ? undefined : reading.axes.get(axis);
    reading.report.add(
      "R006",
      at,
      `an axis is expected here, and this is ${describe(value)}`,
      known === undefined
        ? "write an axis of the kernel: one that the body takes in its second parameter"
        : { ...write(at, known.name), more: ", an axis that the body takes in its second parameter" },
    );
    if (known !== undefined) return { axis: known, start: reading.pool.u32(0), count: reading.pool.extent(known.name) };
  }
  return undefined;
}

function domainOf(reading: Reading, value: Value, at: Node): Domain | undefined {
  if (value.kind === "range") return value.domain;
  if (value.kind === "scalar" || value.kind === "literal") {
    reading.report.add(
      "R006",
      at,
      `a domain is expected here, and this is ${describe(value)}`,
      "reduce over an axis, over upTo(axis, last) or below(axis, count), or over a run",
    );
    return undefined;
  }
  return wholeAxis(reading, value, at);
}

/** The domain, where a reduction may go over it; of an unknown number of items, where it may not be a whole axis. */
function checkDomain(reading: Reading, domain: Domain, at: Node): Domain | undefined {
  if (domain.axis.role !== "batch") {
    const isWhole = domain.count.kind === "extent";
    return !isWhole || checkWhole(reading, domain.axis, at) ? domain : { ...domain, count: hole(reading.pool, "u32") };
  }
  reading.report.add(
    "R002",
    at,
    `a reduction over the batch axis '${domain.axis.name}'`,
    "reduce over a model or sequence axis; what requests share can't be summed, since it would change with the batch",
    [{ message: `'${domain.axis.name}' is a batch axis`, at: domain.axis.at }],
  );
  return undefined;
}

/** The tree that a string of the source notates. */
function readTree(reading: Reading, given: Node, scope: Scope): Tree | undefined {
  const node = constantOf(reading, given, scope);
  if (Node.isConditionalExpression(node)) {
    const condition = reading.evaluate(node.getCondition(), scope);
    if (
      condition.kind === "scalar" &&
      !checkTree(reading, condition.expr, node, write(node, node.getWhenTrue().getText(), ", or another constant tree"))
    )
      return undefined;
  }
  if (Node.isTemplateExpression(node)) {
    for (const span of node.getTemplateSpans()) {
      const part = reading.evaluate(span.getExpression(), scope);
      if (
        (part.kind === "scalar" || part.kind === "axis") &&
        !checkTree(reading, reading.expr(part, span.getExpression())!, node)
      )
        return undefined;
    }
  }
  const value = reading.evaluate(node, scope);
  if (value.kind === "fault") return undefined;
  if (value.kind !== "text") {
    reading.report.add("R015", node, `a reduction tree is a constant string, and this is ${describe(value)}`, {
      ...write(node, '"chain"'),
      more: ', or levels from the leaves up, such as "chain 128, chain"',
    });
    return undefined;
  }
  const isElsewhere = node.getSourceFile() !== given.getSourceFile();
  const at = isElsewhere ? given : node;
  const notes = isElsewhere ? [{ message: "the tree is declared here", at: node }] : [];
  const literal = isLiteral(node, value.text);
  /** The whole tree; where it stands in another file, in words alone. */
  const whole = (words: string, text: string, more = ""): Fix => ({
    words: isElsewhere ? `${words} where it is declared` : words,
    edits: literal && !isElsewhere ? [replaceBy(node, `"${text}"`)] : [],
    more,
  });
  try {
    const tree = parseTree(value.text);
    if (isComplete(tree)) return tree;
    const last = tree[tree.length - 1]!;
    const swapped = inverted(tree);
    const isEnded = tree.slice(0, -1).some((level) => level.count === undefined && level.lanes === undefined);
    reading.report.add(
      "R015",
      at,
      `the tree "${shorten(value.text)}" does not end in one value: its last level ${last.count === undefined ? `leaves ${last.lanes} lanes` : `leaves one value for each ${last.count} items`}`,
      swapped !== undefined
        ? whole(`levels stand from the leaves up: write "${swapped}"`, swapped)
        : isEnded
          ? "write levels from the leaves up; the last one takes all that is left"
          : whole(
              `end it with a level that takes all that is left: write "${value.text}, chain"`,
              `${value.text}, chain`,
              ` or "${value.text}, pairwise"`,
            ),
      notes,
    );
  } catch (error) {
    if (!(error instanceof TreeSyntaxError)) throw error;
    const span = spanOfNode(at);
    const column = span.column + 1 + error.offset;
    const mended = mendedTree(value.text);
    reading.report.add(
      "R015",
      literal && !isElsewhere
        ? { ...span, column, endColumn: column + (value.text.slice(error.offset).match(/^\w+|^./)?.[0].length ?? 1) }
        : at,
      `in the tree "${shorten(value.text)}": ${error.message}`,
      mended === undefined
        ? treeWords(value.text, error.fix)
        : whole(
            `write "${mended}"`,
            mended,
            mended === "chain"
              ? ', or levels from the leaves up, such as "chain 128, chain" or "lanes 64 chain, pairwise"'
              : "",
          ),
      notes,
    );
  }
  return undefined;
}

/** The string of a constant, which is told of where it is written. */
function constantOf(reading: Reading, node: Node, scope: Scope): Node {
  const found = Node.isIdentifier(node) ? scope.find(node.getText())?.at : undefined;
  const declared = Node.isImportSpecifier(found) ? reading.scopes.declarationOf(found) : found;
  const value = Node.isVariableDeclaration(declared) ? declared.getInitializer() : undefined;
  return Node.isStringLiteral(value) || Node.isNoSubstitutionTemplateLiteral(value) ? value : node;
}

function isLiteral(node: Node, text: string): boolean {
  return (
    (Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node)) && node.getText().slice(1, -1) === text
  );
}

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

/** One expression for each of the state's fields. */
function readState(reading: Reading, reducer: Reducer, leaf: Value, at: Node): { reducer: Reducer; leaf: Expr[] } {
  const names = reducer.fields.map((field) => field.name);
  const form = `return all of the state: ({ ${names.join(", ")} })`;
  if (leaf.kind !== "record") {
    if (leaf.kind !== "fault")
      reading.report.add(
        "R006",
        at,
        `the leaf gives the state of '${reducer.name}', and this is ${describe(leaf)}`,
        form,
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
        `the leaf's state ${missing.length > 0 ? `lacks '${missing.join("', '")}'` : `has '${extra.join("', '")}', which '${reducer.name}' has not`}`,
        missing.length > 0 ? form : { words: form, edits: wrong.map((one) => removeFrom(one)) },
      );
    }
  }
  return {
    reducer,
    leaf: reducer.fields.map((field) => reading.expr(leaf.fields.get(field.name) ?? fault, at, field.type)!),
  };
}

/**
 * Reads a leaf with an item of `domain`, and makes the result of the reduction's fields. Sibling reductions over one
 * domain share their variable; where the leaf holds another reduction over it, or stands inside one, it gets the next
 * one, so that no variable is bound twice. Where the domain is unknown, so is the item.
 */
function fold(
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
