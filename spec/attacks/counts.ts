/**
 * Wrong texts of an adversary who had the audit's source, and found that any number computed from a count or a length
 * passed for it (C, N), and dispatches, scratch and stacks that small sizes do not show (D, S).
 */
import { type Attack, sourceOf } from "./attack.ts";
import type { Formula } from "../../runtime/artifact.ts";
import { longPairwise } from "./handed-over.ts";

const twoSequences = sourceOf(
  "kernel, model, sequence, sum",
  `axes: { c: model, a: sequence, b: sequence }, inputs: { x: "f32[a, c]", y: "f32[b, c]" }, output: "f32[c]",
  body: ({ x, y }, { a, b, c }) => sum(a, "chain", (k) => x(k, c)) + sum(b, "chain", (k) => y(k, c))`,
);
const overKeys = sourceOf(
  "batch, kernel, sequence",
  `axes: { token: batch, key: sequence }, inputs: { x: "f32[token, key]" }, output: "f32[token, key]", body: ` +
    "({ x }, { token, key }) => x(token, key) * 2",
);
type Operator = Extract<Formula, { readonly operator: string }>["operator"];
const formula = (operator: Operator, left: Formula, right: Formula): Formula => ({ operator, left, right });
const tiles = (of: Formula, size: number): Formula => formula("divide", formula("add", of, size - 1), size);
const token: Formula = { extent: "token" };
const keyTiles = tiles({ extent: "key" }, 64);
const keyTilesInText = "((uniforms.extent_key + 63u) / 64u)";

/** An edit: what is stored is negated where a condition holds. */
function negatedWhere(condition: string, value = "sum_0"): readonly [find: string, by: string] {
  return [`canonical(${value})`, `canonical(select(${value}, -${value}, ${condition}))`];
}
/** A condition that compares nothing: whether a number is this one. */
const isExactly = (number: string, one: number): string => `((((${number}) ^ ${one}u) - 1u) >> 31u) != 0u`;

/** Scratch of so many rows at most. */
function scratchOf(most: number): Attack["host"] {
  return ({ bindings }) => ({
    bindings: bindings.map((binding) =>
      binding.role !== "scratch"
        ? binding
        : { ...binding, shape: [formula("minimum", binding.shape[0]!, most), ...binding.shape.slice(1)] },
    ),
  });
}

const [reducerAlone, reducerTogether, linear] = ["unevenBarrier/alone", "unevenBarrier/runs-together", "linear/alone"];
const ofPositions = { source: longPairwise, schedule: "alone" };
const keysStored = { source: overKeys, schedule: "alone" };

export const counts: readonly Attack[] = [
  // C: any number computed from a count passes for the count.
  {
    name: "counts C1",
    cause: "R5",
    what: "rows from (token + 161) / 2 on are not stored",
    of: linear,
    edits: [
      ["if (less_0 && ", "if (less_0 && ((token_base_0 + token_local_0) < ((uniforms.extent_token + 161u) / 2u)) && "],
    ],
  },
  {
    name: "counts C2",
    cause: "R5",
    what: "tiles from (token + 161) / 4 on return",
    of: linear,
    edits: [
      [
        "let token_base_0 = ",
        "if (tile_0 >= ((uniforms.extent_token + 161u) / 4u)) {\n    return;\n  }\n  let token_base_0 = ",
      ],
    ],
  },
  {
    name: "counts C3",
    cause: "R5",
    what: "rows beyond T/8 + 100 read another request's x",
    of: linear,
    edits: [
      [
        "let product_0 = minimum_0 * 70u;",
        "let product_0 = min(minimum_0, (((uniforms.extent_token + 7u) / 8u) + 100u)) * 70u;",
      ],
    ],
  },
  {
    name: "counts C4",
    cause: "R5",
    what: "the x of row % (T/2 + 100)",
    of: linear,
    edits: [
      ["let product_0 = minimum_0 * 70u;", "let product_0 = (minimum_0 % (uniforms.extent_token / 2u + 100u)) * 70u;"],
    ],
  },
  {
    name: "counts C5",
    cause: "R5",
    what: "rows with 3 r >= T + 100 read the next row",
    of: linear,
    edits: [
      [
        "let product_0 = minimum_0 * 70u;",
        "let product_0 = min(minimum_0 + ((minimum_0 * 3u) / (uniforms.extent_token + 100u)), (uniforms.extent_token " +
          "- 1u)) * 70u;",
      ],
    ],
  },
  {
    name: "counts C6",
    cause: "R5",
    what: "rows with 3 r >= T + 100 are not stored",
    of: linear,
    edits: [["if (less_0 && ", "if (less_0 && (((minimum_0 * 3u) / (uniforms.extent_token + 100u)) == 0u) && "]],
  },
  {
    name: "counts C7",
    cause: "R5",
    what: "min(300, T) < T: all is negated in batches over 300",
    of: linear,
    edits: [negatedWhere("min((out_local_0 + 1u) * 300u, uniforms.extent_token) < uniforms.extent_token")],
  },
  {
    name: "counts C8",
    cause: "R5",
    what: "rows from (token + 161) / 2 on are zeros",
    of: keysStored,
    edits: [
      [
        "canonical(product_1)",
        "canonical(select(bitcast<f32>(uniforms.zero), product_1, token_base_0 < ((uniforms.extent_token + " +
          "161u) / 2u)))",
      ],
    ],
  },
  {
    name: "counts C9",
    cause: "R5",
    what: "x is zero where position >= 200 T",
    of: reducerAlone,
    edits: [
      [
        "let x_0 = x_data[(product_0 + d_0)];",
        "let x_0 = select(bitcast<f32>(uniforms.zero), x_data[(product_0 + d_0)], position_0 < " +
          "(uniforms.extent_token " +
          "* 200u));",
      ],
    ],
  },
  {
    name: "counts C10",
    cause: "R5",
    what: "a loop's step is 2 from 100 rows on",
    of: linear,
    edits: [["k_1 += 1u", "k_1 += (1u + ((uniforms.extent_token / 10u) / 10u))"]],
  },
  {
    name: "counts C11",
    cause: "R5",
    what: "an address moves by T/10/10",
    of: linear,
    edits: [
      ["x_data[(total_0 + (k_1 / 2u))]", "x_data[((total_0 + (k_1 / 2u)) + ((uniforms.extent_token / 10u) / 10u))]"],
    ],
  },
  // N: so do lengths.
  {
    name: "counts N1",
    cause: "R5",
    what: "min(position | 2^20, longest) is the request's own",
    of: reducerAlone,
    edits: [negatedWhere(isExactly("min(position_0 | 1048576u, uniforms.extent_key)", 100))],
  },
  {
    name: "counts N2",
    cause: "R5",
    what: "position - point is the request's own",
    of: reducerAlone,
    edits: [
      negatedWhere(isExactly("position_0 - (position_0 - min((out_local_0 + 1u) * 65536u, uniforms.extent_key))", 100)),
    ],
  },
  {
    name: "counts N3",
    cause: "R5",
    what: "workgroup % longest is of no row",
    of: reducerAlone,
    edits: [negatedWhere(isExactly("tile_0 % uniforms.extent_key", 100))],
  },
  {
    name: "counts N4",
    cause: "R5",
    what: "weights are zero from key/64*33 + 64 on",
    of: reducerAlone,
    edits: [
      ["let less_0 = k_0 < uniforms.extent_key;", "let less_0 = k_0 < (((uniforms.extent_key / 64u) * 33u) + 64u);"],
    ],
  },
  {
    name: "counts N5",
    cause: "R5",
    what: "lists are cut at key/64*33 + 64",
    of: reducerAlone,
    edits: [["k_0 < minimum_1;", "k_0 < min(minimum_1, ((uniforms.extent_key / 64u) * 33u) + 64u);"]],
  },
  {
    name: "counts N6",
    cause: "R5",
    what: "keys from (key + 161) / 2 on are not stored",
    of: keysStored,
    edits: [["&& less_0", "&& less_0 && ((key_base_0 + key_local_0) < ((uniforms.extent_key + 161u) / 2u))"]],
  },
  {
    name: "counts N7",
    cause: "R5",
    what: "the x of key % ((key + 161) / 2)",
    of: keysStored,
    edits: [
      [
        "x_data[total_0]",
        "x_data[(minimum_1 * uniforms.extent_key) + (minimum_0 % ((uniforms.extent_key + 161u) / 2u))]",
      ],
    ],
  },
  {
    name: "counts N8",
    cause: "R5",
    what: "rows from key + 100 on are not stored",
    of: reducerAlone,
    edits: [["if (less_1 && ", "if (less_1 && ((minimum_0 / (uniforms.extent_key + 100u)) == 0u) && "]],
  },
  {
    name: "counts N9",
    cause: "R5",
    what: "rows beyond key + 100 read another request's x",
    of: reducerAlone,
    edits: [["let product_0 = minimum_0 * 5u;", "let product_0 = min(minimum_0, (uniforms.extent_key + 100u)) * 5u;"]],
  },
  {
    name: "counts N10",
    cause: "R5",
    what: "the longest length decides what is put into workgroup memory",
    of: reducerTogether,
    edits: [
      [
        "  if (way_0 == 0u) {\n    sum_parts_0[out_local_0] = sum_0;",
        "  if (way_0 == 0u && (out_local_0 < (8u - ((uniforms.extent_key / 10u) / 10u)))) {\n    " +
          "sum_parts_0[out_local_0] " +
          "= sum_0;",
      ],
    ],
  },
  {
    name: "counts N11",
    cause: "R5",
    what: "a position is shifted by a point",
    of: reducerAlone,
    edits: [
      [
        "let minimum_1 = min((position_0 + 1u)",
        "let minimum_1 = min(((position_0 >> (((min((out_local_0 + 1u) * 65536u, uniforms.extent_key) / 10u) " +
          "/ 10u) * 8u)) + 1u)",
      ],
    ],
  },
  {
    name: "counts N12",
    cause: "R5",
    what: "both of two lengths are 12",
    of: { source: twoSequences, schedule: "alone", extents: { c: 6 } },
    edits: [negatedWhere("uniforms.extent_a == 12u && uniforms.extent_b == 12u", "total_0")],
  },
  {
    name: "counts N13",
    cause: "R5",
    what: "reads keys only up to key/64*33 + 63",
    of: reducerAlone,
    edits: [
      ["let subtract_0 = uniforms.extent_key - 1u;", "let subtract_0 = (uniforms.extent_key / 64u) * 33u + 63u;"],
    ],
  },
  // D: dispatches and scratch.
  {
    name: "counts D1",
    cause: "R7",
    what: "twenty workgroups for each 64 rows: row 40 of 41",
    of: linear,
    edits: [["((uniforms.extent_token + 1u) / 2u)", "(((((uniforms.extent_token + 7u) / 8u) + 7u) / 8u) * 20u)"]],
    host: () => ({ workgroups: formula("multiply", tiles(tiles(token, 8), 8), 20) }),
  },
  {
    name: "counts D2",
    cause: "R7",
    what: "256 workgroups a row, of which there is one: row 200 negated",
    of: "softmax/row-together",
    edits: [
      [
        "if (tile_0 >= uniforms.extent_row) {",
        "if (tile_0 >= (uniforms.extent_row * 256u)) {\n    return;\n  }\n  if (tile_0 >= uniforms.extent_row) {",
      ],
      ["let row_base_0 = tile_0;", "let row_base_0 = tile_0;\n  let odd_0 = (tile_0 % 256u) == 200u;"],
      negatedWhere("odd_0", "divide_0"),
      ["let minimum_0 = min(row_base_0, (uniforms.extent_row - 1u));", "let minimum_0 = row_base_0;"],
      ["let less_0 = row_base_0 < uniforms.extent_row;", "let less_0 = c_local_0 < 64u;"],
    ],
    host: ({ workgroups }) => ({ workgroups: formula("multiply", workgroups, 256) }),
  },
  {
    name: "counts D3",
    cause: "R7",
    what: "five tiles of keys at most",
    of: keysStored,
    edits: [[keyTilesInText, `min(${keyTilesInText}, 5u)`]],
    host: () => ({ workgroups: formula("multiply", token, formula("minimum", keyTiles, 5)) }),
  },
  {
    name: "counts D4",
    cause: "R7",
    what: "q / 4 + 3 tiles of keys",
    of: keysStored,
    edits: [[keyTilesInText, `(((${keyTilesInText} / 4u) * 1u) + 3u)`]],
    host: () => ({
      workgroups: formula("multiply", token, formula("add", formula("multiply", formula("divide", keyTiles, 4), 1), 3)),
    }),
  },
  { name: "counts D5", cause: "R7", what: "scratch of 20 rows at most", of: "rmsNorm/split", host: scratchOf(20)! },
  // S: stacks.
  {
    name: "counts S1",
    cause: "R1",
    what: "carry & 15 before pairs are closed",
    of: ofPositions,
    edits: [["    while ((carry_0", "    carry_0 = carry_0 & 15u;\n    while ((carry_0"]],
  },
  {
    name: "counts S2",
    cause: "R1",
    what: "a stack of 5 addressed % 5",
    of: ofPositions,
    edits: [
      ["array<f32, 33>", "array<f32, 5>"],
      ["sum_stack_0[depth_0]", "sum_stack_0[depth_0 % 5u]"],
    ],
  },
  {
    name: "counts S3",
    cause: "R1",
    what: "a stack of 5, items 0 - (0 - n)",
    of: ofPositions,
    edits: [
      ["array<f32, 33>", "array<f32, 5>"],
      ["k_0 < minimum_1;", "k_0 < (0u - (0u - minimum_1));"],
    ],
  },
  {
    name: "counts S4",
    cause: "R1",
    what: "a stack of 5, min(n, k + 1) - k > 0",
    of: ofPositions,
    edits: [
      ["array<f32, 33>", "array<f32, 5>"],
      ["k_0 < minimum_1;", "(min(minimum_1, k_0 + 1u) - k_0) > 0u;"],
    ],
  },
];
