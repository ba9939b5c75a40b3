/**
 * JavaScript for an entry point: its integers and control flow as they are, its floats as terms. The text of the WGSL
 * is followed statement by statement; what each operation means is in integers.ts and floats.ts.
 */
import type { RowBounds } from "./taint-report.ts";
import type { Expression, FunctionDeclaration, Statement, Type, Variable } from "./wgsl/ast.ts";
import {
  conditionsIn,
  isStorage,
  isWorkgroup,
  liveVariables,
  plainVariables,
  readsStorage,
  storesOrReturns,
  visitExpression,
} from "./slices.ts";

/**
 * `full`: every value. `shadow`: an invocation that no chosen element needs, whose addresses and shared values count
 * all the same. `paths`: its addresses and the way it takes, noted down. `stores`: only where storage is written, and
 * what of the way there no loop has to be run for. `body`: a function's.
 */
export type Mode = "full" | "shadow" | "paths" | "stores" | "body";

const scalarOf = (type: Type): "f32" | "u32" | "i32" | "bool" =>
  type.kind === "scalar" ? type.name : type.kind === "vector" ? type.of : "u32";

/** Arithmetic by its operator, for each type of operand; `$a` and `$b` are the operands. */
const operators: Record<"f32" | "u32" | "i32" | "bool", Record<string, string>> = {
  f32: {
    "+": "F.add($a, $b, true)",
    "-": "F.subtract($a, $b, true)",
    "*": "F.multiply($a, $b, true)",
    "/": "F.pool.node('rawDivide', 'float', $a, $b)",
    "<": "F.less($a, $b)",
    "<=": "F.lessEqual($a, $b)",
    ">": "F.less($b, $a)",
    ">=": "F.lessEqual($b, $a)",
    "==": "F.equal($a, $b)",
    "!=": "I.not(F.equal($a, $b))",
  },
  u32: {
    "+": "I.add($a, $b)",
    "-": "I.subtract($a, $b)",
    "*": "I.multiply($a, $b)",
    "/": "I.divide($a, $b)",
    "%": "I.remainder($a, $b)",
    "&": "I.and($a, $b)",
    "|": "I.or($a, $b)",
    "^": "I.xor($a, $b)",
    "<<": "I.shiftLeft($a, $b)",
    ">>": "I.shiftRight($a, $b)",
    "<": "I.less($a, $b)",
    "<=": "I.not(I.less($b, $a))",
    ">": "I.less($b, $a)",
    ">=": "I.not(I.less($a, $b))",
    "==": "I.equal($a, $b)",
    "!=": "I.not(I.equal($a, $b))",
  },
  i32: {
    "+": "I.add($a, $b)",
    "-": "I.subtract($a, $b)",
    "*": "I.multiply($a, $b)",
    "/": "I.divideSigned($a, $b)",
    "%": "I.remainderSigned($a, $b)",
    "&": "I.and($a, $b)",
    "|": "I.or($a, $b)",
    "^": "I.xor($a, $b)",
    "<<": "I.shiftLeft($a, $b)",
    ">>": "I.shiftRightSigned($a, $b)",
    "<": "I.lessSigned($a, $b)",
    "<=": "I.not(I.lessSigned($b, $a))",
    ">": "I.lessSigned($b, $a)",
    ">=": "I.not(I.lessSigned($a, $b))",
    "==": "I.equal($a, $b)",
    "!=": "I.not(I.equal($a, $b))",
  },
  bool: { "&": "I.both($a, $b)", "|": "I.either($a, $b)", "==": "I.not(I.differ($a, $b))", "!=": "I.differ($a, $b)" },
};

export class Emitter {
  readonly #names = new Map<Variable, string>();
  readonly #mode: Mode;
  readonly #live: ReadonlySet<Variable> | null;
  readonly #functions: ReadonlyMap<FunctionDeclaration, string>;
  readonly #rows: RowBounds;
  readonly #isPlain: (expression: Expression) => boolean;

  constructor(
    mode: Mode,
    entry: FunctionDeclaration,
    functions: ReadonlyMap<FunctionDeclaration, string>,
    rows: RowBounds = new Map(),
  ) {
    this.#mode = mode;
    this.#rows = rows;
    this.#functions = functions;
    this.#isPlain = mode === "stores" ? plainVariables(entry) : () => false;
    this.#live =
      mode === "shadow"
        ? liveVariables(entry, "values")
        : mode === "paths" || mode === "stores"
          ? liveVariables(entry, mode)
          : null;
  }

  /** Whether a slice needs what invocations leave to each other, and so all of the text. */
  get needsWorkgroup(): boolean {
    return [...(this.#live ?? [])].some((variable) => variable.kind === "workgroup");
  }

  name(variable: Variable): string {
    let name = this.#names.get(variable);
    if (name === undefined) this.#names.set(variable, (name = `v${this.#names.size}_${variable.name}`));
    return name;
  }

  block(statements: readonly Statement[]): string {
    return statements.map((statement) => this.#statement(statement)).join("\n");
  }

  #isLive(variable: Variable): boolean {
    return this.#live === null || this.#live.has(variable);
  }

  #statement(statement: Statement): string {
    const dropped =
      this.#mode === "stores" &&
      statement.kind !== "declare" &&
      statement.kind !== "assign" &&
      !storesOrReturns(statement);
    if (dropped) {
      // `liveVariables` takes everything for live where something in a block without a store matters.
      const matters = statement.kind !== "barrier" && this.#matters(statement);
      if (!matters) return "";
    }
    switch (statement.kind) {
      case "declare":
        return (statement.value === null ? "" : this.#choices(statement.value)) + this.#declare(statement);
      case "assign":
        return this.#choices(statement.value) + this.#assign(statement);
      case "if":
        return this.#if(statement);
      case "for": {
        const name = this.name(statement.variable);
        const { line } = statement.at;
        return (
          `for (let ${name} = I.plain(${this.expression(statement.from)}); ` +
          `m.decide(${this.expression(statement.condition)}, ${line}); ` +
          `${name} = I.add(${name}, ${this.expression(statement.step)})) { ` +
          `m.tick(${line});\n${this.block(statement.body)}\n}`
        );
      }
      case "while":
        return (
          `while (m.decide(${this.expression(statement.condition)}, ${statement.at.line})) { ` +
          `m.tick(${statement.at.line});\n${this.block(statement.body)}\n}`
        );
      case "return":
        return statement.value === null ? "return;" : `return ${this.expression(statement.value)};`;
      case "barrier":
        return `yield ${statement.at.line};`;
    }
  }

  /** Of a value that is not followed: which of others it is, where that can be told. */
  #choices(value: Expression): string {
    if (this.#mode !== "stores") return "";
    return conditionsIn(value)
      .filter(this.#isPlain)
      .map((condition) => `m.note(${this.expression(condition)}, ${condition.at.line}); `)
      .join("");
  }

  #matters(statement: Statement): boolean {
    switch (statement.kind) {
      case "if":
        return [...statement.then, ...statement.otherwise].some((inner) => this.#matters(inner));
      case "for":
      case "while":
        return statement.body.some((inner) => this.#matters(inner));
      case "assign": {
        const inner = statement.target.kind === "element" ? statement.target.of : statement.target;
        return inner.kind === "name" && this.#isLive(inner.variable);
      }
      default:
        return false;
    }
  }

  #declare({ variable, value, at }: Statement & { kind: "declare" }): string {
    const name = this.name(variable);
    if (variable.type.kind === "array")
      return this.#isLive(variable) ? `const ${name} = m.array(${variable.type.length}, "${variable.name}");` : "";
    const keyword = variable.kind === "let" ? "const" : "let";
    const nothing = scalarOf(variable.type) === "f32" ? "F.nothing" : "0";
    if (!this.#isLive(variable)) {
      if (this.#mode === "stores") return "";
      return (
        `${keyword} ${name} = ` +
        `${variable.type.kind === "vector" ? "m.nothings" : nothing};${value === null ? "" : this.#reads(value)}`
      );
    }
    return `${keyword} ${name} = ${value === null ? `m.unwritten("${variable.name}", ${at.line}, "${scalarOf(variable.type)}")` : this.expression(value)};`;
  }

  #assign({ target, value, at }: Statement & { kind: "assign" }): string {
    if (target.kind === "name") {
      if (this.#isLive(target.variable)) return `${this.name(target.variable)} = ${this.expression(value)};`;
      return this.#mode === "stores" ? "" : this.#reads(value);
    }
    if (target.kind !== "element" || target.of.kind !== "name")
      return "m.misfit('an assignment to what is no variable');";
    const index = this.expression(target.index);
    const { variable } = target.of;
    if (isStorage(target)) {
      const dropsValue = this.#mode !== "full";
      const reads = dropsValue && this.#mode !== "stores" ? this.#reads(value) : "";
      return (
        `${reads}S.${variable.name}.store(${index}, ${dropsValue ? "F.nothing" : this.expression(value)}, ` +
        `m.invocation, ${at.line}, m.guard);`
      );
    }
    if (isWorkgroup(target)) {
      if (this.#mode === "stores") return "";
      const dropsValue = this.#mode === "paths" && !this.#isLive(variable);
      return (
        `${dropsValue ? this.#reads(value) : ""}W.${variable.name}.store(${index}, ` +
        `${dropsValue ? "F.nothing" : this.expression(value)}, m.invocation, ${at.line});`
      );
    }
    if (!this.#isLive(variable)) return this.#mode === "stores" ? "" : `${index}; ${this.#reads(value)}`;
    return `${this.name(variable)}.store(${index}, ${this.expression(value)}, ${at.line});`;
  }

  /** An `if` on what is not known may guard stores, which then happen under that condition. */
  #if({ condition, then, otherwise, at }: Statement & { kind: "if" }): string {
    const body = this.block(then);
    const onlyStores =
      otherwise.length === 0 && then.every((inner) => inner.kind === "assign" && isStorage(inner.target));
    if (onlyStores) return `m.under(${this.expression(condition)}, ${at.line}, () => {\n${body}\n});`;
    return (
      `if (m.decide(${this.expression(condition)}, ${at.line})) ` +
      `{\n${body}\n}${otherwise.length === 0 ? "" : ` else {\n${this.block(otherwise)}\n}`}`
    );
  }

  /** The reads of memory inside an expression whose value does not matter: their addresses do. */
  #reads(expression: Expression): string {
    const reads: string[] = [];
    visitExpression(expression, (part) => {
      const memory = part.kind === "element" && part.of.kind === "name" ? part.of.variable : undefined;
      if (part.kind === "element" && memory?.kind === "storage")
        reads.push(`S.${memory.name}.touch(${this.expression(part.index)}, ${part.at.line});`);
      else if (memory?.kind === "workgroup") reads.push(`${this.expression(part)};`);
      else if (part.kind === "call" && readsStorage(part.callee)) reads.push(`${this.expression(part)};`);
      else if (this.#mode === "paths" && part.kind === "builtin" && part.name === "select")
        reads.push(`m.note(${this.expression(part.arguments[2]!)}, ${part.at.line});`);
    });
    return reads.join(" ");
  }

  expression(expression: Expression): string {
    switch (expression.kind) {
      case "literal": {
        const type = scalarOf(expression.type);
        if (type === "bool") return expression.bits !== 0 ? "true" : "false";
        return type === "f32" ? `F.constant(${expression.bits}, false)` : `${expression.bits}`;
      }
      case "name":
        return this.name(expression.variable);
      case "member":
        return expression.of.kind === "name" && expression.of.variable.kind === "uniform"
          ? `U.${expression.name}`
          : `${this.expression(expression.of)}[${expression.component}]`;
      case "element":
        return this.#element(expression);
      case "unary": {
        const operand = this.expression(expression.operand);
        if (expression.operator === "!") return `I.not(${operand})`;
        if (expression.operator === "~") return `I.complement(${operand})`;
        return scalarOf(expression.type) === "f32" ? `F.negate(${operand})` : `I.negate(${operand})`;
      }
      case "binary": {
        const [left, right] = [this.expression(expression.left), this.expression(expression.right)];
        // The right operand is evaluated only where the left one leaves it open, as in WGSL.
        if (expression.operator === "&&") return `m.both(${left}, () => ${right})`;
        if (expression.operator === "||") return `m.either(${left}, () => ${right})`;
        // A row that meets their number must be one, or of the last tile's beyond them.
        if (this.#rows.has(expression)) return `I.less(m.near(${left}, ${right}, ${expression.at.line}), ${right})`;
        const text = operators[scalarOf(expression.left.type)][expression.operator];
        if (text === undefined) return `m.misfit("no meaning for ${expression.operator}")`;
        return text.replace(/\$[ab]/g, (operand) => (operand === "$a" ? left : right));
      }
      case "call":
        return `${this.#functions.get(expression.callee)!}(${expression.arguments.map((argument) => this.expression(argument)).join(", ")})`;
      case "builtin":
        return this.#builtin(expression);
    }
  }

  #element(expression: Expression & { kind: "element" }): string {
    const index = this.expression(expression.index);
    const { line } = expression.at;
    if (expression.of.kind === "name") {
      const { variable } = expression.of;
      if (variable.kind === "storage") return `S.${variable.name}.load(${index}, ${line})`;
      if (variable.kind === "workgroup") return `W.${variable.name}.load(${index}, m.invocation, ${line})`;
      if (variable.type.kind === "array") return `${this.name(variable)}.load(${index}, ${line})`;
    }
    return `m.component(${this.expression(expression.of)}, ${index}, ${line})`;
  }

  #builtin(expression: Expression & { kind: "builtin" }): string {
    const args = expression.arguments.map((argument) => this.expression(argument));
    const from = scalarOf(expression.arguments[0]!.type);
    const to = scalarOf(expression.type);
    const [a, b, c] = args as [string, string, string];
    switch (expression.name) {
      case "bitcast":
        if (from === "f32") return to === "f32" ? a : `F.bitsOf(${a})`;
        return to === "f32" ? `F.fromBits(${a})` : a;
      case "convert":
        if (from === "bool")
          return to === "bool"
            ? a
            : to === "f32"
              ? `I.select(${a}, F.constant(0x3f800000, false), F.constant(0, false))`
              : `I.select(${a}, 1, 0)`;
        if (to === "bool")
          return from === "f32" ? `I.not(F.equal(${a}, F.constant(0, false)))` : `I.not(I.equal(${a}, 0))`;
        if (to === "f32") return from === "f32" ? a : from === "u32" ? `F.ofU32(${a}, true)` : `F.ofI32(${a})`;
        return from === "f32" ? `F.convert("${to === "u32" ? "convertU32" : "convertI32"}", ${a})` : a;
      case "select":
        return this.#mode === "paths"
          ? `I.select(m.note(${c}, ${expression.at.line}), ${b}, ${a})`
          : `I.select(${c}, ${b}, ${a})`;
      case "min":
      case "max": {
        const whole = expression.name === "min" ? "minimum" : "maximum";
        if (to === "f32")
          return `F.pool.node("${whole === "minimum" ? "rawMinimum" : "rawMaximum"}", "float", ${a}, ${b})`;
        const text = `I.${whole}${to === "i32" ? "Signed" : ""}`;
        const row = this.#rows.get(expression);
        if (row !== undefined && this.#mode !== "paths")
          return row === 0
            ? `${text}(m.near(${a}, ${b}, ${expression.at.line}), ${b})`
            : `${text}(${a}, m.near(${b}, ${a}, ${expression.at.line}))`;
        // Which of the two it is, is a way to take, too.
        return this.#mode === "paths"
          ? `m.side(${text}(${a}, ${b}), ${a}, ${expression.at.line})`
          : `${text}(${a}, ${b})`;
      }
      case "abs":
        return to === "f32" ? `F.magnitude(${a})` : to === "i32" ? `I.absolute(${a})` : a;
      case "floor":
        return `F.floor(${a})`;
      case "fma":
        return `F.fma(${a}, ${b}, ${c})`;
    }
  }
}
