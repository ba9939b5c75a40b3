/** Faults of addresses: other elements, other halves, other tables, other uniforms. */
import type { Kind } from "./kind.ts";

const next = "min(minimum_0 + 1u, uniforms.extent_token - 1u)";

export const places: readonly Kind[] = [
  {
    name: "row of a neighbour", what: "the next request's row is read",
    edits: [["let $p:product_* = minimum_0 * $n ;", `let $p = ${next} * $n;`]],
    at: ["linear/alone", "linear/runs-together", "rmsNorm/alone", "rmsNorm/runs-together", "linear/alone-4x4", "narrowCount/runs-together"],
  },
  {
    name: "position of a neighbour", what: "how far a request goes is the next one's",
    edits: [["position_data [ minimum_0 ]", `position_data[${next}]`]],
    at: ["attention/alone", "attention/registers", "prefixMean/alone"],
  },
  {
    name: "table of another request", what: "keys and values by the next row's pages",
    edits: [["rowOf_data [ minimum_0 ]", `rowOf_data[${next}]`]],
    at: ["attention/alone", "attention/registers", "prefixMean/alone", "editLogits/alone"],
  },
  {
    name: "row of the page table", what: "the table's next row",
    edits: [["min ( rowOf_0 , ( uniforms . extent_row - 1u ) )", "min(rowOf_0 + 1u, (uniforms.extent_row - 1u))"]],
    at: ["attention/alone", "attention/registers", "prefixMean/alone"],
  },
  {
    name: "next page", what: "a page's number is one off",
    edits: [["pages_data [ ( product_0 + $m ) ]", "pages_data[(product_0 + min($m + 1u, subtract_0))]"]],
    at: ["attention/alone", "attention/registers", "attention/alone#1"],
  },
  {
    name: "size of a page", what: "8 positions a page, of 16", edits: [["( $$k / 16u ) , subtract_0", "($$k / 8u), subtract_0"]],
    at: ["attention/alone", "attention/registers", "attention/registers#1"],
  },
  {
    name: "last position", what: "a request does not see its own token", edits: [["( position_0 + 1u )", "position_0"]],
    at: ["attention/alone", "attention/registers", "prefixMean/alone"],
  },
  {
    name: "head of another group", what: "heads share keys otherwise", edits: [["( head_local_0 / 2u )", "(head_local_0 % 2u)"]],
    at: ["attention/alone", "attention/registers", "attention:odd/alone"],
  },
  {
    name: "half of a word", what: "the other of two 16-bit elements",
    edits: [["bitcast < f32 > ( $w << 16u )", "bitcast<f32>($w & 0xffff0000u)"]],
    at: ["linear/alone-vector", "linear/runs-vector#1", "attention/registers", "linear/alone-4x4"],
  },
  {
    name: "half of a word, always the low one", what: "odd elements are read as the even ones",
    edits: [["( ( $w >> $$s ) << 16u )", "($w << 16u)"]],
    at: ["linear/alone", "linear/tile-2x2", "linear/runs-together#1", "embedding/alone", "attention/alone", "linear/alone-4x4"],
  },
  {
    name: "half kept", what: "an odd element keeps the even one's bits below its own",
    edits: [["bitcast < f32 > ( $$w & 0xffff0000u )", "bitcast<f32>($$w)"]],
    at: ["linear/alone-vector", "linear:wide/runs-vector#2", "attention/registers", "linear/alone-4x4"],
  },
  {
    name: "amount of a shift", what: "15 bits, of 16", edits: [["<< 16u )", "<< 15u)"]],
    at: ["linear/alone", "linear/alone-vector", "attention/registers", "embedding/alone", "linear/alone-4x4", "scores/alone"],
  },
  {
    name: "parity of an element", what: "halves alternate otherwise", edits: [["% 2u ) * 16u", "% 4u) * 8u"]],
    at: ["linear/alone", "linear/tile-2x2", "attention/alone", "linear/alone-4x4"],
  },
  {
    name: "component of a vector", what: "one word beside the right one", edits: [["$w:*_words_0 . y", "$w.z"]],
    at: ["linear:wide/alone-vector", "linear:wide/runs-vector#1", "linear:wide/blocks#2"],
  },
  {
    name: "layout in blocks", what: "rows of a block lie at another distance", edits: [["* 32u ) ) + product_2", "* 16u)) + product_2"]],
    at: ["linear:wide/blocks", "linearBias:wide/blocks", "linear:widest/blocks"],
  },
  {
    name: "part of scratch", what: "the neighbour's partial result",
    edits: [["scratch0_value_data [ ( $p + $k ) ]", "scratch0_value_data[($p + (1u - min($k, 1u)))]"]],
    at: ["linear:long/split@1", "softmax/split@1", "rmsNorm/split@1", "logTotal/split@1"],
  },
  {
    name: "row of scratch", what: "rows of scratch lie closer",
    edits: [["let $t:(total|product)_* = ( minimum_0 * $n ) + $$r ;", "let $t = (minimum_0 * ($n - 1u)) + $$r;"]],
    at: ["linear/split@1", "linear:long/split@1", "linearF32/split@1", "linear/alone-4x4", "weights/alone"],
  },
  {
    name: "guard of a gather", what: "an index of the extent passes", edits: [["$i:(id|position)_0 < $n )", "$i <= $n)"]],
    at: ["embedding/alone", "rotary/alone", "rotary/alone#1", "embeddingF32/alone"],
  },
  {
    name: "guard of a gather, one axis of two", what: "a page outside of the table counts", edits: [["less_0 && less_1", "less_0"]],
    at: ["attention/alone", "attention/registers", "attention:odd/alone"],
  },
  {
    name: "uniform of another axis", what: "one extent for another",
    edits: [["uniforms . $e:extent_(slot|key) ;", "uniforms.extent_block;"]],
    at: ["attention/alone", "attention/registers", "attention:odd/alone"],
  },
  {
    name: "uniform of another parameter", what: "a parameter is left out",
    edits: [["uniforms . $p:param_*", "bitcast<f32>(0x3f800000u ^ uniforms.zero)"]],
    at: ["attention/alone", "rmsNorm/alone", "rmsNorm/runs-together"],
  },
  {
    name: "padding that is not neutral", what: "the half behind a row's end holds something",
    edits: [["select ( 0u , bitcast < u32 > ( $r ) , $$c )", "bitcast<u32>($r)"]],
    at: ["rmsNorm:odd/alone", "rmsNorm:odd/runs-together", "swiGlu:odd/alone"],
  },
  {
    name: "padding of a staged row", what: "tiles overlap by one", edits: [["* 17u ) +", "* 16u) +"]],
    at: ["linear/tile-2x2", "linear/tile-2x2#1", "linear/tile-2x2#2", "linear/alone-4x4"],
  },
  {
    name: "boundary of a range", what: "a large input is cut one word later", edits: [["if ( at < $n ) {", "if (at <= $n) {"]],
    inFunctions: true,
    at: ["linear:ranges/alone", "linear:ranges/runs-together", "linear:ranges/alone-vector"],
  },
  {
    name: "wrong range", what: "addresses start at 0 in the second binding", edits: [["[ at - $n ]", "[at]"]], inFunctions: true,
    at: ["linear:ranges/alone", "linear:ranges/runs-together", "linear:ranges/alone-vector"],
  },
];
