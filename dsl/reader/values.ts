/** What an expression of the source stands for while it is read. */
import {
  Node,
  type ArrowFunction,
  type FunctionDeclaration as FunctionNode,
  type FunctionExpression,
  type MethodDeclaration,
  type ObjectLiteralExpression,
} from "ts-morph";
import type { Axis, Expr, Input, Reduce, Reducer } from "../ir.ts";
import { compareKeys } from "./suggest.ts";

export type FunctionLike = ArrowFunction | FunctionExpression | FunctionNode | MethodDeclaration;

/** An axis as it was declared, and where. */
export interface DeclaredAxis extends Axis {
  readonly at: Node;
}

/** A stretch of an axis: `start + i` for i in [0, count). */
export interface Domain {
  readonly axis: DeclaredAxis;
  readonly start: Expr;
  readonly count: Expr;
}

export type Value =
  /** `item`: the bare point of a reduction, as its leaf is given it, under the name that the leaf gives it. */
  | { readonly kind: "scalar"; readonly expr: Expr; readonly item?: string }
  /** A number that has no dtype yet: it takes that of what it meets. `decimal`: it can't be an integer. */
  | { readonly kind: "literal"; readonly value: number; readonly decimal: boolean }
  /** A choice between values without a dtype. */
  | {
      readonly kind: "choice";
      readonly condition: Expr;
      readonly whenTrue: Value;
      readonly whenFalse: Value;
      readonly nodes: readonly [whenTrue: Node, whenFalse: Node];
    }
  | { readonly kind: "axis"; readonly axis: DeclaredAxis }
  | { readonly kind: "range"; readonly domain: Domain }
  | { readonly kind: "runs"; readonly domain: Domain; readonly length: number }
  | { readonly kind: "tensor"; readonly input: Input; readonly at: Node }
  | {
      readonly kind: "record";
      readonly fields: ReadonlyMap<string, Value>;
      readonly reduce?: Reduce;
      /** The object as it was written, where it was. */
      readonly at?: ObjectLiteralExpression;
    }
  | { readonly kind: "tuple"; readonly items: readonly Value[] }
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "function";
      readonly node: FunctionLike;
      readonly scope: Scope;
      readonly name: string;
      readonly topLevel: boolean;
    }
  | { readonly kind: "intrinsic"; readonly name: string }
  | {
      readonly kind: "namespace";
      readonly member: (name: string) => Value | undefined;
      readonly names: readonly string[];
    }
  | { readonly kind: "reducer"; readonly reducer: Reducer }
  | {
      readonly kind: "scattered";
      readonly place: readonly Expr[];
      readonly value: Value;
      readonly at: Node;
      readonly placeNodes: readonly Node[];
      readonly indices: readonly Value[];
    }
  /**
   * What a fault leaves behind: nobody knows what it is, so nothing is said of it, but what it was made of is checked.
   */
  | { readonly kind: "fault"; readonly parts: readonly Expr[] };

export const fault: Value = { kind: "fault", parts: [] };

export function scalar(expr: Expr): Value {
  return { kind: "scalar", expr };
}

/** A name's meaning, worked out when it is first used. */
export interface Binding {
  readonly at: Node;
  value(): Value;
}

/** Names and what they mean, innermost first. */
export class Scope {
  readonly #bindings = new Map<string, Binding>();
  readonly #outer: Scope | undefined;
  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  find(name: string): Binding | undefined {
    return this.#bindings.get(name) ?? this.#outer?.find(name);
  }
  own(name: string): Binding | undefined {
    return this.#bindings.get(name);
  }
  bind(name: string, binding: Binding): void {
    this.#bindings.set(name, binding);
  }
  names(): string[] {
    return [...new Set([...this.#bindings.keys(), ...(this.#outer?.names() ?? [])])].sort(compareKeys);
  }
}

/** Where a field of an object was given its value. */
export function fieldNode(record: Extract<Value, { kind: "record" }>, name: string): Node | undefined {
  const property = record.at?.getProperty(name) ?? record.at?.getProperty(`"${name}"`);
  if (Node.isPropertyAssignment(property)) return property.getInitializer();
  return Node.isShorthandPropertyAssignment(property) ? property.getNameNode() : undefined;
}

/** What a value is called in a message. */
export function describe(value: Value): string {
  switch (value.kind) {
    case "scalar":
      return value.expr.type === "bool" ? "a condition" : `a value of dtype ${value.expr.type}`;
    case "literal":
      return `the number ${value.value}`;
    case "choice":
      return "a number";
    case "axis":
      return `the axis '${value.axis.name}'`;
    case "range":
      return `a range of the axis '${value.domain.axis.name}'`;
    case "runs":
      return "runs of a domain";
    case "tensor":
      return `the tensor '${value.input.name}'`;
    case "record":
      return "an object";
    case "tuple":
      return "an array";
    case "text":
      return "a string";
    case "function":
      return value.name === "" ? "a function" : `the function '${value.name}'`;
    case "intrinsic":
      return `the function '${value.name}'`;
    case "namespace":
      return "a module";
    case "reducer":
      return `the reducer '${value.reducer.name}'`;
    case "scattered":
      return "a scatter";
    case "fault":
      return "a faulty value";
  }
}
