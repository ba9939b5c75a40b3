/** Reads what print-ir.ts prints. Source locations are not in the text; names are, so printing again gives the same. */
import { libraryHashes } from "./exactness/library-hashes.ts";
import { Pool } from "./expr.ts";
import { hashFunction } from "./function-hash.ts";
import type {
  Axis,
  AxisRole,
  BinaryOperator,
  Constant,
  Expr,
  FunctionDeclaration,
  Input,
  Kernel,
  Output,
  Parameter,
  Reduce,
  Reducer,
  StorageType,
  UnaryOperator,
  ValueType,
  Variable,
} from "./ir.ts";
import {
  IrSyntaxError,
  type At,
  type Binding,
  type ExprSyntax,
  type MemberSyntax,
  type ReduceSyntax,
  type StatementSyntax,
  type TensorSyntax,
} from "./ir-syntax.ts";
import { parseSyntax } from "./ir-grammar.ts";
import { binaryCalls, infix, prefix, unaryCalls } from "./ir-operators.ts";
import { parseTree, TreeSyntaxError } from "./tree-notation.ts";
import { storageTypes } from "../runtime/storage.ts";

/**
 * The kernel that a text stands for. It is not checked beyond names and the types of what is declared.
 * @throws IrSyntaxError
 */
export function parseKernel(text: string): Kernel {
  const { name, members } = parseSyntax(text);
  return new Builder().kernel(name, members);
}

type Named = Expr | Reduce;
type Scope = ReadonlyMap<string, Named>;

const binaryBySymbol = inverse<BinaryOperator>(Object.entries(infix).map(([operator, [symbol]]) => [operator, symbol]));
const binaryByCall = inverse<BinaryOperator>(Object.entries(binaryCalls));
const unaryBySymbol = inverse<UnaryOperator>(Object.entries(prefix));
const unaryByCall = inverse<UnaryOperator>(Object.entries(unaryCalls));

function inverse<Operator extends string>(
  entries: readonly (readonly [string, string])[],
): ReadonlyMap<string, Operator> {
  return new Map(entries.map(([operator, symbol]) => [symbol, operator as Operator]));
}

const roles: readonly AxisRole[] = ["batch", "model", "sequence"];
const numbers = ["f32", "u32", "i32"] as const;
const values: readonly ValueType[] = [...numbers, "bool"];

function fail(at: At, message: string): never {
  throw new IrSyntaxError(message, at.line, at.column);
}

function oneOf<T extends string>(allowed: readonly T[], text: string, at: At, what: string): T {
  return (
    allowed.find((candidate) => candidate === text) ?? fail(at, `'${text}' is no ${what}: write ${allowed.join(", ")}`)
  );
}

class Builder {
  readonly #pool = new Pool();
  readonly #axes: Axis[] = [];
  readonly #inputs = new Map<string, Input>();
  readonly #parameters: Parameter[] = [];
  readonly #outputs: Output[] = [];
  readonly #functions = new Map<string, FunctionDeclaration>();
  readonly #reducers = new Map<string, Reducer>();
  readonly #names = new Map<Named, string>();
  /** The item variables of each domain by name, in order: the n-th is the n-th nested one. */
  readonly #variables = new Map<string, string[]>();

  kernel(name: string, members: readonly MemberSyntax[]): Kernel {
    const body = new Map<string, Named>();
    for (const member of members) this.#member(member, body);
    return {
      name,
      axes: this.#axes,
      inputs: [...this.#inputs.values()],
      parameters: this.#parameters,
      outputs: this.#outputs,
      location: { file: "", line: 1, column: 1 },
      pool: this.#pool,
      origins: new Map(),
      names: this.#names,
    };
  }

  #member(member: MemberSyntax, body: Map<string, Named>): void {
    const pool = this.#pool;
    switch (member.kind) {
      case "axis": {
        const { name, type } = member.declared;
        this.#axes.push({ name, role: oneOf(roles, type, member.declared, "axis role") });
        body.set(name, pool.index(pool.axisVariable(name)));
        return;
      }
      case "parameter": {
        const { name } = member.declared;
        const type = oneOf(numbers, member.declared.type, member.declared, "parameter type");
        this.#parameters.push({ name, type });
        body.set(name, pool.parameter(name, type));
        return;
      }
      case "input": {
        const { name, modifiers } = member.tensor;
        const [storage, axes] = this.#tensor(member.tensor);
        const unknown = modifiers.find((modifier) => modifier !== "unique" && modifier !== "placement");
        if (unknown !== undefined) fail(member.tensor, `'${unknown}' is no kind of table`);
        this.#inputs.set(name, {
          name,
          storage,
          axes,
          ownership: modifiers.includes("placement") ? "placement" : "request",
          unique: modifiers.includes("unique"),
        });
        return;
      }
      case "function": {
        const parameters = member.parameters.map(({ name, type, ...at }) => ({
          name,
          type: oneOf(values, type, at, "value type"),
        }));
        const inside = new Map<string, Named>(parameters.map(({ name, type }) => [name, pool.argument(name, type)]));
        member.body.forEach((statement) => this.#statement(statement, inside));
        const declared: FunctionDeclaration = {
          name: member.name,
          parameters,
          result: this.#expr(member.result, inside),
        };
        // A name makes no function one of math.ts; what it computes does.
        const isLibrary =
          Object.hasOwn(libraryHashes, member.name) && libraryHashes[member.name] === hashFunction(declared);
        this.#functions.set(member.name, { ...declared, ...(isLibrary ? { library: true as const } : {}) });
        return;
      }
      case "reducer":
        return this.#reducer(member);
      case "statement":
        return this.#statement(member.statement, body);
      case "output": {
        const [storage, axes] = this.#tensor(member.tensor);
        const value = this.#expr(member.value, body);
        const place = member.place?.map((index) => this.#expr(index, body));
        if (member.over !== undefined && place === undefined)
          fail(member.tensor, "what is computed over other axes needs a place: write 'at […]'");
        const over = member.over ?? (place === undefined ? axes : []);
        this.#outputs.push({
          name: member.tensor.name,
          storage,
          axes,
          over,
          ...(place === undefined ? {} : { place }),
          value,
        });
      }
    }
  }

  #tensor(tensor: TensorSyntax): [StorageType, readonly string[]] {
    for (const axis of tensor.axes) this.#axis(axis, tensor);
    return [oneOf(storageTypes, tensor.type, tensor, "storage type"), tensor.axes];
  }

  #axis(name: string, at: At): string {
    return this.#axes.some((axis) => axis.name === name) ? name : fail(at, `there is no axis '${name}'`);
  }

  #reducer({ name, states, body, combines }: Extract<MemberSyntax, { kind: "reducer" }>): void {
    const typed = states.map((state) => ({
      name: state.name,
      type: oneOf(numbers, state.type, state, "type of a state"),
      identity: this.#constant(state.identity),
    }));
    const inside = new Map<string, Named>();
    for (const side of ["left", "right"] as const) {
      for (const { name, type } of typed) inside.set(`${side}.${name}`, this.#pool.state(side, name, type));
    }
    body.forEach((statement) => this.#statement(statement, inside));
    this.#reducers.set(name, {
      name,
      fields: typed.map((state, f) => ({ ...state, combine: this.#part(states[f]!, combines, inside) })),
    });
  }

  /** The expression that is given for a field. */
  #part(field: At & { readonly name: string }, parts: readonly Binding[], scope: Scope): Expr {
    const part =
      parts.find((candidate) => candidate.name === field.name) ?? fail(field, `nothing is given for '${field.name}'`);
    return this.#expr(part.value, scope);
  }

  #constant(syntax: ExprSyntax): Constant {
    const expr = this.#expr(syntax, new Map());
    return expr.kind === "constant" ? expr : fail(syntax, "an identity is a constant");
  }

  #statement(statement: StatementSyntax, scope: Map<string, Named>): void {
    const [name, value] =
      statement.kind === "let"
        ? [statement.binding.name, this.#expr(statement.binding.value, scope)]
        : [statement.reduce.name, this.#reduce(statement.reduce, scope)];
    scope.set(name, value);
    this.#names.set(value, name);
  }

  #reduce(syntax: ReduceSyntax, scope: Scope): Reduce {
    const pool = this.#pool;
    const axis = this.#axis(syntax.axis, syntax);
    const reducer = this.#reducers.get(syntax.reducer) ?? fail(syntax, `there is no reducer '${syntax.reducer}'`);
    const start = syntax.start === undefined ? pool.u32(0) : this.#expr(syntax.start, scope);
    const count = syntax.count === undefined ? pool.extent(axis) : this.#expr(syntax.count, scope);
    const variable = this.#variable(syntax.variable, axis, start, count);
    const inside = new Map([...scope, [syntax.variable, pool.index(variable)] as const]);
    syntax.body.forEach((statement) => this.#statement(statement, inside));
    const leaf = reducer.fields.map((field) =>
      this.#part({ ...field, line: syntax.line, column: syntax.column }, syntax.leaves, inside),
    );
    const item = syntax.item === undefined ? {} : { item: this.#expr(syntax.item, scope) };
    try {
      return pool.reduce({ axis, variable, start, count, tree: parseTree(syntax.tree), reducer, leaf, ...item });
    } catch (error) {
      if (error instanceof TreeSyntaxError) fail(syntax, `in the tree "${syntax.tree}": ${error.message}`);
      throw error;
    }
  }

  /** One variable for each name and domain, as in the kernel that was printed. */
  #variable(name: string, axis: string, start: Expr, count: Expr): Variable {
    const domain = `${axis} ${start.id} ${count.id}`;
    const known = this.#variables.get(domain) ?? [];
    if (!known.includes(name)) this.#variables.set(domain, [...known, name]);
    return this.#pool.itemVariable(name, axis, start, count, known.includes(name) ? known.indexOf(name) : known.length);
  }

  #expr(syntax: ExprSyntax, scope: Scope): Expr {
    const pool = this.#pool;
    const expr = (operand: ExprSyntax): Expr => this.#expr(operand, scope);
    switch (syntax.kind) {
      case "number":
        return this.#number(syntax.text);
      case "name":
        return this.#named(syntax, scope);
      case "load": {
        const input = this.#inputs.get(syntax.input) ?? fail(syntax, `there is no input '${syntax.input}'`);
        if (syntax.indices.length !== input.axes.length)
          fail(syntax, `'${input.name}' has ${input.axes.length} axes, not ${syntax.indices.length}`);
        return pool.load(input.name, input.storage, syntax.indices.map(expr), syntax.guarded);
      }
      case "prefix":
        return pool.unary(unaryBySymbol.get(syntax.symbol)!, expr(syntax.operand));
      case "infix": {
        const [left, right] = [expr(syntax.left), expr(syntax.right)];
        if (left.type !== right.type && syntax.symbol !== "<<" && syntax.symbol !== ">>")
          fail(syntax, `'${syntax.symbol}' of ${left.type} and ${right.type}`);
        return pool.binary(binaryBySymbol.get(syntax.symbol)!, left, right);
      }
      case "call":
        return this.#call(syntax, scope);
    }
  }

  #number(text: string): Constant {
    if (text.endsWith("i")) return this.#pool.i32(Number(text.slice(0, -1)));
    return /^0x|^\d+$/.test(text) ? this.#pool.u32(Number(text)) : this.#pool.f32(Number(text));
  }

  #named(syntax: Extract<ExprSyntax, { kind: "name" }>, scope: Scope): Expr {
    const { name, field } = syntax;
    if (field === undefined && (name === "true" || name === "false")) return this.#pool.bool(name === "true");
    const state = field === undefined ? undefined : scope.get(`${name}.${field}`);
    const found = state ?? scope.get(name) ?? fail(syntax, `'${name}' is not known here`);
    if (found.kind !== "reduce") return found;
    const { fields } = found.reducer;
    const chosen = fields.find((candidate) => (field === undefined ? fields.length === 1 : candidate.name === field));
    return this.#pool.field(found, (chosen ?? fail(syntax, `'${name}' is a reduction: name one of its fields`)).name);
  }

  #call(syntax: Extract<ExprSyntax, { kind: "call" }>, scope: Scope): Expr {
    const pool = this.#pool;
    const { callee } = syntax;
    const operands = syntax.arguments.map((argument) => this.#expr(argument, scope));
    const [first, second, third] = operands;
    const unary = unaryByCall.get(callee);
    const binary = binaryByCall.get(callee);
    const wanted =
      unary !== undefined || callee === "extent" || callee === "bits"
        ? 1
        : binary !== undefined
          ? 2
          : callee === "select"
            ? 3
            : undefined;
    const declared = this.#functions.get(callee);
    if (wanted === undefined && declared === undefined) fail(syntax, `there is no function '${callee}'`);
    if (operands.length !== (wanted ?? declared!.parameters.length))
      fail(syntax, `'${callee}' does not take ${operands.length} arguments`);
    if (unary !== undefined) return pool.unary(unary, first!);
    if (binary !== undefined) return pool.binary(binary, first!, second!);
    if (callee === "select") return pool.select(first!, second!, third!);
    if (callee === "bits")
      return first!.kind === "constant" ? pool.constant("f32", first!.bits) : fail(syntax, "bits(…) takes a number");
    if (callee === "extent")
      return first!.kind === "index" && first!.variable.kind === "axis"
        ? pool.extent(first!.variable.name)
        : fail(syntax, "extent(…) takes an axis");
    return pool.call(declared!, operands);
  }
}
