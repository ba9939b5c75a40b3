/**
 * The passes of an artifact at one set of extents: where each word of each output is written, and what is written
 * there. Only those workgroups run in full whose words are asked for, pass by pass back to the inputs.
 */
import { evaluateFormula } from "../runtime/formula.ts";
import type { Artifact, Binding, Pass } from "../runtime/artifact.ts";
import type { Floats } from "./floats.ts";
import type { Integers } from "./integers.ts";
import { type TensorShape, wordsOf } from "./layout.ts";
import type { Buffers, Machine, Uniforms } from "./machine.ts";
import { Sink, Source, type Stored } from "./memory.ts";
import { Fault } from "./errors.ts";
import type { Term, Value, Word } from "./term.ts";

/** Where a word is written, by its number or by the term of its address. */
export type Place = number | Term;

export interface PassRequest {
  readonly artifact: Artifact;
  readonly machines: readonly Machine[];
  readonly integers: Integers;
  readonly floats: Floats;
  /** Extents of all axes. */
  readonly extents: Readonly<Record<string, number>>;
  readonly readWord: (tensor: string, word: Word) => Value;
  readonly parameter: (name: string, type: "f32" | "u32" | "i32") => Value;
  /** How many workgroups lie along x and y, the rest along z, some of them to spare; absent: all along x. */
  readonly across?: readonly [number, number] | undefined;
  /** Of the last pass only the first and last workgroups run, and these. */
  readonly some?: readonly number[] | undefined;
}

/** The shape of a binding at these extents. */
export function shapeOf(binding: Binding, extents: Readonly<Record<string, number>>): TensorShape {
  const shape = binding.shape.map((formula) => evaluateFormula(formula, extents));
  return { shape, storage: binding.storage, ...(binding.blocks === undefined ? {} : { blocks: binding.blocks }) };
}

/** Terms, mostly words that were touched, beyond which no more workgroups are run for their ways. */
const mostTerms = 4_000_000;

/** A way through the text that workgroups take. */
export interface Path {
  readonly workgroup: number;
  readonly invocations: readonly number[];
}

/** One workgroup for each way that workgroups take, and one invocation for each way of theirs. */
class Ways {
  readonly #found = new Map<string, Path>();

  add(workgroup: number, paths: readonly number[]): void {
    const key = paths.join(" ");
    if (!this.#found.has(key))
      this.#found.set(key, {
        workgroup,
        invocations: paths.flatMap((path, invocation) => (paths.indexOf(path) === invocation ? [invocation] : [])),
      });
  }
  get found(): Path[] {
    return [...this.#found.values()];
  }
}

export class PassRun {
  readonly #request: PassRequest;
  readonly #pass: Pass;
  readonly #machine: Machine;
  readonly #number: number;
  readonly #before: readonly PassRun[];
  readonly #uniforms: Uniforms;
  readonly #workgroups: readonly [number, number, number];
  #written: ReadonlyMap<string, ReadonlyMap<Place, Stored>> | undefined;
  readonly #values = new Map<number, ReadonlyMap<string, ReadonlyMap<Place, Stored>>>();

  constructor(request: PassRequest, number: number, before: readonly PassRun[]) {
    this.#request = request;
    this.#number = number;
    this.#before = before;
    this.#pass = request.artifact.passes[number]!;
    this.#machine = request.machines[number]!;
    this.#uniforms = this.#uniformsOf();
    const count = evaluateFormula(this.#pass.workgroups, request.extents);
    // A single workgroup is dispatched alone; of more, a grid may hold some to spare.
    const [across, down] = count <= 1 ? [count, 1] : (request.across ?? [count + 1, 1]);
    this.#workgroups = [
      across,
      down,
      count <= 1 || request.across === undefined ? 1 : Math.ceil((count + 1) / (across * down)),
    ];
    if (request.some !== undefined && number === request.artifact.passes.length - 1) {
      const [x, y, z] = this.#workgroups;
      const spread = [0, count - 1, x * y * z - 1, Math.floor(count * 0.71), ...request.some];
      this.#chosen = [...new Set(spread)].filter((at) => at >= 0 && at < x * y * z);
    }
  }
  /** Those workgroups that run, where not all do. */
  readonly #chosen: readonly number[] | undefined;

  /** Where this pass writes each of its outputs, every workgroup and invocation counted. */
  get written(): ReadonlyMap<string, ReadonlyMap<Place, Stored>> {
    this.#written ??= this.#inPass(() => this.#allStores());
    return this.#written;
  }

  /** What is written there. */
  valueAt(output: string, place: Place): Stored {
    const where = this.written.get(output)?.get(place);
    if (where === undefined)
      throw new Fault(
        "read",
        `word ${typeof place === "number" ? place : "at a place"} of '${output}' is read, which nothing wrote`,
      );
    let values = this.#values.get(where.workgroup);
    if (values === undefined)
      this.#values.set(where.workgroup, (values = this.#inPass(() => this.#run(where.workgroup, () => true))));
    return values.get(output)!.get(place)!;
  }

  /** The same for several places, of which only these are computed. */
  valuesAt(output: string, places: readonly Place[]): Map<Place, Stored> {
    const byWorkgroup = new Map<number, Set<number>>();
    for (const place of places) {
      const where = this.written.get(output)?.get(place);
      if (where === undefined)
        throw new Fault(
          "write",
          `word ${typeof place === "number" ? place : "at a place"} of '${output}' is not written`,
        );
      let chosen = byWorkgroup.get(where.workgroup);
      if (chosen === undefined) byWorkgroup.set(where.workgroup, (chosen = new Set()));
      chosen.add(where.invocation);
    }
    const found = new Map<Place, Stored>();
    for (const [workgroup, chosen] of byWorkgroup) {
      const stored = this.#inPass(() => this.#run(workgroup, (invocation) => chosen.has(invocation))).get(output)!;
      for (const place of places) {
        const value = stored.get(place);
        if (value !== undefined) found.set(place, value);
      }
    }
    return found;
  }

  /**
   * The ways that workgroups take through the text, each with one workgroup that takes it and one invocation for each
   * way that an invocation takes there. Undefined where all of them together take more than `most` steps of loops, or
   * touch too much. Every address, race and barrier is checked on the way.
   */
  paths(most: number): readonly Path[] | undefined {
    return this.#inPass(() => {
      const { buffers } = this.#buffers(true);
      const [x, y, z] = this.#workgroups;
      const ways = new Ways();
      for (let at = 0; at < x * y * z; at++) {
        const { paths, steps } = this.#machine.pathsOfWorkgroup(
          this.#position(at),
          this.#workgroups,
          buffers,
          this.#uniforms,
        );
        if ((this.steps += steps + paths.length) > most || this.#request.integers.pool.size > mostTerms)
          return undefined;
        ways.add(at, paths);
      }
      return ways.found;
    });
  }
  /** The same as far as where storage is written shows it: no loop is run for it, and no amount of work is too much. */
  get coarsePaths(): readonly Path[] {
    void this.written;
    return this.#coarse.found;
  }
  readonly #coarse = new Ways();
  /** Of loops, in what `paths` has run. */
  steps = 0;

  /** The words that these invocations write. */
  wordsOf(output: string, { workgroup, invocations }: Path): Place[] {
    const chosen = new Set(invocations);
    return (this.#writtenBy.get(workgroup) ?? []).flatMap((one) =>
      one.output === output && chosen.has(one.invocation) ? [one.place] : [],
    );
  }

  /** Whether a workgroup writes anything. */
  writes(workgroup: number): boolean {
    return this.#writtenBy.has(workgroup);
  }
  #byWorkgroup:
    | ReadonlyMap<number, readonly { readonly output: string; readonly place: Place; readonly invocation: number }[]>
    | undefined;
  get #writtenBy(): ReadonlyMap<
    number,
    readonly { readonly output: string; readonly place: Place; readonly invocation: number }[]
  > {
    if (this.#byWorkgroup === undefined) {
      const all = new Map<number, { output: string; place: Place; invocation: number }[]>();
      for (const [output, places] of this.written) {
        for (const [place, { workgroup, invocation }] of places) {
          const own = all.get(workgroup);
          if (own === undefined) all.set(workgroup, [{ output, place, invocation }]);
          else own.push({ output, place, invocation });
        }
      }
      this.#byWorkgroup = all;
    }
    return this.#byWorkgroup;
  }
  /** Of an output where only some workgroups run: a few words of each. */
  someWordsOf(output: string): Place[] {
    void this.written;
    return (this.#chosen ?? []).flatMap((workgroup) => {
      const own = (this.#writtenBy.get(workgroup) ?? []).filter((one) => one.output === output);
      return own.length === 0 ? [] : [own[0]!.place, own.at(-1)!.place];
    });
  }
  /** How many words are known to be written. */
  get stores(): number {
    return [...(this.#written?.values() ?? [])].reduce((total, places) => total + places.size, 0);
  }
  /** Whether a workgroup has been run in full. */
  hasRun(workgroup: number): boolean {
    return this.#values.has(workgroup);
  }

  #inPass<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof Fault) error.pass ??= this.#number;
      throw error;
    }
  }

  #allStores(): ReadonlyMap<string, ReadonlyMap<Place, Stored>> {
    const { buffers, sinks } = this.#buffers(true);
    const [x, y, z] = this.#workgroups;
    for (const at of this.#chosen ?? Array.from({ length: x * y * z }, (_, all) => all)) {
      for (const sink of sinks) sink.workgroup = at;
      if (this.#machine.storesNeedWorkgroup)
        this.#machine.runWorkgroup(this.#position(at), this.#workgroups, buffers, this.#uniforms, () => false);
      else
        this.#coarse.add(
          at,
          this.#machine.storesOfWorkgroup(this.#position(at), this.#workgroups, buffers, this.#uniforms),
        );
    }
    return new Map(sinks.map((sink) => [sink.name, sink.stored]));
  }

  #run(workgroup: number, chosen: (invocation: number) => boolean): ReadonlyMap<string, ReadonlyMap<Place, Stored>> {
    const { buffers, sinks } = this.#buffers();
    for (const sink of sinks) sink.workgroup = workgroup;
    this.#machine.runWorkgroup(this.#position(workgroup), this.#workgroups, buffers, this.#uniforms, chosen);
    return new Map(sinks.map((sink) => [sink.name, sink.stored]));
  }

  #position(at: number): readonly number[] {
    const [x, y] = this.#workgroups;
    return [at % x, Math.floor(at / x) % y, Math.floor(at / (x * y))];
  }

  #uniformsOf(): Uniforms {
    const { integers, extents, parameter } = this.#request;
    const values: Record<string, Value> = {};
    for (const { name, type, value } of this.#pass.uniforms) {
      if (value.kind === "parameter") values[name] = parameter(value.name, type);
      else {
        const number = evaluateFormula(value.formula, extents);
        values[name] = typeof value.formula === "number" ? constantUniform(integers, value.formula) : number;
      }
    }
    return values;
  }

  /** `addressesOnly`: what an earlier pass left is not asked for. */
  #buffers(addressesOnly = false): { buffers: Buffers; sinks: readonly Sink[] } {
    const { integers, floats, extents, readWord } = this.#request;
    const buffers: Record<string, Source | Sink> = {};
    const sinks: Sink[] = [];
    for (const variable of this.#machine.module.storage) {
      const binding = this.#pass.bindings.find((candidate) => candidate.binding === variable.binding)!;
      const tensor = shapeOf(binding, extents);
      if (variable.access === "read_write") {
        const sink = new Sink(binding.name, integers, wordsOf(tensor), binding.scattered === true);
        sinks.push(sink);
        buffers[variable.name] = sink;
        continue;
      }
      const element = variable.type.kind === "array" ? variable.type.of : variable.type;
      const scalar = element.kind === "vector" ? element.of : element.kind === "scalar" ? element.name : "u32";
      const isFloat = scalar === "f32";
      const read = (word: Word, line: number): Value => {
        const value =
          binding.role !== "scratch"
            ? readWord(binding.name, word)
            : addressesOnly
              ? integers.pool.word(binding.name, tensor.storage === "f32" ? "float" : "integer", word)
              : this.#scratch(binding.name, word, line);
        // A buffer may be declared as words where its elements are floats, and the other way around.
        if (isFloat === (tensor.storage === "f32")) return value;
        return isFloat ? floats.fromBits(value as Word) : floats.bitsOf(value as Term);
      };
      const { first, count } = binding.words ?? { first: 0, count: wordsOf(tensor) };
      const exists = (word: Word, line: number): void => {
        if (binding.role === "scratch" && !addressesOnly) this.#writerOf(binding.name, word, line);
      };
      buffers[variable.name] = new Source(
        binding.name,
        integers,
        count,
        first,
        element.kind === "vector" ? element.size : 1,
        read,
        exists,
      );
    }
    return { buffers, sinks };
  }

  /** What an earlier pass left. */
  #scratch(name: string, word: Word, line: number): Value {
    return this.#writerOf(name, word, line).valueAt(name, word as number).value;
  }
  /** The last pass before this one that writes a tensor: it must have written this word. */
  #writerOf(name: string, word: Word, line: number): PassRun {
    const writer = this.#before.findLast((pass) =>
      pass.#pass.bindings.some((binding) => binding.name === name && binding.access === "read_write"),
    );
    if (writer === undefined || typeof word !== "number")
      throw new Fault("read", `'${name}' is read, which no pass before this one wrote there`, line);
    if (writer.written.get(name)?.has(word) !== true)
      throw new Fault("read", `word ${word} of '${name}' is read, which nothing wrote`, line);
    return writer;
  }
}

/** A uniform that has one value always: all ones seal, and a zero hides what it is combined with. */
export function constantUniform(integers: Integers, value: number): Value {
  return value === 0xffffffff ? integers.pool.leaf("ones", "integer", "") : integers.hidden(value);
}
