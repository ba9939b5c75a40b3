/** What is known of where a value comes from (taint.ts): the batch, a length, a row, an index, data. */

/**
 * `guard`: whether a row exists, `past`: whether it does not, `found`: whether there is a row that data names; so a
 * comparison with a count tells. `padded`: a row's value, or zero where there is no such row, which may be stored.
 * `reach`: whether something lies within a length; `slot`: or among its tiles, of which the last need not be full.
 * `clamped`: brought below the count by a `min`. `point`: brought below a sequence's length by a `min`; where such a
 * point is, it is what was brought there. `own`: a request's own length, which data say, brought below the longest; it
 * bounds, and nothing else is asked of it. `strided`: a number of strides and what varies, an address and nothing else.
 * `place`: a row's remainder. `varying`: of who runs, or of data. `data`: of what memory holds.
 */
const kinds = [
  "count",
  "length",
  "row",
  "guard",
  "past",
  "found",
  "padded",
  "clamped",
  "point",
  "own",
  "strided",
  "place",
  "reach",
  "slot",
  "varying",
  "data",
  "index",
] as const;
export interface Flow extends Readonly<Record<(typeof kinds)[number], boolean>> {
  /** What the number of the workgroup was divided by, where the value is the quotient. */
  readonly divisor?: number;
  /** Of rows: so many neighbouring workgroups are of the same ones. */
  readonly unit?: number;
  /**
   * The form of a count or a length: an `extent`, the `last` of its points, in `tiles` of a number of points (`last
   * tile`), whole ones alone (`full tiles`), an extent and what makes its last tile whole, a `product` of extents and
   * numbers, an `even` one. Nothing else of a count decides anything. Of others: one of a `few`, less than five; how
   * many `bits` a part of a word is shifted; what is `left` of a request's own length after a point.
   */
  readonly exactly?:
    | "extent"
    | "last"
    | "tiles"
    | "last tile"
    | "full tiles"
    | "product"
    | "bits"
    | "even"
    | "few"
    | "left"
    | `extent and ${number}`;
}
export const still: Flow = {
  count: false,
  length: false,
  row: false,
  guard: false,
  past: false,
  found: false,
  padded: false,
  clamped: false,
  point: false,
  own: false,
  strided: false,
  place: false,
  reach: false,
  slot: false,
  varying: false,
  data: false,
  index: false,
};
export const varying: Flow = { ...still, varying: true };
export const loaded: Flow = { ...varying, data: true };
/** Of where an invocation is, or of how often a loop has run. */
export const counting: Flow = { ...varying, index: true };
export const join = (flows: readonly Flow[]): Flow => {
  const joined: Record<(typeof kinds)[number], boolean> = { ...still };
  for (const kind of kinds) joined[kind] = flows.some((flow) => flow[kind]);
  return joined;
};
/** What two flows of one variable are, with whatever is known of both. */
export const common = (before: Flow, after: Flow): Flow => {
  const { divisor, unit, exactly } = after;
  return {
    ...join([before, after]),
    ...(divisor !== undefined && before.divisor === divisor && { divisor }),
    ...(unit !== undefined && before.unit === unit && { unit }),
    ...(exactly !== undefined && before.exactly === exactly && { exactly }),
  };
};
export const same = (one: Flow, other: Flow): boolean =>
  one.divisor === other.divisor &&
  one.unit === other.unit &&
  one.exactly === other.exactly &&
  kinds.every((kind) => one[kind] === other[kind]);
export const unitOf = (flow: Flow): { readonly unit?: number } => (flow.unit === undefined ? {} : { unit: flow.unit });
/** Whether a value depends on the batch, in whichever way. */
export const decides = ({ guard, past, found }: Flow): boolean => guard || past || found;
/** Whether how long a batch's longest request is has part in a value. */
export const isOfLength = ({ length, point }: Flow): boolean => length || point;
export const isOfBatch = (flow: Flow): boolean => flow.count || flow.row || flow.strided || flow.place || decides(flow);
