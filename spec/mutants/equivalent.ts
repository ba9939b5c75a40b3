/** Edits that change no bit: the audit passes them, which shows that it compares meanings and not texts. */
import type { Kind } from "./kind.ts";

export const equivalent: readonly Kind[] = [
  {
    name: "operands of max_by_bits",
    what: "max(a, b) becomes max(b, a)",
    edits: [["= max_by_bits ( $a , $b ) ;", "= max_by_bits($b, $a);"]],
    at: ["softmax/row-together", "logSoftmax/alone", "attention/alone#1", "rowSummary/runs-together"],
    equivalent: "the order is total: only two NaNs have one key, and all NaNs count as one",
  },
  {
    name: "maxima in reverse",
    what: "a chain of maxima over a row goes from its end",
    at: ["softmax/split", "softmax/alone", "softmax/row-together"],
    edits: [
      [
        "for ( var $k = $$f ; $k < 70u ; $k += 1u ) { $$$b }",
        "for (var turned_0 = $$f; turned_0 < 70u; turned_0 += 1u) {\n    let $k = 69u - turned_0;\n    $$$b\n  }",
      ],
    ],
    equivalent: "the greatest value is the same in whatever order the values are taken",
  },
  {
    name: "rounding doubled",
    what: "rounded once more than declared",
    edits: [["let $r = round_bf16 ( $x ) ;", "let $r = round_bf16(seal(round_bf16($x) * 1.0f));"]],
    at: ["attention/alone", "rmsNorm/runs-together", "swiGlu/alone#1"],
    equivalent: "a bf16 number times 1 is that number, none is subnormal, and rounding leaves it as it is",
  },
  {
    name: "the first two parts swapped",
    what: "of two partial results, the second is added first",
    edits: [["scratch0_value_data [ ( $p + $k ) ]", "scratch0_value_data[($p + (1u - min($k, 1u)))]"]],
    at: ["linear/split@1", "linearF32/split@1", "linearBias/split@1"],
    equivalent: "(0 + a) + b = (0 + b) + a: both are a + b, and +0 where a and b are zeros",
  },
  {
    name: "sum commuted",
    what: "a + b becomes b + a",
    edits: [["$s:(sum|total)_* = $s + $x ;", "$s = $x + $s;"]],
    at: ["linear/alone", "linear/split@1", "softmax/row-together"],
    equivalent: "a sum is the one rounded result of a symmetric function",
  },
  {
    name: "factors commuted",
    what: "fma(a, b, c) becomes fma(b, a, c)",
    edits: [["fma ( $a , $b , $c )", "fma($b, $a, $c)"]],
    at: ["linear/alone", "linear/tile-2x2", "linear/runs-together"],
    equivalent: "a product is that of a symmetric function, too",
  },
  {
    name: "barrier doubled",
    what: "two barriers for one",
    edits: [["workgroupBarrier ( ) ;", "workgroupBarrier();\n  workgroupBarrier();"]],
    at: ["linear/tile-2x2", "linear/runs-together", "softmax/row-together#1"],
    equivalent: "a barrier after a barrier waits for nothing",
  },
  {
    name: "identity of a maximum as a literal",
    what: "the lowest number in sight",
    edits: [["bitcast < f32 > ( ( 0xff7fffffu ^ uniforms . zero ) )", "bitcast<f32>(0xff7fffffu)"]],
    at: ["softmax/row-together", "softmax/split", "logSoftmax/leaves-together"],
    equivalent:
      "max_by_bits is integer arithmetic, which drivers may fold as they like; only zeros are folded away by " +
      "what they are added to",
  },
  {
    name: "division as a shift",
    what: "k / 2 becomes k >> 1",
    edits: [["( $k / 2u )", "($k >> 1u)"]],
    at: ["linear/alone", "linear/runs-together", "linear/alone-vector"],
    equivalent: "the same for unsigned numbers",
  },
  {
    name: "remainder as a mask",
    what: "k % 2 becomes k & 1",
    edits: [["( $k % 2u )", "($k & 1u)"]],
    at: ["linear/alone", "linear/runs-together", "linear/alone-vector"],
    equivalent: "the same for unsigned numbers",
  },
  {
    name: "sealed once more",
    what: "seal(seal(x))",
    edits: [["seal ( $a - $b )", "seal(seal($a - $b))"]],
    at: ["softmax/row-together", "softmax/split@1", "rotary/alone"],
    equivalent: "sealing changes no bit",
  },
  {
    name: "a fold's sum sealed",
    what: "the one addition that may stand bare",
    edits: [["$s:(sum|total)_* = $s + $x ;", "$s = seal($s + $x);"]],
    at: ["linearF32/alone", "linearF32/runs-together", "rmsNorm/split@1"],
    equivalent: "sealing changes no bit",
  },
  {
    name: "lanes mirrored",
    what: "each two neighbouring lanes change places",
    edits: [["let $t:total_* = product_0 + $k ;", "let $t = product_0 + ($k ^ 1u);"]],
    at: ["softmax/row-together", "softmax/split", "rmsNorm/runs-together"],
    equivalent: "a pairwise fold adds the two first, in either order; both lanes have as many items",
  },
  {
    name: "spare workgroups go on",
    what: "the early return dropped",
    edits: [["if ( tile_0 >= $$c ) { return ; }", ""]],
    at: ["linear/runs-together", "rmsNorm/runs-together", "softmax/split@1"],
    equivalent: "their rows are clamped for the reads, and every store is guarded",
  },
  {
    name: "one run a way, accumulator shared",
    what: "the accumulator declared around the loop over runs",
    at: ["linear/runs-together", "linear:long/runs-together", "linear:wide/blocks"],
    edits: [["for ( $$$h ) { var $s : f32 = $$z ; $$$b }", "var $s: f32 = $$z;\n  for ($$$h) {\n    $$$b\n  }"]],
    equivalent: "there are fewer runs than ways, so the loop goes round once",
  },
  {
    name: "clamp as a choice",
    what: "min(i, 16) becomes select",
    edits: [
      ["let $p = min ( out_local_0 , 16u ) * $n ;", "let $p = select(16u, out_local_0, out_local_0 < 16u) * $n;"],
    ],
    at: ["linear/alone", "linear/alone-vector", "linearF32/alone"],
    equivalent: "the same number",
  },
  {
    name: "loop from a literal",
    what: "a counter that starts at 0u, of uniforms.zero",
    edits: [["for ( var $k = uniforms . zero ;", "for (var $k = 0u;"]],
    at: ["linear/alone", "linear/tile-2x2#1", "softmax/row-together"],
    equivalent: "the counter counts the same; a hidden start only keeps drivers from unrolling",
  },
];
