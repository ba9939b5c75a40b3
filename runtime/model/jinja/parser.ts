/**
 * Tokens to a syntax tree, as jinja2/parser.py with the `loopcontrols` extension and transformers' `generation` block.
 * What Jinja knows and this does not is refused here, by name: tags, filters and tests.
 */
import type { Body, Expression, Given, Signature, Statement, Target } from "./ast.ts";
import { ExpressionParser } from "./expressions.ts";
import { JinjaSyntaxError, tokensOf, type Token } from "./lexer.ts";
import { usesOf } from "./uses.ts";
import { JinjaRefusal } from "./values.ts";

/** @throws JinjaSyntaxError, JinjaRefusal */
export function parse(template: string): Body {
  const parser = new Parser(tokensOf(template));
  const body = parser.body([]);
  return body;
}

/** Jinja's own, and those of its extensions. */
const otherTags = [
  "block",
  "extends",
  "include",
  "import",
  "from",
  "autoescape",
  "do",
  "debug",
  "trans",
  "pluralize",
  "print",
];

class Parser extends ExpressionParser {
  #loops = 0;

  constructor(tokens: readonly Token[]) {
    super(tokens);
  }

  /** Statements up to a tag that begins with one of `ends`, which is the next token then; with none, up to the end. */
  body(ends: readonly string[]): Body {
    const statements: Statement[] = [];
    for (;;) {
      const token = this.current;
      if (token.kind === "data") {
        statements.push({ kind: "data", text: token.text });
        this.next();
      } else if (token.kind === "variable begin") {
        this.next();
        statements.push({ kind: "output", value: this.tuple() });
        this.expectKind("variable end");
      } else if (token.kind === "block begin") {
        this.next();
        if (this.current.kind === "name" && ends.includes(this.current.text)) return statements;
        statements.push(this.#statement(ends));
        this.expectKind("block end");
      } else {
        if (ends.length > 0) this.fail(`a block does not end: ${ends.join(" or ")} is missing`);
        return statements;
      }
    }
  }

  /** The body, and the tag that ends it. */
  #until(...ends: readonly string[]): Body {
    this.expectKind("block end");
    const body = this.body(ends);
    this.next();
    return body;
  }

  #statement(ends: readonly string[]): Statement {
    const token = this.current;
    if (token.kind !== "name") return this.fail("a tag lacks its name");
    this.next();
    switch (token.text) {
      case "if":
        return this.#if();
      case "for":
        return this.#for();
      case "set":
        return this.#set();
      case "macro":
        return this.#macro();
      case "call":
        return this.#callBlock();
      case "filter": {
        const filter = this.filters((value) => value);
        return { kind: "filter block", filter, body: this.#apart(() => this.#until("endfilter")) };
      }
      case "with":
        return this.#with();
      case "generation":
        return { kind: "scope", body: this.#apart(() => this.#until("endgeneration")) };
      case "break":
      case "continue":
        if (this.#loops === 0) this.fail(`'${token.text}' stands outside of a loop`);
        return { kind: token.text };
      default:
        if (otherTags.includes(token.text)) throw new JinjaRefusal(`line ${token.line}: the tag '${token.text}'`);
        return this.fail(
          `unknown tag '${token.text}'${ends.length > 0 ? `, where ${ends.join(" or ")} is missing` : ""}`,
        );
    }
  }

  /** Loops outside of it can't be left from in there. */
  #apart<T>(read: () => T): T {
    const loops = this.#loops;
    this.#loops = 0;
    try {
      return read();
    } finally {
      this.#loops = loops;
    }
  }

  #if(): Statement {
    const branches: [Expression, Body][] = [];
    for (;;) {
      const test = this.tuple(false);
      this.expectKind("block end");
      branches.push([test, this.body(["elif", "else", "endif"])]);
      const { text } = this.next();
      if (text === "elif") continue;
      return { kind: "if", branches, otherwise: text === "else" ? this.#until("endif") : [] };
    }
  }

  #for(): Statement {
    const target = this.#target(["in"]);
    this.expectName("in");
    const items = this.tuple(false, ["recursive"]);
    const test = this.skipName("if") ? this.expression() : undefined;
    const recursive = this.skipName("recursive");
    this.expectKind("block end");
    this.#loops++;
    const body = this.body(["endfor", "else"]);
    this.#loops--;
    const otherwise = this.next().text === "else" ? this.#until("endfor") : [];
    return { kind: "for", target, items, test, body, otherwise, recursive };
  }

  #set(): Statement {
    const target = this.#target([], true);
    if (this.skip("=")) return { kind: "set", target, value: this.tuple() };
    const filter = this.isOperator("|") ? this.filters((value) => value) : undefined;
    return { kind: "set block", target, filter, body: this.#until("endset") };
  }

  #macro(): Statement {
    const name = this.expectAnyName();
    const signature = this.#signature();
    const body = this.#apart(() => this.#until("endmacro"));
    return { kind: "macro", name, signature, body, uses: usesOf(body, signature) };
  }

  #callBlock(): Statement {
    const signature = this.isOperator("(") ? this.#signature() : { names: [], defaults: [] };
    const call = this.expression();
    if (call.kind !== "call") return this.fail("a call block calls nothing");
    const body = this.#apart(() => this.#until("endcall"));
    return { kind: "call block", call, signature, body, uses: usesOf(body, signature) };
  }

  #signature(): Signature {
    this.expect("(");
    const names: string[] = [];
    const defaults: Expression[] = [];
    while (!this.isOperator(")")) {
      if (names.length > 0) this.expect(",");
      names.push(this.expectAnyName());
      if (this.skip("=")) defaults.push(this.expression());
      else if (defaults.length > 0) this.fail("an argument without a default follows one with a default");
    }
    this.next();
    return { names, defaults };
  }

  #with(): Statement {
    const values: [Target, Expression][] = [];
    while (this.current.kind !== "block end") {
      if (values.length > 0) this.expect(",");
      const target = this.#target([]);
      this.expect("=");
      values.push([target, this.expression()]);
    }
    return { kind: "with", values, body: this.#until("endwith") };
  }

  #target(ends: readonly string[], withField = false): Target {
    const one = (): Target => {
      if (this.skip("(")) {
        const inner = this.#target(ends);
        this.expect(")");
        return inner;
      }
      const name = this.expectAnyName();
      if (["true", "false", "none", "True", "False", "None"].includes(name)) this.fail(`'${name}' can't be set`);
      return withField && this.skip(".")
        ? { kind: "field", object: name, name: this.expectAnyName() }
        : { kind: "name", name };
    };
    const targets = [one()];
    let isTuple = false;
    while (this.skip(",")) {
      isTuple = true;
      if (
        this.isOperator("=") ||
        this.isOperator(")") ||
        (this.current.kind === "name" && ends.includes(this.current.text))
      )
        break;
      targets.push(one());
    }
    return isTuple ? { kind: "several", targets } : targets[0]!;
  }
}

export type { Given };
export { JinjaSyntaxError };
