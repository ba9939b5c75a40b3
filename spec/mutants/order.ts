/** Faults of order: which items a fold takes, when, and into which of its values. */
import type { Kind } from "./kind.ts";

export const order: readonly Kind[] = [
  {
    name: "runs in reverse",
    what: "a chain over runs goes from the last to the first",
    at: ["linear:long/alone", "linear:long/runs-together", "linear:long/split@1"],
    edits: [
      [
        "for ( var $k = $$f ; $k < 3u ; $k += 1u ) { $$$b }",
        "for (var turned_0 = $$f; turned_0 < 3u; turned_0 += 1u) {\n    let $k = 2u - turned_0;\n    $$$b\n  }",
      ],
    ],
  },
  {
    name: "chain in reverse",
    what: "a chain over a row goes from its end",
    at: ["rowSummary/alone", "rowSummary/runs-together", "rowSummary/leaves-together", "narrowCount/alone"],
    edits: [
      [
        "for ( var $k = $$f ; $k < 70u ; $k += 1u ) { $$$b }",
        "for (var turned_0 = $$f; turned_0 < 70u; turned_0 += 1u) {\n    let $k = 69u - turned_0;\n    $$$b\n  }",
      ],
    ],
  },
  {
    name: "edge of a run, one short",
    what: "runs of 127 items, of 128 declared",
    edits: [["min ( 128u , $$r )", "min(127u, $$r)"]],
    at: ["linear/alone", "linear/runs-together", "linear:long/split", "linear/tile-2x2"],
  },
  {
    name: "edge of a run, one over",
    what: "a run takes the next one's first item",
    edits: [["$k < min ( 128u , $$r )", "$k <= min(128u, $$r)"]],
    at: ["linear/alone", "linear/runs-together", "linear/alone-4x4"],
  },
  {
    name: "edge of a part, one over",
    what: "a part of a split takes the next one's first item",
    edits: [["$k < minimum_0 ;", "$k <= minimum_0;"]],
    at: ["linear:long/split", "linear/split", "linearF32/split"],
  },
  {
    name: "start of a run",
    what: "runs begin 64 items apart, of 128",
    edits: [["( $k * 64u )", "($k * 32u)"]],
    at: ["linear/alone", "linear/runs-together", "linearF32/alone", "linear/alone-4x4", "logTotal/runs-together"],
  },
  {
    name: "last run left out",
    what: "one run too few",
    edits: [["$k < 2u ;", "$k < 1u;"]],
    at: ["linear/alone", "linear/tile-2x2", "linear/runs-together", "linearF32/alone", "linear/alone-4x4"],
  },
  {
    name: "first run left out",
    what: "a chain begins with its second item",
    edits: [["for ( var $k = $$f ; $k < 2u ;", "for (var $k = 1u; $k < 2u;"]],
    at: ["linear/alone", "linear/tile-2x2", "linear/runs-together#1", "linear/split@1", "linear/alone-4x4"],
  },
  {
    name: "runs share an accumulator",
    what: "a run goes on from the one before it",
    at: ["linear/alone", "linear:long/alone", "linearF32/alone", "linear/alone-4x4", "logTotal/runs-together"],
    edits: [["for ( $$$h ) { var $s : f32 = $$z ; $$$b }", "var $s: f32 = $$z;\n  for ($$$h) {\n    $$$b\n  }"]],
  },
  {
    name: "leaves swapped",
    what: "two neighbours of a chain change places",
    at: ["linear/alone-vector", "linear:wide/runs-vector#1", "linear:wide/blocks#2"],
    edits: [
      [
        "let $x = $$p ; $$$m let $w = $$q ; $s = fma ( $x , $w , $s ) ; let $y = $$o ; $$$n let $v = $$r ; $s " +
          "= fma ( $y , $v , $s ) ;",
        "let $x = $$p; $$$m let $w = $$q; let $y = $$o; $$$n let $v = $$r; $s = fma($y, $v, $s); $s = fma($x, $w, $s);",
      ],
    ],
  },
  {
    name: "lanes shuffled",
    what: "neighbouring lanes change places",
    edits: [["let $t:total_* = product_0 + $k ;", "let $t = product_0 + (($k * 5u) % 32u);"]],
    at: ["softmax/row-together", "rmsNorm/runs-together", "softmax/split", "narrowCount/runs-together"],
  },
  {
    name: "stride of a lane",
    what: "lanes take items at another distance",
    edits: [["( $k:[kc]_* * 32u )", "($k * 16u)"]],
    at: ["softmax/row-together", "softmax/split", "softmax/runs-together"],
  },
  {
    name: "pairwise tree rebalanced",
    what: "subtrees close at other sizes",
    edits: [["( $c & 1u ) == 1u", "($c & 3u) == 3u"]],
    at: [
      "softmax/row-together",
      "softmax/split@1",
      "rmsNorm/runs-together",
      "attention/alone",
      "rowSummary/runs-together",
    ],
  },
  {
    name: "pairwise tree as a chain",
    what: "every item closes what is there",
    edits: [["while ( ( $c & 1u ) == 1u ) { $d = $d - 1u ;", "while (($c > 0u) && ($d > 0u)) {\n    $d = $d - 1u;"]],
    at: ["softmax/row-together", "rmsNorm/runs-together", "logSoftmax/leaves-together#1", "logTotal/runs-together"],
  },
  {
    name: "what is left of a loop, left out",
    what: "the items behind the last whole step",
    edits: [["$k < min ( 128u , ( 140u - $$r ) ) ;", "$k < product_0;"]],
    at: ["linear/alone-vector", "linear/runs-vector", "linearF32/alone-vector", "linear/alone-4x4"],
  },
  {
    name: "left and right of a pairwise fold",
    what: "the states of a combine that does not commute",
    at: ["logSumExp/alone", "logSumExp/alone#1", "logSumExp/alone#2"],
    edits: [
      [
        "let $p = seal ( $s:r_stack_* [ $d ] * $e ) ; $$$m let $q = seal ( $r:r_* * $f ) ;",
        "let $p = seal($r * $e); $$$m let $q = seal($s[$d] * $f);",
      ],
    ],
  },
];
