/** Checks that every expression has the type it says, of operands that its operation takes. */
import { operationText, typeText } from "./print.ts";
import type {
  ArithmeticOperator,
  BinaryOperator,
  Block,
  Builtin,
  Expression,
  FunctionTree,
  Module,
  Statement,
  Symbol,
  Type,
} from "./tree.ts";
import type { Fault } from "./verify.ts";
import { bodyOf, expressionsOf, operandsOf } from "./walk.ts";

const numbers: readonly string[] = ["f32", "u32", "i32"];
const integers: readonly string[] = ["u32", "i32"];

/** The types that both operands of an operator may have. */
const taken: Record<BinaryOperator, readonly string[]> = {
  "+": numbers,
  "-": numbers,
  "*": numbers,
  "/": numbers,
  "%": integers,
  "&": [...integers, "bool"],
  "|": [...integers, "bool"],
  "^": integers,
  "<<": integers,
  ">>": integers,
  "<": numbers,
  "<=": numbers,
  ">": numbers,
  ">=": numbers,
  "==": [...numbers, "bool"],
  "!=": [...numbers, "bool"],
  "&&": ["bool"],
  "||": ["bool"],
};
const keeping: ReadonlySet<string> = new Set<ArithmeticOperator>(["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"]);

/** The types that a builtin's arguments may have, and how many there are; all have the first one's. */
const builtins: Record<Builtin, readonly [types: readonly string[], count: number]> = {
  abs: [["f32"], 1],
  exp: [["f32"], 1],
  floor: [["f32"], 1],
  inverseSqrt: [["f32"], 1],
  log: [["f32"], 1],
  max: [integers, 2],
  min: [integers, 2],
  sqrt: [["f32"], 1],
  tanh: [["f32"], 1],
  f32: [integers, 1],
  i32: [numbers, 1],
  u32: [numbers, 1],
};

const unaries = { "-": ["f32", "i32"], "!": ["bool"], "~": integers } as const;

export function checkTypes(module: Module, fault: Fault): void {
  const checker = new Checker(module, fault);
  for (const own of module.functions) checker.block(own.body, typeText(own.symbol.type));
  checker.block(module.body, undefined);
}

class Checker {
  readonly #functions: ReadonlyMap<Symbol, FunctionTree>;

  constructor(
    readonly module: Module,
    readonly fault: Fault,
  ) {
    this.#functions = new Map(module.functions.map((own) => [own.symbol, own]));
  }

  /** @param result what a return gives; undefined where it gives nothing */
  block(block: Block, result: string | undefined): void {
    for (const statement of block.statements) {
      for (const expression of expressionsOf(statement)) this.#expression(expression);
      this.#statement(statement, result);
      const body = bodyOf(statement);
      if (body !== undefined) this.block(body, result);
    }
  }

  #statement(statement: Statement, result: string | undefined): void {
    switch (statement.kind) {
      case "let":
      case "var":
        if (statement.value !== undefined)
          this.#same(`${statement.symbol.hint} gets`, statement.value.type, statement.symbol.type);
        if (statement.kind === "let" && typeof statement.symbol.type === "object")
          if (statement.symbol.type.kind !== "vector") this.fault(`${statement.symbol.hint} holds a whole array`);
        break;
      case "assign":
        this.#same(`${textOf(statement.target)} gets`, statement.value.type, statement.target.type);
        break;
      case "for":
        this.#same(`${statement.counter.hint} starts at`, statement.from.type, statement.counter.type);
        this.#same(`${statement.counter.hint} grows by`, statement.step.type, statement.counter.type);
        this.#same("a loop's condition is", statement.condition.type, "bool");
        break;
      case "while":
      case "if":
        this.#same("a condition is", statement.condition.type, "bool");
        break;
      case "return": {
        const given = statement.value === undefined ? undefined : typeText(statement.value.type);
        if (given !== result) this.fault(`a return gives ${given ?? "nothing"}, and not ${result ?? "nothing"}`);
        break;
      }
    }
  }

  #same(what: string, type: Type, wanted: Type): void {
    if (typeText(type) !== typeText(wanted)) this.fault(`${what} ${typeText(type)}, and not ${typeText(wanted)}`);
  }

  #expression(expression: Expression): void {
    for (const operand of operandsOf(expression)) this.#expression(operand);
    const type = this.#typeOf(expression);
    if (type === undefined || typeText(type) !== typeText(expression.type)) {
      const operands = operandsOf(expression).map((operand) => typeText(operand.type));
      this.fault(
        `${textOf(expression)} is of ${operands.join(" and ") || "nothing"}, and not ${typeText(expression.type)}`,
      );
    }
  }

  /** The type of an expression, found from its operands'; undefined where they do not fit. */
  #typeOf(expression: Expression): Type | undefined {
    const when = (fits: boolean, type: Type): Type | undefined => (fits ? type : undefined);
    switch (expression.kind) {
      case "literal":
        return expression.type;
      case "name":
        return expression.symbol.type;
      case "unary": {
        const { type } = expression.operand;
        return when((unaries[expression.operator] as readonly Type[]).includes(type), type);
      }
      case "binary": {
        const { operator, left, right } = expression;
        const shifts = operator === "<<" || operator === ">>";
        const fits = isOne(taken[operator], left.type) && right.type === (shifts ? "u32" : left.type);
        return when(fits, keeping.has(operator) ? left.type : "bool");
      }
      case "index": {
        const { type } = expression.of;
        const isIndexed = typeof type === "object" && type.kind !== "struct";
        return isIndexed && isOne(integers, expression.index.type) ? type.of : undefined;
      }
      case "member": {
        const { type } = expression.of;
        if (typeof type === "string") return undefined;
        if (type.kind === "struct") return this.module.uniforms.find(({ name }) => name === expression.member)?.type;
        const at = ["x", "y", "z", "w"].indexOf(expression.member);
        return type.kind === "vector" && at >= 0 && at < type.size ? type.of : undefined;
      }
      case "call":
        return this.#call(expression.callee, expression.arguments);
      case "select": {
        const { whenFalse, whenTrue, condition } = expression;
        const fits = typeof whenTrue.type === "string" && whenFalse.type === whenTrue.type && condition.type === "bool";
        return when(fits, whenTrue.type);
      }
      case "bitcast":
        return when(isOne(numbers, expression.operand.type) && isOne(numbers, expression.type), expression.type);
      case "fma":
      case "fence":
        return when(
          operandsOf(expression).every(({ type }) => type === "f32"),
          "f32",
        );
    }
  }

  #call(callee: Builtin | Symbol, args: readonly Expression[]): Type | undefined {
    if (typeof callee === "string") {
      const [types, count] = builtins[callee];
      const first = args[0]?.type;
      const fits = args.length === count && args.every(({ type }) => isOne(types, type) && type === first);
      const converts = callee === "f32" || callee === "i32" || callee === "u32";
      return fits ? (converts ? callee : first) : undefined;
    }
    const parameters = this.#functions.get(callee)?.parameters ?? [];
    const fits =
      parameters.length === args.length &&
      parameters.every(({ type }, at) => typeText(type) === typeText(args[at]!.type));
    return fits ? callee.type : undefined;
  }
}

const isOne = (types: readonly string[], type: Type): boolean => typeof type === "string" && types.includes(type);
const textOf = (expression: Expression): string => operationText(expression, ({ hint }) => hint);
