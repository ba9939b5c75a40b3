/** What a caller hands over for one run of a kernel, checked against what its artifact needs. */
import { own } from "./own.ts";
import type { Artifact, Binding, Formula } from "./artifact.ts";
import type { Device } from "./device.ts";
import { RequestError, didYouMean } from "./errors.ts";
import { evaluateFormula } from "./formula.ts";
import { bindingBytes, wordsOf } from "./layout.ts";
import { dispatchSize } from "./limits.ts";
import { describeLayout, type Tensor } from "./tensor.ts";

/** Each check throws a RequestError that names the kernel. */
export class RequestChecks {
  readonly #artifact: Artifact;
  readonly #device: Device;

  constructor(artifact: Artifact, device: Device) {
    this.#artifact = artifact;
    this.#device = device;
  }

  check(holds: boolean, what: string, fix: string): asserts holds {
    if (!holds) throw new RequestError({ where: `kernel '${this.#artifact.kernel}'`, what, fix });
  }

  /** All extents: those given, and those that the text holds as constants. */
  extents(given: Readonly<Record<string, number>>): Record<string, number> {
    for (const [axis, extent] of Object.entries(given)) {
      this.check(
        Number.isInteger(extent) && extent >= 0 && extent <= 0xffffffff,
        `the extent of axis '${axis}' is ${extent}`,
        "give a whole number from 0 to 2^32 - 1",
      );
      const compiled = own(this.#artifact.extents, axis);
      this.check(
        compiled === undefined || compiled === extent,
        `it was compiled for ${axis} = ${compiled}, and ${axis} = ${extent} was given`,
        "compile it for this extent, or leave the extent out",
      );
    }
    return { ...given, ...this.#artifact.extents };
  }

  parameters(given: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
    const names = this.#artifact.parameters.map(({ name }) => name);
    for (const name of Object.keys(given)) {
      if (!names.includes(name))
        this.check(false, `it has no parameter '${name}'${didYouMean(name, names)}`, `give ${list(names)}`);
    }
    for (const { name, type } of this.#artifact.parameters) {
      const value = own(given, name);
      this.check(value !== undefined, `parameter '${name}' is missing`, `give ${list(names)}`);
      const fits =
        type === "f32"
          ? typeof value === "number" && !Number.isNaN(value)
          : Number.isInteger(value) && (type === "u32" ? value === value >>> 0 : value === (value | 0));
      this.check(fits, `parameter '${name}' is ${value}, no ${type}`, `give a value that a ${type} holds`);
    }
    return given;
  }

  tensors(given: Readonly<Record<string, Tensor>>, extents: Readonly<Record<string, number>>): void {
    const bound = this.#artifact.passes.flatMap((pass) => pass.bindings).filter(({ role }) => role !== "scratch");
    const bindings = new Map(bound.map((binding) => [binding.name, binding]));
    const written = new Set(bound.filter(({ access }) => access === "read_write").map(({ name }) => name));
    const names = [...bindings.keys()];
    for (const name of Object.keys(given)) {
      if (!bindings.has(name))
        this.check(false, `it has no tensor '${name}'${didYouMean(name, names)}`, `give ${list(names)}`);
    }
    const whole = new Set(bound.filter(({ words }) => words === undefined).map(({ name }) => name));
    const users = new Map<GPUBuffer, string>();
    for (const [name, binding] of bindings) {
      const tensor = own(given, name);
      this.check(tensor !== undefined, `tensor '${name}' is missing`, `give ${list(names)}`);
      tensor.assertUsable();
      this.check(
        tensor.device === this.#device,
        `tensor '${name}' lies on another device`,
        "make it on the device that runs the kernel",
      );
      const shape = this.shape(binding, extents);
      const expected = describeLayout({
        storage: binding.storage,
        shape,
        ...(binding.blocks && { blocks: binding.blocks }),
      });
      const actual = describeLayout(tensor);
      this.check(
        actual === expected,
        `tensor '${name}' is ${actual} and should be ${expected}`,
        "make the tensor, or choose the extents, so that they agree",
      );
      if (whole.has(name))
        this.#checkBound(
          `tensor '${name}'`,
          wordsOf(tensor),
          "run the kernel on fewer rows at a time, through tensor.rows",
        );
      if (binding.unique && binding.role === "input") {
        this.check(
          tensor.isDistinct() !== undefined,
          `'${name}' is a unique placement table that the host has not written`,
          "write it from the host, which checks that its values are distinct",
        );
        this.check(
          tensor.isDistinct() === true,
          `the placement table '${name}' holds a value twice`,
          "give every element a place of its own",
        );
      }
      const other = users.get(tensor.buffer);
      this.check(
        other === undefined || !(written.has(name) || written.has(other)),
        `'${other}' and '${name}' are one tensor, and the kernel writes it`,
        "give each output a tensor of its own, not rows of another's",
      );
      users.set(tensor.buffer, name);
    }
  }

  shape(binding: Binding, extents: Readonly<Record<string, number>>): number[] {
    return binding.shape.map((formula) => this.evaluate(formula, extents));
  }

  /** The words that a scratch buffer needs. */
  scratchWords(binding: Binding, extents: Readonly<Record<string, number>>): number {
    const words = wordsOf({
      storage: binding.storage,
      shape: this.shape(binding, extents),
      ...(binding.blocks && { blocks: binding.blocks }),
    });
    this.#checkBound(
      `scratch '${binding.name}'`,
      words,
      "run the kernel on fewer rows at a time, or compile it under a schedule of one pass",
    );
    return words;
  }

  /** The workgroups of a dispatch along x, y and z. */
  workgroups(count: number): readonly [number, number, number] {
    const most = this.#device.limits.maxWorkgroupsPerDimension;
    const size = dispatchSize(count, most);
    this.check(
      size !== undefined,
      `it would take ${count} workgroups, and the device dispatches ${most} along each of three dimensions`,
      "run it on fewer rows at a time, or compile it under a schedule of larger workgroups",
    );
    return size;
  }

  #checkBound(what: string, words: number, fix: string): void {
    const { maxBindingBytes } = this.#device.limits;
    const bytes = bindingBytes(words);
    this.check(bytes <= maxBindingBytes, `${what} takes ${bytes} bytes, and the device binds ${maxBindingBytes}`, fix);
  }

  evaluate(formula: Formula, extents: Readonly<Record<string, number>>): number {
    try {
      return evaluateFormula(formula, extents);
    } catch (cause) {
      throw new RequestError({
        where: `kernel '${this.#artifact.kernel}'`,
        what: (cause as Error).message,
        fix: "give the extent of every axis",
        cause,
      });
    }
  }
}

const list = (names: readonly string[]): string =>
  names.length === 0 ? "none" : names.map((name) => `'${name}'`).join(", ");
