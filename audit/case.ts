/**
 * Examines one set of extents: every word is written once, and the chosen elements' expressions equal the declared
 * ones.
 */
import type { Output } from "../dsl/ir.ts";
import type { At, CaseRequest } from "./case-request.ts";
import { Differences } from "./difference.ts";
import { Digests } from "./digest.ts";
import { type Expected, ExpectedWords } from "./expected.ts";
import { wordsOf } from "./layout.ts";
import { Mismatch } from "./mismatch.ts";
import type { Path, PassRun, Place } from "./passes.ts";
import { CaseSetting } from "./setting.ts";

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

/** Steps of loops for which all workgroups are run. */
const mostSteps = 3_000_000;

/** @throws Fault, NeedsValues, TooManyTerms */
export function examine(request: CaseRequest): Examination {
  const run = new CaseRun(request);
  try {
    return run.run();
  } catch (error) {
    if (run.comparing !== undefined && error instanceof Mismatch) throw shown(request, run.comparing) ?? error;
    throw error;
  } finally {
    request.effort.operations -= run.setting.operations;
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

class CaseRun {
  readonly setting: CaseSetting;
  readonly #expected: ExpectedWords;
  readonly #differences: Differences;
  readonly #digests = new Digests();

  constructor(request: CaseRequest) {
    this.setting = new CaseSetting(request);
    this.#expected = new ExpectedWords(this.setting);
    this.#differences = new Differences(this.setting);
  }

  /** What is being compared, in a run on data that compares bits. */
  comparing: At | undefined;

  run(): Examination {
    const { only } = this.setting.request;
    if (only !== undefined) return this.#runOnly(only);
    this.setting.assertGridsAgree();
    const digests: string[] = [];
    const compared = new Map<Output, Map<Place, number>>();
    const ways = this.setting.request.at.isThorough ? this.setting.passes.map((pass) => pass.paths(mostSteps)) : [];
    const compareAll = (output: Output, pass: PassRun, all: readonly Expected[]): void => {
      const stored = pass.valuesAt(
        output.name,
        all.map(({ place }) => place),
      );
      for (const expected of all) {
        if (this.setting.concrete !== undefined) this.comparing = { output: output.name, place: expected.place };
        this.#differences.compare(expected, stored.get(expected.place)!);
        if (this.setting.concrete === undefined)
          digests.push(`${output.name} ${this.#digests.of(expected.place)} ${this.#digests.of(expected.value())}`);
        putIn(compared, output, expected.place, expected.elements);
      }
    };
    for (const output of this.setting.request.kernel.outputs) {
      const pass = this.setting.writerOf(output.name);
      compareAll(output, pass, this.#expected.chosen(output, pass, ways[this.setting.passes.indexOf(pass)]));
    }
    // Every way through an earlier pass has led to some element that was compared, or its parts are read by none.
    const known =
      ways.length > 0 && ways.every((paths) => paths !== undefined) && this.#coversEarlier(ways, compareAll);
    this.#differences.assertNone();
    const counts = [...compared.values()].flatMap((places) => [...places.values()]);
    const elements = counts.reduce((total, count) => total + count, 0);
    return {
      elements,
      of: this.setting.elementsInAll(),
      digests,
      paths: known ? ways.reduce((total, paths) => total + paths!.length, 0) : null,
    };
  }

  #runOnly({ output: name, place }: At): Examination {
    const output = this.setting.request.kernel.outputs.find((one) => one.name === name)!;
    const pass = this.setting.writerOf(name);
    const expected =
      output.place === undefined
        ? this.#expected.at(output, place as number)
        : this.#expected.scattered(output, pass).get(place)!;
    this.#differences.compare(expected, pass.valuesAt(name, [place]).get(place)!);
    return { elements: 1, of: this.setting.elementsInAll(), digests: [], paths: null };
  }

  /**
   * Compares more elements until every way through an earlier pass has led to one; false where some were left out and
   * one has not.
   */
  #coversEarlier(
    ways: readonly (readonly Path[] | undefined)[],
    compareAll: (output: Output, pass: PassRun, all: readonly Expected[]) => void,
  ): boolean {
    const outputs = this.setting.request.kernel.outputs;
    const isMissed = (pass: PassRun, paths: readonly Path[] | undefined): boolean =>
      outputs.every(({ name }) => this.setting.writerOf(name) !== pass) &&
      paths?.some(({ workgroup }) => pass.writes(workgroup) && !pass.hasRun(workgroup)) === true;
    const uncovered = (): number => this.setting.passes.findIndex((pass, number) => isMissed(pass, ways[number]));
    let all = true;
    for (const output of outputs) {
      if (output.place !== undefined || uncovered() < 0) continue;
      const pass = this.setting.writerOf(output.name);
      const words = wordsOf(this.setting.tensors.get(output.name)!);
      const step = Math.max(1, Math.floor(words / 97));
      if (step > 1) all = false;
      compareAll(
        output,
        pass,
        Array.from({ length: Math.ceil(words / step) }, (_, at) => this.#expected.at(output, at * step)),
      );
    }
    return all || uncovered() < 0;
  }
}
