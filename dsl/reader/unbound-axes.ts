/** Axes that a stored value mentions and that its output does not have. */
import { Node, SyntaxKind } from "ts-morph";
import type { Expr, Variable } from "../ir.ts";
import type { DeclaredTensor } from "./tensors.ts";
import { reductionNames } from "./intrinsic-names.ts";
import { insertAfter, replaceBy } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { withAxis } from "./output-types.ts";

/** Every axis that the value mentions is one of the output's. */
export function checkBoundAxes(reading: Reading, declared: DeclaredTensor, expr: Expr, at: Node): void {
  for (const variable of expr.free) {
    if (variable.kind === "axis" && !declared.axes.includes(variable.axis))
      reportUnbound(reading, declared, variable, at);
  }
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
    axis.role === "batch"
      ? {
          words: `add '${axis.name}' to the axes of '${declared.name}': nothing reduces over a batch axis`,
          edits: withAxis(declared, axis.name),
        }
      : {
          words:
            `reduce over it, as in sum(${axis.name}, "chain", (item) => …), or add '${axis.name}' to the ` +
            "output's axes",
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
