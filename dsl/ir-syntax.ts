/** What the text of a kernel's IR says, before its names have meaning. */

/** A text that is not a kernel's. Line and column are 1-based. */
export class IrSyntaxError extends Error {
  override readonly name = "IrSyntaxError";
  constructor(
    message: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(`${line}:${column}: ${message}`);
  }
}

/** Where a syntax node begins. */
export interface At {
  readonly line: number;
  readonly column: number;
}

export type ExprSyntax = At &
  (
    | { readonly kind: "number"; readonly text: string }
    | { readonly kind: "name"; readonly name: string; readonly field: string | undefined }
    | {
        readonly kind: "load";
        readonly input: string;
        readonly guarded: boolean;
        readonly indices: readonly ExprSyntax[];
      }
    | { readonly kind: "call"; readonly callee: string; readonly arguments: readonly ExprSyntax[] }
    | { readonly kind: "prefix"; readonly symbol: string; readonly operand: ExprSyntax }
    | { readonly kind: "infix"; readonly symbol: string; readonly left: ExprSyntax; readonly right: ExprSyntax }
  );

export interface Binding extends At {
  readonly name: string;
  readonly value: ExprSyntax;
}
export interface TypedName extends At {
  readonly name: string;
  readonly type: string;
}
export interface TensorSyntax extends TypedName {
  readonly modifiers: readonly string[];
  readonly axes: readonly string[];
}

export interface ReduceSyntax extends At {
  readonly name: string;
  readonly reducer: string;
  readonly variable: string;
  readonly axis: string;
  readonly start: ExprSyntax | undefined;
  readonly count: ExprSyntax | undefined;
  readonly item: ExprSyntax | undefined;
  readonly tree: string;
  readonly body: readonly StatementSyntax[];
  readonly leaves: readonly Binding[];
}
export type StatementSyntax =
  | { readonly kind: "let"; readonly binding: Binding }
  | { readonly kind: "reduce"; readonly reduce: ReduceSyntax };

export type MemberSyntax =
  | { readonly kind: "axis" | "parameter"; readonly declared: TypedName }
  | { readonly kind: "input"; readonly tensor: TensorSyntax }
  | {
      readonly kind: "function";
      readonly name: string;
      readonly parameters: readonly TypedName[];
      readonly body: readonly StatementSyntax[];
      readonly result: ExprSyntax;
    }
  | {
      readonly kind: "reducer";
      readonly name: string;
      readonly states: readonly (TypedName & { readonly identity: ExprSyntax })[];
      readonly body: readonly StatementSyntax[];
      readonly combines: readonly Binding[];
    }
  | { readonly kind: "statement"; readonly statement: StatementSyntax }
  | {
      readonly kind: "output";
      readonly tensor: TensorSyntax;
      readonly over: readonly string[] | undefined;
      readonly place: readonly ExprSyntax[] | undefined;
      readonly value: ExprSyntax;
    };

export interface KernelSyntax {
  readonly name: string;
  readonly members: readonly MemberSyntax[];
}
