/** Expressions of a template: the grammar and the precedences of jinja2/parser.py. */
import type { Binary, Comparison, Expression, Given } from "./ast.ts";
import { filterNames, otherFilters } from "./filters.ts";
import { JinjaSyntaxError, type Token } from "./lexer.ts";
import { otherMethods } from "./methods.ts";
import { otherTests, testNames } from "./predicates.ts";
import { JinjaRefusal, type Value } from "./values.ts";

const constants = new Map<string, Value>([
  ["true", true],
  ["false", false],
  ["none", null],
  ["True", true],
  ["False", false],
  ["None", null],
]);
const comparisons: Readonly<Record<string, Comparison>> = {
  "==": "==",
  "!=": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};
const nothing: Given = { positional: [], named: [], list: undefined, dict: undefined };

export abstract class ExpressionParser {
  #at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  get current(): Token {
    return this.tokens[this.#at]!;
  }
  next(): Token {
    return this.tokens[this.#at++]!;
  }
  fail(what: string): never {
    throw new JinjaSyntaxError(`line ${this.current.line}: ${what}`);
  }
  #unexpected(expected: string): never {
    const { kind, text } = this.current;
    return this.fail(
      `${kind === "end" || kind.endsWith(" end") ? "the tag ends" : `'${text}' stands`} where ${expected} is expected`,
    );
  }

  isOperator(text: string): boolean {
    return this.current.kind === "operator" && this.current.text === text;
  }
  isName(text: string): boolean {
    return this.current.kind === "name" && this.current.text === text;
  }
  skip(operator: string): boolean {
    const found = this.isOperator(operator);
    if (found) this.#at++;
    return found;
  }
  skipName(name: string): boolean {
    const found = this.isName(name);
    if (found) this.#at++;
    return found;
  }
  expect(operator: string): void {
    if (!this.skip(operator)) this.#unexpected(`'${operator}'`);
  }
  expectName(name: string): void {
    if (!this.skipName(name)) this.#unexpected(`'${name}'`);
  }
  expectAnyName(): string {
    return this.current.kind === "name" ? this.next().text : this.#unexpected("a name");
  }
  expectKind(kind: Token["kind"]): void {
    if (this.current.kind !== kind) this.#unexpected(kind === "variable end" ? "'}}'" : "'%}'");
    this.#at++;
  }

  expression(withChoice = true): Expression {
    return withChoice ? this.#choice() : this.#or();
  }

  /** One expression, or several with commas between them. */
  tuple(withChoice = true, ends: readonly string[] = [], inParentheses = false): Expression {
    const items: Expression[] = [];
    let isTuple = false;
    while (!this.#endsTuple(ends)) {
      items.push(this.expression(withChoice));
      if (!this.skip(",")) break;
      isTuple = true;
    }
    if (items.length === 1 && !isTuple) return items[0]!;
    if (items.length === 0 && !inParentheses) this.#unexpected("an expression");
    return { kind: "tuple", items };
  }
  #endsTuple(ends: readonly string[]): boolean {
    const { kind, text } = this.current;
    return (
      kind === "variable end" ||
      kind === "block end" ||
      this.isOperator(")") ||
      (kind === "name" && ends.includes(text))
    );
  }

  #choice(): Expression {
    let value = this.#or();
    while (this.skipName("if")) {
      const test = this.#or();
      const no = this.skipName("else") ? this.#choice() : undefined;
      value = { kind: "choose", test, yes: value, no };
    }
    return value;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.skipName("or")) left = { kind: "binary", operator: "or", left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.skipName("and")) left = { kind: "binary", operator: "and", left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    return this.skipName("not") ? { kind: "unary", operator: "not", value: this.#not() } : this.#compare();
  }

  #compare(): Expression {
    const first = this.#sum();
    const rest: [Comparison, Expression][] = [];
    for (;;) {
      const comparison = this.#comparison();
      if (comparison === undefined) return rest.length === 0 ? first : { kind: "compare", first, rest };
      rest.push([comparison, this.#sum()]);
    }
  }
  #comparison(): Comparison | undefined {
    if (this.current.kind === "operator" && Object.hasOwn(comparisons, this.current.text))
      return comparisons[this.next().text];
    if (this.skipName("in")) return "in";
    const after = this.tokens[this.#at + 1];
    if (!this.isName("not") || after?.kind !== "name" || after.text !== "in") return undefined;
    this.#at += 2;
    return "not in";
  }

  #sum(): Expression {
    return this.#chain(["+", "-"], () => this.#joined());
  }
  /** `~` binds tighter than `+`. */
  #joined(): Expression {
    const items = [this.#product()];
    while (this.skip("~")) items.push(this.#product());
    return items.length === 1 ? items[0]! : { kind: "join", items };
  }
  #product(): Expression {
    return this.#chain(["*", "/", "//", "%"], () => this.#power());
  }
  #power(): Expression {
    return this.#chain(["**"], () => this.#unary());
  }
  #chain(operators: readonly string[], read: () => Expression): Expression {
    let left = read();
    while (this.current.kind === "operator" && operators.includes(this.current.text)) {
      const operator = this.next().text as Binary;
      left = { kind: "binary", operator, left, right: read() };
    }
    return left;
  }

  #unary(withFilter = true): Expression {
    const sign = this.isOperator("-") || this.isOperator("+") ? (this.next().text as "-" | "+") : undefined;
    const value: Expression =
      sign === undefined
        ? this.#postfix(this.#primary())
        : { kind: "unary", operator: sign, value: this.#unary(false) };
    return withFilter ? this.#filtered(sign === undefined ? value : this.#postfix(value)) : value;
  }

  #primary(): Expression {
    const token = this.current;
    if (token.kind === "name") {
      this.#at++;
      return constants.has(token.text)
        ? { kind: "constant", value: constants.get(token.text)! }
        : { kind: "name", name: token.text };
    }
    if (token.kind === "string") {
      let text = "";
      for (; this.current.kind === "string"; this.#at++) text += this.current.text;
      return { kind: "constant", value: text };
    }
    if (token.kind === "integer" || token.kind === "float") {
      this.#at++;
      return { kind: "constant", value: token.value };
    }
    if (this.skip("(")) {
      const value = this.tuple(true, [], true);
      this.expect(")");
      return value;
    }
    if (this.skip("[")) return { kind: "list", items: this.#listed("]", () => this.expression()) };
    if (this.skip("{")) {
      return {
        kind: "dict",
        entries: this.#listed("}", () => {
          const key = this.expression();
          this.expect(":");
          return [key, this.expression()] as const;
        }),
      };
    }
    return this.#unexpected("an expression");
  }

  /** Up to `end`, with commas between them and perhaps one after the last. */
  #listed<T>(end: string, read: () => T): T[] {
    const items: T[] = [];
    while (!this.skip(end)) {
      if (items.length > 0) {
        this.expect(",");
        if (this.skip(end)) break;
      }
      items.push(read());
    }
    return items;
  }

  #postfix(start: Expression): Expression {
    let value = start;
    for (;;) {
      if (this.isOperator(".") || this.isOperator("[")) value = this.#subscript(value);
      else if (this.isOperator("(")) value = this.#call(value);
      else return value;
    }
  }

  /** Nothing but a method can be called so, and what this has not is refused before anything is rendered. */
  #call(callee: Expression): Expression {
    if (callee.kind === "attribute" && otherMethods.has(callee.name))
      throw new JinjaRefusal(`line ${this.current.line}: the method '${callee.name}'`);
    return { kind: "call", callee, given: this.#given() };
  }

  #filtered(start: Expression): Expression {
    let value = start;
    for (;;) {
      if (this.isOperator("|")) value = this.filters((item) => item, 1)(value);
      else if (this.isName("is")) value = this.#test(value);
      else if (this.isOperator("(")) value = this.#call(value);
      else return value;
    }
  }

  #subscript(object: Expression): Expression {
    if (this.skip(".")) {
      const token = this.next();
      if (token.kind === "name") return { kind: "attribute", object, name: token.text };
      if (token.kind === "integer") return { kind: "item", object, index: { kind: "constant", value: token.value } };
      this.#at--;
      return this.#unexpected("a name or a number");
    }
    this.expect("[");
    const parts = this.#listed("]", () => this.#index());
    const [first] = parts;
    if (first === undefined) return this.#unexpected("an expression");
    if (parts.length === 1)
      return Array.isArray(first)
        ? { kind: "slice", object, parts: first }
        : { kind: "item", object, index: first as Expression };
    if (parts.some((part) => Array.isArray(part)))
      throw new JinjaRefusal(`line ${this.current.line}: several slices in one subscript`);
    return { kind: "item", object, index: { kind: "tuple", items: parts as Expression[] } };
  }

  /** One expression, or the parts of a slice. */
  #index(): Expression | (Expression | undefined)[] {
    const ends = (): boolean => this.isOperator(":") || this.isOperator("]") || this.isOperator(",");
    const start = ends() ? undefined : this.expression();
    if (!this.isOperator(":")) return start ?? this.#unexpected("an expression");
    const parts = [start];
    while (parts.length < 3 && this.skip(":")) parts.push(ends() ? undefined : this.expression());
    return parts;
  }

  /** What follows the value: `| name(…)`, once or so often as there are, the first perhaps without its `|`. */
  filters(wrap: (value: Expression) => Expression, most = Infinity): (value: Expression) => Expression {
    let apply = wrap;
    for (let count = 0; count < most && (this.isOperator("|") || (count === 0 && most === Infinity)); count++) {
      this.skip("|");
      const name = this.#dotted();
      if (!filterNames.has(name)) {
        if (otherFilters.includes(name)) throw new JinjaRefusal(`line ${this.current.line}: the filter '${name}'`);
        this.fail(`there is no filter '${name}'`);
      }
      const given = this.isOperator("(") ? this.#given() : nothing;
      const before = apply;
      apply = (value) => ({ kind: "filter", name, value: before(value), given });
    }
    return apply;
  }

  #dotted(): string {
    let name = this.expectAnyName();
    while (this.skip(".")) name += `.${this.expectAnyName()}`;
    return name;
  }

  #test(value: Expression): Expression {
    this.expectName("is");
    const negated = this.skipName("not");
    const name = this.#dotted();
    if (!testNames.has(name)) {
      if (otherTests.includes(name)) throw new JinjaRefusal(`line ${this.current.line}: the test '${name}'`);
      this.fail(`there is no test '${name}'`);
    }
    let given = nothing;
    const { kind, text } = this.current;
    if (this.isOperator("(")) given = this.#given();
    else if (
      (kind === "name" && !["else", "or", "and"].includes(text)) ||
      kind === "string" ||
      kind === "integer" ||
      kind === "float" ||
      this.isOperator("[") ||
      this.isOperator("{")
    ) {
      if (text === "is" && kind === "name") this.fail("tests can't be chained with 'is'");
      given = { ...nothing, positional: [this.#postfix(this.#primary())] };
    }
    return { kind: "test", name, value, given, negated };
  }

  #given(): Given {
    this.expect("(");
    const positional: Expression[] = [];
    const named: [string, Expression][] = [];
    let list: Expression | undefined;
    let dict: Expression | undefined;
    this.#listed(")", () => {
      const after = this.tokens[this.#at + 1];
      if (this.skip("*"))
        list =
          list === undefined && dict === undefined ? this.expression() : this.fail("arguments are in a wrong order");
      else if (this.skip("**"))
        dict = dict === undefined ? this.expression() : this.fail("arguments are in a wrong order");
      else if (this.current.kind === "name" && after?.kind === "operator" && after.text === "=") {
        if (dict !== undefined) this.fail("arguments are in a wrong order");
        const name = this.expectAnyName();
        this.expect("=");
        named.push([name, this.expression()]);
      } else {
        if (list !== undefined || dict !== undefined || named.length > 0)
          this.fail("an argument without a name follows one with a name");
        positional.push(this.expression());
      }
    });
    return { positional, named, list, dict };
  }
}
