/** Renders a syntax tree: scopes, loops, macros and calls as jinja2's compiled templates have them. */
import { attribute, itemOf } from "./access.ts";
import type { Body, Expression, Given, MacroUses, Signature, Statement, Target } from "./ast.ts";
import { filtered } from "./filters.ts";
import { binary, compare, negate, slice } from "./operators.ts";
import { passes } from "./predicates.ts";
import { loopOf } from "./loop.ts";
import {
  Callable,
  Dict,
  firstOf,
  isNumber,
  isTrue,
  itemsOf,
  JinjaError,
  Namespace,
  numberOf,
  textOf,
  Tuple,
  typeOf,
  Undefined,
  type Arguments,
  type Loop,
  type Value,
} from "./values.ts";

/** Names and their values; those of the scopes around it are seen, too. */
class Scope {
  readonly #values = new Map<string, Value>();

  constructor(private readonly around: Scope | undefined) {}

  get(name: string): Value | undefined {
    return this.#values.has(name) ? this.#values.get(name) : this.around?.get(name);
  }
  /** Without a value the name stays hidden here. */
  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }
}

type Leave = "break" | "continue" | undefined;

/** @param globals names that the template finds, in order of precedence */
export function render(body: Body, globals: ReadonlyMap<string, Value>): string {
  const scope = new Scope(undefined);
  for (const [name, value] of globals) scope.set(name, value);
  return new Interpreter().captured(body, new Scope(scope));
}

class Interpreter {
  #out: string[] = [];

  /** What a body writes. */
  captured(body: Body, scope: Scope): string {
    const before = this.#out;
    this.#out = [];
    try {
      this.#run(body, scope);
      return this.#out.join("");
    } finally {
      this.#out = before;
    }
  }

  #run(body: Body, scope: Scope): Leave {
    for (const statement of body) {
      const leave = this.#statement(statement, scope);
      if (leave !== undefined) return leave;
    }
    return undefined;
  }

  #statement(statement: Statement, scope: Scope): Leave {
    switch (statement.kind) {
      case "data":
        this.#out.push(statement.text);
        return undefined;
      case "output":
        this.#out.push(textOf(this.#value(statement.value, scope)));
        return undefined;
      case "if": {
        const branch = statement.branches.find(([test]) => isTrue(this.#value(test, scope)));
        return this.#run(branch === undefined ? statement.otherwise : branch[1], scope);
      }
      case "for":
        this.#for(statement, this.#value(statement.items, scope), scope, 0);
        return undefined;
      case "set":
        this.#assign(statement.target, this.#value(statement.value, scope), scope);
        return undefined;
      case "set block": {
        const text = this.captured(statement.body, new Scope(scope));
        this.#assign(
          statement.target,
          statement.filter === undefined
            ? text
            : this.#value(statement.filter({ kind: "constant", value: text }), scope),
          scope,
        );
        return undefined;
      }
      case "filter block": {
        const value = this.captured(statement.body, new Scope(scope));
        this.#out.push(textOf(this.#value(statement.filter({ kind: "constant", value }), scope)));
        return undefined;
      }
      case "macro":
        scope.set(
          statement.name,
          this.#macro(statement.name, statement.signature, statement.body, statement.uses, scope),
        );
        return undefined;
      case "call block": {
        const { call, signature, body, uses } = statement;
        if (call.kind !== "call") throw new JinjaError("a call block calls nothing");
        const caller = this.#macro("caller", signature, body, uses, scope);
        this.#out.push(textOf(this.#call(call.callee, call.given, scope, caller)));
        return undefined;
      }
      case "with": {
        const inner = new Scope(scope);
        for (const [target, value] of statement.values) this.#assign(target, this.#value(value, scope), inner);
        this.#run(statement.body, inner);
        return undefined;
      }
      case "scope":
        this.#run(statement.body, new Scope(scope));
        return undefined;
      case "break":
      case "continue":
        return statement.kind;
    }
  }

  #for(statement: Statement & { readonly kind: "for" }, items: Value, scope: Scope, depth: number): void {
    const { target, test, body, otherwise, recursive } = statement;
    const chosen =
      test === undefined
        ? itemsOf(items)
        : itemsOf(items).filter((item) => {
            const inner = new Scope(scope);
            this.#assign(target, item, inner);
            return isTrue(this.#value(test, inner));
          });
    let index = 0;
    const recurse = (inner: Value): string => {
      const before = this.#out;
      this.#out = [];
      try {
        this.#for(statement, inner, scope, depth + 1);
        return this.#out.join("");
      } finally {
        this.#out = before;
      }
    };
    const loop: Loop = loopOf(chosen, () => index, depth, recursive ? recurse : undefined);
    // A list that grows is not seen: nothing here can change it.
    for (; index < chosen.length; index++) {
      const inner = new Scope(scope);
      inner.set("loop", loop);
      this.#assign(target, chosen[index]!, inner);
      if (this.#run(body, inner) === "break") return;
    }
    if (chosen.length === 0) this.#run(otherwise, new Scope(scope));
  }

  #assign(target: Target, value: Value, scope: Scope): void {
    if (target.kind === "name") return scope.set(target.name, value);
    if (target.kind === "field") {
      const namespace = scope.get(target.object);
      if (!(namespace instanceof Namespace)) throw new JinjaError("cannot assign attribute on non-namespace object");
      namespace.values.set(target.name, value);
      return;
    }
    if (value instanceof Undefined && target.targets.length > 0)
      throw new JinjaError(`not enough values to unpack (expected ${target.targets.length}, got 0)`);
    const values = itemsOf(value);
    if (values.length !== target.targets.length) {
      throw new JinjaError(
        `${values.length > target.targets.length ? "too many" : "not enough"} values to unpack (expected ` +
          `${target.targets.length}, got ${values.length})`,
      );
    }
    target.targets.forEach((part, index) => this.#assign(part, values[index]!, scope));
  }

  #macro(name: string, { names, defaults }: Signature, body: Body, uses: MacroUses, scope: Scope): Callable {
    const call = ({ positional, named }: Arguments): Value => {
      const inner = new Scope(scope);
      const left = new Map(named);
      const what = `macro '${name}'`;
      names.forEach((parameter, index) => {
        const given = index < positional.length ? positional[index] : left.get(parameter);
        if (index >= positional.length) left.delete(parameter);
        const standing = defaults[index - (names.length - defaults.length)];
        if (given !== undefined) inner.set(parameter, given);
        else
          inner.set(
            parameter,
            standing === undefined
              ? new Undefined(`parameter '${parameter}' was not provided`)
              : this.#value(standing, inner),
          );
      });
      if (uses.caller) inner.set("caller", left.get("caller") ?? new Undefined("No caller defined"));
      if (uses.caller) left.delete("caller");
      if (uses.kwargs) inner.set("kwargs", new Dict(left));
      else if (left.size > 0) throw new JinjaError(`${what} takes no keyword argument '${[...left.keys()][0]!}'`);
      if (uses.varargs) inner.set("varargs", new Tuple(positional.slice(names.length)));
      else if (positional.length > names.length)
        throw new JinjaError(`${what} takes not more than ${names.length} argument(s)`);
      return this.captured(body, inner);
    };
    return new Callable(
      name,
      call,
      new Map<string, Value>([
        ["name", name],
        ["arguments", new Tuple(names)],
      ]),
    );
  }

  #call(callee: Expression, given: Given, scope: Scope, caller?: Callable): Value {
    const target = this.#value(callee, scope);
    const { positional, named } = this.#arguments(given, scope);
    const all = caller === undefined ? named : new Map([...named, ["caller", caller]]);
    if (target instanceof Undefined) return target.fail();
    if (target instanceof Callable) return target.call({ positional, named: all });
    if (typeof target === "object" && target !== null && "recurse" in target) {
      if (target.recurse === undefined)
        throw new JinjaError("The loop must have the 'recursive' marker to be called recursively.");
      return target.recurse(firstOf(positional[0], new Undefined("loop() lacks its argument")));
    }
    throw new JinjaError(`'${typeOf(target)}' object is not callable`);
  }

  #arguments({ positional, named, list, dict }: Given, scope: Scope): Arguments {
    const values = positional.map((part) => this.#value(part, scope));
    const names = new Map(named.map(([name, part]) => [name, this.#value(part, scope)]));
    if (names.size < named.length) throw new JinjaError("an argument is given twice");
    if (list !== undefined) values.push(...itemsOf(this.#value(list, scope)));
    if (dict !== undefined) {
      const more = this.#value(dict, scope);
      if (!(more instanceof Dict)) throw new JinjaError(`argument after ** must be a mapping, not ${typeOf(more)}`);
      for (const [name, value] of more.entries()) {
        if (typeof name !== "string") throw new JinjaError("keywords must be strings");
        if (names.has(name)) throw new JinjaError(`got multiple values for keyword argument '${name}'`);
        names.set(name, value);
      }
    }
    return { positional: values, named: names };
  }

  #value(expression: Expression, scope: Scope): Value {
    switch (expression.kind) {
      case "constant":
        return expression.value;
      case "name":
        return firstOf(scope.get(expression.name), new Undefined(`'${expression.name}' is undefined`));
      case "list":
        return expression.items.map((item) => this.#value(item, scope));
      case "tuple":
        return new Tuple(expression.items.map((item) => this.#value(item, scope)));
      case "dict":
        return new Dict(
          expression.entries.map(([key, value]) => [this.#value(key, scope), this.#value(value, scope)] as const),
        );
      case "attribute":
        return attribute(this.#value(expression.object, scope), expression.name);
      case "item":
        return itemOf(this.#value(expression.object, scope), this.#value(expression.index, scope));
      case "slice": {
        const object = this.#value(expression.object, scope);
        return slice(
          object,
          [0, 1, 2].map((part) => expression.parts[part] && this.#value(expression.parts[part], scope)),
        );
      }
      case "call":
        return this.#call(expression.callee, expression.given, scope);
      case "filter":
        return filtered(
          expression.name,
          this.#value(expression.value, scope),
          this.#arguments(expression.given, scope),
        );
      case "test": {
        const { positional, named } = this.#arguments(expression.given, scope);
        if (named.size > 0) throw new JinjaError(`the test '${expression.name}' takes no named arguments`);
        return passes(expression.name, this.#value(expression.value, scope), positional) !== expression.negated;
      }
      case "unary":
        return this.#unary(expression.operator, this.#value(expression.value, scope));
      case "binary": {
        const { operator } = expression;
        const left = this.#value(expression.left, scope);
        if (operator === "and") return isTrue(left) ? this.#value(expression.right, scope) : left;
        if (operator === "or") return isTrue(left) ? left : this.#value(expression.right, scope);
        return binary(operator, left, this.#value(expression.right, scope));
      }
      case "join":
        return expression.items.map((item) => textOf(this.#value(item, scope))).join("");
      case "compare": {
        let left = this.#value(expression.first, scope);
        for (const [operator, part] of expression.rest) {
          const right = this.#value(part, scope);
          if (!compare(operator, left, right)) return false;
          left = right;
        }
        return true;
      }
      case "choose": {
        if (isTrue(this.#value(expression.test, scope))) return this.#value(expression.yes, scope);
        return expression.no === undefined
          ? new Undefined("the inline if-expression evaluated to false and no else section was defined.")
          : this.#value(expression.no, scope);
      }
    }
  }

  #unary(operator: "-" | "+" | "not", value: Value): Value {
    if (operator === "not") return !isTrue(value);
    if (operator === "-") return negate(value);
    if (value instanceof Undefined) return value.fail();
    if (!isNumber(value)) throw new JinjaError(`bad operand type for unary +: '${typeOf(value)}'`);
    return numberOf(value);
  }
}
