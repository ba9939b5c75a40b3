/** A template's syntax tree. */
import type { Value } from "./values.ts";

export type Expression =
  | { readonly kind: "constant"; readonly value: Value }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "list" | "tuple"; readonly items: readonly Expression[] }
  | { readonly kind: "dict"; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: "attribute"; readonly object: Expression; readonly name: string }
  | { readonly kind: "item"; readonly object: Expression; readonly index: Expression }
  | { readonly kind: "slice"; readonly object: Expression; readonly parts: readonly (Expression | undefined)[] }
  | { readonly kind: "call"; readonly callee: Expression; readonly given: Given }
  | { readonly kind: "filter"; readonly name: string; readonly value: Expression; readonly given: Given }
  | {
      readonly kind: "test";
      readonly name: string;
      readonly value: Expression;
      readonly given: Given;
      readonly negated: boolean;
    }
  | { readonly kind: "unary"; readonly operator: "-" | "+" | "not"; readonly value: Expression }
  | { readonly kind: "binary"; readonly operator: Binary; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "join"; readonly items: readonly Expression[] }
  | {
      readonly kind: "compare";
      readonly first: Expression;
      readonly rest: readonly (readonly [Comparison, Expression])[];
    }
  | {
      readonly kind: "choose";
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression | undefined;
    };

export type Binary = "+" | "-" | "*" | "/" | "//" | "%" | "**" | "and" | "or";
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

/** What a call, a filter or a test is given. */
export interface Given {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [string, Expression])[];
  readonly list: Expression | undefined;
  readonly dict: Expression | undefined;
}

/** What is assigned to: a name, a field of a namespace, or several names. */
export type Target =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "field"; readonly object: string; readonly name: string }
  | { readonly kind: "several"; readonly targets: readonly Target[] };

export interface Signature {
  readonly names: readonly string[];
  /** Of the last names. */
  readonly defaults: readonly Expression[];
}

export type Statement =
  | { readonly kind: "data"; readonly text: string }
  | { readonly kind: "output"; readonly value: Expression }
  | { readonly kind: "if"; readonly branches: readonly (readonly [Expression, Body])[]; readonly otherwise: Body }
  | {
      readonly kind: "for";
      readonly target: Target;
      readonly items: Expression;
      readonly test: Expression | undefined;
      readonly body: Body;
      readonly otherwise: Body;
      readonly recursive: boolean;
    }
  | { readonly kind: "set"; readonly target: Target; readonly value: Expression }
  | {
      readonly kind: "set block";
      readonly target: Target;
      readonly filter: ((value: Expression) => Expression) | undefined;
      readonly body: Body;
    }
  | {
      readonly kind: "macro";
      readonly name: string;
      readonly signature: Signature;
      readonly body: Body;
      readonly uses: MacroUses;
    }
  | {
      readonly kind: "call block";
      readonly call: Expression;
      readonly signature: Signature;
      readonly body: Body;
      readonly uses: MacroUses;
    }
  | { readonly kind: "filter block"; readonly filter: (value: Expression) => Expression; readonly body: Body }
  | { readonly kind: "with"; readonly values: readonly (readonly [Target, Expression])[]; readonly body: Body }
  | { readonly kind: "scope"; readonly body: Body }
  | { readonly kind: "break" | "continue" };

export type Body = readonly Statement[];

/** Names that a macro gets only where it uses them: other arguments are an error then. */
export interface MacroUses {
  readonly varargs: boolean;
  readonly kwargs: boolean;
  readonly caller: boolean;
}
