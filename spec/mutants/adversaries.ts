/** Texts made to get past the audit: wrong at places, in batches or by ways that it might not look at. */
import type { Kind } from "./kind.ts";

const tokens = ["linear/alone", "linear/tile-2x2", "linear/runs-together", "linear/alone-4x4"];
const storing = "if ( $$c ) { output_data [ $$i ] = canonical ( $v ) ; }";
const launder = (name: string): readonly [string, string] => ["let minimum_0 = $$m ;", `let row_0 = $$m;\n  ${name}`];

export const adversaries: readonly Kind[] = [
  {
    name: "batch through a function",
    what: "a function hands the number of rows on",
    at: tokens,
    edits: [
      ["@ compute", "fn same(n: u32) -> u32 {\n  return n;\n}\n@compute"],
      ["= canonical ( $x ) ;", "= canonical(select($x, -$x, same(uniforms.extent_token) == (71u * 71u)));"],
    ],
  },
  {
    name: "batch through a clamp",
    what: "min(row + n, rows - 1) tells whether there are so many",
    at: ["linear/alone", "linear/runs-together", "linearF32/alone", "linear/alone-4x4", "weights/alone"],
    edits: [
      launder(
        "let reach_0 = min(row_0 + (71u * 71u), uniforms.extent_token - 1u);\n  let minimum_0 = select(row_0, " +
          "reach_0, reach_0 == (row_0 + (71u * 71u)));",
      ),
    ],
  },
  {
    name: "batch through a remainder",
    what: "n % rows tells whether there are more than n",
    at: tokens,
    edits: [
      [
        "= canonical ( $x ) ;",
        "= canonical(select($x, -$x, ((local_index + (71u * 71u)) % uniforms.extent_token) == (local_index + " +
          "(71u * 71u))));",
      ],
    ],
  },
  {
    name: "batch through a gather's zero",
    what: "a distance that is zero in small batches",
    at: tokens,
    edits: [launder("let minimum_0 = row_0 + select(0u, 71u * 71u, (row_0 + (71u * 71u)) < uniforms.extent_token);")],
  },
  {
    name: "batch chooses a store",
    what: "two stores, of which large batches reach the other",
    at: tokens,
    edits: [
      [
        storing,
        "if ($$c && ((token_base_0 + (71u * 71u)) >= uniforms.extent_token)) {\n    output_data[$$i] = " +
          "canonical($v);\n  }\n" +
          "  if ($$c && ((token_base_0 + (71u * 71u)) < uniforms.extent_token)) {\n    output_data[$$i] = " +
          "canonical(-$v);\n  }",
      ],
    ],
  },
  {
    name: "batch through an array",
    what: "the number of rows is kept in an array first",
    at: tokens,
    edits: [
      [
        "let out_local_0 = $$o ;",
        "let out_local_0 = $$o;\n  var kept_0: array<u32, 1>;\n  kept_0[0u] = uniforms.extent_token;",
      ],
      ["= canonical ( $x ) ;", "= canonical(select($x, -$x, kept_0[0u] == (71u * 71u)));"],
    ],
  },
  {
    name: "batch counted by a loop",
    what: "a loop counts the rows",
    at: tokens,
    edits: [
      [
        "let out_local_0 = $$o ;",
        "let out_local_0 = $$o;\n  var count_0: u32 = 0u;\n  for (var c_0 = 0u; c_0 < uniforms.extent_token; " +
          "c_0 += 1u) {\n" +
          "    count_0 = count_0 + 1u;\n  }",
      ],
      ["= canonical ( $x ) ;", "= canonical(select($x, -$x, count_0 == (71u * 71u)));"],
    ],
  },
  {
    name: "rows by a named number",
    what: "the 65,536th row is taken for the first",
    at: ["linear/alone", "linear/runs-together", "rmsNorm/alone", "linear/alone-4x4", "rowSummary/runs-together"],
    edits: [["let $p:product_* = minimum_0 * $n ;", "let most_0 = 65536u;\n  let $p = (minimum_0 % most_0) * $n;"]],
  },
  {
    name: "rows by two clamps",
    what: "a distance that is zero unless there are many rows",
    at: ["linear/alone", "linear/runs-together", "rmsNorm/alone", "linear/alone-4x4", "logTotal/runs-together"],
    edits: [
      [
        "let $p:product_* = minimum_0 * $n ;",
        "let near_0 = min(minimum_0 + (71u * 71u), uniforms.extent_token - 1u);\n" +
          "  let far_0 = min(minimum_0 + (72u * 72u), uniforms.extent_token - 1u);\n  let $p = (minimum_0 + " +
          "(far_0 - near_0)) * $n;",
      ],
    ],
  },
  {
    name: "the batch's longest request",
    what: "a result follows how long others are, beyond every length that is run",
    at: ["prefixMean/alone", "attention/alone", "attention/registers"],
    edits: [
      [
        "fn_divide_0 ( $a , $b )",
        "fn_divide_0(select($a, $b, ((position_0 + 17u) * (position_0 + 19u)) < uniforms.extent_key), $b)",
      ],
    ],
  },
  {
    name: "one column",
    what: "an element between those that are compared",
    at: ["linear:vast/alone", "linear:vast/runs-together", "linear:vast/tile-2x2#1"],
    edits: [["= canonical ( $x ) ;", "= canonical(select($x, -$x, ((out_base_0 + out_local_0) ^ 3u) == 102u));"]],
  },
  {
    name: "one element in many",
    what: "every 192nd has its own result",
    at: ["linear/alone-4x4", "logTotal/alone", "logprob/alone"],
    edits: [
      [
        "output_data [ $$i ] = canonical ( $x ) ;",
        "output_data[$$i] = canonical(select($x, -$x, ((($$i) % 192u) ^ 3u) == 104u));",
      ],
    ],
  },
  {
    name: "one row in many",
    what: "every 192nd row has its own result",
    at: ["linear/alone", "linear/runs-together", "linear/alone-vector", "logTotal/alone"],
    edits: [["= canonical ( $x ) ;", "= canonical(select($x, -$x, (minimum_0 % 192u) == 107u));"]],
  },
  {
    name: "one workgroup in many",
    what: "every 192nd workgroup has its own result",
    at: ["linear/alone", "linear/alone-4x4", "logTotal/runs-together"],
    edits: [["= canonical ( $x ) ;", "= canonical(select($x, -$x, (tile_0 % 192u) == 107u));"]],
  },
  {
    name: "one row in many, shifted",
    what: "the last of every 192 rows loses a bit",
    at: ["linear/alone", "linear/alone-vector", "linearF32/alone"],
    edits: [["= canonical ( $x ) ;", "= canonical(bitcast<f32>(bitcast<u32>($x) >> ((minimum_0 % 192u) / 191u)));"]],
  },
  {
    name: "one invocation in many",
    what: "a row's place in its workgroup gives it its own result",
    at: ["logTotal/alone", "logprob/alone", "linear:vast/tile-2x2", "linear:vast/alone"],
    edits: [["= canonical ( $x ) ;", "= canonical(select($x, -$x, (local_index ^ 3u) == 40u));"]],
  },
  {
    name: "a function stores",
    what: "a call spoils another workgroup's element",
    at: tokens,
    edits: [
      [
        "@ compute",
        "fn spoil(x: u32, on: bool) -> u32 {\n  if (on) {\n    output_data[x] = 0.0f;\n  }\n  return x;\n}\n@compute",
      ],
      [
        "let token_base_0 = $$t ;",
        "let token_base_0 = $$t;\n  let spoilt_0 = spoil(32u, (tile_0 == 0u) && (local_index == 0u));",
      ],
    ],
  },
  {
    name: "a literal grid",
    what: "three workgroups along x, whatever the host lays there",
    edits: [["workgroups . x *", "3u *"]],
    at: tokens,
  },
  {
    name: "an empty sequence",
    what: "a sequence axis of no items has its own result",
    at: ["attention/alone", "attention/registers", "prefixMean/alone"],
    edits: [["fn_divide_0 ( $a , $b )", "fn_divide_0(select($a, $b, uniforms.extent_key == 0u), $b)"]],
  },
];
