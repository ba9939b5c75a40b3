/** What the page of an experiment is given to draw. */

export interface Plot {
  /** Of the element that it is drawn in. */
  readonly id: string;
  readonly kind: "bars" | "steps";
  readonly x: { readonly label: string; readonly values: readonly number[] };
  readonly y: { readonly label: string };
  readonly series: readonly Series[];
}

export interface Series {
  readonly label: string;
  /** Whose kernels: a colour, and how a line is drawn. */
  readonly of: "ours" | "ordinary";
  readonly values: readonly (number | null)[];
}
