/**
 * The declared expression of an output element, as a term in the form that its text must have: sums of a fold stand
 * bare, exact products may be fused, every other float operation is sealed, zeros come from where no driver sees them.
 */
import { type Algebra, Denotation, type Scope } from "../dsl/denotation.ts";
import type {
  BinaryOperator,
  Constant,
  FunctionDeclaration,
  Kernel,
  Load,
  Output,
  UnaryOperator,
  ValueType,
} from "../dsl/ir.ts";
import { Calls } from "./calls.ts";
import type { Floats } from "./floats.ts";
import type { Integers } from "./integers.ts";
import { type TensorShape, wordOf } from "./layout.ts";
import { truncated } from "./primitives.ts";
import { NeedsValues } from "./errors.ts";
import { operandsOf, type Term, type Truth, type Value, type Word } from "./term.ts";

/** What the declaration is read with: extents, and how a word of an input reads. */
export interface Surroundings {
  readonly extents: Readonly<Record<string, number>>;
  readonly tensors: ReadonlyMap<string, TensorShape>;
  readonly readWord: (tensor: string, word: Word) => Value;
  readonly parameter: (name: string, type: ValueType) => Value;
  /** Whether a fold's own sums are sealed, too. */
  readonly sealed?: boolean;
}

export class Declared {
  readonly #kernel: Kernel;
  readonly #integers: Integers;
  readonly #floats: Floats;
  readonly #around: Surroundings;
  readonly #denotation: Denotation<Value>;
  #scopes = new Map<string, Scope<Value>>();

  constructor(kernel: Kernel, integers: Integers, floats: Floats, around: Surroundings) {
    this.#kernel = kernel;
    this.#integers = integers;
    this.#floats = floats;
    this.#around = around;
    this.#denotation = new Denotation(this.#algebra());
  }

  /** The value that an output holds at a point of the axes that it is computed over, before it is stored. */
  valueAt(output: Output, point: readonly number[]): Value {
    return this.#denotation.valueOf(output.value, this.#scopeOf(output, point));
  }

  /** What one of the declaration's functions gives. */
  resultOf(callee: FunctionDeclaration, args: readonly Value[]): Value {
    return this.#denotation.resultOf(callee, args);
  }

  /**
   * Where it is stored: the point itself, or the place that a scatter computes, and the condition under which it is.
   */
  placeAt(output: Output, point: readonly number[]): { place: readonly Word[]; guard: Truth } {
    if (output.place === undefined) return { place: point, guard: true };
    const scope = this.#scopeOf(output, point);
    const place = output.place.map((index) => this.#denotation.valueOf(index, scope) as Word);
    const guard = place.reduce<Truth>(
      (all, index, axis) => this.#integers.both(all, this.#integers.less(index, this.#extent(output.axes[axis]!))),
      true,
    );
    return { place, guard };
  }

  /** Scopes are shared along the axes that points have in common, so that what they share is read once. */
  #scopeOf(output: Output, point: readonly number[]): Scope<Value> | undefined {
    let scope: Scope<Value> | undefined;
    let key = "";
    output.over.forEach((axis, at) => {
      key += ` ${axis}=${point[at]!}`;
      let inner = this.#scopes.get(key);
      if (inner === undefined)
        this.#scopes.set(key, (inner = this.#denotation.bind(this.#kernel.pool.axisVariable(axis), point[at]!, scope)));
      scope = inner;
    });
    return scope;
  }

  #extent(axis: string): number {
    return this.#around.extents[axis]!;
  }

  #algebra(): Algebra<Value> {
    const integers = this.#integers;
    const floats = this.#floats;
    const calls = new Map<FunctionDeclaration, Calls>();
    const constant = ({ type, bits }: Constant): Value =>
      type === "f32" ? floats.constant(bits, true) : type === "bool" ? bits !== 0 : bits;
    return {
      ...this.#operations(constant),
      call: (callee, args) => {
        let known = calls.get(callee);
        if (known === undefined) calls.set(callee, (known = new Calls()));
        return known.resultOf(args, () => this.#denotation.resultOf(callee, args));
      },
      step: (left, right) => floats.add(left as Term, right as Term, this.#around.sealed !== true),
      item: (start, index) => integers.add(start as Word, index),
      integer: (value) => this.#known(value as Word),
    };
  }

  #operations(constant: (constant: Constant) => Value): Algebra<Value> {
    const integers = this.#integers;
    return {
      constant,
      identity: constant,
      extent: (axis) => this.#extent(axis),
      parameter: (name, type) => this.#around.parameter(name, type),
      load: (load, indices) => this.#load(load, indices as readonly Word[]),
      unary: (operator, type, operand) => this.#unary(operator, type, operand),
      binary: (operator, type, left, right) => this.#binary(operator, type, left, right),
      select: (condition, whenTrue, whenFalse) => integers.select(condition as Truth, whenTrue, whenFalse),
      item: (start, index) => integers.add(start as Word, index),
      integer: (value) => this.#known(value as Word),
    };
  }

  /** The number that a bound must be. */
  #known(value: Word): number {
    const known = this.#integers.plain(value);
    if (typeof known === "number") return known;
    const tensors = new Set<string>();
    const visit = (term: Term): void => {
      if (term.kind === "word" || term.kind === "parameter") tensors.add(term.name);
      operandsOf(term).forEach(visit);
    };
    visit(value as Term);
    throw new NeedsValues(tensors, 0);
  }

  /** An element; of a gather +0 where an index lies outside, read at the last index then. */
  #load(load: Load, indices: readonly Word[]): Value {
    const integers = this.#integers;
    const input = this.#kernel.inputs.find(({ name }) => name === load.input)!;
    if (!load.guarded) return this.#element(load, indices);
    let inside: Truth = true;
    const clamped = indices.map((index, axis) => {
      const extent = this.#extent(input.axes[axis]!);
      inside = integers.both(inside, integers.less(index, extent));
      return integers.minimum(index, extent - 1);
    });
    const outside = load.type === "f32" ? this.#floats.constant(0, true) : 0;
    return integers.select<Value>(inside, this.#element(load, clamped), outside);
  }

  #element(load: Load, indices: readonly Word[]): Value {
    const integers = this.#integers;
    const tensor = this.#around.tensors.get(load.input)!;
    const { word, half } = wordOf(integers, tensor, indices);
    const read = this.#around.readWord(load.input, word);
    if (load.storage !== "bf16") return read;
    return this.#floats.fromBits(
      integers.shiftLeft(integers.shiftRight(read as Word, integers.multiply(half, 16)), 16),
    );
  }

  #unary(operator: UnaryOperator, type: ValueType, operand: Value): Value {
    const [integers, floats] = [this.#integers, this.#floats];
    const [x, n] = [operand as Term, operand as Word];
    switch (operator) {
      case "negate":
        return type === "f32" ? floats.negate(x) : integers.negate(n);
      case "absolute":
        return type === "f32" ? floats.magnitude(x) : type === "i32" ? integers.absolute(n) : n;
      case "floor":
        return floats.floor(x);
      case "complement":
        return integers.complement(n);
      case "not":
        return integers.not(operand as Truth);
      case "roundBf16":
        return floats.roundBf16(x);
      case "toF32":
        return type === "i32" ? floats.ofI32(n) : floats.ofU32(n);
      case "toU32":
        return type === "f32" ? truncated(floats, integers, "truncateU32", x) : n;
      case "toI32":
        return type === "f32" ? truncated(floats, integers, "truncateI32", x) : n;
      case "bitsOf":
        return floats.bitsOf(x);
      case "fromBits":
        return floats.fromBits(n);
    }
  }

  #binary(operator: BinaryOperator, type: ValueType, left: Value, right: Value): Value {
    if (type === "bool") return this.#bools(operator, left as Truth, right as Truth);
    return type === "f32"
      ? this.#floatBinary(operator, left as Term, right as Term)
      : this.#integerBinary(operator, type === "i32", left as Word, right as Word);
  }

  #bools(operator: BinaryOperator, left: Truth, right: Truth): Truth {
    const integers = this.#integers;
    switch (operator) {
      case "bothTrue":
      case "and":
        return integers.both(left, right);
      case "eitherTrue":
      case "or":
        return integers.either(left, right);
      case "equal":
        return integers.not(integers.differ(left, right));
      case "notEqual":
        return integers.differ(left, right);
      default:
        throw new TypeError(`${operator} of bool`);
    }
  }

  #floatBinary(operator: BinaryOperator, left: Term, right: Term): Value {
    const floats = this.#floats;
    switch (operator) {
      case "add":
        return floats.add(left, right);
      case "subtract":
        return floats.subtract(left, right);
      case "multiply":
        return floats.multiply(left, right);
      case "minimum":
        return floats.minimum(left, right);
      case "maximum":
        return floats.maximum(left, right);
      case "less":
        return floats.less(left, right);
      case "lessEqual":
        return floats.lessEqual(left, right);
      case "equal":
        return floats.equal(left, right);
      case "notEqual":
        return this.#integers.not(floats.equal(left, right));
      default:
        throw new TypeError(`${operator} of f32`);
    }
  }

  #integerBinary(operator: BinaryOperator, signed: boolean, left: Word, right: Word): Value {
    const integers = this.#integers;
    const less = (a: Word, b: Word): Truth => (signed ? integers.lessSigned(a, b) : integers.less(a, b));
    switch (operator) {
      case "add":
        return integers.add(left, right);
      case "subtract":
        return integers.subtract(left, right);
      case "multiply":
        return integers.multiply(left, right);
      case "divide":
        return signed ? integers.divideSigned(left, right) : integers.divide(left, right);
      case "remainder":
        return signed ? integers.remainderSigned(left, right) : integers.remainder(left, right);
      case "minimum":
        return signed ? integers.minimumSigned(left, right) : integers.minimum(left, right);
      case "maximum":
        return signed ? integers.maximumSigned(left, right) : integers.maximum(left, right);
      case "and":
        return integers.and(left, right);
      case "or":
        return integers.or(left, right);
      case "xor":
        return integers.xor(left, right);
      case "shiftLeft":
        return integers.shiftLeft(left, right);
      case "shiftRight":
        return signed ? integers.shiftRightSigned(left, right) : integers.shiftRight(left, right);
      case "less":
        return less(left, right);
      case "lessEqual":
        return integers.not(less(right, left));
      case "equal":
        return integers.equal(left, right);
      case "notEqual":
        return integers.not(integers.equal(left, right));
      default:
        throw new TypeError(`${operator} of integers`);
    }
  }
}
