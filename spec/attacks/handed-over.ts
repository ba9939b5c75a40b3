/**
 * Twenty-five texts of an adversary, all of which the audit once believed. Two more lie about what the artifact claims.
 */
import { type Attack, sourceOf } from "./attack.ts";

export const longPairwise = sourceOf(
  "batch, kernel, sequence, sum, upTo",
  `axes: { token: batch, key: sequence },
  inputs: { x: "f32[token, key]", position: "u32[token]" }, output: "f32[token]",
  body: ({ x, position }, { token, key }) => sum(upTo(key, position(token)), "pairwise", (k) => x(token, k))`,
);
export const chainOfRuns = sourceOf(
  "batch, kernel, sequence, sum, upTo",
  `axes: { token: batch, key: sequence },
  inputs: { x: "f32[token, key]", position: "u32[token]" }, output: "f32[token]",
  body: ({ x, position }, { token, key }) => sum(upTo(key, position(token)), "chain 64, pairwise", (k) => x(token, k))`,
);
export const firstN = sourceOf(
  "batch, below, kernel, model, sum",
  `axes: { token: batch, channel: model },
  inputs: { x: "f32[token, channel]" }, params: { n: "u32" }, output: "f32[token]",
  body: ({ x, n }, { token, channel }) => sum(below(channel, n), "chain 4, chain", (c) => x(token, c))`,
);
const wideNorm = { kernel: "rmsNorm", schedule: "runs-together", extents: { channel: 2048 } } as const;

const stored = "canonical(sum_0)";
const length = "let minimum_1 = min((position_0 + 1u), uniforms.extent_key);";
const function0 = "fn fn_divide_0(";

export const handedOver: readonly Attack[] = [
  {
    name: "A1",
    cause: "R5",
    what: "a number of rows times what varies is free of the number",
    of: "linear/alone",
    edits: [
      [
        "  let less_0 = (token_base_0",
        "  let many_0 = (uniforms.extent_token * ((local_index / 64u) + 1u)) >> 10u;\n  let less_0 = (token_base_0",
      ],
      [stored, "canonical(select(sum_0, -sum_0, many_0 != 0u))"],
    ],
  },
  {
    name: "A4",
    cause: "R3",
    what: "row 4096 reads row 0 of another request: rows modulo 4096 by wrapping",
    of: "linear/alone",
    edits: [
      [
        "let product_0 = minimum_0 * 70u;",
        "let product_0 = (((((minimum_0 * 1048576u) / 64u) / 64u) / 64u) / 4u) * 70u;",
      ],
    ],
  },
  {
    name: "A6",
    cause: "R7",
    what: "tiles beyond 5000 are never run",
    of: "linear/alone",
    host: ({ workgroups }) => ({
      workgroups: { operator: "minimum", left: workgroups, right: { operator: "multiply", left: 50, right: 100 } },
    }),
  },
  {
    name: "A7",
    cause: "R4",
    what: "a function that reads storage branches on the row",
    of: "linear/alone",
    edits: [
      [
        "fn canonical(",
        "fn x_at(row: u32, at: u32) -> u32 {\n  if (row == 1000u) { return x_data[at]; }\n  return x_data[(row " +
          "* 70u) + at];\n}\n\nfn canonical(",
      ],
      ["x_data[(total_0 + (k_1 / 2u))]", "x_at(minimum_0, (k_0 * 64u) + (k_1 / 2u))"],
    ],
  },
  {
    name: "A8",
    cause: "R7",
    what: "256 workgroups a row, says the dispatch: rows 400 and 401 are negated",
    of: "linear/alone",
    edits: [[stored, "canonical(select(sum_0, -sum_0, (tile_0 % 256u) == 200u))"]],
    host: ({ workgroups }) => ({ workgroups: { operator: "multiply", left: workgroups, right: 256 } }),
  },
  {
    name: "B1",
    cause: "R2",
    what: "keys wrap at 256",
    of: "attention/alone",
    edits: [
      [
        "let minimum_3 = min((((run_0 * 64u) + k_0) / 16u), subtract_0);",
        "let minimum_3 = min(((((run_0 * 64u) + k_0) & 255u) / 16u), subtract_0);",
      ],
    ],
  },
  {
    name: "B3",
    cause: "R2",
    what: "positions 5041 to 5111 see a key less",
    of: "attention/alone",
    edits: [
      [
        length,
        "let minimum_1 = min(((position_0 + 1u) - select(0u, 1u, (position_0 / 71u) == 71u)), uniforms.extent_key);",
      ],
    ],
  },
  {
    name: "B5",
    cause: "R2",
    what: "another request's position shortens the list",
    of: "attention/alone",
    edits: [
      [
        length,
        `let other_0 = position_data[min(minimum_0 + 1u, uniforms.extent_token - 1u)];
  let minimum_1 = min(((position_0 + 1u) - (other_0 >> 12u)), uniforms.extent_key);`,
      ],
    ],
  },
  {
    name: "B6",
    cause: "R5",
    what: "the longest request's length is compared in a function",
    of: "attention/alone",
    edits: [
      [function0, `fn is_5000(n: u32) -> bool {\n  return n == 5000u;\n}\n\n${function0}`],
      ["fn_divide_0(acc_0, l_0)", "fn_divide_0(select(acc_0, -acc_0, is_5000(uniforms.extent_key)), l_0)"],
    ],
  },
  {
    name: "C1",
    cause: "R6",
    what: "two elements of a scatter are negated",
    of: { kernel: "storeRows", schedule: "alone", extents: { kvHead: 2, dim: 64 } },
    edits: [["= or_0;", "= or_0 ^ select(0u, 32768u, ((local_index % 32u) == 5u) && (kvHead_local_0 == 1u));"]],
  },
  {
    name: "D2",
    cause: "R4",
    what: "a function negates one column of 2048",
    of: wideNorm,
    edits: [
      [
        "fn fn_flush_0(",
        "fn is_778(n: u32) -> u32 {\n  if (n == 778u) { return 32768u; }\n  return 0u;\n}\n\nfn fn_flush_0(",
      ],
      ["= or_0;", "= or_0 ^ is_778(total_3);"],
    ],
  },
  {
    name: "D4",
    cause: "R6",
    what: "one column of 2048 is negated without a branch",
    of: wideNorm,
    edits: [["= or_0;", "= or_0 ^ ((((total_3 ^ (700u + 78u)) - 1u) >> 31u) << 15u);"]],
  },
  {
    name: "E1",
    cause: "R3",
    what: "rows from 5041 on begin one item late",
    of: "welfordVariance/alone",
    edits: [["let product_0 = minimum_0 * 70u;", "let product_0 = (minimum_0 * 70u) + ((minimum_0 / 71u) / 71u);"]],
  },
  {
    name: "F1",
    cause: "R3",
    what: "rows from 4096 on use the next item's weights",
    of: "int8dot/alone",
    edits: [["w_data[(total_0 + (k_1 * 4u))]", "w_data[((total_0 + (k_1 * 4u)) + ((minimum_0 / 64u) / 64u))]"]],
  },
  {
    name: "G1",
    cause: "R1",
    what: "pairs of pairs are closed only after a pair that begins fours",
    of: "keptApart/alone",
    edits: [
      ["(carry_0 & 1u) == 1u", "(carry_0 & 3u) == 1u"],
      ["(carry_1 & 1u) == 1u", "(carry_1 & 3u) == 1u"],
    ],
  },
  {
    name: "G2",
    cause: "R1",
    what: "a table bounds a model axis: at most 2 of 70 items are summed",
    of: "keptApart/alone",
    edits: [
      ["min((position_0 + 1u), 70u)", "min((position_0 + 1u), 2u)"],
      ["min((position_1 + 1u), 70u)", "min((position_1 + 1u), 2u)"],
    ],
  },
  {
    name: "H2",
    cause: "R1",
    what: "a stack for 3 parts, of 33",
    of: { source: longPairwise, schedule: "alone" },
    edits: [["array<f32, 33>", "array<f32, 3>"]],
  },
  {
    name: "H4",
    cause: "R1",
    what: "runs of 64: no pair of pairs is closed",
    of: { source: chainOfRuns, schedule: "alone" },
    edits: [["carry_0 = carry_0 >> 1u;", "carry_0 = 0u;"]],
  },
  {
    name: "I1",
    cause: "R5",
    what: "workgroup memory hands the longest request's length on",
    of: "attention/alone",
    edits: [
      ["fn order_key(", "var<workgroup> told_0: array<u32, 64>;\n\nfn order_key("],
      [
        "  let token_base_0 = tile_0 * 4u;",
        "  let token_base_0 = tile_0 * 4u;\n  told_0[local_index] = uniforms.extent_key;",
      ],
      ["fn_divide_0(acc_0, l_0)", "fn_divide_0(select(acc_0, -acc_0, told_0[local_index] == (71u * 71u)), l_0)"],
    ],
  },
  {
    name: "M1",
    cause: "R5",
    what: "a product brought below another number of rows: column 1 is negated from 17 rows on",
    of: "linear/alone",
    edits: [
      [
        "  let less_0 = (token_base_0",
        "  let clamped_0 = min(local_index * 65536u, uniforms.extent_token * 8192u);\n  let less_0 = (token_base_0",
      ],
      [
        stored,
        "canonical(select(sum_0, -sum_0, ((local_index % 32u) == 1u) && (clamped_0 < (uniforms.extent_token * " +
          "4096u))))",
      ],
    ],
  },
  {
    name: "P1",
    cause: "R1",
    what: "a parameter bounds a model axis: only 2 of n items",
    of: { source: firstN, schedule: "alone", extents: { channel: 70 } },
    edits: [["min(uniforms.param_n, 70u)", "min(min(uniforms.param_n, 2u), 70u)"]],
  },
  {
    name: "Q1",
    cause: "R3",
    what: "workgroups from 4096 on are numbered wrong, by wrapping",
    of: "linear/alone",
    edits: [
      [
        "let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);",
        "let number_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);\n  let tile_0 " +
          "= ((((number_0 * 1048576u) / 64u) / 64u) / 64u) / 4u;",
      ],
    ],
  },
  {
    name: "R1",
    cause: "R2",
    what: "lists of keys wrap at 4096",
    of: "attention/registers",
    edits: [[length, "let minimum_1 = min((position_0 + 1u), uniforms.extent_key) & 4095u;"]],
  },
  {
    name: "Y14",
    cause: "R4",
    what: "a function singles a position out",
    of: "attention/alone",
    edits: [
      [function0, `fn less_at(n: u32) -> u32 {\n  if (n == 3000u) { return 1u; }\n  return 0u;\n}\n\n${function0}`],
      [length, "let minimum_1 = min((position_0 + 1u) - less_at(position_0), uniforms.extent_key);"],
    ],
  },
  {
    name: "Y9",
    cause: "R1",
    what: "position k of a sequence reads position k & 1",
    of: "unevenBarrier/alone",
    edits: [["(min(k_0, subtract_0) * 30u)", "(min(k_0 & 1u, subtract_0) * 30u)"]],
  },
];
