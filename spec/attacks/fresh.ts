/** Wrong texts of kinds that a later audit believed: `tables` are of data that control flow looks at. */
import { type Attack, sourceOf } from "./attack.ts";
import { longPairwise } from "./handed-over.ts";

const labelled = sourceOf(
  "batch, f32, kernel, model, sum",
  `axes: { token: batch, channel: model }, inputs: { x: "f32[token, channel]", label: "u32[token]" }, params: { n: "u32" }, output: "f32[token]",
  body: ({ x, label, n }, { token, channel }) => sum(channel, "chain", (c) => x(token, c)) * f32(label(token) + n)`,
);
const withLabels = { source: labelled, schedule: "alone", extents: { channel: 6 } };
const ofPositions = { source: longPairwise, schedule: "alone" };

/** What is stored is `value`, or `other` where `condition` holds, by a branch. */
function branch(condition: string, value: string, other: string): readonly (readonly [string, string])[] {
  return [
    [
      "let less_0 = ",
      `var turned_0: f32 = ${value};\n  if (${condition}) {\n    turned_0 = ${other};\n  }\n  let less_0 = `,
    ],
    [`canonical(${value})`, "canonical(turned_0)"],
  ];
}

export const tables: readonly Attack[] = [
  {
    name: "K1",
    cause: "R2",
    what: "every label above 1 negates",
    of: withLabels,
    edits: branch("label_0 > 1u", "product_1", "-product_1"),
  },
  {
    name: "K2",
    cause: "R2",
    what: "every parameter above 1 negates",
    of: withLabels,
    edits: branch("uniforms.param_n > 1u", "product_1", "-product_1"),
  },
  {
    name: "K3",
    cause: "R2",
    what: "embedding 7 is negated",
    of: { kernel: "embeddingF32", schedule: "alone", extents: { vocabulary: 17, channel: 6 } },
    edits: branch("id_0 == 7u", "table_0", "-table_0"),
  },
  {
    name: "K4",
    cause: "R2",
    what: "a branch without effect, and one bit of each label",
    of: withLabels,
    edits: [
      ...branch("label_0 > 100u", "product_1", "product_1"),
      ["(label_0 + uniforms.param_n)", "((label_0 & 1u) + uniforms.param_n)"],
    ],
  },
  {
    name: "K5",
    cause: "R2",
    what: "a branch without effect, and another request's label",
    of: withLabels,
    edits: [
      ...branch("label_0 > 100u", "product_1", "product_1"),
      ["label_data[minimum_0]", "label_data[(minimum_0 % 6u)]"],
    ],
  },
  {
    name: "K6",
    cause: "R2",
    what: "the position of the row modulo 6, another request's",
    of: ofPositions,
    edits: [["position_data[minimum_0]", "position_data[(minimum_0 % 6u)]"]],
  },
  {
    name: "K7",
    cause: "R2",
    what: "the position of the row modulo 420, another request's",
    of: "attention/alone",
    edits: [["position_data[minimum_0]", "position_data[(minimum_0 % 420u)]"]],
  },
  {
    name: "K8",
    cause: "R2",
    what: "label 7 is not stored",
    of: withLabels,
    edits: [["let less_0 = ", "if (label_0 == 7u) {\n    return;\n  }\n  let less_0 = "]],
  },
  {
    name: "K9",
    cause: "R2",
    what: "position 333 is negated, told by its bits",
    of: ofPositions,
    edits: [["canonical(sum_1)", "canonical(select(sum_1, -sum_1, (position_0 ^ 333u) == 0u))"]],
  },
  {
    name: "K10",
    cause: "R2",
    what: "position 333 is negated, told by a multiple",
    of: ofPositions,
    edits: [["canonical(sum_1)", "canonical(select(sum_1, -sum_1, (position_0 * 3u) == 999u))"]],
  },
];
