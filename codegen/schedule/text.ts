/**
 * The text of a list of steps, as artifacts quote it and the command line takes it:
 * `bind(channel, 64); cooperate(1, 8); unroll(8)`. Steps are separated by semicolons; spaces and line ends mean
 * nothing.
 */
import { EmbeddedActionsParser, Lexer, createToken, type IToken } from "chevrotain";
import { own } from "../../dsl/own.ts";
import { nearest } from "../../dsl/reader/suggest.ts";
import {
  type Argument,
  describeArgument,
  largestNumber,
  printSteps,
  printStep,
  type Signature,
  signatures,
  stepNames,
  usage,
} from "./signatures.ts";
import type { Step } from "./step.ts";

export { printStep, printSteps };

/** A text that is no list of steps. Line and column are 1-based. */
export class StepSyntaxError extends Error {
  override readonly name = "StepSyntaxError";
  readonly line: number;
  readonly column: number;

  /** @param edit what the fix does: the text between two offsets is replaced */
  constructor(
    text: string,
    offset: number,
    readonly found: string,
    readonly wanted: string,
    readonly edit: { readonly from: number; readonly to: number; readonly text: string },
  ) {
    const before = text.slice(0, offset).split("\n");
    const [line, column] = [before.length, before.at(-1)!.length + 1];
    super(`${line}:${column}: found ${found} in place of ${wanted}; fix: ${describeEdit(text, edit)}`);
    this.line = line;
    this.column = column;
  }
}

function describeEdit(text: string, edit: StepSyntaxError["edit"]): string {
  const old = text.slice(edit.from, edit.to).trim();
  if (edit.text === "") return `remove '${old}'`;
  return old === "" ? `write '${edit.text}' there` : `write '${edit.text}' in place of '${old}'`;
}

/** As in JavaScript. Chevrotain would drop the pattern's flag. */
const nameAt = /[\p{ID_Start}_$][\p{ID_Continue}$\u200c\u200d]*/uy;
const name = createToken({
  name: "Name",
  line_breaks: false,
  pattern: (text: string, offset: number): RegExpExecArray | null => {
    nameAt.lastIndex = offset;
    return nameAt.exec(text);
  },
});
const integer = createToken({ name: "Integer", pattern: /\d+/ });
const open = createToken({ name: "Open", pattern: /\(/ });
const close = createToken({ name: "Close", pattern: /\)/ });
const comma = createToken({ name: "Comma", pattern: /,/ });
const semicolon = createToken({ name: "Semicolon", pattern: /;/ });
const blank = createToken({ name: "Blank", pattern: /\s+/, group: Lexer.SKIPPED });
/** Anything else, so that the parser reports it where it stands. */
const stray = createToken({ name: "Stray", pattern: /[\ud800-\udbff][\udc00-\udfff]|\S/, line_breaks: false });

const tokens = [blank, name, integer, open, close, comma, semicolon, stray];
const lexer = new Lexer(tokens, { positionTracking: "onlyOffset" });

interface Call {
  readonly name: IToken;
  readonly arguments: readonly IToken[];
  readonly close: IToken;
}

/** Calls of names and numbers; which there are, and what they take, is said by `signatures`. */
class StepParser extends EmbeddedActionsParser {
  constructor() {
    super(tokens);
    this.performSelfAnalysis();
  }

  readonly steps = this.RULE("steps", (): Call[] => {
    const calls: Call[] = [];
    this.MANY_SEP({ SEP: semicolon, DEF: () => void calls.push(this.SUBRULE(this.#call)) });
    return calls;
  });

  readonly #call = this.RULE("call", (): Call => {
    const called = this.CONSUME(name);
    this.CONSUME(open);
    const values: IToken[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: comma, DEF: () => void values.push(this.SUBRULE(this.#argument)) });
    return { name: called, arguments: values, close: this.CONSUME(close) };
  });

  readonly #argument = this.RULE(
    "argument",
    (): IToken => this.OR([{ ALT: () => this.CONSUME1(name) }, { ALT: () => this.CONSUME1(integer) }]),
  );
}

const parser = new StepParser();

/** @throws StepSyntaxError */
export function parseSteps(text: string): Step[] {
  const read = lexer.tokenize(text).tokens;
  parser.input = read;
  const calls = parser.steps();
  const error = parser.errors[0];
  if (error !== undefined) {
    const at = read.findIndex((token) => token === error.token);
    throw misplaced(text, read, at < 0 ? read.length : at);
  }
  return calls.map((call) => stepOf(text, read, call));
}

function stepOf(text: string, read: readonly IToken[], call: Call): Step {
  const signature = own<Signature>(signatures, call.name.image);
  const wrong = (at: IToken, wanted: string): StepSyntaxError =>
    new StepSyntaxError(text, at.startOffset, `'${at.image}'`, wanted, repaired(text, read, read.indexOf(at)));
  if (signature === undefined) throw wrong(call.name, `a step, which is one of ${stepNames.join(", ")}`);
  const last = signature.arguments.length - 1;
  const values = call.arguments.map((token, at) => {
    const wanted = signature.arguments[signature.repeats === true ? Math.min(at, last) : at];
    if (wanted === undefined) throw wrong(token, `the end of ${usage(call.name.image as Step["step"])}`);
    const value = valueOf(token, wanted);
    if (value === undefined) throw wrong(token, describeArgument(wanted));
    return value;
  });
  const missing = signature.arguments[values.length];
  if (missing !== undefined) throw wrong(call.close, describeArgument(missing));
  return signature.make(values);
}

function valueOf({ tokenType, image }: IToken, wanted: Argument): string | number | undefined {
  if (wanted.kind === "number") {
    const value = Number(image);
    return tokenType === integer && value >= wanted.least && value <= largestNumber ? value : undefined;
  }
  const fits = wanted.kind === "name" || wanted.choices.includes(image);
  return tokenType === name && fits ? image : undefined;
}

/** Another token than the grammar has at this place. */
function misplaced(text: string, read: readonly IToken[], at: number): StepSyntaxError {
  const token = read[at];
  const before = read[at - 1];
  const found = token === undefined ? "the end" : `'${token.image}'`;
  const offset = token?.startOffset ?? text.length;
  if (before?.tokenType === close && token?.tokenType === name) {
    const edit = { from: offset, to: offset, text: "; " };
    return new StepSyntaxError(text, offset, found, "a semicolon between two steps", edit);
  }
  const wanted =
    before === undefined || before.tokenType === semicolon
      ? "a step"
      : before.tokenType === open || before.tokenType === comma
        ? "a name or a number"
        : before.tokenType === close
          ? "a semicolon or the end"
          : isCalled(read, at - 1)
            ? "'('"
            : "',' or ')'";
  return new StepSyntaxError(text, offset, found, wanted, repaired(text, read, at));
}

/** Whether a token is the first of its step. */
const isCalled = (read: readonly IToken[], at: number): boolean =>
  at === 0 || read[at - 1]!.tokenType === semicolon || read[at - 1]!.tokenType === close;

/** Puts a well-formed step in place of the one around a token; takes what is there as far as it can. */
function repaired(text: string, read: readonly IToken[], at: number): StepSyntaxError["edit"] {
  let first = Math.min(at, read.length);
  while (first > 0 && read[first - 1]!.tokenType !== semicolon) first--;
  let end = at;
  while (end < read.length && read[end]!.tokenType !== semicolon) end++;
  const within = read.slice(first, end);
  const called = within.find(({ tokenType }) => tokenType === name);
  if (called === undefined) {
    // Nothing that could be a step: it goes, and one of the semicolons around it.
    const from =
      end < read.length || first === 0 ? (within[0] ?? read[end])?.startOffset : read[first - 1]!.startOffset;
    return { from: from ?? 0, to: (read[end]?.startOffset ?? text.length - 1) + 1, text: "" };
  }
  const step = (nearest(called.image, stepNames) as Step["step"] | undefined) ?? "unroll";
  const left = within.slice(within.indexOf(called) + 1).filter(({ tokenType }) => [name, integer].includes(tokenType));
  const given: (string | number | undefined)[] = [];
  const { arguments: wanted, repeats } = signatures[step];
  for (const argument of wanted) given.push(take(left, argument));
  for (let more = repeats === true; more; ) {
    const value = take(left, wanted.at(-1)!);
    more = value !== undefined;
    if (more) given.push(value);
  }
  const last = within.at(-1)!;
  return { from: within[0]!.startOffset, to: last.startOffset + last.image.length, text: usage(step, given) };
}

/** The first token that can be this argument, and no other choice after it. */
function take(left: IToken[], wanted: Argument): string | number | undefined {
  const at = left.findIndex((token) => valueOf(token, wanted) !== undefined);
  return at < 0 ? undefined : valueOf(left.splice(0, at + 1)[at]!, wanted);
}
