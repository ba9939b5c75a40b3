/** A difference between a text and its declaration, as it is told. */
import type { Counterexample } from "./certificate.ts";
import type { Found } from "./refute.ts";
import { Fault } from "./errors.ts";

/**
 * An element's expression is not the declared one: it has other bits on some inputs, or has something unsealed, or may
 * be the same.
 */
export class Mismatch extends Fault {
  readonly element: string;
  readonly declared: string;
  readonly found: string;
  readonly counterexample: Counterexample | null;

  constructor(
    element: string,
    trees: { readonly declared: string; readonly found: string },
    line: number,
    why: Found | "seal" | undefined,
    textOf: (name: string, word: number, bits: number) => string,
  ) {
    const kind = why === "seal" ? "seal" : "expression";
    super(
      kind,
      `${element} ` +
        `${why === "seal" ? "has an operation in it that is not sealed" : why === undefined ? "is another expression than was declared, of which it is not known whether its bits differ" : "is not what was declared"}`,
      line,
      why === undefined ? "unfollowed" : "refuted",
    );
    this.element = element;
    this.declared = trees.declared;
    this.found = trees.found;
    this.counterexample =
      typeof why === "object"
        ? {
            inputs: why.inputs.map((input) => ({ ...input, text: textOf(input.name, input.word, input.bits) })),
            declared: why.declared,
            found: why.found,
          }
        : null;
  }
}
