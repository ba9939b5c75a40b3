/** What a reduction goes over: an axis, a range of it, or its runs. */
import { Node } from "ts-morph";
import { checkBound, checkOwnBound, checkWhole } from "./batch-rules.ts";
import { unknownOf } from "./unknown-value.ts";
import { hole, holdsHole } from "./poison.ts";
import { replaceBy, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import { describe, fault, scalar, type Domain, type Scope, type Value } from "./values.ts";

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
        `below(${args[0]!.getText()}, ` +
          `${value.kind === "literal" ? Math.max(0, Math.trunc(value.value) + (name === "upTo" ? 1 : 0)) : 0})`,
      ),
      more: name === "upTo" ? ", or upTo(axis, last) with the last item" : ", with the number of items",
    });
  const bound = isBound ? reading.expr(value, args[1]!, "u32")! : hole(reading.pool, "u32");
  const fits = checkBound(reading, bound, args[1]!);
  if (domain === undefined) return unknownOf(reading, [scalar(bound)]);
  const { pool } = reading;
  const wanted = name === "upTo" ? pool.add(bound, pool.u32(1)) : bound;
  if (!fits || holdsHole(bound) || !checkOwnBound(reading, domain.axis, [name, bound, wanted], args[1]!))
    return { kind: "range", domain: { ...domain, count: hole(pool, "u32", [bound]) } };
  return { kind: "range", domain: { ...domain, count: reading.at(node, pool.minimum(wanted, domain.count)) } };
}

/**
 * A number that was declared as an f32 is declared as a u32; one that is calculated is the author's to count otherwise.
 */
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
        "bound it by a u32 of a model or sequence axis, of a parameter or of a request-owned table: a rounding " +
        "may not decide how many items there are",
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

export function domainOf(reading: Reading, value: Value, at: Node): Domain | undefined {
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
export function checkDomain(reading: Reading, domain: Domain, at: Node): Domain | undefined {
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
