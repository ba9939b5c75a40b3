/** The untyped syntax tree that grammar.ts makes, and resolve.ts reads. */
import type { BinaryOperator, Position, Unary } from "./ast.ts";

/** A word or a number as it stands in the text. */
export interface Word extends Position {
  readonly text: string;
}
/** What stands in angle brackets: `<u32>`, or `<u32, 8>`. */
export interface Template {
  readonly of: TypeSyntax;
  readonly length: Word | undefined;
}
export interface TypeSyntax extends Position {
  readonly name: string;
  readonly of: TypeSyntax | undefined;
  readonly length: Word | undefined;
}
export interface TypedName extends Position {
  readonly name: string;
  readonly type: TypeSyntax;
  readonly attributes: readonly Attribute[];
}
export interface Attribute extends Position {
  readonly name: string;
  readonly arguments: readonly Word[] | undefined;
}

export type ExpressionSyntax = Position &
  (
    | { readonly kind: "number"; readonly text: string }
    | { readonly kind: "bool"; readonly value: boolean }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "member"; readonly of: ExpressionSyntax; readonly name: string }
    | { readonly kind: "element"; readonly of: ExpressionSyntax; readonly index: ExpressionSyntax }
    | {
        readonly kind: "call";
        readonly callee: string;
        readonly template: Template | undefined;
        readonly arguments: readonly ExpressionSyntax[];
      }
    | { readonly kind: "unary"; readonly operator: Unary["operator"]; readonly operand: ExpressionSyntax }
    | {
        readonly kind: "binary";
        readonly operator: BinaryOperator;
        readonly left: ExpressionSyntax;
        readonly right: ExpressionSyntax;
      }
  );

export type StatementSyntax = Position &
  (
    | { readonly kind: "let"; readonly name: string; readonly value: ExpressionSyntax }
    | {
        readonly kind: "var";
        readonly name: string;
        readonly type: TypeSyntax;
        readonly value: ExpressionSyntax | undefined;
      }
    | { readonly kind: "assign"; readonly target: ExpressionSyntax; readonly value: ExpressionSyntax }
    | { readonly kind: "call"; readonly callee: string }
    | {
        readonly kind: "if";
        readonly condition: ExpressionSyntax;
        readonly then: readonly StatementSyntax[];
        readonly otherwise: readonly StatementSyntax[];
      }
    | {
        readonly kind: "for";
        readonly name: Word;
        readonly from: ExpressionSyntax;
        readonly condition: ExpressionSyntax;
        readonly stepped: Word;
        readonly step: ExpressionSyntax;
        readonly body: readonly StatementSyntax[];
      }
    | { readonly kind: "while"; readonly condition: ExpressionSyntax; readonly body: readonly StatementSyntax[] }
    | { readonly kind: "return"; readonly value: ExpressionSyntax | undefined }
  );

/** Declarations of the module; their positions are their names'. */
export type DeclarationSyntax = Position & { readonly name: string } & (
    | { readonly kind: "struct"; readonly members: readonly TypedName[] }
    | {
        readonly kind: "var";
        readonly space: readonly Word[];
        readonly type: TypeSyntax;
        readonly attributes: readonly Attribute[];
      }
    | {
        readonly kind: "fn";
        readonly parameters: readonly TypedName[];
        readonly result: TypeSyntax | undefined;
        readonly attributes: readonly Attribute[];
        readonly body: readonly StatementSyntax[];
        readonly end: Position;
      }
  );
