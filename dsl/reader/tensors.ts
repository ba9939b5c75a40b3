/** Tensors of a declaration: their dtypes and axes, and what is meant where these are nearly right. */
import { Node } from "ts-morph";
import { isStorageType, storageTypes, type StorageType } from "../../runtime/storage.ts";
import type { Fix } from "./report.ts";
import { addTo, instead, replaceBy, shorten } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { nearest } from "./suggest.ts";
import { isTensorType, mendedType, unquoted, type MendedType } from "./tensor-types.ts";
import { describe, type Scope, type Value } from "./values.ts";

/** A tensor type as it was written: `"unique placement u32[token]"`. */
export interface DeclaredTensor {
  readonly name: string;
  readonly storage: StorageType;
  readonly axes: readonly string[];
  readonly ownership: "request" | "placement";
  readonly unique: boolean;
  readonly at: Node;
}

/** What others call dtypes. */
export const otherTypes: ReadonlyMap<string, StorageType> = new Map(
  (
    [
      ["bf16", ["f16", "half", "float16", "fp16", "bfloat16", "bfloat"]],
      ["f32", ["f64", "float", "float32", "fp32", "float64", "double", "number"]],
      ["i32", ["i8", "i16", "i64", "int", "int8", "int16", "int32", "int64", "long"]],
      ["u32", ["u8", "u16", "u64", "uint", "uint8", "uint16", "uint32", "uint64", "bool", "boolean"]],
    ] as const
  ).flatMap(([type, names]) => names.map((name) => [name, type] as const)),
);

/** The dtype of the language that stands for another's. */
function dtypeFor(name: string): { readonly type: StorageType; readonly words: string; readonly more: string } {
  const known = otherTypes.get(name.toLowerCase());
  if (known !== undefined) {
    const bits = Number(/\d+$/.exec(name)?.[0] ?? (/half/i.test(name) ? 16 : /double/i.test(name) ? 64 : 32));
    const more =
      known === "bf16" && !/^bf/i.test(name)
        ? ", which has the range of an f32 and 8 bits of precision; or f32, which holds every f16 exactly"
        : /^[iu]/.test(known) && bits < 32
          ? `: four bytes packed in a u32 are taken apart with >> and &`
          : bits > 32
            ? ": all arithmetic is of 32 bits"
            : "";
    return { type: known, words: `write ${known}`, more };
  }
  // Letters that changed places are further apart than they look.
  const sorted = [...name.toLowerCase()].sort().join("");
  const meant = (nearest(name, storageTypes) ?? storageTypes.find((type) => [...type].sort().join("") === sorted)) as
    | StorageType
    | undefined;
  return meant === undefined
    ? { type: "f32", words: "write f32", more: `: a dtype is one of ${storageTypes.join(", ")}` }
    : { type: meant, words: `did you mean '${meant}'?`, more: "" };
}
/** The dtype of values that another's dtype comes to. */
export function dtypeMeant(name: string): "f32" | "u32" | "i32" {
  const { type } = dtypeFor(name);
  return type === "bf16" || name === "bf16" ? "f32" : type;
}

const tensorForm =
  'write a dtype and axes, such as "f32[token, channel]"; integer tables may be "placement u32[token]" or ' +
  '"unique placement u32[token]"';

export function readTensor(
  reading: Reading,
  name: string,
  value: Node,
  at: Node,
  scope: Scope,
  isOutput = false,
): DeclaredTensor | undefined {
  const wrong = (message: string, fix: string | Fix): undefined => {
    reading.report.add("R018", value, message, fix);
    return undefined;
  };
  const known = (dtype: string): string => (isStorageType(dtype) ? dtype : dtypeFor(dtype).type);
  const meantBy = (text: string): MendedType | undefined => mendedType(text, [...reading.axes.keys()], known);
  const bareText = unquoted(value);
  const quoted = bareText === undefined ? undefined : meantBy(bareText)?.text;
  if (quoted !== undefined)
    wrong(`the type of '${name}' is no string`, instead(`a type is a string: "${quoted}"`, value, `"${quoted}"`));
  const type: Value = quoted === undefined ? reading.evaluate(value, scope) : { kind: "text", text: quoted };
  if (type.kind === "fault") return undefined;
  if (type.kind !== "text") return wrong(`the type of '${name}' is ${describe(type)}`, tensorForm);
  // The type's text, where it stands here and not in a const.
  const literal =
    (Node.isStringLiteral(value) || Node.isNoSubstitutionTemplateLiteral(value)) &&
    value.getText().slice(1, -1) === type.text
      ? value
      : undefined;
  const rewrite = (words: string, text: string, more = ""): Fix => ({
    words,
    edits: literal === undefined ? [] : [replaceBy(literal, `"${text}"`)],
    more,
  });
  let written = type.text;
  if (!isTensorType(written, [...reading.axes.keys(), ...reading.faulty])) {
    const mended = meantBy(written);
    const parts = /^[\w\s]*\[([^\]]*)\]\s*$/.exec(written);
    if (mended === undefined && parts?.[1] !== undefined && parts[1].trim() !== "") {
      return wrong(
        `the axes of '${name}' can't be read: "${shorten(written)}"`,
        `${tensorForm}; what is calculated of extents is an axis of its own`,
      );
    }
    if (mended === undefined) return wrong(`the type "${shorten(written)}" of '${name}' can't be read`, tensorForm);
    wrong(
      mended.separators
        ? `the axes of '${name}' are not separated by commas`
        : `the type "${written.length > 60 || /\n/.test(written) ? shorten(written) : written}" of '${name}' can't ` +
            "be read",
      rewrite(mended.separators ? `separate axes by commas: "${mended.text}"` : `write "${mended.text}"`, mended.text),
    );
    // The reading goes on with what is meant, where that is sure: of a placement table much more may be wrong.
    if (/placement/.test(mended.text) || !mended.axes.every((axis) => reading.axes.has(axis))) return undefined;
    written = mended.text;
  }
  const parts = /^(?:(unique )?(placement) )?([A-Za-z]\w*)\[([^\]]*)\]$/.exec(written);
  const [, unique, placement, dtype, list] = parts as unknown as [
    string,
    string | undefined,
    string | undefined,
    string,
    string,
  ];
  const typeWith = (dtypeText: string, axisTexts: string): string =>
    `${unique ?? ""}${placement === undefined ? "" : "placement "}${dtypeText}[${axisTexts}]`;
  let storage: StorageType;
  if (!isStorageType(dtype)) {
    const { type: meant, words, more } = dtypeFor(dtype);
    wrong(`'${name}' has an unknown dtype '${dtype}'`, rewrite(words, typeWith(meant, list), more));
    storage = meant;
  } else storage = dtype;
  if (placement !== undefined && storage !== "u32" && storage !== "i32")
    wrong(
      `the placement table '${name}' holds ${dtype}`,
      rewrite("a placement table holds rows, slots or pages: write u32", typeWith("u32", list)),
    );
  const axes = list.split(",").map((axis) => axis.trim());
  if (axes.length === 1 && axes[0] === "")
    return wrong(
      `'${name}' has no axes`,
      isOutput
        ? "give it an axis; a single number is an output over an axis of one point: axes: { …, one: model }, " +
            `${name}: "${storage}[one]", which --axis one=1 makes`
        : `give it an axis, or make it a parameter: params: { ${name}: "${storage === "bf16" ? "f32" : storage}" }`,
    );
  for (const axis of axes) {
    if (reading.axes.has(axis)) continue;
    if (reading.faulty.has(axis)) continue;
    // All axes, or those of this name, are missing.
    if (reading.isIncomplete || reading.missing.has(axis)) continue;
    if (/^\d+$/.test(axis)) {
      reading.report.add(
        "R012",
        value,
        `'${name}' has an axis that is called ${axis}`,
        "give the axis a name, such as channel: model in axes, and its extent when the kernel is compiled or " +
          `run: --axis channel=${axis}`,
      );
      continue;
    }
    const other = otherwiseDeclared(axis, at);
    if (other !== undefined) {
      reading.report.add(
        "R012",
        value,
        `'${name}' has an axis '${axis}', and '${axis}' is ${other}`,
        `declare the axis under a name of its own, as in axes: { ${axis}Axis: model }; its extent is given when ` +
          `the kernel is compiled or run: --axis ${axis}Axis=…`,
      );
      reading.missing.add(axis);
      continue;
    }
    const meant = nearest(
      axis,
      [...reading.axes.keys()].filter((known) => !axes.includes(known)),
    );
    const add = declareAxis(axis, value);
    reading.report.add(
      "R012",
      value,
      `'${name}' has an axis '${axis}' that is not declared`,
      meant === undefined
        ? add
        : {
            ...rewrite(
              `did you mean '${meant}'?`,
              typeWith(dtype, axes.map((one) => (one === axis ? meant : one)).join(", ")),
            ),
            more: ` If not, ${add.words}`,
          },
    );
    if (meant === undefined) reading.missing.add(axis);
    if (meant !== undefined) reading.unknownNames.add(axis);
  }
  return {
    name,
    storage,
    axes,
    ownership: placement === undefined ? "request" : "placement",
    unique: unique !== undefined,
    at,
  };
}

/** What else of the declaration has the name of an axis that is not there. */
function otherwiseDeclared(axis: string, at: Node): string | undefined {
  const declaration = at
    .getAncestors()
    .filter(Node.isObjectLiteralExpression)
    .find((one) => one.getProperty("axes") !== undefined);
  const has = (member: string): boolean => {
    const property = declaration?.getProperty(member);
    const list = Node.isPropertyAssignment(property) ? property.getInitializer() : undefined;
    return Node.isObjectLiteralExpression(list) && list.getProperty(axis) !== undefined;
  };
  return has("params") ? "a parameter" : has("inputs") ? "an input" : undefined;
}

/** `axes: { …, name: model }`, with a role by the name's look. */
export function declareAxis(axis: string, at: Node): Fix {
  const role = /^(token|row|request|slot|page)s?$/.test(axis) ? "batch" : "model";
  const object = at
    .getAncestors()
    .filter(Node.isObjectLiteralExpression)
    .map((one) => one.getProperty("axes"))
    .find((one) => one !== undefined);
  const list = Node.isPropertyAssignment(object) ? object.getInitializer() : undefined;
  const edits =
    Node.isObjectLiteralExpression(list) && /^[A-Za-z_]\w*$/.test(axis)
      ? [addTo(list, list.getProperties(), `${axis}: ${role}`)]
      : [];
  return { words: `add it to axes: { ${axis}: ${role} }`, edits };
}
