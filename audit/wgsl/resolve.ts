/** The syntax tree with its names looked up and its types checked: a module. */
import type { FunctionDeclaration, Module, Position, StructType, Variable } from "./ast.ts";
import { WgslError } from "./errors.ts";
import { Scope } from "./scope.ts";
import { bodyOf, returns } from "./statements.ts";
import type { Attribute, DeclarationSyntax, TypedName } from "./syntax.ts";
import { isScalar, same, scalars, show, typeOf, valueTypeOf } from "./types.ts";

type Syntax<K extends DeclarationSyntax["kind"]> = Extract<DeclarationSyntax, { kind: K }>;

/** What WebGPU numbers bindings below. */
const bindingsEnd = 1000;
/** The types of the builtin values. */
const builtinTypes = {
  workgroup_id: { kind: "vector", size: 3, of: "u32" },
  num_workgroups: { kind: "vector", size: 3, of: "u32" },
  local_invocation_index: scalars.u32,
} as const;

/** @throws WgslError */
export function resolve(declarations: readonly DeclarationSyntax[]): Module {
  const scope = new Scope(null);
  const variables: Variable[] = [];
  const functions: FunctionDeclaration[] = [];
  let entry: { readonly declaration: FunctionDeclaration; readonly workgroupSize: number } | undefined;
  for (const declaration of declarations) {
    const at = positionOf(declaration);
    switch (declaration.kind) {
      case "struct":
        scope.declare(declaration.name, at, structOf(declaration));
        break;
      case "var": {
        const variable = variableOf(declaration, scope, at);
        const other = variables.find(({ binding }) => binding !== undefined && binding === variable.binding);
        if (other !== undefined) {
          throw new WgslError(
            at,
            `'${variable.name}' has the binding of '${other.name}', ${other.binding}`,
            "number them differently",
          );
        }
        if (variable.kind === "uniform" && variables.some(({ kind }) => kind === "uniform")) {
          throw new WgslError(at, "a second uniform", "put its members into the first one's struct");
        }
        variables.push(scope.variable(variable));
        break;
      }
      case "fn": {
        const workgroupSize = workgroupSizeOf(declaration);
        if (workgroupSize !== undefined && entry !== undefined) {
          throw new WgslError(at, "a second entry point", "put it into a module of its own");
        }
        const resolved = functionOf(declaration, scope, workgroupSize !== undefined, at);
        scope.declare(declaration.name, at, { kind: "function", declaration: resolved });
        functions.push(resolved);
        if (workgroupSize !== undefined) entry = { declaration: resolved, workgroupSize };
      }
    }
  }
  if (entry === undefined)
    throw new WgslError({ line: 1, column: 1 }, "no entry point", "write a function with @compute and @workgroup_size");
  const ofKind = (kind: Variable["kind"]): Variable[] => variables.filter((variable) => variable.kind === kind);
  return {
    uniform: ofKind("uniform")[0] ?? null,
    storage: ofKind("storage"),
    workgroup: ofKind("workgroup"),
    functions,
    entry: entry.declaration,
    workgroupSize: entry.workgroupSize,
  };
}

const positionOf = ({ line, column }: Position): Position => ({ line, column });

function structOf({ name, members }: Syntax<"struct">): StructType {
  const seen = new Scope(null);
  return {
    kind: "struct",
    name,
    members: members.map((member) => {
      const type = valueTypeOf(member.type);
      if (!isScalar(type, "f32", "u32", "i32")) {
        throw new WgslError(member, `the member '${member.name}' is ${show(type)}`, "use f32, u32 or i32");
      }
      seen.variable({ kind: "let", name: member.name, type, at: positionOf(member) });
      return { name: member.name, type };
    }),
  };
}

function variableOf(syntax: Syntax<"var">, scope: Scope, at: Position): Variable {
  const { name, attributes, type: typeSyntax } = syntax;
  const space = syntax.space.map(({ text }) => text).join(", ");
  if (space === "workgroup") {
    attributesOf(attributes, []);
    const type = typeOf(typeSyntax);
    if (type.kind !== "array" || type.length === null) {
      throw new WgslError(
        at,
        `'${name}' in workgroup memory is ${show(type)}`,
        "write an array with its length, as in array<u32, 8>",
      );
    }
    return { kind: "workgroup", name, type, at };
  }
  if (space !== "uniform" && space !== "storage, read" && space !== "storage, read_write") {
    throw new WgslError(
      syntax.space[0]!,
      `there is no var<${space}> here`,
      "use uniform, storage with read or read_write, or workgroup",
    );
  }
  const found = attributesOf(attributes, ["group", "binding"], at);
  const [group, binding] = [numberOf(found.get("group")!), numberOf(found.get("binding")!)];
  if (group !== 0) throw new WgslError(found.get("group")!, `group ${group}`, "bind everything in group 0");
  if (binding >= bindingsEnd)
    throw new WgslError(found.get("binding")!, `binding ${binding}`, `use a number below ${bindingsEnd}`);
  if (space === "uniform") {
    const struct = typeSyntax.of === undefined ? scope.find(typeSyntax.name) : undefined;
    if (struct?.kind !== "struct") {
      throw new WgslError(
        typeSyntax,
        `the uniform '${name}' is of no struct`,
        "declare a struct further up, and use its name",
      );
    }
    return { kind: "uniform", name, type: struct, binding, at };
  }
  const type = typeOf(typeSyntax);
  if (type.kind !== "array" || type.length !== null || show(type.of).includes("bool")) {
    throw new WgslError(
      typeSyntax,
      `the buffer '${name}' is ${show(type)}`,
      "use an array of no length, of f32, u32, i32 or vectors of them",
    );
  }
  return { kind: "storage", name, type, binding, access: space === "storage, read" ? "read" : "read_write", at };
}

/** Exactly these attributes, once each. */
function attributesOf(
  attributes: readonly Attribute[],
  wanted: readonly string[],
  at?: Position,
): Map<string, Attribute> {
  const found = new Map<string, Attribute>();
  for (const attribute of attributes) {
    if (!wanted.includes(attribute.name))
      throw new WgslError(attribute, `@${attribute.name} has no place here`, "remove it");
    if (found.has(attribute.name)) throw new WgslError(attribute, `@${attribute.name} twice`, "remove one of them");
    found.set(attribute.name, attribute);
  }
  const missing = wanted.find((name) => !found.has(name));
  if (missing !== undefined) throw new WgslError(at!, `@${missing} is missing`, "write it before this");
  return found;
}

/** The one number of an attribute. */
function numberOf(attribute: Attribute): number {
  const [word, ...more] = attribute.arguments ?? [];
  if (word === undefined || more.length > 0 || !/^(0|[1-9]\d{0,8})$/.test(word.text)) {
    throw new WgslError(attribute, `@${attribute.name} takes one number`, `write @${attribute.name}(0), for example`);
  }
  return Number(word.text);
}

/** Invocations in a workgroup; undefined for functions that are no entry point. */
function workgroupSizeOf({ attributes, result, line, column }: Syntax<"fn">): number | undefined {
  if (attributes.length === 0) return undefined;
  const at = { line, column };
  const found = attributesOf(attributes, ["compute", "workgroup_size"], at);
  const compute = found.get("compute")!;
  if (compute.arguments !== undefined) throw new WgslError(compute, "@compute takes nothing", "remove its parentheses");
  if (result !== undefined) throw new WgslError(at, "the entry point has a result", "remove it, and write to a buffer");
  const sizes = found.get("workgroup_size")!;
  const numbers = (sizes.arguments ?? []).map(({ text }) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0));
  const product = numbers.reduce((size, number) => size * number, 1);
  if (numbers.length < 1 || numbers.length > 3 || product < 1 || product > 0xffffffff) {
    throw new WgslError(
      sizes,
      "@workgroup_size takes one to three numbers from 1",
      "write @workgroup_size(64), for example",
    );
  }
  return product;
}

function functionOf(syntax: Syntax<"fn">, module: Scope, isEntry: boolean, at: Position): FunctionDeclaration {
  const { name, body: statements, result: resultSyntax } = syntax;
  const scope = new Scope(module);
  const result = resultSyntax === undefined ? null : valueTypeOf(resultSyntax);
  if (!isEntry && result === null)
    throw new WgslError(at, `'${name}' has no result`, "write -> and its type, or make it the entry point");
  const parameters = syntax.parameters.map((parameter) =>
    scope.variable(isEntry ? builtinOf(parameter) : parameterOf(parameter)),
  );
  const twice = parameters.find(
    ({ builtin }, n) => builtin !== undefined && parameters.slice(0, n).some((other) => other.builtin === builtin),
  );
  if (twice !== undefined) {
    throw new WgslError(
      twice.at,
      `'${twice.name}' is the second parameter with @builtin(${twice.builtin})`,
      "remove one of them",
    );
  }
  const body = bodyOf(statements, scope, result);
  if (result !== null && !returns(body))
    throw new WgslError(syntax.end, `'${name}' may end without a value`, "end it with return");
  return { name, parameters, result, body, at };
}

function parameterOf(parameter: TypedName): Variable {
  attributesOf(parameter.attributes, []);
  return { kind: "parameter", name: parameter.name, type: valueTypeOf(parameter.type), at: positionOf(parameter) };
}

function builtinOf(parameter: TypedName): Variable {
  const at = positionOf(parameter);
  const attribute = attributesOf(parameter.attributes, ["builtin"], at).get("builtin")!;
  const builtin = attribute.arguments?.[0]?.text ?? "";
  if (!isBuiltin(builtin) || attribute.arguments!.length > 1) {
    throw new WgslError(
      attribute,
      `there is no @builtin(${builtin}) here`,
      `use ${Object.keys(builtinTypes).join(", ")}`,
    );
  }
  const type = valueTypeOf(parameter.type);
  if (!same(type, builtinTypes[builtin])) {
    throw new WgslError(
      parameter.type,
      `${builtin} is ${show(builtinTypes[builtin])}`,
      `write ${show(builtinTypes[builtin])}`,
    );
  }
  return { kind: "parameter", name: parameter.name, type, at, builtin };
}

const isBuiltin = (name: string): name is keyof typeof builtinTypes => Object.hasOwn(builtinTypes, name);
