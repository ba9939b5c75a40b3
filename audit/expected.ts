/**
 * Which words of an output a case compares, and what each should hold by its declaration. Every word must be written
 * exactly once, compared or not.
 */
import type { Output } from "../dsl/ir.ts";
import { describeWord } from "./describe.ts";
import { pointOf, type TensorShape, wordOf, wordsOf } from "./layout.ts";
import type { Path, PassRun, Place } from "./passes.ts";
import { integersOf, pointsOf } from "./points.ts";
import { sampleOf, wholeSteps } from "./sample.ts";
import type { CaseSetting } from "./setting.ts";
import { Fault } from "./errors.ts";
import type { Term, Truth, Value, Word } from "./term.ts";

/** So many words are compared wherever they lie, however much they cost. */
const leastWords = 24;

/** A word to compare: where it should be written, under which condition, with what. */
export interface Expected {
  readonly element: string;
  readonly place: Place;
  readonly guard: Truth;
  /** How many elements it holds: two of 16 bits, but where the second is padding. */
  readonly elements: number;
  readonly value: () => Value;
}

export class ExpectedWords {
  readonly #setting: CaseSetting;

  constructor(setting: CaseSetting) {
    this.#setting = setting;
  }

  /** The words to compare: at edges, on every way through the text that leads to one, and as many more as are cheap. */
  chosen(output: Output, pass: PassRun, paths: readonly Path[] | undefined): Expected[] {
    const ways = (
      paths ?? (this.#setting.request.at.isThorough || this.#setting.request.some !== undefined ? pass.coarsePaths : [])
    ).flatMap((path) => pass.wordsOf(output.name, path));
    if (output.place !== undefined) {
      const all = this.scattered(output, pass);
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
    const more = [...ways, ...this.#sampleOf(wordsOf(this.#setting.tensors.get(output.name)!), paths !== undefined)];
    const seen = new Set(chosen.map(({ place }) => place));
    const words = new Set(more.filter((place) => typeof place === "number" && !seen.has(place)) as number[]);
    return [...chosen, ...Array.from(words, (word) => this.at(output, word))];
  }

  #sampleOf(count: number, areStepsKnown: boolean): readonly number[] {
    const {
      at: { isSmall, isThorough },
      number,
    } = this.#setting.request;
    const steps =
      (isSmall || this.#setting.concrete !== undefined) && areStepsKnown
        ? this.#setting.passes.reduce((total, { steps: own }) => total + own, 0)
        : undefined;
    return sampleOf(count, {
      wholeSteps: this.#setting.concrete === undefined || isSmall ? wholeSteps : wholeSteps / 10,
      steps,
      least: isThorough ? leastWords : 0,
      isCheapest: number === 1,
      turn: number,
    });
  }

  #elementsAt(shape: readonly number[], point: readonly number[], storage: string, paired = shape.length - 1): number {
    return storage === "bf16" && paired >= 0 && point[paired]! + 1 < shape[paired]! ? 2 : 1;
  }

  /** Every word of a tensor must be written once; the words of the chosen points are compared. */
  #plain(output: Output, pass: PassRun): Expected[] {
    const tensor = this.#setting.tensors.get(output.name)!;
    const words = wordsOf(tensor);
    const written = pass.written.get(output.name)!;
    if (this.#setting.request.some !== undefined)
      return [...new Set(pass.someWordsOf(output.name))].map((word) => this.at(output, word as number));
    if (written.size !== words) {
      const missing = Array.from({ length: words }, (_, word) => word).find((word) => !written.has(word));
      throw new Fault(
        "write",
        `${describeWord(this.#setting.tensors, output.name, missing ?? 0)} is written by nobody, ` +
          `with ${words - written.size} more words of '${output.name}'`.replace(
            "with 1 more words",
            "the one such word",
          ),
      );
    }
    const integers = [...new Set(this.#setting.request.modules.flatMap(integersOf))];
    const points = pointsOf(tensor.shape, integers, this.#setting.request.number === 0 ? 12 : 5);
    const chosen = new Set(points.map((point) => wordOf(this.#setting.integers, tensor, point).word as number));
    return [...chosen].map((word) => this.at(output, word));
  }

  /** What a word of a row-major output should hold. */
  at(output: Output, word: number): Expected {
    const tensor = this.#setting.tensors.get(output.name)!;
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
    const [integers, floats] = [this.#setting.integers, this.#setting.floats];
    if (output.storage === "f32") return floats.canonical(this.#setting.declared.valueAt(output, point) as Term);
    if (output.storage !== "bf16") return this.#setting.declared.valueAt(output, point);
    const half = (at: readonly number[]): Word =>
      floats.bitsOf(floats.roundBf16(this.#setting.declared.valueAt(output, at) as Term));
    const next = point.map((index, axis) => (axis === paired ? index + 1 : index));
    const hasNext = paired >= 0 && next[paired]! < shape[paired]!;
    return integers.or(integers.shiftRight(half(point), 16), hasNext ? half(next) : 0);
  }

  /** Every point's place must be written once, and no other; a place that is a term stands for every table. */
  scattered(output: Output, pass: PassRun): ReadonlyMap<Place, Expected> {
    const integers = this.#setting.integers;
    const tensor = this.#setting.tensors.get(output.name)!;
    const over = { shape: output.over.map((axis) => this.#setting.extents[axis]!), storage: output.storage };
    const written = pass.written.get(output.name)!;
    // Pairs of 16 bits lie along the last axis of the place, wherever it stands among those that the value is computed
    // over.
    const last = output.place!.at(-1)!;
    const paired =
      last.kind === "index"
        ? output.over.findIndex((axis) => last.variable === this.#setting.request.kernel.pool.axisVariable(axis))
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
      const { place, guard: condition } = this.#setting.declared.placeAt(output, point);
      const guard = integers.truth(condition);
      if (guard === false) return;
      const word =
        this.#setting.concrete === undefined
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
    return typeof place === "number" && this.#setting.concrete !== undefined;
  }

  #nameOf(output: Output, point: readonly number[]): string {
    return `${output.name}[${point.join(", ")}]`;
  }
}
