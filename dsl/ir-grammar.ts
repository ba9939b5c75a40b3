/** The grammar of the IR's text, and the syntax tree that it gives; parse-ir.ts makes a kernel of it. */
import { EmbeddedActionsParser, type IToken } from "chevrotain";
import { infix } from "./ir-operators.ts";
import {
  IrSyntaxError,
  type At,
  type ExprSyntax,
  type Binding,
  type TypedName,
  type TensorSyntax,
  type ReduceSyntax,
  type StatementSyntax,
  type MemberSyntax,
  type KernelSyntax,
} from "./ir-syntax.ts";
import { name, word, number, text, infixOperator, minus, otherPrefix, mark, tokens, lexer } from "./ir-tokens.ts";

const precedenceOf = new Map(Object.values(infix));

function at(token: IToken): At {
  return { line: token.startLine ?? 0, column: token.startColumn ?? 0 };
}

class IrParser extends EmbeddedActionsParser {
  constructor() {
    super(tokens, { maxLookahead: 2 });
    this.performSelfAnalysis();
  }

  readonly kernel = this.RULE("kernel", (): KernelSyntax => {
    this.CONSUME(word.kernel);
    const { image } = this.CONSUME(name);
    const members: MemberSyntax[] = [];
    this.CONSUME(mark["{"]!);
    this.MANY(() => members.push(this.SUBRULE(this.member)));
    this.CONSUME(mark["}"]!);
    return { name: image, members };
  });

  readonly member = this.RULE(
    "member",
    (): MemberSyntax =>
      this.OR<MemberSyntax>([
        { ALT: () => (this.CONSUME(word.axis), { kind: "axis", declared: this.SUBRULE(this.typedName) }) },
        { ALT: () => (this.CONSUME(word.parameter), { kind: "parameter", declared: this.SUBRULE1(this.typedName) }) },
        { ALT: () => (this.CONSUME(word.input), { kind: "input", tensor: this.SUBRULE(this.tensor) }) },
        { ALT: () => this.SUBRULE(this.function) },
        { ALT: () => this.SUBRULE(this.reducer) },
        { ALT: () => ({ kind: "statement", statement: this.SUBRULE(this.statement) }) },
        { ALT: () => this.SUBRULE(this.output) },
      ]),
  );

  readonly typedName = this.RULE("typedName", (): TypedName => {
    const token = this.CONSUME(name);
    this.CONSUME(mark[":"]!);
    return { ...at(token), name: token.image, type: this.CONSUME1(name).image };
  });

  readonly tensor = this.RULE("tensor", (): TensorSyntax => {
    const token = this.CONSUME(name);
    this.CONSUME(mark[":"]!);
    const type: string[] = [];
    this.AT_LEAST_ONE(() => type.push(this.CONSUME1(name).image));
    this.CONSUME(mark["["]!);
    const axes = this.SUBRULE(this.names);
    this.CONSUME(mark["]"]!);
    return { ...at(token), name: token.image, modifiers: type.slice(0, -1), type: type.at(-1)!, axes };
  });

  readonly names = this.RULE("names", (): string[] => {
    const all: string[] = [];
    this.MANY_SEP({ SEP: mark[","]!, DEF: () => all.push(this.CONSUME(name).image) });
    return all;
  });

  readonly function = this.RULE("function", (): MemberSyntax => {
    this.CONSUME(word.function);
    const { image } = this.CONSUME(name);
    const parameters: TypedName[] = [];
    this.CONSUME(mark["("]!);
    this.MANY_SEP({ SEP: mark[","]!, DEF: () => parameters.push(this.SUBRULE(this.typedName)) });
    this.CONSUME(mark[")"]!);
    this.CONSUME(mark["{"]!);
    const body = this.SUBRULE(this.statements);
    this.CONSUME(word.return);
    const result = this.SUBRULE(this.expression);
    this.CONSUME(mark["}"]!);
    return { kind: "function", name: image, parameters, body, result };
  });

  readonly reducer = this.RULE("reducer", (): MemberSyntax => {
    this.CONSUME(word.reducer);
    const { image } = this.CONSUME(name);
    const states: (TypedName & { identity: ExprSyntax })[] = [];
    const combines: Binding[] = [];
    this.CONSUME(mark["{"]!);
    this.MANY(() => {
      this.CONSUME(word.state);
      const declared = this.SUBRULE(this.typedName);
      this.CONSUME(word.from);
      states.push({ ...declared, identity: this.SUBRULE(this.expression) });
    });
    const body = this.SUBRULE(this.statements);
    this.MANY1(() => (this.CONSUME(word.combine), combines.push(this.SUBRULE(this.binding))));
    this.CONSUME(mark["}"]!);
    return { kind: "reducer", name: image, states, body, combines };
  });

  readonly output = this.RULE("output", (): MemberSyntax => {
    this.CONSUME(word.output);
    const tensor = this.SUBRULE(this.tensor);
    const over = this.OPTION(() => (this.CONSUME(word.over), this.SUBRULE(this.names)));
    const place = this.OPTION1(() => {
      this.CONSUME(word.at);
      this.CONSUME(mark["["]!);
      const indices = this.SUBRULE(this.expressions);
      this.CONSUME(mark["]"]!);
      return indices;
    });
    this.CONSUME(mark["="]!);
    return { kind: "output", tensor, over, place, value: this.SUBRULE(this.expression) };
  });

  readonly binding = this.RULE("binding", (): Binding => {
    const token = this.CONSUME(name);
    this.CONSUME(mark["="]!);
    return { ...at(token), name: token.image, value: this.SUBRULE(this.expression) };
  });

  readonly statements = this.RULE("statements", (): StatementSyntax[] => {
    const all: StatementSyntax[] = [];
    this.MANY(() => all.push(this.SUBRULE(this.statement)));
    return all;
  });

  readonly statement = this.RULE(
    "statement",
    (): StatementSyntax =>
      this.OR<StatementSyntax>([
        { ALT: () => (this.CONSUME(word.let), { kind: "let", binding: this.SUBRULE(this.binding) }) },
        { ALT: () => ({ kind: "reduce", reduce: this.SUBRULE(this.reduction) }) },
      ]),
  );

  readonly reduction = this.RULE("reduction", (): ReduceSyntax => {
    const token = this.CONSUME(word.reduce);
    const { image } = this.CONSUME(name);
    this.CONSUME(mark["="]!);
    const reducer = this.CONSUME1(name).image;
    this.CONSUME(word.over);
    const variable = this.CONSUME2(name).image;
    this.CONSUME(word.in);
    const axis = this.CONSUME3(name).image;
    const domain = this.OPTION(() => {
      this.CONSUME(word.from);
      const start = this.SUBRULE(this.expression);
      this.CONSUME(word.count);
      return { start, count: this.SUBRULE1(this.expression) };
    });
    const item = this.OPTION1(() => (this.CONSUME(word.item), this.SUBRULE2(this.expression)));
    this.CONSUME(word.by);
    const tree = this.CONSUME(text).image.slice(1, -1);
    this.CONSUME(mark["{"]!);
    const body = this.SUBRULE(this.statements);
    const leaves: Binding[] = [];
    this.MANY(() => (this.CONSUME(word.leaf), leaves.push(this.SUBRULE(this.binding))));
    this.CONSUME(mark["}"]!);
    return {
      ...at(token),
      name: image,
      reducer,
      variable,
      axis,
      start: domain?.start,
      count: domain?.count,
      item,
      tree,
      body,
      leaves,
    };
  });

  readonly expressions = this.RULE("expressions", (): ExprSyntax[] => {
    const all: ExprSyntax[] = [];
    this.MANY_SEP({ SEP: mark[","]!, DEF: () => all.push(this.SUBRULE(this.expression)) });
    return all;
  });

  readonly expression: () => ExprSyntax = this.RULE("expression", (): ExprSyntax => {
    const operands = [this.SUBRULE(this.operand)];
    const symbols: string[] = [];
    this.MANY(() => {
      symbols.push(this.CONSUME(infixOperator).image);
      operands.push(this.SUBRULE1(this.operand));
    });
    return this.ACTION(() => grouped(operands, symbols));
  });

  readonly operand: () => ExprSyntax = this.RULE(
    "operand",
    (): ExprSyntax =>
      this.OR<ExprSyntax>([
        { ALT: () => prefixed(this.CONSUME(minus), this.SUBRULE(this.operand)) },
        { ALT: () => prefixed(this.CONSUME(otherPrefix), this.SUBRULE1(this.operand)) },
        {
          ALT: () => {
            const token = this.CONSUME(number);
            return { ...at(token), kind: "number", text: token.image };
          },
        },
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

  readonly named = this.RULE("named", (): ExprSyntax => {
    const token = this.CONSUME(name);
    const start = at(token);
    return this.OR<ExprSyntax>([
      {
        ALT: () => {
          this.CONSUME(mark["."]!);
          return { ...start, kind: "name", name: token.image, field: this.CONSUME1(name).image };
        },
      },
      {
        ALT: () => {
          this.CONSUME(mark["("]!);
          const args = this.SUBRULE(this.expressions);
          this.CONSUME(mark[")"]!);
          return { ...start, kind: "call", callee: token.image, arguments: args };
        },
      },
      {
        ALT: () => {
          const open = this.OR1([{ ALT: () => this.CONSUME(mark["["]!) }, { ALT: () => this.CONSUME(mark["?["]!) }]);
          const indices = this.SUBRULE1(this.expressions);
          this.CONSUME(mark["]"]!);
          return { ...start, kind: "load", input: token.image, guarded: open.image === "?[", indices };
        },
      },
      { ALT: () => ({ ...start, kind: "name", name: token.image, field: undefined }) },
    ]);
  });
}

function prefixed(token: IToken, operand: ExprSyntax): ExprSyntax {
  return { ...at(token), kind: "prefix", symbol: token.image, operand };
}

/** Groups operands by precedence, to the left. */
function grouped(operands: readonly ExprSyntax[], symbols: readonly string[]): ExprSyntax {
  let next = 0;
  const from = (least: number): ExprSyntax => {
    let left = operands[next]!;
    while (next < symbols.length && precedenceOf.get(symbols[next]!)! >= least) {
      const symbol = symbols[next++]!;
      left = {
        line: left.line,
        column: left.column,
        kind: "infix",
        symbol,
        left,
        right: from(precedenceOf.get(symbol)! + 1),
      };
    }
    return left;
  };
  return from(0);
}

const parser = new IrParser();

/** @throws IrSyntaxError */
export function parseSyntax(source: string): KernelSyntax {
  const read = lexer.tokenize(source).tokens;
  parser.input = read;
  const syntax = parser.kernel();
  const error = parser.errors[0];
  if (error === undefined) return syntax;
  const token = error.token.image === "" ? read[read.length - 1] : error.token;
  throw new IrSyntaxError(error.message, token?.startLine ?? 1, token?.startColumn ?? 1);
}
