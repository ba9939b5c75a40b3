/**
 * What a text reads and writes: storage buffers, workgroup memory, arrays of an invocation's own. Every access is
 * checked as the text has it, before any clamping by the implementation.
 */
import type { Floats } from "./floats.ts";
import type { Integers } from "./integers.ts";
import { Fault } from "./errors.ts";
import type { Term, Truth, Value, Word } from "./term.ts";

/** What one store put where. */
export interface Stored {
  readonly value: Value;
  readonly guard: Truth;
  readonly workgroup: number;
  /** The invocation, in its workgroup. */
  readonly invocation: number;
  readonly line: number;
}

/**
 * The components that a read of a buffer of vectors gives, and the tensor's word beside them that is so far from the
 * first.
 */
export type Vector = readonly Value[] & { readonly wordAt?: (component: Word) => Value };

/** A buffer that is read: words of a tensor from `first` on, `width` of them at each index. */
export class Source {
  readonly #name: string;
  readonly #integers: Integers;
  readonly #words: number;
  readonly #first: number;
  readonly #width: number;
  readonly #read: (word: Word, line: number) => Value;
  readonly #exists: (word: Word, line: number) => void;

  /** `exists`: throws unless something wrote the word. */
  constructor(
    name: string,
    integers: Integers,
    words: number,
    first: number,
    width: number,
    read: (word: Word, line: number) => Value,
    exists: (word: Word, line: number) => void,
  ) {
    this.#name = name;
    this.#integers = integers;
    this.#words = words;
    this.#first = first;
    this.#width = width;
    this.#read = read;
    this.#exists = exists;
  }

  /** The first of the words at an index, which must lie in the buffer. */
  #wordAt(index: Word, line: number): Word {
    const at = this.#integers.plain(index);
    // A binding is a whole number of vectors; words beyond the tensor's are zeros of the host's.
    const entries = Math.ceil(this.#words / this.#width);
    const highest = typeof at === "number" ? at : at.high;
    if (highest >= entries) {
      const where =
        typeof at === "number"
          ? `at ${at}`
          : `at an index that may be ${at.high === 0xffffffff ? "anything" : `as large as ${at.high}`}`;
      throw new Fault(
        "bounds",
        `'${this.#name}' is read ${where}, beyond its ${entries} elements`,
        line,
        typeof at === "number" ? "refuted" : "unfollowed",
      );
    }
    return this.#integers.add(this.#integers.multiply(at, this.#width), this.#first);
  }

  load(index: Word, line: number): Value | Vector {
    const word = this.#wordAt(index, line);
    if (this.#width === 1) return this.#read(word, line);
    const wordAt = (component: Word): Value => this.#read(this.#integers.add(word, component), line);
    return Object.assign(
      Array.from({ length: this.#width }, (_, component) => wordAt(component)),
      { wordAt },
    );
  }

  /** A read whose value does not matter: that it may be made does. */
  touch(index: Word, line: number): void {
    const word = this.#wordAt(index, line);
    for (let component = 0; component < this.#width; component++)
      this.#exists(component === 0 ? word : this.#integers.add(word, component), line);
  }

  store(_index: Word, _value: Value, _invocation: number, line: number): never {
    throw new Fault("write", `'${this.#name}' is an input`, line);
  }
}

/** A buffer that is written. A store at an address that is known goes by it, another one by the term of its address. */
export class Sink {
  readonly name: string;
  readonly stored = new Map<number | Term, Stored>();
  /** The workgroup that runs. */
  workgroup = 0;
  readonly #integers: Integers;
  readonly #words: number;
  readonly #scattered: boolean;

  constructor(name: string, integers: Integers, words: number, scattered: boolean) {
    this.name = name;
    this.#integers = integers;
    this.#words = words;
    this.#scattered = scattered;
  }

  load(_index: Word, line: number): never {
    throw new Fault("read", `'${this.name}' is read, which this pass writes`, line);
  }
  touch(index: Word, line: number): never {
    return this.load(index, line);
  }

  store(index: Word, value: Value, invocation: number, line: number, guard: Truth): void {
    if (guard === false) return;
    const at = this.#integers.plain(index);
    if (typeof at === "number" && at >= this.#words)
      throw new Fault("bounds", `'${this.name}' is written at ${at}, beyond its ${this.#words} words`, line);
    if (typeof at !== "number" && !this.#scattered)
      throw new Fault("write", `'${this.name}' is written at an address that depends on data`, line, "unfollowed");
    if (guard !== true && !this.#scattered)
      throw new Fault("write", `whether '${this.name}' is written depends on data`, line, "unfollowed");
    const before = this.stored.get(at);
    if (before !== undefined)
      throw new Fault(
        "write",
        `word ${typeof at === "number" ? at : "of one place"} of '${this.name}' is written twice`,
        line,
        guard === true && before.guard === true ? "refuted" : "unfollowed",
      );
    this.stored.set(at, { value, guard, workgroup: this.workgroup, invocation, line });
  }
}

/** An array that a workgroup's invocations share; accesses between two barriers must not race. */
export class Shared {
  readonly #name: string;
  readonly #integers: Integers;
  readonly #values: (Value | undefined)[];
  readonly #writtenIn: Int32Array;
  readonly #writer: Int32Array;
  readonly #readIn: Int32Array;
  readonly #reader: Int32Array;
  epoch = 1;

  constructor(name: string, integers: Integers, length: number) {
    this.#name = name;
    this.#integers = integers;
    this.#values = new Array<Value | undefined>(length).fill(undefined);
    this.#writtenIn = new Int32Array(length);
    this.#writer = new Int32Array(length);
    this.#readIn = new Int32Array(length);
    this.#reader = new Int32Array(length);
  }

  #index(index: Word, line: number): number {
    const at = this.#integers.plain(index);
    if (typeof at !== "number")
      throw new Fault("bounds", `workgroup memory '${this.#name}' is indexed by data`, line, "unfollowed");
    if (at >= this.#values.length)
      throw new Fault(
        "bounds",
        `workgroup memory '${this.#name}' is indexed at ${at}, beyond its ${this.#values.length} elements`,
        line,
      );
    return at;
  }

  load(index: Word, invocation: number, line: number): Value {
    const at = this.#index(index, line);
    const value = this.#values[at];
    if (value === undefined)
      throw new Fault("read", `element ${at} of workgroup memory '${this.#name}' is read, which nothing wrote`, line);
    if (this.#writtenIn[at] === this.epoch && this.#writer[at] !== invocation)
      throw this.#race(at, this.#writer[at]!, invocation, line);
    // Two readers are one too many for any writer but neither of them.
    this.#reader[at] = this.#readIn[at] === this.epoch && this.#reader[at] !== invocation ? -1 : invocation;
    this.#readIn[at] = this.epoch;
    return value;
  }

  store(index: Word, value: Value, invocation: number, line: number): void {
    const at = this.#index(index, line);
    if (this.#writtenIn[at] === this.epoch && this.#writer[at] !== invocation)
      throw this.#race(at, this.#writer[at]!, invocation, line);
    if (this.#readIn[at] === this.epoch && this.#reader[at] !== invocation)
      throw this.#race(at, this.#reader[at]!, invocation, line);
    this.#values[at] = value;
    this.#writtenIn[at] = this.epoch;
    this.#writer[at] = invocation;
  }

  #race(at: number, one: number, other: number, line: number): Fault {
    const who = one < 0 ? "several invocations" : `invocation ${one}`;
    return new Fault(
      "race",
      `element ${at} of workgroup memory '${this.#name}' is touched by ${who} and by invocation ${other} with no ` +
        "barrier between",
      line,
    );
  }
}

/** An array of an invocation's own. */
export class Own {
  readonly #name: string;
  readonly #integers: Integers;
  readonly #values: (Value | undefined)[];

  constructor(name: string, integers: Integers, length: number) {
    this.#name = name;
    this.#integers = integers;
    this.#values = new Array<Value | undefined>(length).fill(undefined);
  }

  #index(index: Word, line: number): number {
    const at = this.#integers.plain(index);
    if (typeof at !== "number") throw new Fault("bounds", `'${this.#name}' is indexed by data`, line, "unfollowed");
    if (at >= this.#values.length)
      throw new Fault(
        "bounds",
        `'${this.#name}' is indexed at ${at | 0}, beyond its ${this.#values.length} elements`,
        line,
      );
    return at;
  }
  load(index: Word, line: number): Value {
    const at = this.#index(index, line);
    const value = this.#values[at];
    if (value === undefined)
      throw new Fault("read", `element ${at} of '${this.#name}' is read, which nothing wrote`, line);
    return value;
  }
  store(index: Word, value: Value, line: number): void {
    this.#values[this.#index(index, line)] = value;
  }
}

/** What stands for a value that was never given; it equals nothing that was declared. */
export function unwritten(floats: Floats, name: string, line: number, type: "f32" | "u32" | "i32" | "bool"): Value {
  return floats.pool.leaf(
    "word",
    type === "f32" ? "float" : type === "bool" ? "bool" : "integer",
    `unwritten ${name} of line ${line}`,
  );
}
