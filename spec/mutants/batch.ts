/** Faults that follow the batch: what `npm start` shows of other systems, and what no run of a few sizes finds. */
import type { Kind } from "./kind.ts";

const chosen = (condition: string): readonly (readonly [string, string])[] => [
  ["= canonical ( $x ) ;", `= canonical(select($x, -$x, ${condition}));`],
];
const sites = ["linear/alone", "linear/tile-2x2", "softmax/split@1", "linear/runs-together"];
const tokens = ["linear/alone", "linear/tile-2x2", "linear/runs-together"];

export const batch: readonly Kind[] = [
  {
    name: "runs by the batch",
    what: "shorter runs in larger batches",
    edits: [["min ( 128u , $$r )", "min(select(128u, 64u, uniforms.extent_token > 2u), $$r)"]],
    at: ["linear/alone", "linear/runs-together", "linear:long/split", "linearF32/alone"],
  },
  {
    name: "runs by the batch, from 1000 rows on",
    what: "beyond every size that is run",
    edits: [["min ( 128u , $$r )", "min(select(128u, 64u, uniforms.extent_token > 999u), $$r)"]],
    at: ["linear/alone", "linear/runs-together", "linear:long/split", "linearF32/alone"],
  },
  {
    name: "split by the batch",
    what: "a run is cut in two where the batch is one row",
    at: ["linear/runs-together#1", "linear/split@1", "linear/alone", "linear/alone-4x4"],
    edits: [["for ( var $k = $$f ; $k < 2u ;", "for (var $k = $$f; $k < select(2u, 1u, uniforms.extent_token == 1u);"]],
  },
  {
    name: "rows == 1000",
    what: "one size of the batch has its own result",
    edits: chosen("uniforms.extent_token == 1000u"),
    at: tokens,
  },
  {
    name: "rows == 71 * 71",
    what: "the same, with a number that stands nowhere",
    at: tokens,
    edits: chosen("uniforms.extent_token == (71u * 71u)"),
  },
  {
    name: "three times the rows",
    what: "arithmetic before the comparison",
    at: tokens,
    edits: chosen("(uniforms.extent_token * 3u) == 3000u"),
  },
  {
    name: "rows xor 1000",
    what: "bits before the comparison",
    edits: chosen("(uniforms.extent_token ^ 1000u) == 0u"),
    at: tokens,
  },
  {
    name: "neighbour in large batches",
    what: "another row is read where there is one far enough",
    at: tokens,
    edits: [
      [
        "let minimum_0 = $$m ;",
        "let row_0 = $$m;\n  let minimum_0 = select(row_0, row_0 + 60u, (row_0 + 60u) < uniforms.extent_token);",
      ],
    ],
  },
  {
    name: "rows left out of large batches",
    what: "a guard that only a large batch passes",
    at: tokens,
    edits: [
      [
        "let token_base_0 = $$t ;",
        "let token_base_0 = $$t;\n  if ((token_base_0 + 500u) < uniforms.extent_token) {\n    return;\n  }",
      ],
    ],
  },
  {
    name: "workgroups == 300",
    what: "the number of workgroups follows the batch",
    edits: chosen("workgroups.x == 300u"),
    at: sites,
  },
  { name: "workgroup 50", what: "one workgroup has its own result", edits: chosen("tile_0 == 50u"), at: sites },
  {
    name: "row 5000",
    what: "one place in the batch has its own result",
    edits: chosen("token_base_0 == 5000u"),
    at: ["linear/alone", "linear/alone-vector", "linear/runs-together"],
  },
];
