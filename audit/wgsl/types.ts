/** Types: which there are, when two are the same, and how one is shown. */
import type { ScalarName, ScalarType, Type, VectorType } from "./ast.ts";
import { WgslError } from "./errors.ts";
import type { TypeSyntax } from "./syntax.ts";

export const scalars: Readonly<Record<ScalarName, ScalarType>> = {
  f32: { kind: "scalar", name: "f32" },
  u32: { kind: "scalar", name: "u32" },
  i32: { kind: "scalar", name: "i32" },
  bool: { kind: "scalar", name: "bool" },
};

/** WGSL's limit on the elements of an array. */
const mostElements = 65535;

export const isScalarName = (name: string): name is ScalarName => Object.hasOwn(scalars, name);

export function show(type: Type): string {
  switch (type.kind) {
    case "scalar":
      return type.name;
    case "vector":
      return `vec${type.size}<${type.of}>`;
    case "array":
      return `array<${show(type.of)}${type.length === null ? "" : `, ${type.length}`}>`;
    case "struct":
      return type.name;
  }
}

/** A struct is declared once, and no two have one name. */
export const same = (a: Type, b: Type): boolean => show(a) === show(b);

export const isScalar = (type: Type, ...names: readonly ScalarName[]): type is ScalarType =>
  type.kind === "scalar" && (names.length === 0 || names.includes(type.name));

/** A scalar, vector or array; structs are looked up where they may stand. */
export function typeOf(syntax: TypeSyntax): Exclude<Type, { kind: "struct" }> {
  if (syntax.name === "array") {
    if (syntax.of === undefined)
      throw new WgslError(syntax, "an array without the type of its elements", "write array<u32> or array<u32, 8>");
    return {
      kind: "array",
      of: valueTypeOf(syntax.of),
      length: syntax.length === undefined ? null : lengthOf(syntax.length.text, syntax),
    };
  }
  return valueTypeOf(syntax);
}

/** A scalar or vector. */
export function valueTypeOf(syntax: TypeSyntax): ScalarType | VectorType {
  const { name, of, length } = syntax;
  if (isScalarName(name) && of === undefined) return scalars[name];
  if (
    /^vec[234]$/.test(name) &&
    of !== undefined &&
    length === undefined &&
    isScalarName(of.name) &&
    of.of === undefined
  ) {
    return { kind: "vector", size: Number(name[3]) as 2 | 3 | 4, of: of.name };
  }
  throw new WgslError(
    syntax,
    `'${name}' is no type that may stand here`,
    "use f32, u32, i32, bool or a vector of them",
  );
}

function lengthOf(text: string, at: TypeSyntax): number {
  const length = /^[1-9]\d*$/.test(text) ? Number(text) : 0;
  if (length < 1 || length > mostElements) {
    throw new WgslError(
      at,
      `${text} is no length of an array`,
      `write a number from 1 to ${mostElements}, without a suffix`,
    );
  }
  return length;
}
