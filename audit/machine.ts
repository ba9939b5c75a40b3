/** A text that can be run: its functions summarised, its entry point as JavaScript, its workgroups in lockstep. */
import { Calls } from "./calls.ts";
import { Emitter, type Mode } from "./emit.ts";
import type { Floats } from "./floats.ts";
import type { Integers } from "./integers.ts";
import { Own, Shared, type Sink, type Source, unwritten, type Vector } from "./memory.ts";
import type { RowBounds } from "./taint-report.ts";
import { readsStorage } from "./slices.ts";
import { Fault, NeedsValues } from "./errors.ts";
import { operandsOf, type Term, type Truth, type Value, type Word } from "./term.ts";
import type { FunctionDeclaration, Module } from "./wgsl/ast.ts";

export type Buffers = Readonly<Record<string, Source | Sink>>;
export type Uniforms = Readonly<Record<string, Value>>;

export type Callable = (...args: Value[]) => Value;
/** Recognises a function that is one of the language's own operations, by what it computes. */
export type Recognise = (declaration: FunctionDeclaration, run: Callable) => Callable | undefined;
type Entry = (
  workgroup: readonly number[],
  workgroups: readonly number[],
  invocation: number,
) => Generator<number, void> | undefined;

/** An entry point as JavaScript, for one mode. */
interface EntryText {
  readonly make: (...environment: unknown[]) => Entry;
  readonly needsWorkgroup: boolean;
}

/** Steps of loops that one workgroup may take in all: far beyond any kernel's, and an end to one that has none. */
const mostSteps = 200_000_000;

function mix(seed: number, value: number): number {
  const hash = Math.imul(seed ^ value, 0x9e3779b1);
  return ((hash ^ (hash >>> 15)) + 0x165667b1) | 0;
}

/** What the generated JavaScript calls beside arithmetic. */
class Runtime {
  readonly #overshoot: number;
  readonly #integers: Integers;
  readonly #floats: Floats;
  readonly nothings: readonly Term[];
  /** The invocation that runs, in its workgroup. */
  invocation = 0;
  guard: Truth = true;
  /** The ways that the invocation has taken so far, as one number. */
  path = 0;
  steps = 0;

  /** `overshoot`: how far beyond the rows a tile may reach. */
  constructor(integers: Integers, floats: Floats, overshoot = 0) {
    this.#integers = integers;
    this.#floats = floats;
    this.#overshoot = overshoot;
    this.nothings = Array.from({ length: 4 }, () => floats.nothing);
  }

  tick(line: number): void {
    if (++this.steps > mostSteps) throw new Fault("effort", "a loop does not end", line);
  }
  decide(branch: Truth, line: number): boolean {
    const condition = this.#integers.truth(branch);
    if (typeof condition !== "boolean") throw undecided(condition, line);
    this.note(condition, line);
    return condition;
  }
  /** Notes down which way is taken, where that is known. */
  note(condition: Truth, line: number): Truth {
    if (typeof condition === "boolean") this.path = mix(this.path, condition ? 2 * line + 1 : 2 * line);
    return condition;
  }
  /** Notes down whether a min or max is its first operand. */
  side(result: Word, first: Word, line: number): Word {
    this.path = mix(this.path, result === first ? 2 * line + 1 : 2 * line);
    return result;
  }
  /** A row that meets how many there are: it must be one, or one of the last tile's beyond them. */
  near(index: Word, count: Word, line: number): Word {
    const [at, rows] = [this.#integers.plain(index), this.#integers.plain(count)];
    if (typeof at === "number" && typeof rows === "number" && at > rows + this.#overshoot)
      throw new Fault("taint", `row ${at} meets a count of ${rows}, and no tile reaches as far`, line);
    return index;
  }
  /** Runs stores under a condition. */
  under(branch: Truth, line: number, stores: () => void): void {
    const condition = this.#integers.truth(branch);
    this.note(condition, line);
    if (condition === false) return;
    const outer = this.guard;
    this.guard = this.#integers.both(outer, condition);
    stores();
    this.guard = outer;
  }
  both(left: Truth, right: () => Truth): Truth {
    return this.#integers.truth(left) === false ? false : this.#integers.both(left, right());
  }
  either(left: Truth, right: () => Truth): Truth {
    return this.#integers.truth(left) === true ? true : this.#integers.either(left, right());
  }
  component(vector: Vector, index: Word, line: number): Value {
    const at = this.#integers.plain(index);
    if (typeof at !== "number" && at.high >= vector.length)
      throw new Fault(
        "bounds",
        `a vector of ${vector.length} is indexed by what may be ${at.high}`,
        line,
        "unfollowed",
      );
    if (typeof at !== "number") {
      // A component by data: of memory the word that lies there, as where words are read one by one; otherwise
      // whichever it is.
      if (vector.wordAt !== undefined) return vector.wordAt(at);
      return vector
        .slice(1)
        .reduce<Value>(
          (rest, value, i) => this.#integers.select(this.#integers.equal(at, i + 1), value, rest),
          vector[0]!,
        );
    }
    if (at >= vector.length) throw new Fault("bounds", `component ${at} of a vector of ${vector.length}`, line);
    return vector[at]!;
  }
  array(length: number, name: string): Own {
    return new Own(name, this.#integers, length);
  }
  unwritten(name: string, line: number, type: "f32" | "u32" | "i32" | "bool"): Value {
    return unwritten(this.#floats, name, line, type);
  }
  misfit(what: string): never {
    throw new Fault("text", what);
  }
}

/** What a branch on data means: tables of integers can be given values, floats can't. */
function undecided(condition: Term, line: number): Error {
  const tensors = new Set<string>();
  let float = false;
  const seen = new Set<Term>();
  const visit = (term: Term): void => {
    if (seen.has(term)) return;
    seen.add(term);
    if (term.kind === "word" || term.kind === "parameter") {
      if (term.type === "float" || term.name.startsWith("unwritten ")) float = true;
      else tensors.add(term.name);
    }
    operandsOf(term).forEach(visit);
  };
  visit(condition);
  if (float || tensors.size === 0)
    return new Fault("taint", "control flow depends on floats, which only a select may", line);
  return new NeedsValues(tensors, line);
}

export class Machine {
  readonly module: Module;
  readonly #integers: Integers;
  readonly #floats: Floats;
  readonly #names = new Map<FunctionDeclaration, string>();
  /** Functions of values alone, and what they are called by. */
  readonly #pure = new Set<FunctionDeclaration>();
  readonly #pureFunctions: Record<string, Callable> = {};
  readonly #made = new Map<FunctionDeclaration, (...environment: unknown[]) => Callable>();
  readonly #texts = new Map<Mode, EntryText>();

  readonly #constants: Uniforms;
  readonly #rows: { readonly bounds: RowBounds; readonly overshoot: number };

  /**
   * `constants`: the uniforms that have one value always, which functions may read; `rows`: where rows meet their
   * count, and how far beyond it a tile may reach.
   */
  constructor(
    module: Module,
    integers: Integers,
    floats: Floats,
    constants: Uniforms,
    recognise: Recognise,
    rows: { readonly bounds: RowBounds; readonly overshoot: number } = { bounds: new Map(), overshoot: 0 },
  ) {
    this.module = module;
    this.#rows = rows;
    this.#constants = constants;
    this.#integers = integers;
    this.#floats = floats;
    for (const declaration of module.functions) {
      if (declaration === module.entry) continue;
      this.#names.set(declaration, `f_${declaration.name}`);
      if (readsStorage(declaration)) continue;
      this.#pure.add(declaration);
      this.#pureFunctions[`f_${declaration.name}`] = this.#callable(declaration, recognise);
    }
  }

  /** A function of values alone, called with each list of arguments once; one that is a primitive is that. */
  #callable(declaration: FunctionDeclaration, recognise: Recognise): Callable {
    const runtime = new Runtime(this.#integers, this.#floats);
    const run = this.#function(declaration)(
      this.#integers,
      this.#floats,
      runtime,
      {},
      this.#constants,
      this.#pureFunctions,
    );
    const primitive = recognise(declaration, run);
    if (primitive !== undefined) return primitive;
    const calls = new Calls();
    return (...args) => calls.resultOf(args, () => run(...args));
  }

  /** A function by its name, for those who have the module and want to call it. */
  callable(name: string): Callable {
    return this.#pureFunctions[`f_${name}`]!;
  }

  #function(declaration: FunctionDeclaration): (...environment: unknown[]) => Callable {
    const known = this.#made.get(declaration);
    if (known !== undefined) return known;
    const names = new Map([...this.#names].map(([callee, name]) => [callee, `pure.${name}`]));
    const emitter = new Emitter("body", declaration, names);
    const parameters = declaration.parameters.map((parameter) => emitter.name(parameter)).join(", ");
    const made = new Function(
      "I",
      "F",
      "m",
      "S",
      "U",
      "pure",
      `return (${parameters}) => {\n${emitter.block(declaration.body)}\n};`,
    ) as (...environment: unknown[]) => Callable;
    this.#made.set(declaration, made);
    return made;
  }

  /** Whether where it stores depends on workgroup memory, so that no invocation can be asked alone. */
  get storesNeedWorkgroup(): boolean {
    return this.#text("stores").needsWorkgroup;
  }

  #text(mode: Mode): EntryText {
    let known = this.#texts.get(mode);
    if (known === undefined) {
      const { entry } = this.module;
      const names = new Map(
        [...this.#names].map(([callee, name]) => [callee, this.#pure.has(callee) ? `pure.${name}` : `own.${name}`]),
      );
      const emitter = new Emitter(mode, entry, names, this.#rows.bounds);
      const arguments_ = {
        workgroup_id: "workgroup",
        num_workgroups: "workgroups",
        local_invocation_index: "invocation",
      };
      const head = entry.parameters
        .map((parameter) => `const ${emitter.name(parameter)} = ${arguments_[parameter.builtin!]};`)
        .join("\n");
      const body = emitter.block(entry.body);
      const yields = body.includes("yield ");
      const text = `return function${yields ? "*" : ""} (workgroup, workgroups, invocation) {\n${head}\n${body}\n};`;
      const make = new Function("I", "F", "m", "S", "W", "U", "pure", "own", text) as EntryText["make"];
      this.#texts.set(mode, (known = { make, needsWorkgroup: emitter.needsWorkgroup }));
    }
    return known;
  }

  /**
   * Runs one workgroup; the invocations in `chosen` in full, the others as far as it matters to them and to the checks.
   */
  runWorkgroup(
    workgroup: readonly number[],
    workgroups: readonly number[],
    buffers: Buffers,
    uniforms: Uniforms,
    chosen: (invocation: number) => boolean,
  ): void {
    this.#run(workgroup, workgroups, buffers, uniforms, (invocation) => (chosen(invocation) ? "full" : "shadow"));
  }

  /**
   * The path that each invocation of a workgroup takes, with all checks of addresses, races and barriers on the way.
   */
  pathsOfWorkgroup(
    workgroup: readonly number[],
    workgroups: readonly number[],
    buffers: Buffers,
    uniforms: Uniforms,
  ): { paths: number[]; steps: number } {
    return this.#run(workgroup, workgroups, buffers, uniforms, () => "paths");
  }

  #run(
    workgroup: readonly number[],
    workgroups: readonly number[],
    buffers: Buffers,
    uniforms: Uniforms,
    modeOf: (invocation: number) => Mode,
  ): { paths: number[]; steps: number } {
    const shared = new Map(
      this.module.workgroup.map(({ name, type }) => [
        name,
        new Shared(name, this.#integers, type.kind === "array" ? type.length! : 1),
      ]),
    );
    const runtime = new Runtime(this.#integers, this.#floats, this.#rows.overshoot);
    const entries = new Map<Mode, Entry>();
    const entry = (mode: Mode): Entry => {
      let made = entries.get(mode);
      if (made === undefined)
        entries.set(mode, (made = this.#entry(mode, runtime, buffers, uniforms, Object.fromEntries(shared))));
      return made;
    };
    const paths = new Array<number>(this.module.workgroupSize).fill(0);
    let running: { invocation: number; steps: Generator<number, void> }[] = [];
    for (let invocation = 0; invocation < this.module.workgroupSize; invocation++) {
      runtime.invocation = invocation;
      runtime.guard = true;
      runtime.path = 0;
      const steps = entry(modeOf(invocation))(workgroup, workgroups, invocation);
      paths[invocation] = runtime.path;
      if (steps !== undefined) running.push({ invocation, steps });
    }
    while (running.length > 0) {
      let barrier: number | undefined;
      let done = 0;
      const next: typeof running = [];
      for (const one of running) {
        runtime.invocation = one.invocation;
        runtime.guard = true;
        runtime.path = paths[one.invocation]!;
        const step = one.steps.next();
        paths[one.invocation] = runtime.path;
        if (step.done === true) done++;
        else if (barrier !== undefined && barrier !== step.value) {
          throw new Fault(
            "barrier",
            `invocations of one workgroup wait at different barriers, of lines ${barrier} and ${step.value}`,
            step.value,
          );
        } else {
          barrier = step.value;
          next.push(one);
        }
      }
      if (barrier !== undefined && done > 0)
        throw new Fault(
          "barrier",
          `${done} invocations of a workgroup end without meeting the others at a barrier`,
          barrier,
        );
      for (const memory of shared.values()) memory.epoch++;
      running = next;
    }
    return { paths, steps: runtime.steps };
  }

  /**
   * Where each invocation of a workgroup stores, values left out; and the way that each takes, as far as it shows
   * there.
   */
  storesOfWorkgroup(
    workgroup: readonly number[],
    workgroups: readonly number[],
    buffers: Buffers,
    uniforms: Uniforms,
  ): number[] {
    const runtime = new Runtime(this.#integers, this.#floats, this.#rows.overshoot);
    const entry = this.#entry("stores", runtime, buffers, uniforms, {});
    return Array.from({ length: this.module.workgroupSize }, (_, invocation) => {
      runtime.invocation = invocation;
      runtime.guard = true;
      runtime.path = 0;
      entry(workgroup, workgroups, invocation);
      return runtime.path;
    });
  }

  #entry(
    mode: Mode,
    runtime: Runtime,
    buffers: Buffers,
    uniforms: Uniforms,
    shared: Readonly<Record<string, Shared>>,
  ): Entry {
    const pure = this.#pureFunctions;
    const own: Record<string, Callable> = {};
    for (const [declaration, name] of this.#names) {
      if (this.#pure.has(declaration)) continue;
      own[name] = this.#function(declaration)(this.#integers, this.#floats, runtime, buffers, uniforms, {
        ...pure,
        ...own,
      });
    }
    return this.#text(mode).make(this.#integers, this.#floats, runtime, buffers, shared, uniforms, pure, own);
  }
}
