/** The statements that a pass is lowered to, and their printing as WGSL. Expressions are text already. */
import type { SourceLocation } from "../dsl/ir.ts";

export type WgslType = "f32" | "u32" | "i32" | "bool" | "vec2<u32>" | "vec4<u32>" | "vec4<f32>";

export type Statement =
  | { readonly kind: "let"; readonly name: string; readonly value: string; readonly origin: SourceLocation | null }
  | {
      readonly kind: "var";
      readonly name: string;
      readonly type: string;
      readonly value?: string;
      readonly origin: SourceLocation | null;
    }
  | { readonly kind: "assign"; readonly target: string; readonly value: string; readonly origin: SourceLocation | null }
  | {
      readonly kind: "for";
      readonly name: string;
      readonly from: string;
      readonly condition: string;
      readonly step: string;
      readonly body: Block;
    }
  | { readonly kind: "while"; readonly condition: string; readonly body: Block }
  | { readonly kind: "if"; readonly condition: string; readonly body: Block }
  | { readonly kind: "return" }
  | { readonly kind: "barrier" };

/** Statements that run together. What an expression's text needs is put into the outermost block that knows its names. */
export class Block {
  readonly statements: Statement[] = [];
  readonly parent: Block | null;
  readonly depth: number;
  /** The texts that expressions already have in this block. */
  readonly texts = new Map<object, string>();

  constructor(parent: Block | null) {
    this.parent = parent;
    this.depth = parent === null ? 0 : parent.depth + 1;
  }

  textOf(expr: object): string | undefined {
    return this.texts.get(expr) ?? this.parent?.textOf(expr);
  }

  let(name: string, value: string, origin: SourceLocation | null = null): void {
    this.statements.push({ kind: "let", name, value, origin });
  }
  var(name: string, type: string, value?: string, origin: SourceLocation | null = null): void {
    this.statements.push({ kind: "var", name, type, ...(value === undefined ? {} : { value }), origin });
  }
  assign(target: string, value: string, origin: SourceLocation | null = null): void {
    this.statements.push({ kind: "assign", target, value, origin });
  }
  barrier(): void {
    this.statements.push({ kind: "barrier" });
  }
}

export interface PrintedLine {
  readonly text: string;
  readonly origin: SourceLocation | null;
}

export function printBlock(block: Block, indent: string): PrintedLine[] {
  const lines: PrintedLine[] = [];
  const line = (text: string, origin: SourceLocation | null = null): void =>
    void lines.push({ text: indent + text, origin });
  const nested = (head: string, body: Block): void => {
    line(`${head} {`);
    lines.push(...printBlock(body, `${indent}  `));
    line("}");
  };
  for (const statement of block.statements) {
    switch (statement.kind) {
      case "let":
        line(`let ${statement.name} = ${bare(statement.value)};`, statement.origin);
        break;
      case "var":
        line(
          `var ${statement.name}: ${statement.type}${statement.value === undefined ? "" : ` = ${bare(statement.value)}`};`,
          statement.origin,
        );
        break;
      case "assign":
        line(`${statement.target} = ${bare(statement.value)};`, statement.origin);
        break;
      case "for":
        nested(
          `for (var ${statement.name} = ${bare(startOf(statement))}; ${bare(statement.condition)}; ${statement.name} += ${bare(statement.step)})`,
          statement.body,
        );
        break;
      case "while":
        nested(`while (${bare(statement.condition)})`, statement.body);
        break;
      case "if":
        nested(`if (${bare(statement.condition)})`, statement.body);
        break;
      case "return":
        line("return;");
        break;
      case "barrier":
        line("workgroupBarrier();");
        break;
    }
  }
  return lines;
}

/**
 * Where a loop starts. Drivers in software unroll nests of loops with constant bounds whole, and then compile for
 * seconds; a loop around another one therefore starts at a zero that they cannot see.
 */
function startOf(loop: Extract<Statement, { kind: "for" }>): string {
  const around = loop.body.statements.some((inner) => inner.kind === "for" || inner.kind === "while");
  return around && loop.from === "0u" ? "uniforms.zero" : loop.from;
}

/** Drops parentheses that enclose the whole text. */
function bare(text: string): string {
  if (!text.startsWith("(")) return text;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return at === text.length - 1 ? text.slice(1, -1) : text;
  }
  return text;
}
