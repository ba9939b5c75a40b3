/** One set of extents: every word written once, and the chosen elements' expressions equal to the declared ones. */
import type { Output } from "../dsl/ir.ts";
import type { At, CaseRequest } from "./case-request.ts";
import { ConcreteFloats, ConcreteIntegers, ConcretePool } from "./concrete.ts";
import { Comparison, renderTree } from "./compare.ts";
import { Declared } from "./declared.ts";
import { Digests } from "./digest.ts";
import { Floats } from "./floats.ts";
import { Integers } from "./integers.ts";
import { describeBits, describeWord } from "./describe.ts";
import { valueOf, valueOfParameter } from "./known-values.ts";
import { pointOf, type TensorShape, wordOf, wordsOf } from "./layout.ts";
import { Machine } from "./machine.ts";
import type { Stored } from "./memory.ts";
import { Mismatch } from "./mismatch.ts";
import { constantUniform, type Path, PassRun, type PassRequest, type Place, shapeOf } from "./passes.ts";
import { integersOf, pointsOf } from "./points.ts";
import { primitivesOf } from "./primitives.ts";
import { counterexampleTo, type Pair } from "./refute.ts";
import { Sampled } from "./sampled.ts";
import { sampleOf, wholeSteps } from "./sample.ts";
import { Fault } from "./stop.ts";
import { type Term, TermPool, type Truth, type Value, type Word } from "./term.ts";
import { hasForbidden, isUnsealed } from "./unsealed.ts";

export interface Examination {
  /** Elements that were compared, each counted once. */
  readonly elements: number;
  /** Output elements that there are. */
  readonly of: number;
  /** How many ways workgroups take through the texts, where all of them were gone and each is compared. */
  readonly paths: number | null;
  /** Of the declared expression of each compared word, with its place. */
  readonly digests: readonly string[];
}

function putIn<A, B, C>(maps: Map<A, Map<B, C>>, outer: A, inner: B, value: C): void {
  const map = maps.get(outer) ?? new Map<B, C>();
  maps.set(outer, map.set(inner, value));
}

/** How many workgroups lie along x and y. */
const grids = [undefined, [1, 2], [2, 1], [3, 2]] as const;

/** Steps of loops for which all workgroups are run. */
const mostSteps = 3_000_000;
/** So many words are compared wherever they lie, however much they cost. */
const leastWords = 24;

/** Differences at one size that no inputs show, before the rest is let be. */
const mostUnclear = 6;
/** Terms that are evaluated to find inputs for a difference that a rule refutes already. */
const shortSearch = 200_000;

/** @throws Fault, NeedsValues, TooManyTerms */
export function examine(request: CaseRequest): Examination {
  const run = new CaseRun(request);
  try {
    return run.run();
  } catch (error) {
    if (run.comparing !== undefined && error instanceof Mismatch) throw shown(request, run.comparing) ?? error;
    throw error;
  } finally {
    request.effort.operations -= run.operations;
  }
}

/**
 * The same difference with both expressions to show; undefined where these are not to be had. The bits refute either
 * way.
 */
function shown(request: CaseRequest, only: NonNullable<CaseRequest["only"]>): Mismatch | undefined {
  try {
    new CaseRun({ ...request, only }).run();
  } catch (error) {
    if (error instanceof Mismatch) return error;
  }
  return undefined;
}

function passesOf(request: PassRequest): PassRun[] {
  const passes: PassRun[] = [];
  request.artifact.passes.forEach((_, number) => passes.push(new PassRun(request, number, [...passes])));
  return passes;
}

/** A word to compare: where it should be written, under which condition, with what. */
interface Expected {
  readonly element: string;
  readonly place: Place;
  readonly guard: Truth;
  /** How many elements it holds: two of 16 bits, but where the second is padding. */
  readonly elements: number;
  readonly value: () => Value;
}

class CaseRun {
  readonly #request: CaseRequest;
  readonly #integers: Integers;
  readonly #floats: Floats;
  readonly #extents: Readonly<Record<string, number>>;
  readonly #tensors: ReadonlyMap<string, TensorShape>;
  readonly #declared: Declared;
  readonly #passes: readonly PassRun[];
  readonly #sampled: Sampled | undefined;
  readonly #concrete: ConcreteIntegers | undefined;
  readonly #pool: ConcretePool | undefined;
  readonly #digests = new Digests();
  readonly #comparison = new Comparison();

  constructor(request: CaseRequest) {
    this.#request = request;
    const { kernel, artifact, modules, at } = request;
    this.#extents = { ...artifact.extents, ...at.extents };
    if (request.seed !== undefined) {
      this.#sampled = new Sampled(request.seed, {
        kernel,
        extents: this.#extents,
        entry: (name, element) => this.#entryOf(name, element),
      });
      this.#integers = this.#concrete = new ConcreteIntegers(
        request.only === undefined
          ? (this.#pool = new ConcretePool(this.#sampled, request.effort.operations))
          : new TermPool(),
        this.#sampled,
      );
    } else this.#integers = new Integers(new TermPool());
    this.#floats =
      request.seed === undefined || request.only !== undefined
        ? new Floats(this.#integers)
        : new ConcreteFloats(this.#integers);
    const bindings = artifact.passes.flatMap(({ bindings: own }) => own);
    this.#tensors = new Map(
      [...kernel.inputs, ...kernel.outputs].map(({ name, axes, storage }) => {
        const binding = bindings.find((candidate) => candidate.name === name);
        return [
          name,
          binding === undefined
            ? { shape: axes.map((axis) => this.#extents[axis]!), storage }
            : shapeOf(binding, this.#extents),
        ];
      }),
    );
    const readWord = (tensor: string, word: Word): Value => this.#readWord(tensor, word);
    const parameter = (name: string, type: string): Value => this.#parameter(name, type);
    this.#declared = new Declared(kernel, this.#integers, this.#floats, {
      extents: this.#extents,
      tensors: this.#tensors,
      readWord,
      parameter,
      sealed: artifact.arithmetic === "sealed",
    });
    const machines = modules.map((module, number) => {
      const constants = Object.fromEntries(
        artifact.passes[number]!.uniforms.flatMap(({ name, value }): [string, Value][] =>
          value.kind === "formula" && typeof value.formula === "number"
            ? [[name, constantUniform(this.#integers, value.formula)]]
            : [],
        ),
      );
      const audited = { ones: constantUniform(this.#integers, 0xffffffff), zero: constantUniform(this.#integers, 0) };
      return new Machine(
        module,
        this.#integers,
        this.#floats,
        constants,
        primitivesOf(this.#integers, this.#floats, audited),
        { bounds: request.rows[number]!, overshoot: at.overshoot },
      );
    });
    // What a dispatch lays along x is the host's affair, so that is varied, too.
    const across = request.across ?? grids[request.number % grids.length];
    const passRequest: PassRequest = {
      artifact,
      machines,
      integers: this.#integers,
      floats: this.#floats,
      extents: this.#extents,
      readWord,
      parameter,
      ...(across === undefined ? {} : { across }),
      some: request.some,
    };
    this.#passes = passesOf(passRequest);
    // Where it is cheap, every grid must write the same words.
    if (at.isThorough && request.only === undefined)
      this.#otherGrids = grids
        .filter((grid) => grid !== across)
        .map((grid) => passesOf({ ...passRequest, across: grid }));
  }
  readonly #otherGrids: readonly (readonly PassRun[])[] = [];

  #checkGrids(): void {
    for (const passes of this.#otherGrids) {
      passes.forEach((pass, number) => {
        for (const [output, places] of this.#passes[number]!.written) {
          const other = pass.written.get(output)!;
          const differs = other.size !== places.size || [...places.keys()].some((place) => !other.has(place));
          if (differs)
            throw new Fault("write", `which words of '${output}' are written depends on how the workgroups lie`);
        }
      });
    }
  }

  #readWord(tensor: string, at: Word): Value {
    const { kernel, known } = this.#request;
    const word = this.#concrete === undefined ? at : this.#concrete.plain(at);
    const { storage } = kernel.inputs.find(({ name }) => name === tensor)!;
    if (known.has(tensor) && typeof word === "number" && storage !== "bf16" && storage !== "f32")
      return valueOf(this.#request, tensor, word);
    return this.#integers.pool.word(tensor, storage === "f32" ? "float" : "integer", word);
  }
  #parameter(name: string, type: string): Value {
    const label = `parameter ${name}`;
    if (this.#request.known.has(label)) return valueOfParameter(this.#request, name);
    return this.#integers.pool.leaf("parameter", type === "f32" ? "float" : "integer", label);
  }
  /**
   * Of concrete data: places that the host checks are distinct; others name any place; what may bound an axis stays
   * within it.
   */
  #entryOf(name: string, element: number): number | undefined {
    const { kernel } = this.#request;
    const input = kernel.inputs.find((candidate) => candidate.name === name);
    if (input?.unique === true) return element;
    if (input?.ownership === "placement" || !kernel.axes.some(({ role }) => role === "sequence")) return undefined;
    return valueOf(this.#request, name, element);
  }
  /** Operations and stores of an execution on data. */
  get operations(): number {
    return this.#pool === undefined
      ? 0
      : this.#pool.operations +
          this.#passes.reduce((total, { stores }) => total + stores, 0) * (1 + this.#otherGrids.length);
  }
  /** What is being compared, in a run on data that compares bits. */
  comparing: At | undefined;

  run(): Examination {
    const { only } = this.#request;
    if (only !== undefined) return this.#runOnly(only);
    this.#checkGrids();
    const digests: string[] = [];
    const compared = new Map<Output, Map<Place, number>>();
    const ways = this.#request.at.isThorough ? this.#passes.map((pass) => pass.paths(mostSteps)) : [];
    const compareAll = (output: Output, pass: PassRun, all: readonly Expected[]): void => {
      const stored = pass.valuesAt(
        output.name,
        all.map(({ place }) => place),
      );
      for (const expected of all) {
        if (this.#concrete !== undefined) this.comparing = { output: output.name, place: expected.place };
        this.#compare(expected, stored.get(expected.place)!);
        if (this.#concrete === undefined)
          digests.push(`${output.name} ${this.#digests.of(expected.place)} ${this.#digests.of(expected.value())}`);
        putIn(compared, output, expected.place, expected.elements);
      }
    };
    for (const output of this.#request.kernel.outputs) {
      const pass = this.#writerOf(output.name);
      compareAll(output, pass, this.#expected(output, pass, ways[this.#passes.indexOf(pass)]));
    }
    // Every way through an earlier pass has led to some element that was compared, or its parts are read by none.
    const known =
      ways.length > 0 && ways.every((paths) => paths !== undefined) && this.#coversEarlier(ways, compareAll);
    if (this.#first !== undefined) throw this.#first;
    const counts = [...compared.values()].flatMap((places) => [...places.values()]);
    const elements = counts.reduce((total, count) => total + count, 0);
    return {
      elements,
      of: this.#elementsInAll(),
      digests,
      paths: known ? ways.reduce((total, paths) => total + paths!.length, 0) : null,
    };
  }

  #runOnly({ output: name, place }: At): Examination {
    const output = this.#request.kernel.outputs.find((one) => one.name === name)!;
    const pass = this.#writerOf(name);
    const expected =
      output.place === undefined
        ? this.#expectedWord(output, place as number)
        : this.#scattered(output, pass).get(place)!;
    this.#compare(expected, pass.valuesAt(name, [place]).get(place)!);
    return { elements: 1, of: this.#elementsInAll(), digests: [], paths: null };
  }

  /**
   * Compares more elements until every way through an earlier pass has led to one; false where some were left out and
   * one has not.
   */
  #coversEarlier(
    ways: readonly (readonly Path[] | undefined)[],
    compareAll: (output: Output, pass: PassRun, all: readonly Expected[]) => void,
  ): boolean {
    const outputs = this.#request.kernel.outputs;
    const isMissed = (pass: PassRun, paths: readonly Path[] | undefined): boolean =>
      outputs.every(({ name }) => this.#writerOf(name) !== pass) &&
      paths?.some(({ workgroup }) => pass.writes(workgroup) && !pass.hasRun(workgroup)) === true;
    const uncovered = (): number => this.#passes.findIndex((pass, number) => isMissed(pass, ways[number]));
    let all = true;
    for (const output of outputs) {
      if (output.place !== undefined || uncovered() < 0) continue;
      const pass = this.#writerOf(output.name);
      const words = wordsOf(this.#tensors.get(output.name)!);
      const step = Math.max(1, Math.floor(words / 97));
      if (step > 1) all = false;
      compareAll(
        output,
        pass,
        Array.from({ length: Math.ceil(words / step) }, (_, at) => this.#expectedWord(output, at * step)),
      );
    }
    return all || uncovered() < 0;
  }

  #expected(output: Output, pass: PassRun, paths: readonly Path[] | undefined): Expected[] {
    const ways = (
      paths ?? (this.#request.at.isThorough || this.#request.some !== undefined ? pass.coarsePaths : [])
    ).flatMap((path) => pass.wordsOf(output.name, path));
    if (output.place !== undefined) {
      const all = this.#scattered(output, pass);
      const places = [...all.keys()];
      const step = Math.max(1, Math.floor(places.length / leastWords));
      const chosen = new Set<Place>([
        ...ways,
        ...this.#sampleOf(places.length, paths !== undefined).map((at) => places[at]!),
        ...places.filter((_, at) => at % step === 0 || at === places.length - 1),
      ]);
      return [...chosen].flatMap((place) => all.get(place) ?? []);
    }
    const chosen = this.#plain(output, pass);
    // Corners, every way that leads to a word, and as many others as are cheap.
    const more = [...ways, ...this.#sampleOf(wordsOf(this.#tensors.get(output.name)!), paths !== undefined)];
    const seen = new Set(chosen.map(({ place }) => place));
    const words = new Set(more.filter((place) => typeof place === "number" && !seen.has(place)) as number[]);
    return [...chosen, ...Array.from(words, (word) => this.#expectedWord(output, word))];
  }

  #sampleOf(count: number, areStepsKnown: boolean): readonly number[] {
    const {
      at: { isSmall, isThorough },
      number,
    } = this.#request;
    const steps =
      (isSmall || this.#concrete !== undefined) && areStepsKnown
        ? this.#passes.reduce((total, { steps: own }) => total + own, 0)
        : undefined;
    return sampleOf(count, {
      wholeSteps: this.#concrete === undefined || isSmall ? wholeSteps : wholeSteps / 10,
      steps,
      least: isThorough ? leastWords : 0,
      isCheapest: number === 1,
      turn: number,
    });
  }

  /** Output elements at these extents. */
  #elementsInAll(): number {
    return this.#request.kernel.outputs.reduce(
      (total, { over }) => total + over.reduce((count, axis) => count * this.#extents[axis]!, 1),
      0,
    );
  }
  #elementsAt(shape: readonly number[], point: readonly number[], storage: string, paired = shape.length - 1): number {
    return storage === "bf16" && paired >= 0 && point[paired]! + 1 < shape[paired]! ? 2 : 1;
  }

  #writerOf(output: string): PassRun {
    const { artifact } = this.#request;
    const number = artifact.passes.findIndex(({ bindings }) =>
      bindings.some(({ name, access }) => name === output && access === "read_write"),
    );
    if (number < 0) throw new Fault("layout", `nothing writes the output '${output}'`);
    return this.#passes[number]!;
  }

  #compare({ element, guard, value }: Expected, found: Stored): void {
    const declared = value();
    const show = (part: Value): string => renderTree(part, (tensor, word) => describeWord(this.#tensors, tensor, word));
    if (this.#concrete !== undefined)
      return this.#compareBits(this.#concrete, element, [guard, found.guard], [declared, found.value], found.line);
    const search = { kernel: this.#request.kernel, extents: this.#extents, effort: this.#request.effort };
    if (!this.#comparison.matches(guard, found.guard)) {
      const trees = { declared: `written where ${show(guard)}`, found: `written where ${show(found.guard)}` };
      this.#differs(
        new Mismatch(element, trees, found.line, counterexampleTo([[guard, found.guard]], search), this.#textOf),
      );
      return;
    }
    if (this.#comparison.matches(declared, found.value)) return;
    const parts = this.#comparison.partOfDifference(declared, found.value);
    const isSeal =
      hasForbidden(found.value) || isUnsealed(declared, found.value, this.#comparison, this.#integers, this.#floats);
    const pair: Pair = [declared, found.value];
    // Inputs say more than a rule that is broken; where one is, a short search is enough.
    const why =
      counterexampleTo([pair], isSeal ? { ...search, effort: { ...search.effort, left: shortSearch } } : search) ??
      (isSeal ? "seal" : undefined);
    this.#differs(
      new Mismatch(
        element,
        { declared: show(parts.declared), found: show(parts.found) },
        found.line,
        why,
        this.#textOf,
      ),
    );
  }

  #compareBits(concrete: ConcreteIntegers, element: string, guards: Pair, values: Pair, line: number): void {
    for (const pair of [guards, values]) {
      const [declared, found] = pair.map((value) => concrete.bitsOf(value)) as [number, number];
      if (declared === found) continue;
      const [left, right] = pair.map((value) =>
        renderTree(value, (tensor, word) => describeWord(this.#tensors, tensor, word), 3),
      ) as [string, string];
      throw new Mismatch(
        element,
        { declared: left, found: right },
        line,
        { inputs: this.#sampled!.listed(), declared, found, special: false },
        this.#textOf,
      );
    }
  }

  /** A difference that no inputs show is kept, and thrown at the end where none is found that they do. */
  #differs(mismatch: Mismatch): void {
    if (mismatch.outcome === "refuted" || ++this.#unclear > mostUnclear)
      throw this.#first !== undefined && mismatch.outcome !== "refuted" ? this.#first : mismatch;
    this.#first ??= mismatch;
  }
  #unclear = 0;
  #first: Mismatch | undefined;

  /** Every word of a tensor must be written once; the words of the chosen points are compared. */
  #plain(output: Output, pass: PassRun): Expected[] {
    const tensor = this.#tensors.get(output.name)!;
    const words = wordsOf(tensor);
    const written = pass.written.get(output.name)!;
    if (this.#request.some !== undefined)
      return [...new Set(pass.someWordsOf(output.name))].map((word) => this.#expectedWord(output, word as number));
    if (written.size !== words) {
      const missing = Array.from({ length: words }, (_, word) => word).find((word) => !written.has(word));
      throw new Fault(
        "write",
        `${describeWord(this.#tensors, output.name, missing ?? 0)} is written by nobody, with ${words - written.size} more words of '${output.name}'`.replace(
          ", with 1 more words",
          ", the one such word",
        ),
      );
    }
    const integers = [...new Set(this.#request.modules.flatMap(integersOf))];
    const points = pointsOf(tensor.shape, integers, this.#request.number === 0 ? 12 : 5);
    const chosen = new Set(points.map((point) => wordOf(this.#integers, tensor, point).word as number));
    return [...chosen].map((word) => this.#expectedWord(output, word));
  }

  /** What a word of a row-major output should hold. */
  #expectedWord(output: Output, word: number): Expected {
    const tensor = this.#tensors.get(output.name)!;
    const point = pointOf(tensor, word);
    return {
      element: this.#nameOf(output, point),
      place: word,
      guard: true,
      elements: this.#elementsAt(tensor.shape, point, output.storage),
      value: () => this.#wordAt(output, point, tensor),
    };
  }

  /**
   * The declared contents of a word: one element, or two of 16 bits along `paired`, of which the second may be padding.
   */
  #wordAt(output: Output, point: readonly number[], { shape }: TensorShape, paired = shape.length - 1): Value {
    const [integers, floats] = [this.#integers, this.#floats];
    if (output.storage === "f32") return floats.canonical(this.#declared.valueAt(output, point) as Term);
    if (output.storage !== "bf16") return this.#declared.valueAt(output, point);
    const half = (at: readonly number[]): Word =>
      floats.bitsOf(floats.roundBf16(this.#declared.valueAt(output, at) as Term));
    const next = point.map((index, axis) => (axis === paired ? index + 1 : index));
    const hasNext = paired >= 0 && next[paired]! < shape[paired]!;
    return integers.or(integers.shiftRight(half(point), 16), hasNext ? half(next) : 0);
  }

  /** Every point's place must be written once, and no other; a place that is a term stands for every table. */
  #scattered(output: Output, pass: PassRun): ReadonlyMap<Place, Expected> {
    const integers = this.#integers;
    const tensor = this.#tensors.get(output.name)!;
    const over = { shape: output.over.map((axis) => this.#extents[axis]!), storage: output.storage };
    const written = pass.written.get(output.name)!;
    // Pairs of 16 bits lie along the last axis of the place, wherever it stands among those that the value is computed
    // over.
    const last = output.place!.at(-1)!;
    const paired =
      last.kind === "index"
        ? output.over.findIndex((axis) => last.variable === this.#request.kernel.pool.axisVariable(axis))
        : -1;
    if (output.storage === "bf16" && paired < 0)
      throw new Fault("layout", `pairs of '${output.name}' do not lie along an axis`, 0, "unfollowed");
    const all = new Map<Place, Expected>();
    const visit = (point: number[]): void => {
      const axis = point.length;
      if (axis < over.shape.length) {
        const step = output.storage === "bf16" && axis === paired ? 2 : 1;
        for (let index = 0; index < over.shape[axis]!; index += step) visit([...point, index]);
        return;
      }
      const { place, guard: condition } = this.#declared.placeAt(output, point);
      const guard = integers.truth(condition);
      if (guard === false) return;
      const word =
        this.#concrete === undefined
          ? wordOf(integers, tensor, place).word
          : integers.plain(wordOf(integers, tensor, place).word);
      all.set(word, {
        element: this.#nameOf(output, point),
        place: word,
        guard,
        elements: this.#elementsAt(over.shape, point, output.storage, paired),
        value: () => this.#wordAt(output, point, over, paired),
      });
    };
    visit([]);
    for (const [place, { element }] of all) {
      // An address that depends on data may be the same in another form.
      if (!written.has(place))
        throw new Fault(
          "write",
          `${element} is not written where it should be`,
          0,
          this.#isCertain(place) ? "refuted" : "unfollowed",
        );
    }
    const stray = [...written.keys()].find((place) => !all.has(place));
    if (stray !== undefined)
      throw new Fault(
        "write",
        `'${output.name}' is written where nothing was declared`,
        written.get(stray)!.line,
        this.#isCertain(stray) ? "refuted" : "unfollowed",
      );
    return all;
  }

  /** Whether a place is known by its number, as all others are then, too. */
  #isCertain(place: Place): boolean {
    return typeof place === "number" && this.#concrete !== undefined;
  }

  #nameOf(output: Output, point: readonly number[]): string {
    return `${output.name}[${point.join(", ")}]`;
  }

  /** A word of an input, with what it holds. */
  readonly #textOf = (name: string, word: number, bits: number): string => {
    const storage =
      this.#request.kernel.inputs.find((input) => input.name === name)?.storage ??
      this.#request.kernel.parameters.find((parameter) => parameter.name === name)?.type;
    return (
      `${this.#tensors.has(name) ? describeWord(this.#tensors, name, word) : name} = ` +
      `${describeBits(bits, storage)}`
    );
  };
}
