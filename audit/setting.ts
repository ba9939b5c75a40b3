/**
 * What one case is judged with: its extents and tensors, the arithmetic on terms or on data, the declared expressions
 * and the passes that run the texts.
 */
import type { CaseRequest } from "./case-request.ts";
import { ConcreteFloats, ConcreteIntegers, ConcretePool } from "./concrete.ts";
import { Declared } from "./declared.ts";
import { describeBits, describeWord } from "./describe.ts";
import { Floats } from "./floats.ts";
import { Integers } from "./integers.ts";
import { valueOf, valueOfParameter } from "./known-values.ts";
import type { TensorShape } from "./layout.ts";
import { Machine } from "./machine.ts";
import { constantUniform, PassRun, type PassRequest, shapeOf } from "./passes.ts";
import { primitivesOf } from "./primitives.ts";
import { Sampled } from "./sampled.ts";
import { Fault } from "./errors.ts";
import { TermPool, type Value, type Word } from "./term.ts";

/** How many workgroups lie along x and y. */
const grids = [undefined, [1, 2], [2, 1], [3, 2]] as const;

function passesOf(request: PassRequest): PassRun[] {
  const passes: PassRun[] = [];
  request.artifact.passes.forEach((_, number) => passes.push(new PassRun(request, number, [...passes])));
  return passes;
}

export class CaseSetting {
  readonly request: CaseRequest;
  readonly integers: Integers;
  readonly floats: Floats;
  readonly extents: Readonly<Record<string, number>>;
  readonly tensors: ReadonlyMap<string, TensorShape>;
  readonly declared: Declared;
  readonly passes: readonly PassRun[];
  readonly sampled: Sampled | undefined;
  readonly concrete: ConcreteIntegers | undefined;
  readonly #pool: ConcretePool | undefined;

  constructor(request: CaseRequest) {
    this.request = request;
    const { kernel, artifact, modules, at } = request;
    this.extents = { ...artifact.extents, ...at.extents };
    if (request.seed !== undefined) {
      this.sampled = new Sampled(request.seed, {
        kernel,
        extents: this.extents,
        entry: (name, element) => this.#entryOf(name, element),
      });
      this.integers = this.concrete = new ConcreteIntegers(
        request.only === undefined
          ? (this.#pool = new ConcretePool(this.sampled, request.effort.operations))
          : new TermPool(),
        this.sampled,
      );
    } else this.integers = new Integers(new TermPool());
    this.floats =
      request.seed === undefined || request.only !== undefined
        ? new Floats(this.integers)
        : new ConcreteFloats(this.integers);
    const bindings = artifact.passes.flatMap(({ bindings: own }) => own);
    this.tensors = new Map(
      [...kernel.inputs, ...kernel.outputs].map(({ name, axes, storage }) => {
        const binding = bindings.find((candidate) => candidate.name === name);
        return [
          name,
          binding === undefined
            ? { shape: axes.map((axis) => this.extents[axis]!), storage }
            : shapeOf(binding, this.extents),
        ];
      }),
    );
    const readWord = (tensor: string, word: Word): Value => this.#readWord(tensor, word);
    const parameter = (name: string, type: string): Value => this.#parameter(name, type);
    this.declared = new Declared(kernel, this.integers, this.floats, {
      extents: this.extents,
      tensors: this.tensors,
      readWord,
      parameter,
      sealed: artifact.arithmetic === "sealed",
    });
    const machines = modules.map((module, number) => {
      const constants = Object.fromEntries(
        artifact.passes[number]!.uniforms.flatMap(({ name, value }): [string, Value][] =>
          value.kind === "formula" && typeof value.formula === "number"
            ? [[name, constantUniform(this.integers, value.formula)]]
            : [],
        ),
      );
      const audited = { ones: constantUniform(this.integers, 0xffffffff), zero: constantUniform(this.integers, 0) };
      return new Machine(
        module,
        this.integers,
        this.floats,
        constants,
        primitivesOf(this.integers, this.floats, audited),
        { bounds: request.rows[number]!, overshoot: at.overshoot },
      );
    });
    // What a dispatch lays along x is the host's affair, so that is varied, too.
    const across = request.across ?? grids[request.number % grids.length];
    const passRequest: PassRequest = {
      artifact,
      machines,
      integers: this.integers,
      floats: this.floats,
      extents: this.extents,
      readWord,
      parameter,
      ...(across === undefined ? {} : { across }),
      some: request.some,
    };
    this.passes = passesOf(passRequest);
    // Where it is cheap, every grid must write the same words.
    if (at.isThorough && request.only === undefined)
      this.#otherGrids = grids
        .filter((grid) => grid !== across)
        .map((grid) => passesOf({ ...passRequest, across: grid }));
  }
  readonly #otherGrids: readonly (readonly PassRun[])[] = [];

  assertGridsAgree(): void {
    for (const passes of this.#otherGrids) {
      passes.forEach((pass, number) => {
        for (const [output, places] of this.passes[number]!.written) {
          const other = pass.written.get(output)!;
          const differs = other.size !== places.size || [...places.keys()].some((place) => !other.has(place));
          if (differs)
            throw new Fault("write", `which words of '${output}' are written depends on how the workgroups lie`);
        }
      });
    }
  }

  #readWord(tensor: string, at: Word): Value {
    const { kernel, known } = this.request;
    const word = this.concrete === undefined ? at : this.concrete.plain(at);
    const { storage } = kernel.inputs.find(({ name }) => name === tensor)!;
    if (known.has(tensor) && typeof word === "number" && storage !== "bf16" && storage !== "f32")
      return valueOf(this.request, tensor, word);
    return this.integers.pool.word(tensor, storage === "f32" ? "float" : "integer", word);
  }
  #parameter(name: string, type: string): Value {
    const label = `parameter ${name}`;
    if (this.request.known.has(label)) return valueOfParameter(this.request, name);
    return this.integers.pool.leaf("parameter", type === "f32" ? "float" : "integer", label);
  }
  /**
   * Of concrete data: places that the host checks are distinct; others name any place; what may bound an axis stays
   * within it.
   */
  #entryOf(name: string, element: number): number | undefined {
    const { kernel } = this.request;
    const input = kernel.inputs.find((candidate) => candidate.name === name);
    if (input?.unique === true) return element;
    if (input?.ownership === "placement" || !kernel.axes.some(({ role }) => role === "sequence")) return undefined;
    return valueOf(this.request, name, element);
  }
  /** Operations and stores of an execution on data. */
  get operations(): number {
    return this.#pool === undefined
      ? 0
      : this.#pool.operations +
          this.passes.reduce((total, { stores }) => total + stores, 0) * (1 + this.#otherGrids.length);
  }

  /** Output elements at these extents. */
  elementsInAll(): number {
    return this.request.kernel.outputs.reduce(
      (total, { over }) => total + over.reduce((count, axis) => count * this.extents[axis]!, 1),
      0,
    );
  }
  writerOf(output: string): PassRun {
    const { artifact } = this.request;
    const number = artifact.passes.findIndex(({ bindings }) =>
      bindings.some(({ name, access }) => name === output && access === "read_write"),
    );
    if (number < 0) throw new Fault("layout", `nothing writes the output '${output}'`);
    return this.passes[number]!;
  }

  /** A word of an input, with what it holds. */
  readonly textOf = (name: string, word: number, bits: number): string => {
    const storage =
      this.request.kernel.inputs.find((input) => input.name === name)?.storage ??
      this.request.kernel.parameters.find((parameter) => parameter.name === name)?.type;
    return (
      `${this.tensors.has(name) ? describeWord(this.tensors, name, word) : name} = ` + `${describeBits(bits, storage)}`
    );
  };
}
