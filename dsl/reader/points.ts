/** Bare points as indices: a point of one axis indexes no other, unless u32(…) says that its number is meant. */
import { Node } from "ts-morph";
import { write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import type { Value } from "./values.ts";

/** An element that is read or written. */
export interface Access {
  readonly name: string;
  readonly axes: readonly string[];
  readonly declaredAt: Node;
  /** What a fix writes anew, and how: plainly, and so that an index outside of its axis does no harm. */
  readonly node: Node;
  readonly form: (indices: readonly string[]) => string;
  readonly guardedForm: (indices: readonly string[]) => string;
  readonly guarded: boolean;
}

/** The axis of a value that is a point as it stands; undefined where it was computed, converted or read. */
function axisOfPoint(value: Value): string | undefined {
  if (value.kind === "axis") return value.axis.name;
  return value.kind === "scalar" && value.item !== undefined && value.expr.kind === "index"
    ? value.expr.variable.axis
    : undefined;
}

/**
 * Whether each bare point stands for its own axis. A batch axis has rules of its own, except where the indices have
 * only changed places.
 */
export function checkPoints(
  reading: Reading,
  access: Access,
  args: readonly Value[],
  argNodes: readonly Node[],
): boolean {
  const points = args.map(axisOfPoint);
  const isBatch = (axis: string): boolean => reading.axes.get(axis)?.role === "batch";
  const isKnown = (axis: string): boolean => reading.axes.has(axis);
  const texts = args.map((arg, position) => textOf(reading, arg, argNodes[position]!));
  const moved = inPlaces(access.axes, points);
  const wrong = points.findIndex((point, position) => {
    const axis = access.axes[position]!;
    return (
      point !== undefined &&
      point !== axis &&
      isKnown(axis) &&
      (moved !== undefined || (access.guarded && argNodes.length === 0) || (!isBatch(point) && !isBatch(axis)))
    );
  });
  if (wrong === -1) return true;
  const [point, axis] = [points[wrong]!, access.axes[wrong]!];
  const what =
    `'${argNodes[wrong]!.getText()}', a point of the axis '${point}', stands for the axis '${axis}' of ` +
    `'${access.name}'`;
  const notes = [{ message: `'${access.name}' is declared here`, at: access.declaredAt }];
  if (moved !== undefined) {
    reading.report.add(
      "R028",
      access.node,
      what,
      write(access.node, access.form(moved.map((position) => texts[position]!))),
      notes,
    );
    return false;
  }
  let isNumber = false;
  let isOutside = false;
  const used = new Set(texts);
  const mended = texts.map((text, position) => {
    const own = access.axes[position]!;
    if (points[position] === undefined || points[position] === own || !isKnown(own)) return text;
    const meant = pointOf(reading, own, access.node);
    if (meant !== undefined && !used.has(meant)) {
      used.add(meant);
      return meant;
    }
    isNumber = true;
    isOutside ||= !access.guarded && [own, points[position]!].some((one) => reading.axes.get(one)?.role !== "model");
    return `u32(${text})`;
  });
  const fix = isOutside ? access.guardedForm(mended) : access.form(mended);
  // An axis that is not bound here has no number either.
  const asNumber = areBound(reading, [texts[wrong]!])
    ? `; where the number of the point is meant, write u32(${texts[wrong]!})`
    : "";
  const declaredOver = `; or declare '${access.name}' over '${point}'`;
  reading.report.add(
    "R028",
    access.node,
    what,
    write(access.node, fix, isNumber ? `, if the number of the point is meant${declaredOver}` : asNumber),
    notes,
  );
  return false;
}

/** Which argument belongs to each axis, where the bare points have only changed places. */
function inPlaces(axes: readonly string[], points: readonly (string | undefined)[]): readonly number[] | undefined {
  const places: (number | undefined)[] = axes.map(() => undefined);
  for (const [position, point] of points.entries()) {
    if (point === undefined) continue;
    const own = places.findIndex((taken, place) => taken === undefined && axes[place] === point);
    if (own === -1) return undefined;
    places[own] = position;
  }
  const computed = [...points.keys()].filter((position) => points[position] === undefined);
  return places.map((position) => position ?? computed.shift()!);
}

/**
 * An index as it should be written: inside of a reduction over an axis that is not bound otherwise, its item is meant.
 */
function textOf(reading: Reading, value: Value, node: Node): string {
  if (value.kind !== "axis" || reading.outputAxes.has(value.axis.name)) return node.getText();
  return itemOf(reading, value.axis.name, node) ?? node.getText();
}

/** What the innermost reduction over an axis calls its item at a node. */
export function itemOf(reading: Reading, axis: string, at: Node): string | undefined {
  const functions = at
    .getAncestors()
    .filter(
      (above) => Node.isArrowFunction(above) || Node.isFunctionExpression(above) || Node.isFunctionDeclaration(above),
    );
  const isThere = (item: string): boolean =>
    functions.some((one) => one.getParameters().some((parameter) => parameter.getName() === item));
  return reading.folding.findLast(
    ({ domain, item }) => domain.axis.name === axis && item !== undefined && isThere(item),
  )?.item;
}

/** What a bound point of an axis is called at a node. */
export function pointOf(reading: Reading, axis: string, at: Node): string | undefined {
  const item = itemOf(reading, axis, at);
  if (item !== undefined || !reading.outputAxes.has(axis)) return item;
  const taken = reading.body
    ?.getParameters()
    .map((parameter) => parameter.getNameNode())
    .flatMap((pattern) => (Node.isObjectBindingPattern(pattern) ? pattern.getElements() : []))
    .find((element) => (element.getPropertyNameNode()?.getText() ?? element.getName()) === axis);
  return taken?.getName();
}

/** One index for each axis, made of those that were given and of what else is bound here. */
export function indicesFor(
  reading: Reading,
  axes: readonly string[],
  at: Node,
  args: readonly Value[] = [],
  argNodes: readonly Node[] = [],
): string[] {
  const rest = args.map((arg, position) => ({
    axis: axisOfPoint(arg),
    text: textOf(reading, arg, argNodes[position]!),
  }));
  const take = (isWanted: (one: { axis: string | undefined }) => boolean): string | undefined => {
    const found = rest.findIndex(isWanted);
    return found === -1 ? undefined : rest.splice(found, 1)[0]!.text;
  };
  const own = axes.map((axis) => take((one) => one.axis === axis));
  const spare = args.length - own.filter((text) => text !== undefined).length;
  const open = own.filter((text) => text === undefined).length;
  // Computed indices keep their order; where there are too few of them, points come first.
  return axes.map(
    (axis, position) =>
      own[position] ??
      (spare >= open ? take((one) => one.axis === undefined) : undefined) ??
      pointOf(reading, axis, at) ??
      take((one) => one.axis === undefined) ??
      axis,
  );
}

/** Whether each index can stand at a node: an axis that is not bound there can't. */
export function areBound(reading: Reading, indices: readonly string[]): boolean {
  return indices.every((text) => !reading.axes.has(text) || reading.outputAxes.has(text));
}
