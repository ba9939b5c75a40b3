/** The axes that a declaration has, and their roles. */
import { Node } from "ts-morph";
import type { AxisRole } from "../ir.ts";
import { roleNames } from "./intrinsic-names.ts";
import type { Fix } from "./report.ts";
import { addFirst, instead, shorten, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { nearest } from "./suggest.ts";
import { describe, type Scope } from "./values.ts";
import { nameOf, entries, type Members } from "./members.ts";

/** The axes that a declaration's types name. */
function namedAxes(object: Members): string[] {
  const texts = object.at
    .getDescendants()
    .flatMap((node) =>
      Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node) ? [node.getLiteralText()] : [],
    );
  return [
    ...new Set(texts.flatMap((text) => /\[([\w\s,]+)\]$/.exec(text)?.[1]?.split(",") ?? []).map((name) => name.trim())),
  ].filter((name) => /^[A-Za-z_]\w*$/.test(name));
}

/** What is not said of an axis is guessed by its place: tokens and rows come first, and are the batch's. */
function axesText(names: readonly string[], scope: Scope): string {
  const roleOf = (role: string): string => (scope.find(role) === undefined ? role : role);
  return names
    .map(
      (name, position) =>
        `${name}: ` +
        `${roleOf(position === 0 && /^(token|row|request|batch|slot|page|t|b|n)s?$/i.test(name) ? "batch" : "model")}`,
    )
    .join(", ");
}

export function readAxes(reading: Reading, object: Members, scope: Scope): void {
  if (object.isMissing("axes")) {
    const names = namedAxes(object);
    const text = names.length === 0 ? "axes: { token: batch, channel: model }" : `axes: { ${axesText(names, scope)} }`;
    reading.isIncomplete = true;
    reading.report.add("R018", nameOf(object.at), "the kernel declares no axes", {
      words: `write ${text}, each with its role`,
      edits: names.length === 0 ? [] : [addFirst(object.at, object.at.getProperties()[0], text)],
    });
  }
  for (const { name, value, at } of entries(reading, object, "axes", scope)) {
    const missing = missingRole(name, value, at, scope);
    if (missing !== undefined) {
      reading.report.add("R018", at, `the axis '${name}' has no role`, missing);
      reading.faulty.add(name);
      continue;
    }
    reading.reading = "axes";
    const role = reading.evaluate(value, scope);
    reading.reading = undefined;
    reading.faulty.add(name);
    if (role.kind === "fault") continue;
    if (role.kind === "text" && roleNames.has(role.text)) {
      reading.faulty.delete(name);
      reading.axes.set(name, { name, role: role.text as AxisRole, at });
    }
    if (role.kind !== "intrinsic" || !roleNames.has(role.name)) {
      const meant = role.kind === "text" ? nearest(role.text, [...roleNames]) : undefined;
      reading.report.add(
        "R018",
        value,
        `the role of the axis '${name}' is ${role.kind === "text" ? `"${shorten(role.text)}"` : describe(role)}`,
        role.kind === "literal"
          ? {
              ...instead(`write ${name}: model`, value, "model"),
              more: `; its extent is given when the kernel is compiled or run: --axis ${name}=${role.value}`,
            }
          : meant !== undefined
            ? instead(`write ${meant} without quotes`, value, meant)
            : {
                ...write(value, "model"),
                more: ': an axis is batch, model or sequence, imported from "treefold" and written without quotes',
              },
      );
      continue;
    }
    reading.faulty.delete(name);
    reading.axes.set(name, { name, role: role.name as AxisRole, at });
  }
}

/** Where an axis is named without a role: alone, or as nothing, or with a call of a role. */
function missingRole(name: string, value: Node, at: Node, scope: Scope): Fix | undefined {
  if (Node.isShorthandPropertyAssignment(at)) {
    const role = /^(?:token|row|request|slot|page)s?$/.test(name) ? "batch" : "model";
    return scope.find(name) !== undefined || roleNames.has(name)
      ? undefined
      : instead(`write ${name}: ${role}, or another role`, at, `${name}: ${role}`);
  }
  if (/^(?:undefined|null)$/.test(value.getText()))
    return instead(`write ${name}: model, or another role`, value, "model");
  const role = Node.isCallExpression(value) ? value.getExpression().getText() : "";
  if (!Node.isCallExpression(value) || !roleNames.has(role)) return undefined;
  const [extent] = value.getArguments();
  return {
    ...instead(`write ${name}: ${role}, which is not called`, value, role),
    more:
      extent === undefined
        ? ""
        : `; its extent is given when the kernel is compiled or run: --axis ${name}=${extent.getText()}`,
  };
}
