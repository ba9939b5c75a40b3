/** Random reductions: side by side over one domain, one inside another's leaf, and one after another that it needs. */
import { printTree } from "../../dsl/tree-notation.ts";
import { Expressions } from "./expressions.ts";
import type { Helper, Point, Program, Scope } from "./program.ts";
import { type AuthorsReducer, declareReducer } from "./reducers.ts";
import { chooseTree } from "./trees.ts";
import { clamped, float, integer, value, type Value } from "./values.ts";

/** What a reduction goes over, and how many items that can be. */
interface Domain {
  readonly text: string;
  readonly axis: string;
  readonly most: number;
  readonly mayBeEmpty: boolean;
  readonly axes: ReadonlySet<string>;
}

/** Items of nested reductions, multiplied. */
const mostWork = 600;
/** How deep leaves nest operations: drivers compile whatever is unrolled of them, in up to half a second a pass. */
const leafDepths = [1, 1, 2];

export class Reductions {
  readonly expressions: Expressions;
  readonly #program: Program;
  readonly #reducers: AuthorsReducer[] = [];
  #last: Domain | undefined;
  #nesting = 0;
  #work = 1;

  constructor(program: Program) {
    this.#program = program;
    this.expressions = new Expressions(program, (scope) => this.#inside(scope));
  }

  /** One statement; gives what it says, and the scope with what it has named. */
  statement(
    scope: Scope,
    wants: { readonly sequence: boolean; readonly author: boolean },
  ): { readonly line: string; readonly scope: Scope } {
    const { choices } = this.#program;
    const domain = this.#domain(scope, wants.sequence);
    const name = this.#program.name("r");
    if (wants.author || choices.oneIn(3)) {
      const { text, results } = this.#byAuthor(scope, domain, name);
      return { line: `const ${name} = ${text};`, scope: { ...scope, values: [...results, ...scope.values] } };
    }
    if (choices.oneIn(4)) {
      const { line, helper } = this.#helper(scope, domain.axis);
      const helpers = [helper, ...scope.helpers];
      const folded = this.#built(domain, { ...scope, helpers });
      const values = [{ ...folded, text: name }, ...scope.values];
      // A function that nothing calls would hide that what it reads is not read.
      return folded.text.includes(`${helper.name}(`)
        ? { line: `${line}\nconst ${name} = ${folded.text};`, scope: { ...scope, values, helpers } }
        : { line: `const ${name} = ${folded.text};`, scope: { ...scope, values } };
    }
    const folded = this.#built(domain, scope);
    return {
      line: `const ${name} = ${folded.text};`,
      scope: { ...scope, values: [{ ...folded, text: name }, ...scope.values] },
    };
  }

  /** A function of an item of this axis, which leaves may share. */
  #helper(scope: Scope, axis: string): { readonly line: string; readonly helper: Helper } {
    const name = this.#program.name("g");
    const result = this.#folding(this.#program.extent(axis), () =>
      this.expressions.float(within(scope, { axis, text: "p", isItem: true }), this.#depth()),
    );
    return { line: `const ${name} = (p: number) => ${result.text};`, helper: { name, axis, result } };
  }

  /** A reduction inside an expression, where there is room for its items. */
  #inside(scope: Scope): Value | undefined {
    if (this.#nesting > 1 || scope.points.length === 0) return undefined;
    const items = new Set(scope.points.filter(({ isItem }) => isItem).map(({ axis }) => axis));
    const free = [...this.#program.axes].filter(
      ([axis, { role, extent }]) => role === "model" && !items.has(axis) && extent * this.#work <= mostWork,
    );
    if (free.length === 0) return undefined;
    const [axis, { extent }] = this.#program.choices.pick(free);
    return this.#floats({ text: axis, axis, most: extent, mayBeEmpty: false, axes: new Set() }, scope);
  }

  #depth(): number {
    return this.#program.choices.pick(leafDepths);
  }

  #folding<T>(items: number, make: () => T): T {
    this.#nesting++;
    this.#work *= items;
    try {
      return make();
    } finally {
      this.#nesting--;
      this.#work /= items;
    }
  }

  /** What a reduction goes over: often the same as the one before. */
  #domain({ points }: Scope, wantsSequence: boolean): Domain {
    const { choices } = this.#program;
    if (this.#last !== undefined && !wantsSequence && choices.oneIn(2)) return this.#last;
    const hasRow = points.some(({ axis }) => axis === "row");
    const models = [...this.#program.axes].filter(([, { role }]) => role === "model").map(([axis]) => axis);
    const axis = wantsSequence ? "key" : choices.pick(models);
    const most = this.#program.extent(axis);
    const row = new Set(["row"]);
    const whole: Domain = { text: axis, axis, most, mayBeEmpty: false, axes: new Set() };
    const bounded = (): Domain =>
      choices.pick<() => Domain>([
        () => ({ ...whole, text: `upTo(${axis}, ${this.#program.table(`last_${axis}`, ["row"])}(row))`, axes: row }),
        () => ({
          ...whole,
          text: `below(${axis}, ${this.#program.table(`length_${axis}`, ["row"])}(row))`,
          mayBeEmpty: true,
          axes: row,
        }),
      ])();
    const isOpen = wantsSequence && hasRow;
    return (this.#last = isOpen || (hasRow && this.#program.hasRoom && choices.oneIn(8)) ? bounded() : whole);
  }

  /** A built-in reduction. */
  #built(domain: Domain, scope: Scope): Value {
    const { choices } = this.#program;
    return choices.weighted<() => Value>([
      [8, () => this.#floats(domain, scope)],
      [
        1,
        () =>
          integer(
            "u32",
            ...this.#text(domain, scope, ["sum", "max"], (inner) => this.expressions.u32(inner, this.#depth())),
          ),
      ],
      [
        1,
        () =>
          integer(
            "i32",
            ...this.#text(domain, scope, ["sum", "max"], (inner) => this.expressions.i32(inner, this.#depth())),
          ),
      ],
      [
        1,
        () =>
          integer(
            "u32",
            ...this.#text(domain, scope, ["argmax"], (inner) => this.expressions.float(inner, this.#depth())),
          ),
      ],
    ])();
  }

  /** A built-in reduction of floats to a float. */
  #floats(domain: Domain, scope: Scope): Value {
    const isSum = !this.#program.choices.oneIn(4);
    const [text, leaf] = this.#text(domain, scope, [isSum ? "sum" : "max"], (inner) =>
      this.expressions.float(inner, this.#depth()),
    );
    const { quantum, magnitude } = leaf.range;
    return clamped(
      float(
        text,
        { quantum, magnitude: isSum ? magnitude + stepsOf(domain) : domain.mayBeEmpty ? 128 : magnitude },
        leaf,
        domain,
      ),
      60,
    );
  }

  /** The text of a built-in reduction, its leaf, and what it goes over. */
  #text(
    domain: Domain,
    scope: Scope,
    names: readonly string[],
    leafOf: (inner: Scope) => Value,
  ): [text: string, leaf: Value, domain: Domain] {
    const { choices } = this.#program;
    const item = this.#program.name("k");
    const tree = printTree(chooseTree(choices));
    const leaf = this.#folding(domain.most, () =>
      leafOf(within(scope, { axis: domain.axis, text: item, isItem: true })),
    );
    return [`${choices.pick(names)}(${domain.text}, "${tree}", (${item}) => ${leaf.text})`, leaf, domain];
  }

  /** A reduction by a reducer of the author's: over items, or over runs of them that are folded first. */
  #byAuthor(scope: Scope, domain: Domain, name: string): { readonly text: string; readonly results: readonly Value[] } {
    const { choices } = this.#program;
    const reducer =
      this.#reducers.length > 0 && choices.oneIn(3) ? choices.pick(this.#reducers) : declareReducer(this.#program);
    if (!this.#reducers.includes(reducer)) this.#reducers.push(reducer);
    const tree = `"${printTree(chooseTree(choices))}"`;
    const { lines, leaves, over, item } = choices.oneIn(3)
      ? this.#runLeaves(scope, domain, reducer)
      : this.#itemLeaves(scope, domain, reducer);
    const record = `{ ${reducer.fields.map((field, at) => `${field}: ${leaves[at]!.text}`).join(", ")} }`;
    const body =
      lines.length === 0 ? `(${record})` : `{\n${lines.map((line) => `  ${line}`).join("\n")}\n  return ${record};\n}`;
    const results = reducer.results(
      leaves,
      { steps: stepsOf(domain), mayBeEmpty: domain.mayBeEmpty },
      (field) => `${name}.${field}`,
    );
    return {
      text: `reduce(${over}, ${tree}, ${reducer.name}, (${item}) => ${body})`,
      results: results.map((result) => value(result.type, result.text, result.range, result, domain)),
    };
  }

  #itemLeaves(
    scope: Scope,
    domain: Domain,
    reducer: AuthorsReducer,
  ): { lines: string[]; leaves: readonly Value[]; over: string; item: string } {
    const item = this.#program.name("k");
    const inner = within(scope, { axis: domain.axis, text: item, isItem: true });
    const leaves = this.#folding(domain.most, () =>
      reducer.leaves({ of: (type) => this.expressions.of(type, inner, this.#depth()), item: integer("u32", item) }),
    );
    return { lines: [], leaves, over: domain.text, item };
  }

  #runLeaves(
    scope: Scope,
    domain: Domain,
    reducer: AuthorsReducer,
  ): { lines: string[]; leaves: readonly Value[]; over: string; item: string } {
    const length = this.#program.choices.between(1, 12);
    const run: Domain = {
      text: "run",
      axis: domain.axis,
      most: Math.min(length, domain.most),
      mayBeEmpty: false,
      axes: domain.axes,
    };
    const lines: string[] = [];
    let values = scope.values;
    const count = this.#program.choices.between(1, 2);
    const folded = this.#folding(Math.ceil(domain.most / length), () =>
      Array.from({ length: count }, () => {
        const one = this.#built(run, { ...scope, values });
        const name = this.#program.name("s");
        lines.push(`const ${name} = ${one.text};`);
        const named = { ...one, text: name };
        values = [named, ...values];
        return named;
      }),
    );
    const leaves = reducer.leaves({
      of: (type) => folded.find((one) => one.type === type) ?? this.expressions.of(type, { ...scope, values }, 1),
      item: folded.find((one) => one.type === "u32") ?? this.expressions.u32({ ...scope, values }, 0),
    });
    return { lines, leaves, over: `runs(${domain.text}, ${length})`, item: "run" };
  }
}

function within(scope: Scope, item: Point): Scope {
  return { ...scope, points: [...scope.points, item] };
}

/** Of so many items, a sum is at most 2^steps times as large. */
function stepsOf({ most }: Domain): number {
  return Math.ceil(Math.log2(most));
}
