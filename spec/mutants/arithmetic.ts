/** Faults of arithmetic: operands, identities, seals, roundings, and the functions that every text brings along. */
import type { Kind } from "./kind.ts";

export const arithmetic: readonly Kind[] = [
  {
    name: "operands of a difference", what: "a - b becomes b - a", edits: [["seal ( $a - $b )", "seal($b - $a)"]],
    at: ["softmax/row-together", "softmax/split@1", "logSoftmax/leaves-together#1", "rotary/alone", "logTotal/runs-together"],
  },
  {
    name: "arms of a select", what: "the values of a choice swapped", edits: [["select ( $$a , $$b , $$c )", "select($$b, $$a, $$c)"]],
    at: ["embedding/alone", "rotary/alone#2", "selectRows/alone", "attention/alone", "nextLikely/split"],
  },
  {
    name: "sides of a combine", what: "the right state rescaled by the left state's factor",
    edits: [["let $r = fn_rescale_0 ( $v , after_0 )", "let $r = fn_rescale_0($v, before_0)"]],
    at: ["attention/alone", "attention/alone#1", "attention/registers#2"],
  },
  {
    name: "states of a combine", what: "the left state's total taken for the right one's",
    edits: [["let $a = fn_rescale_0 ( $v , before_0 )", "let $a = fn_rescale_0(l_1, before_0)"]],
    at: ["attention/alone", "attention/registers", "attention/registers#1"],
  },
  {
    name: "combine dropped", what: "an item is left out of a sum", edits: [["$s:(sum|total)_* = $s + $$x ;", ""]],
    at: ["linear/alone", "linear/tile-2x2#2", "softmax/row-together", "rmsNorm/split@1", "linear/split@1", "linear/alone-4x4", "logTotal/runs-together"],
  },
  {
    name: "combine twice", what: "an item is added twice", edits: [["$s:(sum|total)_* = $s + $$x ;", "$s = ($s + $$x) + $$x;"]],
    at: ["linear/runs-together", "linear/tile-2x2", "rmsNorm/runs-together", "linear/alone-4x4", "logTotal/runs-together"],
  },
  {
    name: "wrong identity", what: "a sum starts at 1",
    edits: [["var $s : f32 = bitcast < f32 > ( uniforms . zero ) ;", "var $s: f32 = bitcast<f32>(0x3f800000u ^ uniforms.zero);"]],
    at: ["linear/alone", "linear/runs-together#1", "softmax/split", "rmsNorm/row-together#1", "linear/alone-4x4", "logTotal/runs-together"],
  },
  {
    name: "identity that counts", what: "a maximum starts at -100",
    edits: [["( 0xff7fffffu ^ uniforms . zero )", "(0xc2c80000u ^ uniforms.zero)"]],
    at: ["softmax/row-together", "logSoftmax/leaves-together#1", "attention/alone", "rowSummary/runs-together"],
  },
  {
    name: "identity as a literal", what: "a zero that the driver's compiler sees",
    edits: [["var $s : f32 = bitcast < f32 > ( uniforms . zero ) ;", "var $s: f32 = 0.0f;"]],
    at: ["linear/alone", "linear/tile-2x2#4", "softmax/split", "linear/split@1", "linear/alone-4x4", "logTotal/runs-together"],
  },
  {
    name: "identity by a conversion", what: "the same zero, as f32(0u)",
    edits: [["var $s : f32 = bitcast < f32 > ( uniforms . zero ) ;", "var $s: f32 = f32(0u);"]],
    at: ["linear/alone", "softmax/split", "linear/runs-together#1", "linear/alone-4x4", "massesOf/split"],
  },
  {
    name: "mul+add for fma", what: "an exact product and its sum, unsealed",
    edits: [["$s = fma ( $$a , $$b , $s ) ;", "$s = $s + $$a * $$b;"]],
    at: ["linear/alone", "linear/tile-2x2#1", "linear/runs-together", "attention/registers", "linear/alone-4x4"],
  },
  {
    name: "fma for mul+add", what: "an inexact product fused with its sum",
    edits: [["seal ( $$c + seal ( $$a * $$b ) )", "seal(fma($$a, $$b, $$c))"]], inFunctions: true,
    at: ["softmax/row-together", "softmax/split", "logSoftmax/leaves-together#1", "attention/alone#2", "weights/alone"],
  },
  {
    name: "fma for a fold's mul+add", what: "an inexact product fused with the sum of a fold",
    edits: [["let $p = seal ( $a * $b ) ; $$$m $s:sum_* = $s + $$q ;", "$s = fma($a, $b, $s);"]],
    at: ["linearF32/alone", "linearF32/runs-together", "linearF32/split", "rmsNorm/alone"],
  },
  {
    name: "unsealed product", what: "a product that may be fused", edits: [["seal ( $a * $b )", "($a * $b)"]],
    at: ["linearF32/alone", "rotary/alone", "rmsNorm/runs-together", "scores/alone"],
  },
  {
    name: "unsealed product in a function", what: "the same where every caller has it", edits: [["seal ( $a * $b )", "($a * $b)"]],
    inFunctions: true,
    at: ["softmax/row-together", "rmsNorm/alone", "attention/alone#1", "logTotal/runs-together"],
  },
  {
    name: "unsealed sum", what: "a sum that may be regrouped", edits: [["seal ( $a + $b )", "($a + $b)"]],
    at: ["rotary/alone", "attention/alone", "attention/registers#3", "scores/alone"],
  },
  {
    name: "unsealed difference", what: "a difference that may be regrouped", edits: [["seal ( $a - $b )", "($a - $b)"]],
    at: ["softmax/row-together", "softmax/split@1", "logSoftmax/alone#1", "weights/alone"],
  },
  {
    name: "products regrouped", what: "(a * b) * c becomes a * (b * c)",
    edits: [["seal ( seal ( $$a * $$b ) * $$c )", "seal($$a * seal($$b * $$c))"]], inFunctions: true,
    at: ["rmsNorm/alone", "rmsNorm/runs-together#1", "rmsNormHeads/alone#2", "logTotal/runs-together"],
  },
  {
    name: "sums regrouped", what: "(a - b) - c becomes a - (b + c)",
    edits: [["seal ( seal ( $$a - $$b ) - $$c )", "seal($$a - seal($$b + $$c))"]], inFunctions: true,
    at: ["softmax/row-together", "logSoftmax/alone", "attention/alone", "weights/alone"],
  },
  {
    name: "rounding dropped", what: "a value is used as it was before it was rounded to bf16",
    edits: [["let $r = round_bf16 ( $x ) ;", "let $r = $x;"]],
    at: ["attention/alone", "rmsNorm/runs-together", "swiGlu/alone#1", "storeRows:even/alone"],
  },
  {
    name: "canonical dropped", what: "a NaN is stored as it is", edits: [["= canonical ( $x ) ;", "= $x;"]],
    at: ["linear/alone", "linear/tile-2x2#3", "softmax/split@1", "embedding/alone", "linear/alone-4x4", "weights/alone"],
  },
  {
    name: "seal that seals nothing", what: "seal(x) is x", edits: [["bitcast < f32 > ( bitcast < u32 > ( x ) | uniforms . zero )", "x"]],
    inFunctions: true,
    at: ["softmax/row-together", "rmsNorm/split@1", "attention/alone", "linearF32/alone", "scores/alone"],
  },
  {
    name: "seal with a zero in sight", what: "what hides the value is a literal", edits: [["( x ) | uniforms . zero", "(x) | 0u"]],
    inFunctions: true,
    at: ["softmax/split", "rmsNorm/alone", "rotary/alone", "editLogits/alone"],
  },
  {
    name: "ties of round_bf16", what: "half is always rounded up", edits: [["bits + 0x7fffu + ( ( bits >> 16u ) & 1u )", "bits + 0x8000u"]],
    inFunctions: true,
    at: ["rmsNorm/alone", "attention/alone", "swiGlu/alone", "storeRows:even/alone"],
  },
  {
    name: "coefficient of exp", what: "one ulp", edits: [["0x1.6a1a72p-10f", "0x1.6a1a74p-10f"]], inFunctions: true,
    at: ["softmax/row-together", "softmax/split@1", "attention/alone", "swiGlu/alone", "logTotal/runs-together"],
  },
  {
    name: "bit of a division", what: "the quotient's last digits shifted otherwise",
    edits: [["( ( $$q << 16u ) | ( $$r << 8u ) )", "(($$q << 16u) | ($$r << 7u))"]], inFunctions: true,
    at: ["softmax/row-together", "rmsNorm/alone", "attention/alone", "editLogits/alone"],
  },
  {
    name: "threshold of flush", what: "smaller values pass", edits: [["fn_flush_0 ( $x , 0x1p-51f )", "fn_flush_0($x, 0x1p-52f)"]],
    at: ["rmsNorm/alone", "rmsNorm/runs-together#1", "swiGlu/alone"],
  },
];
