/**
 * Wrong texts of an adversary who had the audit's source, and found that any number
 * computed from a count or a length passed for it (C, N), and dispatches, scratch and stacks that small sizes do not show (D, S).
 */
import { type Attack, sourceOf } from "./attack.ts";
import type { Formula } from "../../runtime/artifact.ts";
import { longPairwise } from "./handed-over.ts";

const twoSeq = sourceOf("kernel, model, sequence, sum", `axes: { c: model, a: sequence, b: sequence }, inputs: { x: "f32[a, c]", y: "f32[b, c]" }, output: "f32[c]",
  body: ({ x, y }, { a, b, c }) => sum(a, "chain", (k) => x(k, c)) + sum(b, "chain", (k) => y(k, c))`);
const seqOut = sourceOf("batch, kernel, sequence", `axes: { token: batch, key: sequence }, inputs: { x: "f32[token, key]" }, output: "f32[token, key]", body: ({ x }, { token, key }) => x(token, key) * 2`);
type F = Formula;
const op = (operator: Exclude<F, number | { extent: string }>["operator"], left: F, right: F): F => ({ operator, left, right });
const ceil = (x: F, n: number): F => op("divide", op("add", x, n - 1), n);
const T = { extent: "token" }, Q = ceil({ extent: "key" }, 64), q = "((uniforms.extent_key + 63u) / 64u)";
const neg = (c: string, what = "sum_0"): readonly [string, string] => [`canonical(${what})`, `canonical(select(${what}, -${what}, ${c}))`];
const is = (e: string, n: number): string => `((((${e}) ^ ${n}u) - 1u) >> 31u) != 0u`;
const U = "unevenBarrier/alone", UR = "unevenBarrier/runs-together", L = "linear/alone";
const LP = { source: longPairwise, schedule: "alone" }, SO = { source: seqOut, schedule: "alone" };
const scratch = (most: number): Attack["host"] => (p) => ({ bindings: p.bindings.map((b) => (b.role === "scratch" ? { ...b, shape: [op("minimum", b.shape[0], most), ...b.shape.slice(1)] } : b)) });

export const counts: readonly Attack[] = [
  // C: any number computed from a count passes for the count.
  { name: "counts C1", cause: "R5", what: "rows from (T + 161) / 2 on are not stored", of: L, edits: [["if (less_0 && ", "if (less_0 && ((token_base_0 + token_local_0) < ((uniforms.extent_token + 161u) / 2u)) && "]] },
  { name: "counts C2", cause: "R5", what: "tiles from (T + 161) / 4 on return", of: L, edits: [["let token_base_0 = ", "if (tile_0 >= ((uniforms.extent_token + 161u) / 4u)) {\n    return;\n  }\n  let token_base_0 = "]] },
  { name: "counts C3", cause: "R5", what: "rows beyond T/8 + 100 read another request's x", of: L, edits: [["let product_0 = minimum_0 * 70u;", "let product_0 = min(minimum_0, (((uniforms.extent_token + 7u) / 8u) + 100u)) * 70u;"]] },
  { name: "counts C4", cause: "R5", what: "the x of row % (T/2 + 100)", of: L, edits: [["let product_0 = minimum_0 * 70u;", "let product_0 = (minimum_0 % (uniforms.extent_token / 2u + 100u)) * 70u;"]] },
  { name: "counts C5", cause: "R5", what: "rows with 3 r >= T + 100 read the next row", of: L, edits: [["let product_0 = minimum_0 * 70u;", "let product_0 = min(minimum_0 + ((minimum_0 * 3u) / (uniforms.extent_token + 100u)), (uniforms.extent_token - 1u)) * 70u;"]] },
  { name: "counts C6", cause: "R5", what: "rows with 3 r >= T + 100 are not stored", of: L, edits: [["if (less_0 && ", "if (less_0 && (((minimum_0 * 3u) / (uniforms.extent_token + 100u)) == 0u) && "]] },
  { name: "counts C7", cause: "R5", what: "min(300, T) < T: all is negated in batches over 300", of: L, edits: [neg("min((out_local_0 + 1u) * 300u, uniforms.extent_token) < uniforms.extent_token")] },
  { name: "counts C8", cause: "R5", what: "rows from (T + 161) / 2 on are zeros", of: SO, edits: [["canonical(product_1)", "canonical(select(bitcast<f32>(uniforms.zero), product_1, token_base_0 < ((uniforms.extent_token + 161u) / 2u)))"]] },
  { name: "counts C9", cause: "R5", what: "x is zero where position >= 200 T", of: U, edits: [["let x_0 = x_data[(product_0 + d_0)];", "let x_0 = select(bitcast<f32>(uniforms.zero), x_data[(product_0 + d_0)], position_0 < (uniforms.extent_token * 200u));"]] },
  { name: "counts C10", cause: "R5", what: "a loop's step is 2 from 100 rows on", of: L, edits: [["k_1 += 1u", "k_1 += (1u + ((uniforms.extent_token / 10u) / 10u))"]] },
  { name: "counts C11", cause: "R5", what: "an address moves by T/10/10", of: L, edits: [["x_data[(total_0 + (k_1 / 2u))]", "x_data[((total_0 + (k_1 / 2u)) + ((uniforms.extent_token / 10u) / 10u))]"]] },
  // N: so do lengths.
  { name: "counts N1", cause: "R5", what: "min(position | 2^20, longest) is the request's own", of: U, edits: [neg(is("min(position_0 | 1048576u, uniforms.extent_key)", 100))] },
  { name: "counts N2", cause: "R5", what: "position - point is the request's own", of: U, edits: [neg(is("position_0 - (position_0 - min((out_local_0 + 1u) * 65536u, uniforms.extent_key))", 100))] },
  { name: "counts N3", cause: "R5", what: "workgroup % longest is of no row", of: U, edits: [neg(is("tile_0 % uniforms.extent_key", 100))] },
  { name: "counts N4", cause: "R5", what: "weights are zero from key/64*33 + 64 on", of: U, edits: [["let less_0 = k_0 < uniforms.extent_key;", "let less_0 = k_0 < (((uniforms.extent_key / 64u) * 33u) + 64u);"]] },
  { name: "counts N5", cause: "R5", what: "lists are cut at key/64*33 + 64", of: U, edits: [["k_0 < minimum_1;", "k_0 < min(minimum_1, ((uniforms.extent_key / 64u) * 33u) + 64u);"]] },
  { name: "counts N6", cause: "R5", what: "keys from (key + 161) / 2 on are not stored", of: SO, edits: [["&& less_0", "&& less_0 && ((key_base_0 + key_local_0) < ((uniforms.extent_key + 161u) / 2u))"]] },
  { name: "counts N7", cause: "R5", what: "the x of key % ((key + 161) / 2)", of: SO, edits: [["x_data[total_0]", "x_data[(minimum_1 * uniforms.extent_key) + (minimum_0 % ((uniforms.extent_key + 161u) / 2u))]"]] },
  { name: "counts N8", cause: "R5", what: "rows from key + 100 on are not stored", of: U, edits: [["if (less_1 && ", "if (less_1 && ((minimum_0 / (uniforms.extent_key + 100u)) == 0u) && "]] },
  { name: "counts N9", cause: "R5", what: "rows beyond key + 100 read another request's x", of: U, edits: [["let product_0 = minimum_0 * 5u;", "let product_0 = min(minimum_0, (uniforms.extent_key + 100u)) * 5u;"]] },
  { name: "counts N10", cause: "R5", what: "the longest length decides what is put into workgroup memory", of: UR, edits: [["  if (way_0 == 0u) {\n    sum_parts_0[out_local_0] = sum_0;", "  if (way_0 == 0u && (out_local_0 < (8u - ((uniforms.extent_key / 10u) / 10u)))) {\n    sum_parts_0[out_local_0] = sum_0;"]] },
  { name: "counts N11", cause: "R5", what: "a position is shifted by a point", of: U, edits: [["let minimum_1 = min((position_0 + 1u)", "let minimum_1 = min(((position_0 >> (((min((out_local_0 + 1u) * 65536u, uniforms.extent_key) / 10u) / 10u) * 8u)) + 1u)"]] },
  { name: "counts N12", cause: "R5", what: "both of two lengths are 12", of: { source: twoSeq, schedule: "alone", extents: { c: 6 } }, edits: [neg("uniforms.extent_a == 12u && uniforms.extent_b == 12u", "total_0")] },
  { name: "counts N13", cause: "R5", what: "reads keys only up to key/64*33 + 63", of: U, edits: [["let subtract_0 = uniforms.extent_key - 1u;", "let subtract_0 = (uniforms.extent_key / 64u) * 33u + 63u;"]] },
  // D: dispatches and scratch.
  { name: "counts D1", cause: "R7", what: "twenty workgroups for each 64 rows: row 40 of 41", of: L, edits: [["((uniforms.extent_token + 1u) / 2u)", "(((((uniforms.extent_token + 7u) / 8u) + 7u) / 8u) * 20u)"]], host: () => ({ workgroups: op("multiply", ceil(ceil(T, 8), 8), 20) }) },
  {
    name: "counts D2", cause: "R7", what: "256 workgroups a row, of which there is one: row 200 negated", of: "softmax/row-together",
    edits: [
      ["if (tile_0 >= uniforms.extent_row) {", "if (tile_0 >= (uniforms.extent_row * 256u)) {\n    return;\n  }\n  if (tile_0 >= uniforms.extent_row) {"], ["let row_base_0 = tile_0;", "let row_base_0 = tile_0;\n  let odd_0 = (tile_0 % 256u) == 200u;"],
      neg("odd_0", "divide_0"), ["let minimum_0 = min(row_base_0, (uniforms.extent_row - 1u));", "let minimum_0 = row_base_0;"], ["let less_0 = row_base_0 < uniforms.extent_row;", "let less_0 = c_local_0 < 64u;"],
    ],
    host: ({ workgroups }) => ({ workgroups: op("multiply", workgroups, 256) }),
  },
  { name: "counts D3", cause: "R7", what: "five tiles of keys at most", of: SO, edits: [[q, `min(${q}, 5u)`]], host: () => ({ workgroups: op("multiply", T, op("minimum", Q, 5)) }) },
  { name: "counts D4", cause: "R7", what: "q / 4 + 3 tiles of keys", of: SO, edits: [[q, `(((${q} / 4u) * 1u) + 3u)`]], host: () => ({ workgroups: op("multiply", T, op("add", op("multiply", op("divide", Q, 4), 1), 3)) }) },
  { name: "counts D5", cause: "R7", what: "scratch of 20 rows at most", of: "rmsNorm/split", host: scratch(20)! },
  // S: stacks.
  { name: "counts S1", cause: "R1", what: "carry & 15 before pairs are closed", of: LP, edits: [["    while ((carry_0", "    carry_0 = carry_0 & 15u;\n    while ((carry_0"]] },
  { name: "counts S2", cause: "R1", what: "a stack of 5 addressed % 5", of: LP, edits: [["array<f32, 33>", "array<f32, 5>"], ["sum_stack_0[depth_0]", "sum_stack_0[depth_0 % 5u]"]] },
  { name: "counts S3", cause: "R1", what: "a stack of 5, items 0 - (0 - n)", of: LP, edits: [["array<f32, 33>", "array<f32, 5>"], ["k_0 < minimum_1;", "k_0 < (0u - (0u - minimum_1));"]] },
  { name: "counts S4", cause: "R1", what: "a stack of 5, min(n, k + 1) - k > 0", of: LP, edits: [["array<f32, 33>", "array<f32, 5>"], ["k_0 < minimum_1;", "(min(minimum_1, k_0 + 1u) - k_0) > 0u;"]] },
];
