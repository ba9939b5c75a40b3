/** The grammar of the WGSL that the compiler may print: text to an untyped tree. Names and types are resolve.ts's. */
import { EmbeddedActionsParser, type IParserErrorMessageProvider, type IToken } from "chevrotain";
import type { BinaryOperator, Position, Unary } from "./ast.ts";
import { WgslError } from "./errors.ts";
import { closing, infix, mark, name, number, opening, positionOf, prefix, tokenize, tokens, word } from "./lexer.ts";
import { grouped } from "./precedence.ts";
import type {
  Attribute,
  DeclarationSyntax,
  ExpressionSyntax,
  StatementSyntax,
  Template,
  TypedName,
  TypeSyntax,
  Word,
} from "./syntax.ts";

const found = (token: IToken | undefined): string =>
  token === undefined || token.image === "" ? "the end of the text" : `'${token.image}'`;

const statements = "use let, var, for, while, if, return, an assignment or workgroupBarrier(), or close the block";

/** Problem and fix, with a line end between them. */
const messages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual }) => {
    if (expected === mark["}"] && actual.image !== "")
      return `no statement begins with ${found(actual)}\n${statements}`;
    return (
      `${expected.LABEL ?? expected.name} expected, and there is ${found(actual)}\nwrite ` +
      `${expected.LABEL ?? expected.name} here`
    );
  },
  buildNotAllInputParsedMessage: ({ firstRedundant }) =>
    `no declaration begins with ${found(firstRedundant)}\nuse struct, var<…> or fn`,
  buildNoViableAltMessage: ({ actual, ruleName }) => {
    const [what, fix] = alternatives[ruleName] ?? [
      "nothing of the subset",
      "compare the text with what the compiler prints",
    ];
    return `${what} begins with ${actual.map(found).join(" ")}\n${fix}`;
  },
  buildEarlyExitMessage: ({ actual }) =>
    `the list ends too early, at ${found(actual[0])}\nwrite an element, and a comma after it`,
};
const alternatives: Readonly<Record<string, readonly [problem: string, fix: string]>> = {
  statement: ["no statement", statements],
  declaration: ["no declaration", "use struct, var<…> or fn"],
  primary: ["no expression", "use a name, a number with its suffix, a call or parentheses"],
  argument: ["no argument of an attribute", "use a name or a number"],
};

class WgslParser extends EmbeddedActionsParser {
  constructor() {
    super([...tokens], { maxLookahead: 2, errorMessageProvider: messages });
    this.performSelfAnalysis();
  }

  readonly module = this.RULE("module", (): DeclarationSyntax[] => {
    const all: DeclarationSyntax[] = [];
    this.MANY(() => all.push(this.SUBRULE(this.declaration)));
    return all;
  });

  readonly declaration = this.RULE("declaration", (): DeclarationSyntax => {
    const attributes = this.SUBRULE(this.attributes);
    return this.OR<DeclarationSyntax>([
      { GATE: () => attributes.length === 0, ALT: () => this.SUBRULE(this.struct) },
      { ALT: () => this.SUBRULE(this.moduleVariable, { ARGS: [attributes] }) },
      { ALT: () => this.SUBRULE(this.function, { ARGS: [attributes] }) },
    ]);
  });

  readonly attributes = this.RULE("attributes", (): Attribute[] => {
    const all: Attribute[] = [];
    this.MANY(() => {
      const token = this.CONSUME(mark["@"]!);
      const { image } = this.CONSUME(name);
      const values = this.OPTION(() => {
        const list: Word[] = [];
        this.CONSUME(mark["("]!);
        this.AT_LEAST_ONE_SEP({ SEP: mark[","]!, DEF: () => list.push(this.SUBRULE(this.argument)) });
        this.CONSUME(mark[")"]!);
        return list;
      });
      all.push({ ...at(token), name: image, arguments: values });
    });
    return all;
  });

  readonly argument = this.RULE(
    "argument",
    (): Word => wordOf(this.OR([{ ALT: () => this.CONSUME(name) }, { ALT: () => this.CONSUME(number) }])),
  );

  readonly struct = this.RULE("struct", (): DeclarationSyntax => {
    this.CONSUME(word.struct);
    const token = this.CONSUME(name);
    const members: TypedName[] = [];
    this.CONSUME(mark["{"]!);
    this.AT_LEAST_ONE(() => {
      members.push(this.SUBRULE(this.typedName));
      this.CONSUME(mark[","]!);
    });
    this.CONSUME(mark["}"]!);
    return { ...at(token), kind: "struct", name: token.image, members };
  });

  readonly moduleVariable = this.RULE("moduleVariable", (attributes: Attribute[]): DeclarationSyntax => {
    const space: Word[] = [];
    this.CONSUME(word.var);
    this.CONSUME(opening);
    this.AT_LEAST_ONE_SEP({ SEP: mark[","]!, DEF: () => space.push(wordOf(this.CONSUME(name))) });
    this.CONSUME(closing);
    const declared = this.SUBRULE(this.typedName);
    this.CONSUME(mark[";"]!);
    return { ...declared, kind: "var", space, attributes };
  });

  readonly function = this.RULE("function", (attributes: Attribute[]): DeclarationSyntax => {
    this.CONSUME(word.fn);
    const token = this.CONSUME(name);
    const parameters: TypedName[] = [];
    this.CONSUME(mark["("]!);
    this.MANY_SEP({
      SEP: mark[","]!,
      DEF: () => {
        const own = this.SUBRULE(this.attributes);
        const declared = this.SUBRULE(this.typedName);
        parameters.push({ ...declared, attributes: own });
      },
    });
    this.CONSUME(mark[")"]!);
    const result = this.OPTION(() => (this.CONSUME(mark["->"]!), this.SUBRULE(this.type)));
    this.CONSUME(mark["{"]!);
    const body = this.SUBRULE(this.statements);
    const end = this.CONSUME(mark["}"]!);
    return { ...at(token), kind: "fn", name: token.image, parameters, result, attributes, body, end: at(end) };
  });

  readonly typedName = this.RULE("typedName", (): TypedName => {
    const token = this.CONSUME(name);
    this.CONSUME(mark[":"]!);
    return { ...at(token), name: token.image, type: this.SUBRULE(this.type), attributes: [] };
  });

  readonly type: () => TypeSyntax = this.RULE("type", (): TypeSyntax => {
    const token = this.CONSUME(name);
    const template = this.OPTION(() => this.SUBRULE(this.template));
    return { ...at(token), name: token.image, of: template?.of, length: template?.length };
  });

  readonly template = this.RULE("template", (): Template => {
    this.CONSUME(opening);
    const of = this.SUBRULE(this.type);
    const length = this.OPTION(() => (this.CONSUME(mark[","]!), wordOf(this.CONSUME(number))));
    this.CONSUME(closing);
    return { of, length };
  });

  readonly block: () => StatementSyntax[] = this.RULE("block", (): StatementSyntax[] => {
    this.CONSUME(mark["{"]!);
    const body = this.SUBRULE(this.statements);
    this.CONSUME(mark["}"]!);
    return body;
  });

  readonly statements: () => StatementSyntax[] = this.RULE("statements", (): StatementSyntax[] => {
    const all: StatementSyntax[] = [];
    this.MANY(() => all.push(this.SUBRULE(this.statement)));
    return all;
  });

  readonly statement: () => StatementSyntax = this.RULE(
    "statement",
    (): StatementSyntax =>
      this.OR<StatementSyntax>([
        { ALT: () => this.SUBRULE(this.let) },
        { ALT: () => this.SUBRULE(this.var) },
        { ALT: () => this.SUBRULE(this.for) },
        {
          ALT: () => {
            const token = this.CONSUME(word.while);
            const condition = this.SUBRULE(this.expression);
            return { ...at(token), kind: "while", condition, body: this.SUBRULE(this.block) };
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(word.if);
            const condition = this.SUBRULE1(this.expression);
            const then = this.SUBRULE1(this.block);
            const otherwise = this.OPTION(() => (this.CONSUME(word.else), this.SUBRULE2(this.block)));
            return { ...at(token), kind: "if", condition, then, otherwise: otherwise ?? [] };
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(word.return);
            const value = this.OPTION1(() => this.SUBRULE2(this.expression));
            this.CONSUME(mark[";"]!);
            return { ...at(token), kind: "return", value };
          },
        },
        { ALT: () => this.SUBRULE(this.call) },
        { ALT: () => this.SUBRULE(this.assignment) },
      ]),
  );

  readonly let = this.RULE("let", (): StatementSyntax => {
    this.CONSUME(word.let);
    const token = this.CONSUME(name);
    this.CONSUME(mark["="]!);
    const value = this.SUBRULE(this.expression);
    this.CONSUME(mark[";"]!);
    return { ...at(token), kind: "let", name: token.image, value };
  });

  readonly var = this.RULE("var", (): StatementSyntax => {
    this.CONSUME(word.var);
    const declared = this.SUBRULE(this.typedName);
    const value = this.OPTION(() => (this.CONSUME(mark["="]!), this.SUBRULE(this.expression)));
    this.CONSUME(mark[";"]!);
    return { ...declared, kind: "var", value };
  });

  readonly for = this.RULE("for", (): StatementSyntax => {
    const token = this.CONSUME(word.for);
    this.CONSUME(mark["("]!);
    this.CONSUME(word.var);
    const variable = wordOf(this.CONSUME(name));
    this.CONSUME(mark["="]!);
    const from = this.SUBRULE(this.expression);
    this.CONSUME(mark[";"]!);
    const condition = this.SUBRULE1(this.expression);
    this.CONSUME1(mark[";"]!);
    const stepped = wordOf(this.CONSUME1(name));
    this.CONSUME(mark["+="]!);
    const step = this.SUBRULE2(this.expression);
    this.CONSUME(mark[")"]!);
    return {
      ...at(token),
      kind: "for",
      name: variable,
      from,
      condition,
      stepped,
      step,
      body: this.SUBRULE(this.block),
    };
  });

  readonly call = this.RULE("call", (): StatementSyntax => {
    const token = this.CONSUME(name);
    this.CONSUME(mark["("]!);
    this.CONSUME(mark[")"]!);
    this.CONSUME(mark[";"]!);
    return { ...at(token), kind: "call", callee: token.image };
  });

  readonly assignment = this.RULE("assignment", (): StatementSyntax => {
    const token = this.CONSUME(name);
    const target = this.SUBRULE(this.selected, { ARGS: [{ ...at(token), kind: "name", name: token.image }] });
    this.CONSUME(mark["="]!);
    const value = this.SUBRULE(this.expression);
    this.CONSUME(mark[";"]!);
    return { ...at(token), kind: "assign", target, value };
  });

  readonly expression: () => ExpressionSyntax = this.RULE("expression", (): ExpressionSyntax => {
    const operands = [this.SUBRULE(this.operand)];
    const operators: (Position & { readonly symbol: BinaryOperator })[] = [];
    this.MANY(() => {
      const token = this.CONSUME(infix);
      operators.push({ ...at(token), symbol: token.image as BinaryOperator });
      operands.push(this.SUBRULE1(this.operand));
    });
    return this.ACTION(() => grouped(operands, operators));
  });

  readonly operand: () => ExpressionSyntax = this.RULE("operand", (): ExpressionSyntax => {
    const prefixes: IToken[] = [];
    this.MANY(() => prefixes.push(this.CONSUME(prefix)));
    const primary = this.SUBRULE(this.primary);
    const selected = this.SUBRULE(this.selected, { ARGS: [primary] });
    return prefixes.reduceRight<ExpressionSyntax>(
      (operand, token) => ({ ...at(token), kind: "unary", operator: token.image as Unary["operator"], operand }),
      selected,
    );
  });

  /** What is taken out of a value: members and elements. */
  readonly selected = this.RULE("selected", (of: ExpressionSyntax): ExpressionSyntax => {
    let value = of;
    this.MANY(() => {
      value = this.OR<ExpressionSyntax>([
        {
          ALT: () => {
            this.CONSUME(mark["."]!);
            const { image } = this.CONSUME(name);
            return this.ACTION(() => ({ line: of.line, column: of.column, kind: "member", of: value, name: image }));
          },
        },
        {
          ALT: () => {
            this.CONSUME(mark["["]!);
            const index = this.SUBRULE(this.expression);
            this.CONSUME(mark["]"]!);
            return this.ACTION(() => ({ line: of.line, column: of.column, kind: "element", of: value, index }));
          },
        },
      ]);
    });
    return value;
  });

  readonly primary = this.RULE(
    "primary",
    (): ExpressionSyntax =>
      this.OR<ExpressionSyntax>([
        {
          ALT: () => {
            const token = this.CONSUME(number);
            return { ...at(token), kind: "number", text: token.image };
          },
        },
        { ALT: () => ({ ...at(this.CONSUME(word.true)), kind: "bool", value: true }) },
        { ALT: () => ({ ...at(this.CONSUME(word.false)), kind: "bool", value: false }) },
        {
          ALT: () => {
            this.CONSUME(mark["("]!);
            const inner = this.SUBRULE(this.expression);
            this.CONSUME(mark[")"]!);
            return inner;
          },
        },
        { ALT: () => this.SUBRULE(this.named) },
      ]),
  );

  readonly named = this.RULE("named", (): ExpressionSyntax => {
    const token = this.CONSUME(name);
    return this.OR<ExpressionSyntax>([
      {
        ALT: () => {
          const template = this.OPTION(() => this.SUBRULE(this.template));
          const args: ExpressionSyntax[] = [];
          this.CONSUME(mark["("]!);
          this.MANY_SEP({ SEP: mark[","]!, DEF: () => args.push(this.SUBRULE(this.expression)) });
          this.CONSUME(mark[")"]!);
          return { ...at(token), kind: "call", callee: token.image, template, arguments: args };
        },
      },
      { ALT: () => ({ ...at(token), kind: "name", name: token.image }) },
    ]);
  });
}

const at = (token: IToken): Position => ({ line: token.startLine ?? 0, column: token.startColumn ?? 0 });
const wordOf = (token: IToken): Word => ({ ...at(token), text: token.image });

const parser = new WgslParser();

/** @throws WgslError */
export function parseSyntax(text: string): DeclarationSyntax[] {
  const read = tokenize(text);
  parser.input = read;
  const syntax = parser.module();
  const error = parser.errors[0];
  if (error === undefined) return syntax;
  const token = error.token.image === "" ? read.at(-1) : error.token;
  const [problem = "", fix = ""] = error.message.split("\n");
  throw new WgslError(token === undefined ? { line: 1, column: 1 } : positionOf(token), problem, fix);
}
