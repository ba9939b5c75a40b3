/** Reducers such as an author writes: one to three fields, of parts that are combined side by side. */
import type { Choices } from "./choices.ts";
import type { Program } from "./program.ts";
import { clamped, type Range, rounded, type Type, value, type Value } from "./values.ts";

/** Makes what a leaf gives to one field. */
export interface Leaves {
  readonly of: (type: Type) => Value;
  readonly item: Value;
}

/** What is known of a fold: its items are at most 2^steps; there may be none. */
export interface Fold {
  readonly steps: number;
  readonly mayBeEmpty: boolean;
}

/** Fields that belong together. The names `l` and `r` stand for those of the two states, and `n` for constants. */
interface Part {
  readonly fields: readonly { readonly type: Type; readonly identity: string }[];
  readonly combine: (
    l: readonly string[],
    r: readonly string[],
    n: string,
  ) => { readonly constants?: readonly string[]; readonly fields: readonly string[] };
  readonly leaves: (leaves: Leaves, program: Program) => readonly Value[];
  /** What may be said of the folded fields; as much as of the leaves where absent. */
  readonly ranges?: (leaves: readonly Value[], fold: Fold) => readonly Range[];
}

const lowest = "-3.4028234663852886e38";
const largest = "3.4028234663852886e38";

function single(
  type: Type,
  identity: string,
  combine: (l: string, r: string) => string,
  ranges?: Part["ranges"],
): Part {
  return {
    fields: [{ type, identity }],
    combine: ([l], [r]) => ({ fields: [combine(l!, r!)] }),
    leaves: ({ of }) => [of(type)],
    ...(ranges && { ranges }),
  };
}

const summed = ({ range: { quantum, magnitude } }: Value, { steps }: Fold): Range => ({
  quantum,
  magnitude: magnitude + steps,
});
/** An extreme of nothing is an identity that no arithmetic takes. */
const extreme = ({ range }: Value, { mayBeEmpty }: Fold): Range =>
  mayBeEmpty ? { quantum: range.quantum, magnitude: 128 } : range;

const total = single(
  "f32",
  "0",
  (l, r) => `${l} + ${r}`,
  ([x], fold) => [summed(x!, fold)],
);
const highest = single(
  "f32",
  lowest,
  (l, r) => `max(${l}, ${r})`,
  ([x], fold) => [extreme(x!, fold)],
);
const least = single(
  "f32",
  largest,
  (l, r) => `min(${l}, ${r})`,
  ([x], fold) => [extreme(x!, fold)],
);

const integers: readonly Part[] = [
  single("u32", "0", (l, r) => `${l} + ${r}`),
  single("u32", "0", (l, r) => `${l} ^ ${r}`),
  single("u32", "4294967295", (l, r) => `min(${l}, ${r})`),
  single("i32", "-2147483648", (l, r) => `max(${l}, ${r})`),
  single("i32", "1", (l, r) => `${l} * ${r}`),
];

/** x -> scale * x + shift, composed from left to right: of integers, hence associative, and not commutative. */
const affine: Part = {
  fields: [
    { type: "u32", identity: "1" },
    { type: "u32", identity: "0" },
  ],
  combine: ([scale, shift], [otherScale, otherShift]) => ({
    fields: [`${scale} * ${otherScale}`, `${shift} * ${otherScale} + ${otherShift}`],
  }),
  leaves: ({ of }) => [of("u32"), of("u32")],
};

/** x -> sign * x + shift: associative but for rounding, and not commutative. */
const composition: Part = {
  fields: [
    { type: "f32", identity: "1" },
    { type: "f32", identity: "0" },
  ],
  combine: ([sign, shift], [otherSign, otherShift]) => ({
    fields: [`${sign} * ${otherSign}`, `${shift} * ${otherSign} + ${otherShift}`],
  }),
  leaves({ of }) {
    const x = of("f32");
    return [value("f32", `select(${x.text} < 0.25, -1, 1)`, { quantum: 0, magnitude: 0 }, x), of("f32")];
  },
  ranges: ([sign, shift], fold) => [sign!.range, summed(shift!, fold)],
};

/** The smallest value, and the first item that has it. */
const argmin: Part = {
  fields: [
    { type: "f32", identity: largest },
    { type: "u32", identity: "4294967295" },
  ],
  combine: ([x, item], [y, other]) => ({ fields: [`min(${x}, ${y})`, `select(${y} < ${x}, ${other}, ${item})`] }),
  leaves: ({ of, item }) => [of("f32"), item],
  ranges: ([x, item], fold) => [extreme(x!, fold), item!.range],
};

/** A running maximum, and a sum that counts only what lies near it. */
const near: Part = {
  fields: [
    { type: "f32", identity: lowest },
    { type: "f32", identity: "0" },
  ],
  combine([top, mass], [otherTop, otherMass], n) {
    const part = (own: string, sum: string): string => `select(${own} + 2 < ${n}, 0, ${sum})`;
    return {
      constants: [`const ${n} = max(${top}, ${otherTop});`],
      fields: [n, `${part(top!, mass!)} + ${part(otherTop!, otherMass!)}`],
    };
  },
  leaves: ({ of }) => [of("f32"), of("f32")],
  ranges: ([top, mass], fold) => [extreme(top!, fold), summed(mass!, fold)],
};

/** The logarithm of a sum of exponentials, as a maximum and a sum that is scaled by it. */
const scaledSum: Part = {
  fields: [
    { type: "f32", identity: "-(2 ** 126)" },
    { type: "f32", identity: "0" },
  ],
  combine([top, mass], [otherTop, otherMass], n) {
    const part = (own: string, sum: string): string => `rescale(${sum}, exp(${own} - ${n}))`;
    return {
      constants: [`const ${n} = max(${top}, ${otherTop});`],
      fields: [n, `${part(top!, mass!)} + ${part(otherTop!, otherMass!)}`],
    };
  },
  leaves({ of }, program) {
    program.function("rescale");
    return [clamped(of("f32"), 30), rounded(clamped(of("f32"), 10))];
  },
  ranges: ([top, mass], fold) => [
    extreme(top!, fold),
    { quantum: -125, magnitude: mass!.range.magnitude + fold.steps },
  ],
};

/**
 * How many, their mean, and the sum of their squared distances from it (Chan, Golub and LeVeque, 1983), kept clear of
 * subnormal numbers.
 */
const moments: Part = {
  fields: [
    { type: "f32", identity: "0" },
    { type: "f32", identity: "0" },
    { type: "f32", identity: "0" },
  ],
  combine([count, mean, squares], [otherCount, otherMean, otherSquares], n) {
    const delta = `delta${n}`;
    return {
      constants: [
        `const ${n} = ${count} + ${otherCount};`,
        `const share${n} = ${otherCount} / max(${n}, 1);`,
        `const ${delta} = ${otherMean} - ${mean};`,
        `const step${n} = select(share${n} === 1, ${delta}, flush(${delta} * share${n}, 2 ** -60));`,
        `const square${n} = flush(bf16(${delta}) * bf16(${delta}), 2 ** -60);`,
      ],
      fields: [n, `${mean} + step${n}`, `${squares} + ${otherSquares} + square${n} * ${count} * share${n}`],
    };
  },
  leaves({ of, item }) {
    const zero = { quantum: 0, magnitude: 0 };
    return [{ ...value("f32", "1", zero), axes: item.axes }, clamped(rounded(of("f32")), 20), value("f32", "0", zero)];
  },
  ranges: (_, { steps }) => [
    { quantum: 0, magnitude: steps },
    { quantum: -93, magnitude: 21 + steps },
    { quantum: -123, magnitude: 45 + 2 * steps },
  ],
};

/** A reducer, declared, and how it is used. */
export interface AuthorsReducer {
  readonly name: string;
  readonly fields: readonly string[];
  readonly leaves: (leaves: Leaves) => readonly Value[];
  readonly results: (leaves: readonly Value[], fold: Fold, text: (field: string) => string) => Value[];
}

function chooseParts(choices: Choices): readonly Part[] {
  const one = (): Part =>
    choices.weighted([
      [4, total],
      [2, highest],
      [1, least],
      [3, choices.pick(integers)],
    ]);
  const two = (): Part =>
    choices.weighted([
      [2, argmin],
      [2, near],
      [2, composition],
      [1, affine],
      [1, scaledSum],
    ]);
  return choices.weighted<() => readonly Part[]>([
    [2, () => [one()]],
    [3, () => [one(), one()]],
    [4, () => [two()]],
    [2, () => [one(), one(), one()]],
    [2, () => [two(), one()]],
    [2, () => [moments]],
  ])();
}

export function declareReducer(program: Program): AuthorsReducer {
  const parts = chooseParts(program.choices);
  const fields = parts.flatMap((part) => part.fields);
  const names = fields.map((_, at) => `f${at}`);
  const constants: string[] = [];
  const combined: string[] = [];
  const starts = parts.map((_, at) => parts.slice(0, at).reduce((sum, part) => sum + part.fields.length, 0));
  parts.forEach((part, at) => {
    const own = part.fields.map((_, i) => names[starts[at]! + i]!);
    const result = part.combine(
      own.map((name) => `left.${name}`),
      own.map((name) => `right.${name}`),
      `n${at}`,
    );
    constants.push(...(result.constants ?? []));
    combined.push(...result.fields);
  });
  const record = (texts: readonly string[]): string =>
    `{ ${names.map((name, at) => `${name}: ${texts[at]!}`).join(", ")} }`;
  const name = program.reducer(
    [
      "{",
      `  state: ${record(fields.map(({ type }) => `"${type}"`))},`,
      `  identity: ${record(fields.map(({ identity }) => identity))},`,
      "  combine(left, right) {",
      ...constants.map((line) => `    ${line}`),
      `    return ${record(combined)};`,
      "  },",
      "}",
    ].join("\n"),
  );
  const ofPart = <T>(all: readonly T[], at: number): readonly T[] =>
    all.slice(starts[at], starts[at]! + parts[at]!.fields.length);
  return {
    name,
    fields: names,
    leaves: (leaves) => parts.flatMap((part) => part.leaves(leaves, program)),
    results: (leaves, fold, text) =>
      parts.flatMap((part, at) => {
        const own = ofPart(leaves, at);
        const ranges = part.ranges?.(own, fold) ?? own.map(({ range }) => range);
        return ofPart(names, at).map((field, i) =>
          clamped(value(part.fields[i]!.type, text(field), ranges[i]!, ...leaves), 60),
        );
      }),
  };
}
