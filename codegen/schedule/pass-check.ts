/** Whether the steps of one pass go together: each step's own precondition, and what holds of several of them. */
import type { DeviceLimits } from "../../runtime/artifact.ts";
import { isPacked } from "../../runtime/storage.ts";
import { ScheduleError } from "../errors.ts";
import type { PassKernel } from "../pass-kernel.ts";
import { belowLast, levelFix, oneOf, type Placed, refused } from "./refuse.ts";
import { outputAxesOf, topReductionsOf } from "./shape.ts";
import type { PassStep, Step } from "./step.ts";

/** More points than these in one invocation are more text than any driver compiles in seconds. */
const mostPoints = 256;
/** So are more leaves in one round of a loop. */
const mostLeaves = 64;

/** How the steps divide an output axis. */
interface Divided {
  readonly axis: string;
  readonly invocations: number;
  readonly points: number;
  readonly isBlocked: boolean;
  readonly isWalked: boolean;
}

export class PassCheck {
  readonly #kernel: PassKernel;
  readonly #limits: DeviceLimits;
  readonly #inPass: (written: string) => string;
  readonly #axes: Map<string, Divided>;
  readonly #depth: number;
  /** What was done to what: a step comes once, for its axis where it has one. */
  readonly #done = new Map<string, Placed>();

  /** @param inPass how a fix says which pass a new step belongs to: `written` is the step */
  constructor(kernel: PassKernel, limits: DeviceLimits, inPass: (written: string) => string) {
    this.#inPass = inPass;
    this.#kernel = kernel;
    this.#limits = limits;
    this.#axes = new Map(
      outputAxesOf(kernel).map((axis) => [axis, { axis, invocations: 1, points: 1, isBlocked: true, isWalked: false }]),
    );
    this.#depth = Math.max(0, ...topReductionsOf(kernel).map(({ tree }) => tree.length));
  }

  /** @throws ScheduleError that names the first step whose precondition does not hold */
  check(steps: readonly Placed<PassStep>[]): void {
    let order = [...this.#axes.keys()];
    for (const placed of steps) {
      const { step } = placed;
      switch (step.step) {
        case "bind":
          this.#change(placed, step.axis, { invocations: step.invocations });
          break;
        case "sink":
          this.#change(placed, step.axis, { points: step.points, isBlocked: step.order === "blocked" });
          break;
        case "walk":
          this.#change(placed, step.axis, { isWalked: true });
          break;
        case "reorder":
          this.#once(placed, "reorder", "the pass");
          order = this.#reordered(placed, step.axes);
          break;
        case "cooperate":
          this.#onFolds(placed, step.level);
          break;
        case "unroll":
          this.#onFolds(placed);
          if (step.leaves > mostLeaves)
            throw refused(
              placed,
              `${step.leaves} leaves in one round are more than ${mostLeaves}`,
              `take ${mostLeaves}`,
            );
          break;
        case "stage":
          this.#onFolds(placed);
          break;
        default:
          step satisfies never;
      }
    }
    this.#together(
      steps,
      order.map((axis) => this.#axes.get(axis)!),
    );
  }

  #change(placed: Placed, axis: string, change: Partial<Divided>): void {
    const known = this.#axes.get(axis);
    if (known === undefined) throw this.#unknownAxis(placed, axis);
    this.#once(placed, `${placed.step.step} ${axis}`, `axis ${axis}`);
    this.#axes.set(axis, { ...known, ...change });
  }

  #unknownAxis(placed: Placed, axis: string): ScheduleError {
    return refused(placed, this.#notAnAxis(axis), oneOf(axis, [...this.#axes.keys()]));
  }

  #notAnAxis(axis: string): string {
    return this.#kernel.axes.some(({ name }) => name === axis)
      ? `no output lies along axis ${axis}`
      : `the kernel has no axis ${axis}`;
  }

  #once(placed: Placed, key: string, what: string): void {
    const before = this.#done.get(key);
    if (before !== undefined)
      throw refused(placed, `${what} has one already: step ${before.place.number}, ${before.place.text}`);
    this.#done.set(key, placed);
  }

  #reordered(placed: Placed, axes: readonly string[]): string[] {
    const all = [...this.#axes.keys()];
    const unknown = axes.find((axis) => !this.#axes.has(axis));
    const names = unknown === undefined && axes.length === all.length && new Set(axes).size === axes.length;
    if (!names) {
      const fix = `write 'reorder(${all.join(", ")})'${all.length > 1 ? " in the order that you want" : ""}`;
      const reason = unknown === undefined ? "it has to name each output axis once" : this.#notAnAxis(unknown);
      throw refused(placed, reason, fix);
    }
    const inner = all.at(-1)!;
    if (this.#hasPairs() && axes.at(-1) !== inner)
      throw refused(placed, `two neighbors along axis ${inner} share a word of a 16-bit output`, `put ${inner} last`);
    return [...axes];
  }

  /** What a step does to folds: to each of the pass's reductions, which have so many levels. */
  #onFolds(placed: Placed, level = 0): void {
    this.#once(placed, placed.step.step, "the pass");
    if (this.#depth === 0) throw refused(placed, "the pass reduces nothing");
    if (level >= this.#depth) throw refused(placed, belowLast(level, this.#depth), levelFix("cooperate", this.#depth));
  }

  #hasPairs(): boolean {
    return this.#kernel.outputs.some(({ storage }) => isPacked(storage));
  }

  /** What holds of all steps of a pass together. */
  #together(steps: readonly Placed<PassStep>[], axes: readonly Divided[]): void {
    const size = steps.reduce((product, { step }) => product * invocationsOf(step), 1);
    if (size > this.#limits.maxInvocations) throw this.#tooMany(steps, size);
    const points = axes.reduce((product, axis) => product * axis.points, 1);
    const lastOf = (kind: Step["step"], axis?: string): Placed | undefined =>
      [...steps]
        .reverse()
        .find(({ step }) => step.step === kind && (axis === undefined || ("axis" in step && step.axis === axis)));
    if (points > mostPoints)
      throw refused(
        lastOf("sink")!,
        `an invocation would hold ${points} points, more than ${mostPoints}`,
        "sink fewer points",
      );
    for (const { axis, isWalked, isBlocked, points: held } of axes) {
      if (isWalked && !isBlocked && held > 1)
        throw refused(
          lastOf("sink", axis)!,
          `axis ${axis} is walked, by invocations that hold neighbors`,
          `write 'sink(${axis}, ${held}, blocked)'`,
        );
    }
    const staged = lastOf("stage");
    const dealt = axes.find(({ isWalked, invocations, points: held }) => isWalked && invocations * held > 1);
    if (staged !== undefined && dealt !== undefined)
      throw refused(
        staged,
        `axis ${dealt.axis} is walked by several invocations or points, which could not meet to stage operands`,
        `leave it or 'walk(${dealt.axis})' out`,
      );
    if (staged !== undefined && lastOf("cooperate") !== undefined)
      throw refused(
        staged,
        "invocations that cooperate on a fold take different leaves of it, and could not meet to stage them",
        "leave it or the cooperate out",
      );
    const inner = axes.at(-1);
    if (inner !== undefined && this.#hasPairs() && (inner.points % 2 !== 0 || !inner.isBlocked)) {
      const reason = `16-bit outputs need pairs of neighbors of axis ${inner.axis} in one invocation`;
      const written = `sink(${inner.axis}, 2, blocked)`;
      const sunk = lastOf("sink", inner.axis);
      throw sunk === undefined
        ? new ScheduleError(reason, `write ${this.#inPass(written)}`, "sink")
        : refused(sunk, reason, `write '${written}'`);
    }
  }

  /** Names the step at which there are more invocations than the device has. */
  #tooMany(steps: readonly Placed<PassStep>[], size: number): ScheduleError {
    let product = 1;
    const most = this.#limits.maxInvocations;
    const at = steps.find(({ step }) => {
      product *= invocationsOf(step);
      return product > most;
    })!;
    const { step } = at;
    const room = Math.floor((most * invocationsOf(step)) / size);
    const fewer =
      step.step === "bind"
        ? `write 'bind(${step.axis}, ${room})'`
        : step.step === "cooperate"
          ? `write 'cooperate(${step.level}, ${room})'`
          : "leave it out";
    return refused(at, `${size} invocations are more than the device's ${most}`, room > 1 ? fewer : "leave it out");
  }
}

const invocationsOf = (step: PassStep): number =>
  step.step === "bind" ? step.invocations : step.step === "cooperate" ? step.ways : 1;
