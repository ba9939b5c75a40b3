/** Random expressions of every type, over what a scope holds. */
import type { StorageType } from "../../dsl/ir.ts";
import type { Choices } from "./choices.ts";
import { type Point, type Program, rangeOf, type Scope } from "./program.ts";
import {
  clamped,
  eitherRange,
  flushed,
  float,
  integer,
  product,
  rounded,
  sum,
  type Type,
  value,
  type Value,
} from "./values.ts";

/** Decimal constants, no larger than 4, with all significant bits of an f32. */
const constants = ["0.75", "-1.5", "0.1", "3", "0.001"];
const constantRange = { quantum: -33, magnitude: 2 };

/** A reduction as an expression, where one may stand; undefined where none has room. */
export type Nested = (scope: Scope) => Value | undefined;

export class Expressions {
  readonly #program: Program;
  readonly #choices: Choices;
  readonly #nested: Nested;

  constructor(program: Program, nested: Nested) {
    this.#program = program;
    this.#choices = program.choices;
    this.#nested = nested;
  }

  of(type: Type, scope: Scope, depth: number): Value {
    return type === "f32" ? this.float(scope, depth) : type === "u32" ? this.u32(scope, depth) : this.i32(scope, depth);
  }

  float(scope: Scope, depth: number): Value {
    if (depth <= 0) return this.#floatLeaf(scope);
    const one = (): Value => this.float(scope, depth - 1);
    return this.#choices.weighted<() => Value>([
      [4, () => this.#floatLeaf(scope)],
      [5, () => product(one(), one())],
      [4, () => sum(this.#choices.pick(["+", "-"]), one(), one())],
      [2, () => this.#withConstant(one())],
      [1, () => this.#larger(one(), one())],
      [1, () => this.#signless(one())],
      [1, () => rounded(one())],
      [1, () => this.#chosen(this.condition(scope, depth - 1), one(), one())],
      [1, () => (this.#choices.oneIn(3) ? this.#library(one()) : this.#signless(one()))],
      [1, () => this.#own(one(), one)],
      [1, () => this.#converted(scope, depth)],
      [2, () => this.#nested(scope) ?? one()],
    ])();
  }

  u32(scope: Scope, depth: number): Value {
    const leaf = (): Value =>
      this.#choices.weighted<() => Value>([
        [3, () => this.#load(scope, ["u32"]) ?? this.#program.parameter("u32")],
        [2, () => this.#position(scope)],
        [
          1,
          () => {
            const x = this.#floatLeaf(scope);
            return integer("u32", `bitsOf(${x.text})`, x);
          },
        ],
        [1, () => this.#known("u32", scope) ?? this.#position(scope)],
      ])();
    if (depth <= 0) return leaf();
    const one = (): Value => this.u32(scope, depth - 1);
    return this.#choices.weighted<() => Value>([
      [3, leaf],
      [4, () => this.#operation("u32", one(), one())],
      [2, () => this.#byConstant("u32", one(), ["* 2654435769", "/ 3", "% 5", ">> 3", "<< 4", "& 255", "| 9"])],
      [
        1,
        () => {
          const x = one();
          return integer("u32", `${this.#program.function("scramble")}(${x.text})`, x);
        },
      ],
      [
        1,
        () => {
          const x = this.i32(scope, depth - 1);
          return integer("u32", `u32(${x.text})`, x);
        },
      ],
      [
        1,
        () => {
          const x = clamped(this.float(scope, depth - 1), 20);
          return integer("u32", `u32(abs(${x.text}))`, x);
        },
      ],
      [1, () => this.#chosen(this.condition(scope, depth - 1), one(), one())],
    ])();
  }

  i32(scope: Scope, depth: number): Value {
    const leaf = (): Value => {
      const loaded = this.#known("i32", scope) ?? this.#load(scope, ["i32"]);
      if (loaded !== undefined) return loaded;
      const x = this.u32(scope, 0);
      return integer("i32", `i32(${x.text})`, x);
    };
    if (depth <= 0) return leaf();
    const one = (): Value => this.i32(scope, depth - 1);
    return this.#choices.weighted<() => Value>([
      [3, leaf],
      [3, () => this.#operation("i32", one(), one())],
      [2, () => this.#byConstant("i32", one(), ["* 31", "/ 3", "% 7", ">> 2", "- 100"])],
      [
        1,
        () => {
          const x = one();
          return integer("i32", this.#choices.pick([`abs(${x.text})`, `(-${x.text})`]), x);
        },
      ],
      [
        1,
        () => {
          const x = clamped(this.float(scope, depth - 1), 20);
          return integer("i32", `i32(floor(${x.text}))`, x);
        },
      ],
    ])();
  }

  /** The text of a branch's condition, and what it differs along. */
  condition(scope: Scope, depth: number): Value {
    const compare = this.#choices.pick(["<", "<=", ">", ">="]);
    return this.#choices.weighted<() => Value>([
      [
        3,
        () => {
          const x = this.float(scope, depth);
          return integer("u32", `${x.text} ${compare} ${this.#choices.pick(["0", "0.5"])}`, x);
        },
      ],
      [
        2,
        () => {
          const [x, y] = [this.float(scope, 0), this.float(scope, 0)];
          return integer("u32", `${x.text} ${compare} ${y.text}`, x, y);
        },
      ],
      [
        2,
        () => {
          const x = this.u32(scope, 0);
          return integer("u32", `${x.text} % 3 ${this.#choices.pick(["===", "!=="])} 1`, x);
        },
      ],
      [
        1,
        () => {
          const [x, y] = [this.float(scope, 0), this.u32(scope, 0)];
          return integer("u32", `!(${x.text} ${compare} 0) ${this.#choices.pick(["&&", "||"])} ${y.text} < 6`, x, y);
        },
      ],
      [
        1,
        () => {
          const x = this.float(scope, depth);
          return integer("u32", `isNaN(${x.text})`, x);
        },
      ],
    ])();
  }

  #floatLeaf(scope: Scope): Value {
    const load = (): Value => this.#load(scope, ["f32", "bf16"]) ?? this.#program.parameter("f32");
    return this.#choices.weighted<() => Value>([
      [6, load],
      [3, () => this.#known("f32", scope) ?? load()],
      [2, () => this.#help(scope) ?? load()],
      [1, () => this.#program.parameter("f32")],
    ])();
  }

  /** A value that was computed before. */
  #known(type: Type, { values }: Scope): Value | undefined {
    const fitting = values.filter((known) => known.type === type);
    return fitting.length === 0 ? undefined : this.#choices.pick(fitting);
  }

  #help({ helpers, points }: Scope): Value | undefined {
    const calls = helpers.flatMap(({ name, axis, result }) =>
      points
        .filter((point) => point.axis === axis)
        .map((point) => value(result.type, `${name}(${point.text})`, result.range, result, at(point))),
    );
    return calls.length === 0 ? undefined : this.#choices.pick(calls);
  }

  /** An element of an input that was read before, or of a new one. */
  #load(scope: Scope, storages: readonly StorageType[]): Value | undefined {
    const axes = new Set(scope.points.map(({ axis }) => axis));
    const known = this.#program.data.filter(
      (input) => storages.includes(input.storage) && input.axes.every((axis) => axes.has(axis)),
    );
    const isNew = known.length === 0 || this.#choices.oneIn(known.length === 1 ? 2 : 3);
    if (isNew && this.#program.hasRoom && axes.size > 0) {
      if (storages.includes("f32") && this.#choices.oneIn(6)) {
        const found = this.#throughTable(scope, this.#choices.pick(storages));
        if (found !== undefined) return found;
      }
      // Items first: a leaf without its item would be the same for all.
      const items = [...new Set(scope.points.filter(({ isItem }) => isItem).map(({ axis }) => axis))].slice(-1);
      const over = [...new Set([...items, ...this.#choices.some([...axes], 2)])];
      return this.#element(scope, this.#program.tensor(this.#choices.pick(storages), this.#ordered(over)));
    }
    return known.length === 0 ? undefined : this.#element(scope, this.#choices.pick(known));
  }

  /** As declared, or the other way round. */
  #ordered(axes: readonly string[]): string[] {
    const declared = [...this.#program.axes.keys()].filter((axis) => axes.includes(axis));
    return this.#choices.oneIn(4) ? declared.reverse() : declared;
  }

  #element(
    scope: Scope,
    { name, storage, axes }: { name: string; storage: StorageType; axes: readonly string[] },
  ): Value {
    const points = axes.map((axis) =>
      this.#choices.pick(scope.points.filter((point) => point.axis === axis).reverse()),
    );
    const type = storage === "bf16" ? "f32" : storage;
    const plain = value(
      type,
      `${name}(${points.map(({ text }) => text).join(", ")})`,
      rangeOf(storage),
      ...points.map(at),
    );
    const moved = points.findLastIndex(({ axis }) => this.#program.axes.get(axis)!.role === "model");
    if (moved < 0 || !this.#choices.oneIn(10)) return plain;
    const { axis, text } = points[moved]!;
    const other = this.#choices.pick([`${text} + 1`, `${text} - 2`, `(${text} * 3) % extent(${axis})`]);
    return {
      ...plain,
      text: `gather(${[name, ...points.map((point, d) => (d === moved ? other : point.text))].join(", ")})`,
    };
  }

  /** A request's own row of a table of rows, or a key's place in pages of four. */
  #throughTable(scope: Scope, storage: StorageType): Value | undefined {
    const program = this.#program;
    if (!program.axes.has("row") || program.inputs.length > 3) return undefined;
    const key = scope.points.findLast(({ axis }) => axis === "key");
    const model = scope.points.filter(({ axis }) => program.axes.get(axis)!.role === "model");
    const last = model.length === 0 ? [] : [this.#choices.pick([...model].reverse())];
    const batch = { axes: new Set(["row"]) };
    const element = (index: string): Value => {
      const { name } = program.tensor(storage, [program.axis("slot", "batch", 0), ...last.map(({ axis }) => axis)]);
      return float(
        `gather(${[name, index, ...last.map(({ text }) => text)].join(", ")})`,
        rangeOf(storage),
        batch,
        ...last.map(at),
      );
    };
    if (key === undefined) return element(`${program.table("rowOf", ["row"], "placement ")}(row)`);
    program.axis("page", "sequence", 0);
    return element(
      `gather(${program.table("pages", ["row", "page"], "placement ")}, row, ${key.text} / 4) * 4 + ${key.text} % 4`,
    );
  }

  /** Where in the request or the model an expression stands, as a number. */
  #position(scope: Scope): Value {
    const own = scope.points.filter(({ axis }) => this.#program.axes.get(axis)!.role !== "batch");
    if (own.length === 0) return this.#program.parameter("u32");
    const point = this.#choices.pick([...own].reverse());
    const isModel = this.#program.axes.get(point.axis)!.role === "model";
    return integer(
      "u32",
      isModel && this.#choices.oneIn(4) ? `(extent(${point.axis}) - ${point.text})` : `(${point.text} + 1)`,
      at(point),
    );
  }

  #withConstant(x: Value): Value {
    const constant = float(this.#choices.pick(constants), constantRange);
    return this.#choices.oneIn(2) ? sum("+", x, constant) : product(x, constant);
  }

  #larger(x: Value, y: Value): Value {
    return float(`${this.#choices.pick(["max", "min"])}(${x.text}, ${y.text})`, eitherRange(x.range, y.range), x, y);
  }

  #signless(x: Value): Value {
    return float(this.#choices.pick([`abs(${x.text})`, `(-${x.text})`]), x.range, x);
  }

  #chosen(condition: Value, x: Value, y: Value): Value {
    return value(
      x.type,
      `select(${condition.text}, ${x.text}, ${y.text})`,
      eitherRange(x.range, y.range),
      condition,
      x,
      y,
    );
  }

  #converted(scope: Scope, depth: number): Value {
    const x = this.of(this.#choices.pick(["u32", "i32"]), scope, depth - 1);
    return float(`f32(${x.text})`, { quantum: 0, magnitude: 32 }, x);
  }

  #operation(type: "u32" | "i32", x: Value, y: Value): Value {
    const both = this.#choices.pick(["+", "*", "-", ...(type === "u32" ? ["^", "&"] : []), "min", "max"]);
    return integer(type, /^m/.test(both) ? `${both}(${x.text}, ${y.text})` : `(${x.text} ${both} ${y.text})`, x, y);
  }

  #byConstant(type: "u32" | "i32", x: Value, operations: readonly string[]): Value {
    return integer(type, `(${x.text} ${this.#choices.pick(operations)})`, x);
  }

  #own(x: Value, other: () => Value): Value {
    const argument = clamped(rounded(x), 40);
    if (this.#choices.oneIn(2)) {
      const second = rounded(other());
      const { quantum, magnitude } = eitherRange(argument.range, second.range);
      return float(
        `${this.#program.function("bend")}(${argument.text}, ${second.text})`,
        { quantum: quantum - 1, magnitude: magnitude + 1 },
        argument,
        second,
      );
    }
    const { magnitude } = argument.range;
    return flushed(`${this.#program.function("curve")}(${argument.text})`, 2 * Math.max(magnitude, 1) + 1, argument);
  }

  /** An elementary function, of arguments for which it is finite. */
  #library(x: Value): Value {
    const { quantum, magnitude } = x.range;
    return this.#choices.pick<() => Value>([
      () => float(`floor(${x.text})`, { quantum: Math.max(0, quantum), magnitude: Math.max(1, magnitude + 1) }, x),
      () => flushed(`sigmoid(${x.text})`, 0, x),
      () => flushed(`exp(min(${x.text}, 8))`, 12, x),
      () =>
        float(
          `sqrt(abs(${x.text}))`,
          { quantum: Math.floor(Math.min(quantum, 0) / 2) - 24, magnitude: Math.ceil(Math.max(magnitude, 0) / 2) + 1 },
          x,
        ),
      () =>
        float(`rsqrt(1 + abs(${x.text}))`, { quantum: -Math.ceil(Math.max(magnitude, 0) / 2) - 26, magnitude: 0 }, x),
      () => float(`log(1 + abs(${x.text}))`, { quantum: -48, magnitude: 7 }, x),
      () => flushed(`(${x.text} / (1 + abs(${x.text})))`, 1, x),
      () => flushed(`tanh(${x.text})`, 1, x),
      () => flushed(`silu(${x.text})`, Math.max(1, magnitude), x),
      () => flushed(`${this.#choices.pick(["gelu", "erf"])}(${x.text})`, Math.max(1, magnitude), x),
    ])();
  }
}

/** What a point differs along: an output's axis; an item is bound by its reduction. */
export function at(point: Point): { readonly axes: ReadonlySet<string> } {
  return { axes: new Set(point.isItem ? [] : [point.axis]) };
}
