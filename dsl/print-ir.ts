/**
 * The IR as text: declarations, functions, reducers, and each value where its variables are known. What is used more
 * than once, or was named by the author, is a `let`; each reduction is a block under its tree. parse-ir.ts reads it.
 */
import { f32OfBits } from "./expr.ts";
import type {
  Constant,
  Expr,
  FunctionDeclaration,
  Input,
  Kernel,
  Load,
  Output,
  Reduce,
  Reducer,
  Variable,
} from "./ir.ts";
import { binaryCalls, infix, prefix, reservedCalls, unaryCalls } from "./ir-operators.ts";
import { printTree } from "./tree-notation.ts";
import { operandsOf, partsOf } from "./visit.ts";

/** The kernel's text. Source locations are not part of it. */
export function printKernel(kernel: Kernel): string {
  return new Printer(kernel).print();
}

const bitOperators: ReadonlySet<string> = new Set(["|", "^", "&", "<<", ">>"]);
/** How tightly a prefix binds: more than any infix. */
const tightest = 11;

/** A block, and the values that are named in it. */
interface Scope {
  readonly parent: Scope | undefined;
  /** The variable that a reduction's block binds. */
  readonly variable?: Variable;
  readonly lines: string[];
  readonly named: Set<Expr | Reduce>;
}

class Printer {
  readonly #kernel: Kernel;
  readonly #uses = new Map<Expr | Reduce, number>();
  readonly #counted = new Set<Reducer | FunctionDeclaration>();
  readonly #functions = new Map<FunctionDeclaration, string>();
  readonly #reducers = new Map<Reducer, string>();
  /** Functions and reducers, each after those that it calls. */
  readonly #declarations: string[] = [];
  readonly #names = new Map<Expr | Reduce | Variable, string>();
  /** What values, functions and reducers are called; each is told apart from the others by where it stands. */
  readonly #taken: Set<string>;
  readonly #callees = new Set(reservedCalls);
  readonly #reducerNames = new Set<string>();
  #temporaries = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#taken = new Set([
      "left",
      "right",
      ...[...kernel.axes, ...kernel.inputs, ...kernel.parameters, ...kernel.outputs].map(({ name }) => name),
    ]);
  }

  print(): string {
    const { name, axes, inputs, parameters, outputs } = this.#kernel;
    for (const output of outputs) [...(output.place ?? []), output.value].forEach((expr) => this.#count(expr));
    const body: Scope = { parent: undefined, lines: [], named: new Set() };
    const stores = outputs.map((output) => this.#output(output, body));
    const sections = [
      [
        ...axes.map((axis) => `axis ${axis.name}: ${axis.role}`),
        ...inputs.map((input) => `input ${input.name}: ${inputType(input)}`),
        ...parameters.map((parameter) => `parameter ${parameter.name}: ${parameter.type}`),
      ],
      this.#declarations,
      [...body.lines, ...stores],
    ];
    return `kernel ${name} {\n${sections
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.map(indent).join("\n"))
      .join("\n\n")}\n}\n`;
  }

  #output(output: Output, body: Scope): string {
    const place = output.place?.map((index) => this.#text(index, body));
    const scattered =
      place === undefined
        ? ""
        : `${output.over.length === 0 ? "" : ` over ${output.over.join(", ")}`} at [${place.join(", ")}]`;
    return (
      `output ${output.name}: ${output.storage}[${output.axes.join(", ")}]${scattered} = ` +
      `${this.#text(output.value, body)}`
    );
  }

  /** Counts uses below a node once, and takes the names of arguments. */
  #count(node: Expr): void {
    const uses = this.#uses.get(node) ?? 0;
    this.#uses.set(node, uses + 1);
    if (uses > 0) return;
    operandsOf(node).forEach((operand) => this.#count(operand));
    if (node.kind === "call") {
      node.callee.parameters.forEach((parameter) => this.#taken.add(parameter.name));
      if (!this.#counted.has(node.callee)) {
        this.#counted.add(node.callee);
        this.#count(node.callee.result);
      }
    }
    if (node.kind === "field") this.#countReduce(node.of);
  }

  #countReduce(reduce: Reduce): void {
    if (this.#uses.has(reduce)) return;
    this.#uses.set(reduce, 1);
    partsOf(reduce).forEach((expr) => this.#count(expr));
    if (this.#counted.has(reduce.reducer)) return;
    this.#counted.add(reduce.reducer);
    for (const field of reduce.reducer.fields) this.#count(field.combine);
  }

  #nameOf(node: Expr | Reduce | Variable, wanted: () => string): string {
    let name = this.#names.get(node);
    if (name === undefined) this.#names.set(node, (name = unique(wanted(), this.#taken)));
    return name;
  }

  /** An expression's text where `scope` is; `within` is how tightly what stands around it binds. */
  #text(expr: Expr, scope: Scope, within = 0): string {
    if (!this.#isNamed(expr)) return this.#written(expr, scope, within);
    const home = homeOf(expr, scope);
    if (!isKnown(expr, home)) {
      const text = this.#written(expr, home, 0);
      home.lines.push(
        `let ${this.#nameOf(expr, () => this.#kernel.names.get(expr) ?? `t${this.#temporaries++}`)} = ${text}`,
      );
      home.named.add(expr);
    }
    return this.#names.get(expr)!;
  }

  #isNamed(expr: Expr): boolean {
    switch (expr.kind) {
      case "constant":
      case "index":
      case "extent":
      case "parameter":
      case "argument":
      case "state":
      case "field":
      case "register":
        return false;
      case "load":
        if (expr.indices.every((index) => index.kind === "index" || index.kind === "constant"))
          return this.#kernel.names.has(expr);
    }
    return this.#kernel.names.has(expr) || (this.#uses.get(expr) ?? 0) > 1;
  }

  #written(expr: Expr, scope: Scope, within: number): string {
    const list = (operands: readonly Expr[]): string =>
      operands.map((operand) => this.#text(operand, scope)).join(", ");
    switch (expr.kind) {
      case "constant":
        return literal(expr);
      case "index":
        return expr.variable.kind === "axis"
          ? expr.variable.name
          : this.#nameOf(expr.variable, () => expr.variable.name);
      case "extent":
        return `extent(${expr.axis})`;
      case "parameter":
      case "argument":
      case "register":
        return expr.name;
      case "state":
        return `${expr.side}.${expr.field}`;
      case "load":
        return this.#load(expr, scope);
      case "unary": {
        const symbol = prefix[expr.operator];
        return symbol === undefined
          ? `${unaryCalls[expr.operator]}(${list([expr.operand])})`
          : `${symbol}${this.#text(expr.operand, scope, tightest)}`;
      }
      case "binary": {
        const operator = infix[expr.operator];
        if (operator === undefined) return `${binaryCalls[expr.operator]}(${list([expr.left, expr.right])})`;
        const [symbol, precedence] = operator;
        // Few know how tightly bit operators bind: what stands in them is set apart.
        const least = bitOperators.has(symbol) ? tightest : precedence;
        const isSame = expr.left.kind === "binary" && expr.left.operator === expr.operator;
        const text =
          `${this.#text(expr.left, scope, isSame ? precedence : least)} ${symbol} ` +
          `${this.#text(expr.right, scope, Math.max(least, precedence + 1))}`;
        return precedence < within ? `(${text})` : text;
      }
      case "select":
        return `select(${list([expr.condition, expr.whenTrue, expr.whenFalse])})`;
      case "call":
        return `${this.#function(expr.callee)}(${list(expr.arguments)})`;
      case "field": {
        const name = this.#reduction(expr.of, scope);
        return expr.of.reducer.fields.length === 1 ? name : `${name}.${expr.field}`;
      }
    }
  }

  #load(load: Load, scope: Scope): string {
    return `${load.input}${load.guarded ? "?" : ""}[${load.indices.map((index) => this.#text(index, scope)).join(", ")}]`;
  }

  #function(callee: FunctionDeclaration): string {
    let name = this.#functions.get(callee);
    if (name !== undefined) return name;
    name = unique(callee.name, this.#callees);
    this.#functions.set(callee, name);
    const body: Scope = { parent: undefined, lines: [], named: new Set() };
    const result = this.#text(callee.result, body);
    const parameters = callee.parameters.map((parameter) => `${parameter.name}: ${parameter.type}`).join(", ");
    this.#declarations.push(block(`function ${name}(${parameters})`, [...body.lines, `return ${result}`]));
    return name;
  }

  #reducer(reducer: Reducer): string {
    let name = this.#reducers.get(reducer);
    if (name !== undefined) return name;
    name = unique(reducer.name, this.#reducerNames);
    this.#reducers.set(reducer, name);
    const body: Scope = { parent: undefined, lines: [], named: new Set() };
    const states = reducer.fields.map((field) => `state ${field.name}: ${field.type} from ${literal(field.identity)}`);
    const combines = reducer.fields.map((field) => `combine ${field.name} = ${this.#text(field.combine, body)}`);
    this.#declarations.push(block(`reducer ${name}`, [...states, ...body.lines, ...combines]));
    return name;
  }

  #reduction(reduce: Reduce, scope: Scope): string {
    const home = homeOf(reduce, scope);
    if (isKnown(reduce, home)) return this.#names.get(reduce)!;
    const reducer = this.#reducer(reduce.reducer);
    const { axis, start, count, item } = reduce;
    const isWhole = start.kind === "constant" && start.bits === 0 && count.kind === "extent" && count.axis === axis;
    const domain = isWhole ? "" : ` from ${this.#text(start, home)} count ${this.#text(count, home)}`;
    const partial = item === undefined ? "" : ` item ${this.#text(item, home)}`;
    const name = this.#nameOf(reduce, () => this.#kernel.names.get(reduce) ?? reduce.reducer.name);
    const variable = this.#nameOf(reduce.variable, () => reduce.variable.name);
    const body: Scope = { parent: home, variable: reduce.variable, lines: [], named: new Set() };
    const leaves = reduce.leaf.map((leaf, f) => `leaf ${reduce.reducer.fields[f]!.name} = ${this.#text(leaf, body)}`);
    home.lines.push(
      block(
        `reduce ${name} = ${reducer} over ${variable} in ${axis}${domain}${partial} by "${printTree(reduce.tree)}"`,
        [...body.lines, ...leaves],
      ),
    );
    home.named.add(reduce);
    return name;
  }
}

/** A name that no other has: the wanted one if it is free. */
function unique(wanted: string, taken: Set<string>): string {
  const plain = wanted.replace(/[^\p{ID_Continue}$\u200c\u200d]/gu, "_").replace(/^(?![\p{ID_Start}_$])/u, "_");
  let name = plain;
  for (let n = 2; taken.has(name); n++) name = `${plain}_${n}`;
  taken.add(name);
  return name;
}

/** The outermost block that knows all that a value mentions. */
function homeOf(node: Expr | Reduce, scope: Scope): Scope {
  let home = scope;
  while (home.variable !== undefined && !node.free.has(home.variable)) home = home.parent!;
  return home;
}

function isKnown(node: Expr | Reduce, scope: Scope): boolean {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) if (at.named.has(node)) return true;
  return false;
}

function inputType({ ownership, unique, storage, axes }: Input): string {
  return `${unique ? "unique " : ""}${ownership === "placement" ? "placement " : ""}${storage}[${axes.join(", ")}]`;
}

function block(head: string, lines: readonly string[]): string {
  return `${head} {\n${lines.map(indent).join("\n")}\n}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}

function literal({ type, bits }: Constant): string {
  switch (type) {
    case "bool":
      return bits !== 0 ? "true" : "false";
    case "u32":
      return bits < 2 ** 16 ? `${bits}` : `0x${bits.toString(16)}`;
    case "i32":
      return `${bits | 0}i`;
    case "f32":
      return floatLiteral(bits);
  }
}

/** The shortest decimal that is rounded to this f32. */
function floatLiteral(bits: number): string {
  const value = f32OfBits(bits);
  if (!Number.isFinite(value)) return `bits(0x${bits.toString(16)})`;
  if (Object.is(value, -0)) return "-0.0";
  for (let digits = 1; ; digits++) {
    const text = `${Number(value.toPrecision(digits))}`;
    if (Math.fround(Number(text)) === value) return /[.e]/.test(text) ? text : `${text}.0`;
  }
}
