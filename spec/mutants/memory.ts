/** Faults of memory: who writes and reads what, and when. */
import type { Kind } from "./kind.ts";

const storing = "if ( $$c ) { output_data [ $$i ] = $$v ; }";

export const memory: readonly Kind[] = [
  {
    name: "barrier dropped",
    what: "invocations do not wait for each other",
    edits: [["workgroupBarrier ( ) ;", ""]],
    at: [
      "linear/tile-2x2",
      "linear/tile-2x2#1",
      "linear/runs-together",
      "linear/runs-together#1",
      "softmax/row-together#1",
      "rmsNorm/runs-together#1",
      "rowSummary/runs-together",
    ],
  },
  {
    name: "barrier too late",
    what: "after the read that it should come before",
    edits: [["workgroupBarrier ( ) ; let $s = $$e ;", "let $s = $$e;\n  workgroupBarrier();"]],
    at: ["linear/runs-together", "softmax/row-together", "rmsNorm/runs-together", "logTotal/runs-together"],
  },
  {
    name: "barrier too early",
    what: "before the loop that fills what is read after it",
    at: ["linear/runs-together", "softmax/row-together", "rmsNorm/runs-together", "narrowCount/runs-together"],
    edits: [["for ( $$$h ) { $$$b } workgroupBarrier ( ) ;", "workgroupBarrier();\n  for ($$$h) {\n    $$$b\n  }"]],
  },
  {
    name: "stale tile",
    what: "a stretch is brought in for the first round only",
    at: ["linear/tile-2x2", "linear/tile-2x2#1", "linear/tile-4x4"],
    edits: [
      [
        "for ( var $l = local_index ; $$$h ) { $$$b }",
        "if (stretch_0 == 0u) {\n        for (var $l = local_index; $$$h) {\n          $$$b\n        }\n      }",
      ],
    ],
  },
  {
    name: "edge of a stretch",
    what: "what lies behind the run is brought in from the next",
    edits: [["min ( ( $$i ) , subtract_0 )", "($$i)"]],
    at: ["linear/tile-2x2", "linear/tile-2x2#2", "linear/tile-4x4"],
  },
  {
    name: "other tile",
    what: "one operand is taken out of the other's memory",
    edits: [["= x_tile_0 [ $$i ] ;", "= weight_tile_0[$$i];"]],
    at: ["linear/tile-2x2", "linear/tile-2x2#1", "linear/tile-4x4"],
  },
  {
    name: "slot of another invocation",
    what: "the neighbour's result is read",
    edits: [["let $s:(sum|total|m)_* = $m:*_parts_0 [ $i ] ;", "let $s = $m[$i ^ 1u];"]],
    at: ["linear/runs-together", "softmax/row-together#1", "linear:wide/blocks", "logTotal/runs-together"],
  },
  {
    name: "shared result kept in one's own slot",
    what: "the fold is put where nobody looks",
    edits: [["$m:*_parts_0 [ $i ] = $s ; } workgroupBarrier", "$m[$i + 1u] = $s;\n  }\n  workgroupBarrier"]],
    at: ["linear/runs-together", "softmax/row-together#1", "rmsNorm/runs-together#1", "logTotal/runs-together"],
  },
  {
    name: "written twice",
    what: "one invocation stores the same twice",
    edits: [[storing, "if ($$c) {\n    output_data[$$i] = $$v;\n    output_data[$$i] = $$v;\n  }"]],
    at: [
      "linear/alone",
      "softmax/split@1",
      "embedding/alone",
      "rmsNorm/runs-together",
      "linear/alone-4x4",
      "narrowCount/runs-together",
    ],
  },
  {
    name: "written by many",
    what: "every way stores the result",
    edits: [["&& ( way_0 == 0u ) ) {", ") {"]],
    at: ["linear/runs-together", "rmsNorm/runs-together", "logSoftmax/leaves-together", "rowSummary/runs-together"],
  },
  {
    name: "not written",
    what: "one invocation leaves its store out",
    edits: [[storing, "if ($$c && (local_index != 1u)) {\n    output_data[$$i] = $$v;\n  }"]],
    at: ["linear/alone", "linear/tile-2x2#2", "softmax/split@1", "embedding/alone", "linear/alone-4x4", "scores/alone"],
  },
  {
    name: "written elsewhere",
    what: "the address is one off",
    edits: [["output_data [ $$i ] = $$v ;", "output_data[$$i + 1u] = $$v;"]],
    at: [
      "linear/alone",
      "linear/tile-2x2",
      "softmax/split@1",
      "rmsNorm/runs-together",
      "linear/alone-4x4",
      "editLogits/alone",
    ],
  },
  {
    name: "guard of a tile's edge",
    what: "columns behind the last are stored",
    edits: [["( $$i < 17u )", "true"]],
    at: ["linear/alone", "linear/tile-2x2", "linear/runs-together", "linear/alone-4x4"],
  },
  {
    name: "guard of the last row",
    what: "rows behind the last are stored",
    edits: [["if ( less_0 && $$c ) {", "if ($$c) {"]],
    at: ["linear/alone", "linear/tile-2x2", "linear/split@1", "narrowCount/runs-together"],
  },
  {
    name: "guard one too far",
    what: "row < extent becomes <=",
    edits: [["let less_0 = $$i < uniforms . extent_token ;", "let less_0 = $$i <= uniforms.extent_token;"]],
    at: ["linear/alone", "linear/tile-2x2", "linear/split@1", "linearF32/alone", "logTotal/runs-together"],
  },
  {
    name: "guard one too short",
    what: "the last column is left out",
    edits: [["( $$i < 17u )", "($$i < 16u)"]],
    at: ["linear/alone", "linear/tile-2x2", "linear/runs-together", "linearF32/split@1", "linear/alone-4x4"],
  },
  {
    name: "read behind the end",
    what: "what no store keeps is read past the tensor, where a device clamps",
    edits: [["min ( $$i , 16u ) * 70u", "($$i) * 70u"]],
    at: ["linear/alone", "linear/runs-together", "linear/alone-vector", "linear/alone-4x4"],
  },
  {
    name: "staged from behind the end",
    what: "a tile is filled past the tensor, where a device clamps",
    edits: [["min ( ( out_base_0 + $$d ) , 16u ) ;", "(out_base_0 + $$d);"]],
    at: ["linear/tile-2x2", "linearBias/tile-2x2", "linearF32/tile-2x2"],
  },
  {
    name: "row behind the end",
    what: "rows past the batch are read, where a device clamps",
    edits: [["min ( $$i , ( uniforms . extent_token - 1u ) ) ;", "$$i;"]],
    at: ["linear/alone", "linear/alone-vector", "attention/alone", "nextLikely/split"],
  },
  {
    name: "size of a workgroup",
    what: "half of the invocations, for text and host",
    edits: [["workgroup_size ( 64 )", "workgroup_size(32)"]],
    at: ["linear/alone", "linear/tile-2x2", "rmsNorm/runs-together", "logTotal/runs-together"],
    host: () => ({ workgroupSize: 32 }),
  },
  {
    name: "tile of a workgroup",
    what: "workgroups along y do the work of others",
    at: ["linear/alone", "linear/runs-together", "softmax/split@1", "linear/alone-4x4", "narrowCount/runs-together"],
    edits: [["workgroup . x + workgroups . x * ( workgroup . y + workgroups . y * workgroup . z )", "workgroup.x"]],
  },
];
