/** Whether a reducer's identity fits: combine(identity, s) = s for the states that its leaf can give. */
import { Node } from "ts-morph";
import { bitAlgebra } from "../bits.ts";
import { Denotation } from "../denotation.ts";
import { bitsOfF32, f32OfBits } from "../expr.ts";
import { holds } from "../visit.ts";
import type { Constant, Expr, Reduce, Reducer } from "../ir.ts";
import { trackingAlgebra } from "./finite-range.ts";
import { replaceBy } from "./fixes.ts";
import { holdsHole } from "./poison.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import { agree, show, type State } from "./states.ts";
import { itemOf, madeUp, madeUpParameter, samples, smallExtent } from "./samples.ts";

/** Two such numbers can be added: where a combine calculates with a field, its states are no larger. */
const headroom = 2 ** 126;
const largest = 3.4028234663852886e38;

/**
 * Evaluates the leaf on made-up inputs, of both signs and all magnitudes, and combines the identity with each state:
 * only states that the leaf can give are asked for, so that a norm of magnitudes may have the identity 0. A state for
 * which the combine leaves the zero and normal numbers says nothing, since nothing is promised there.
 */
export function checkIdentity(reading: Reading, reduce: Reduce, leafAt: Node): boolean {
  const trial = new Trial(reading, reduce);
  const found = trial.counterexample(reduce.reducer);
  if (found === undefined) return true;
  const { reducer } = reduce;
  const declaration = [...reading.reducers].find(([, known]) => known === reducer)?.[0];
  const described =
    typeof declaration === "object" && Node.isObjectLiteralExpression(declaration)
      ? declaration.getProperty("identity")
      : undefined;
  const identity = show(
    reducer,
    reducer.fields.map((field) => field.identity.bits),
  );
  reading.report.add(
    "R014",
    described ?? leafAt,
    `the identity ${identity} of '${reducer.name}' does not leave every state as it is`,
    trial.fix(described),
    [
      { message: `combine(identity, ${show(reducer, found.state)}) gives ${show(reducer, found.combined)}` },
      { message: "such a state comes from this leaf", at: leafAt },
    ],
  );
  return false;
}

interface Counterexample {
  readonly state: State;
  readonly combined: State;
  /** The position of the first field that changes. */
  readonly wrong: number;
}

class Trial {
  readonly #reading: Reading;
  readonly #reduce: Reduce;
  readonly #isKnown: readonly boolean[];
  /** Whether a combine adds, multiplies or calls a function on a field, and does not only choose it. */
  readonly #isCalculated: readonly boolean[];
  readonly #states: readonly State[];

  constructor(reading: Reading, reduce: Reduce) {
    this.#reading = reading;
    const { fields } = reduce.reducer;
    // A faulty leaf's field can be anything: only what is combined without it is asked for.
    const unknown = new Set(
      fields.filter((_, position) => holdsHole(reduce.leaf[position]!)).map((field) => field.name),
    );
    this.#isKnown = fields.map((field) => !unknown.has(field.name) && !reads(field.combine, unknown));
    this.#isCalculated = fields.map(({ name }) => fields.some(({ combine }) => calculatesWith(combine, name)));
    const one = (expr: Expr): Expr => reading.pool.constant(expr.type, expr.type === "f32" ? bitsOfF32(1) : 1);
    this.#reduce = {
      ...reduce,
      leaf: reduce.leaf.map((expr, position) => (unknown.has(fields[position]!.name) ? one(expr) : expr)),
    };
    this.#states = Array.from({ length: samples }, (_, seed) => this.#stateOf(seed)).filter((state) =>
      this.#isAsked(state),
    );
  }

  counterexample(reducer: Reducer): Counterexample | undefined {
    for (const state of this.#states) {
      const [combined, isPromised] = this.#combine(reducer, state);
      const wrong = reducer.fields.findIndex(
        (field, position) => this.#isKnown[position]! && !agree(field.type, state[position]!, combined[position]!),
      );
      if (wrong !== -1 && isPromised && !this.#ties(reducer, state)) return { state, combined, wrong };
    }
    return undefined;
  }

  /** The nearest usual identity that fits, if the fields can be mended one after the other. */
  fix(described: Node | undefined): string | Fix {
    const { pool } = this.#reading;
    let reducer = this.#reduce.reducer;
    const mended = new Map<string, number>();
    for (let found = this.counterexample(reducer); found !== undefined; found = this.counterexample(reducer)) {
      const { wrong } = found;
      const { name, type } = reducer.fields[wrong]!;
      const withValue = (value: number): Reducer => {
        const identity = (type === "f32" ? pool.f32(value) : pool.constant(type, value)) as Constant;
        return {
          ...reducer,
          fields: reducer.fields.map((field, position) => (position === wrong ? { ...field, identity } : field)),
        };
      };
      const fitting = mended.has(name)
        ? undefined
        : this.#usual(wrong).find((value) => this.counterexample(withValue(value))?.wrong !== wrong);
      if (fitting === undefined) {
        return (
          `no usual identity fits this combine of '${name}': 0 is a sum's, 1 a product's, ${asWritten(-largest)} a ` +
          "maximum's, " +
          `${asWritten(largest)} a minimum's; a mean or a difference has none: keep a sum and a count, and ` +
          "calculate after the reduction"
        );
      }
      mended.set(name, fitting);
      reducer = withValue(fitting);
    }
    const texts = [...mended].map(([name, value]) => `${name}: ${asWritten(value)}`);
    const object = Node.isPropertyAssignment(described) ? described.getInitializer() : undefined;
    const places = [...mended].map(([name, value]) => {
      const property = Node.isObjectLiteralExpression(object) ? object.getProperty(name) : undefined;
      return Node.isPropertyAssignment(property)
        ? replaceBy(property.getInitializerOrThrow(), asWritten(value))
        : undefined;
    });
    return {
      words: `write ${texts.join(", ")} in the identity, which leaves every state as it is`,
      edits: places.every((one) => one !== undefined) ? places : [],
    };
  }

  /** What identities usually are: of a sum, a product, a maximum and a minimum. */
  #usual(position: number): readonly number[] {
    switch (this.#reduce.reducer.fields[position]!.type) {
      case "u32":
        return [0, 1, 0xffffffff];
      case "i32":
        return [0, 1, -0x80000000, 0x7fffffff];
      case "f32":
        return [0, 1, ...(this.#isCalculated[position]! ? [-headroom, headroom] : []), -largest, largest];
    }
  }

  #isAsked(state: State): boolean {
    return this.#reduce.reducer.fields.every(({ type }, position) => {
      const size = type === "f32" ? Math.abs(f32OfBits(state[position]!)) : 0;
      return this.#isCalculated[position]! ? size <= headroom : Number.isFinite(size);
    });
  }

  /**
   * A state as extreme as the identity itself: whether its other fields or the identity's are chosen is the combine's
   * affair.
   */
  #ties({ fields }: Reducer, state: State): boolean {
    return (
      fields.length > 1 &&
      fields.some(
        ({ type, identity }, position) =>
          type === "f32" && identity.bits === state[position] && Math.abs(f32OfBits(identity.bits)) >= headroom,
      )
    );
  }

  /** A state that the leaf gives. */
  #stateOf(seed: number): State {
    const { variable, leaf } = this.#reduce;
    const extents = Object.fromEntries([...this.#reading.axes.keys()].map((axis) => [axis, smallExtent]));
    const parameters = new Proxy<Record<string, number>>({}, { get: (_, name) => madeUpParameter(String(name), seed) });
    const denotation = new Denotation(bitAlgebra(extents, parameters, (load, indices) => madeUp(load, indices, seed)));
    let scope = denotation.bind(variable, itemOf(seed));
    for (const other of new Set(leaf.flatMap((expr) => [...expr.free])))
      if (other !== variable) scope = denotation.bind(other, 0, scope);
    return leaf.map((expr) => denotation.valueOf(expr, scope));
  }

  /** What the identity makes of a state, and whether all operations on the way are promised to give it. */
  #combine(reducer: Reducer, state: State): [combined: State, isPromised: boolean] {
    const { pool } = this.#reading;
    const { axis, variable } = this.#reduce;
    const leaf = reducer.fields.map(({ type }, position) => pool.constant(type, state[position]!));
    const single = pool.reduce({
      axis,
      variable,
      start: pool.u32(0),
      count: pool.u32(1),
      tree: [{ fold: "chain" }],
      reducer,
      leaf,
    });
    const denotation = new Denotation(trackingAlgebra());
    const values = reducer.fields.map((field) => denotation.valueOf(pool.field(single, field.name)));
    return [values.map(({ bits }) => bits), values.every(({ isPromised }) => isPromised)];
  }
}

/** Whether a combine reads one of these fields. */
function reads(expr: Expr, fields: ReadonlySet<string>): boolean {
  return holds(expr, (part) => part.kind === "state" && fields.has(part.field));
}

const arithmetic: ReadonlySet<string> = new Set(["add", "subtract", "multiply", "divide"]);

function calculatesWith(expr: Expr, field: string): boolean {
  return holds(
    expr,
    (part) =>
      (part.kind === "call" || (part.kind === "binary" && arithmetic.has(part.operator))) &&
      reads(part, new Set([field])),
  );
}

function asWritten(value: number): string {
  return Math.abs(value) === headroom ? `${value < 0 ? "-" : ""}(2 ** 126)` : String(value).replace("e+", "e");
}
