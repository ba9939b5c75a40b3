/**
 * Further texts of the kinds that the adversary handed over, on other kernels and schedules; each was believed once.
 */
import { type Attack, sourceOf } from "./attack.ts";
import { chainOfRuns, firstN, longPairwise } from "./handed-over.ts";

const wideAdd = { kernel: "add", schedule: "alone", extents: { channel: 3000 } } as const;
const wideNorm = { kernel: "rmsNorm", schedule: "runs-together", extents: { channel: 2048 } } as const;
const stored = "canonical(sum_0)";
const negatedWhere = (condition: string): readonly [string, string] => [
  stored,
  `canonical(select(sum_0, -sum_0, ${condition}))`,
];

const listed = sourceOf(
  "batch, kernel, model, sum, upTo",
  `axes: { token: batch, item: model },
  inputs: { x: "f32[token, item]", last: "u32[token]" }, output: "f32[token]",
  body: ({ x, last }, { token, item }) => sum(upTo(item, last(token)), "lanes 4 chain 8, pairwise", (k) => x(token, k))`,
);

export const own: readonly Attack[] = [
  // R1: extents too small to see the tree.
  {
    name: "own R1 a",
    cause: "R1",
    what: "at most three of a lane's values",
    of: "prefixMean/alone",
    edits: [["k_1 < (total_0 / 3u);", "k_1 < min((total_0 / 3u), 3u);"]],
  },
  {
    name: "own R1 b",
    cause: "R1",
    what: "a stack for 20 parts, of 33",
    of: { source: longPairwise, schedule: "alone" },
    edits: [["array<f32, 33>", "array<f32, 20>"]],
  },
  {
    name: "own R1 c",
    cause: "R1",
    what: "at most seven runs",
    of: { source: chainOfRuns, schedule: "alone" },
    edits: [["k_0 < ((minimum_1 + 63u) / 64u);", "k_0 < min(((minimum_1 + 63u) / 64u), 7u);"]],
  },
  {
    name: "own R1 d",
    cause: "R1",
    what: "pairs are closed three times at most",
    of: { source: longPairwise, schedule: "alone" },
    edits: [["carry_0 = carry_0 >> 1u;", "carry_0 = (carry_0 >> 1u) & 3u;"]],
  },
  {
    name: "own R1 e",
    cause: "R1",
    what: "the last of several parts is left on the stack",
    of: { source: longPairwise, schedule: "alone" },
    edits: [["while (depth_0 > 0u)", "while (depth_0 > 1u)"]],
  },
  {
    name: "own R1 f",
    cause: "R1",
    what: "a table bounds a model axis under lanes: at most 32 items",
    of: { source: listed, schedule: "alone", extents: { item: 150 } },
    edits: [["min((last_0 + 1u), 150u)", "min((last_0 + 1u), 32u)"]],
  },
  {
    name: "own R1 g",
    cause: "R1",
    what: "a parameter's items are taken modulo 32 chains",
    of: { source: firstN, schedule: "alone", extents: { channel: 150 } },
    edits: [["(c_0 * 4u)", "((c_0 & 31u) * 4u)"]],
  },
  // R4: functions that are not followed.
  {
    name: "own R4 a",
    cause: "R4",
    what: "a function chooses by the column, without a branch",
    of: wideNorm,
    edits: [
      ["fn fn_flush_0(", "fn sign_of(n: u32) -> u32 {\n  return select(0u, 32768u, n == 778u);\n}\n\nfn fn_flush_0("],
      ["= or_0;", "= or_0 ^ sign_of(total_3);"],
    ],
  },
  {
    name: "own R4 b",
    cause: "R4",
    what: "a function singles a position out, without a branch",
    of: "prefixMean/alone",
    edits: [
      ["fn round_bf16(", "fn less_at(n: u32) -> u32 {\n  return select(0u, 1u, n == 3000u);\n}\n\nfn round_bf16("],
      [
        "min((position_0 + 1u), uniforms.extent_key)",
        "min((position_0 + 1u) - less_at(position_0), uniforms.extent_key)",
      ],
    ],
  },
  {
    name: "own R4 c",
    cause: "R4",
    what: "a function reads the longest request's length",
    of: "unevenBarrier/alone",
    edits: [
      [
        "fn canonical(",
        "fn turned(x: f32) -> f32 {\n  return select(x, -x, uniforms.extent_key == 5041u);\n}\n\nfn canonical(",
      ],
      [stored, "canonical(turned(sum_0))"],
    ],
  },
  {
    name: "own R4 d",
    cause: "R4",
    what: "a function reads weights beyond row 4096",
    of: "int8dot/alone",
    edits: [
      ["@compute", "fn w_at(at: u32, row: u32) -> i32 {\n  return w_data[at + ((row / 64u) / 64u)];\n}\n\n@compute"],
      ["w_data[(total_0 + (k_1 * 4u))]", "w_at((total_0 + (k_1 * 4u)), minimum_0)"],
    ],
  },
  {
    name: "own R4 e",
    cause: "R4",
    what: "one range of an input in several bindings wraps",
    of: "linear:ranges/alone",
    edits: [["return weight_data__1[at - 1024u];", "return weight_data__1[(at - 1024u) % 1023u];"]],
  },
  // R5: counts that stop being counts.
  {
    name: "own R5 a",
    cause: "R5",
    what: "what was brought below the number of rows is compared",
    of: "linear/alone",
    edits: [negatedWhere("(min((local_index * 65536u), (uniforms.extent_token - 1u)) / 71u) == 71u")],
  },
  {
    name: "own R5 b",
    cause: "R5",
    what: "a loop counts the longest request's length",
    of: "unevenBarrier/alone",
    edits: [
      [
        "  let less_1 = ",
        "  var longest_0: u32 = 0u;\n  for (var n_0 = 0u; n_0 < uniforms.extent_key; n_0 += 1u) {\n    longest_0 " +
          "= longest_0 + 1u;\n  }\n  let less_1 = ",
      ],
      negatedWhere("(longest_0 / 71u) == 71u"),
    ],
  },
  {
    name: "own R5 c",
    cause: "R5",
    what: "the longest request's length changes the bits",
    of: "unevenBarrier/alone",
    edits: [[stored, "canonical(bitcast<f32>(bitcast<u32>(sum_0) ^ ((uniforms.extent_key / 71u) / 71u)))"]],
  },
  {
    name: "own R5 d",
    cause: "R5",
    what: "what was brought below the longest request's length is compared",
    of: "unevenBarrier/alone",
    edits: [negatedWhere("(min((local_index * 65536u), uniforms.extent_key) / 71u) == 71u")],
  },
  {
    name: "own R5 e",
    cause: "R5",
    what: "an array of the invocation's own holds a number of rows times a place",
    of: "linear/tile-2x2",
    edits: [
      [
        "  let less_0 = (token_base_0",
        "  var held_0: array<u32, 2>;\n  held_0[1u] = uniforms.extent_token * (local_index + 1u);\n  let less_0 " +
          "= (token_base_0",
      ],
      negatedWhere("((held_0[1u] / 71u) / 71u) == 71u"),
    ],
  },
  {
    name: "own R5 f",
    cause: "R5",
    what: "a length is hidden among a table's values",
    of: "unevenBarrier/alone",
    edits: [negatedWhere("((uniforms.extent_key + (position_0 * 0u)) / 71u) == 71u")],
  },
  // R6: elements that are not compared.
  {
    name: "own R6 a",
    cause: "R6",
    what: "one element of 3000 is its neighbour, by its address",
    of: wideAdd,
    edits: [["x_data[total_0]", "x_data[(total_0 + ((((total_0 % 3000u) ^ 1235u) - 1u) >> 31u))]"]],
  },
  {
    name: "own R6 b",
    cause: "R6",
    what: "one element of a scatter is another's, by its address",
    of: { kernel: "storeRows", schedule: "alone", extents: { kvHead: 4, dim: 128 } },
    edits: [["x_data[(", "x_data[((((local_index % 64u) ^ 21u) - 1u) >> 31u) + ("]],
  },
  {
    name: "own R6 c",
    cause: "R6",
    what: "one element of a scatter is negated without a branch",
    of: { kernel: "storeRows", schedule: "alone", extents: { kvHead: 2, dim: 64 } },
    edits: [["= or_0;", "= or_0 ^ ((((local_index ^ 37u) - 1u) >> 31u) << 15u);"]],
  },
  {
    name: "own R6 d",
    cause: "R6",
    what: "one logit of 4000 is its neighbour",
    of: { kernel: "scaleLogits", schedule: "alone", extents: { id: 4000, setting: 6 } },
    edits: [["logits_data[total_0]", "logits_data[total_0 + ((((id_base_0 + id_local_0) ^ 2222u) - 1u) >> 31u)]"]],
  },
  // R7: the dispatch formula, believed.
  {
    name: "own R7 a",
    cause: "R7",
    what: "every tile beyond 5040 costs the last one",
    of: "int8dot/alone",
    host: ({ workgroups }) => ({
      workgroups: {
        operator: "subtract",
        left: workgroups,
        right: { operator: "divide", left: workgroups, right: { operator: "multiply", left: 71, right: 71 } },
      },
    }),
  },
  {
    name: "own R7 b",
    cause: "R7",
    what: "text and dispatch agree on 512 workgroups a row, of which there are two",
    of: "linear/tile-2x2",
    edits: [
      [
        "tile_0 >= (((uniforms.extent_token + 15u) / 16u) * 2u)",
        "tile_0 >= (((uniforms.extent_token + 15u) / 16u) * 512u)",
      ],
      negatedWhere("(tile_0 % 512u) == 300u"),
    ],
    host: ({ workgroups }) => ({ workgroups: { operator: "multiply", left: workgroups, right: 256 } }),
  },
  {
    name: "own R7 c",
    cause: "R7",
    what: "text and dispatch agree on 5041 rows at most",
    of: "softmax/row-together",
    edits: [
      [
        "if (tile_0 >= uniforms.extent_row) {",
        "let side_0 = 71u;\n  if (tile_0 >= min(uniforms.extent_row, side_0 * side_0)) {",
      ],
    ],
    host: ({ workgroups }) => ({
      workgroups: { operator: "minimum", left: workgroups, right: { operator: "multiply", left: 71, right: 71 } },
    }),
  },
  {
    name: "own R7 d",
    cause: "R7",
    what: "both passes leave the last of many rows out",
    of: "rmsNorm/split",
    host: ({ workgroups }) => ({
      workgroups: { operator: "minimum", left: workgroups, right: { operator: "multiply", left: 90, right: 90 } },
    }),
  },
];
