/** What a nest becomes: as many accumulators, loops, arrays and stores as its nodes say. */
import { describe, expect, test } from "vitest";
import { kernels } from "../../spec/fixtures/schedule-kernels.ts";
import { defaultLimits } from "../../runtime/artifact.ts";
import { InternalCompilerError } from "../errors.ts";
import { parseSteps } from "../schedule/text.ts";
import type { PassStep } from "../schedule/step.ts";
import { specialize } from "../specialize.ts";
import type { Block, Statement } from "../wgsl/tree.ts";
import { lowerNest, nestOfPass } from "./emit.ts";
import { allNodes, mapNodes, type Nest } from "./nest.ts";

type Sizes = Readonly<Record<string, number>>;

function nestAndRequest(name: string, text: string, sizes: Sizes) {
  const kernel = specialize(kernels.get(name)!, sizes);
  const steps = text === "" ? [] : (parseSteps(text) as PassStep[]);
  const nest = nestOfPass(kernel, steps);
  const request = {
    kernel,
    steps,
    layouts: new Map(),
    vectors: new Set<string>(),
    ranges: new Map(),
    arithmetic: "free" as const,
    maxWorkgroupBytes: defaultLimits.maxWorkgroupBytes,
    strict: false,
  };
  return { nest, request };
}

/** Every statement, with how many loops it stands in. */
function* statementsOf(block: Block, loops = 0): Generator<{ readonly statement: Statement; readonly loops: number }> {
  for (const statement of block.statements) {
    yield { statement, loops };
    if (statement.kind === "for" || statement.kind === "while") yield* statementsOf(statement.body, loops + 1);
    else if (statement.kind === "if") yield* statementsOf(statement.body, loops);
  }
}

function lowered(name: string, text: string, sizes: Sizes) {
  const { nest, request } = nestAndRequest(name, text, sizes);
  const { context } = lowerNest(request, nest);
  const statements = [...statementsOf(context.top)];
  const ofKind = (kind: Statement["kind"]) => statements.filter(({ statement }) => statement.kind === kind);
  return { nest, context, ofKind };
}

const linear = { out: 64, inner: 256 };

describe("a fold", () => {
  test.each([
    ["", 1],
    ["sink(out, 2, interleaved)", 2],
    ["sink(token, 4, blocked); sink(out, 4, interleaved)", 16],
  ])("under '%s' has an accumulator of each level for each of %d points, and as many stores", (text, points) => {
    const { ofKind, nest } = lowered("linear", text, linear);
    // Chains of 128 leaves, and a chain over them.
    const [fold] = [...allNodes(nest.body)].flatMap((node) => (node.kind === "fold" ? [node] : []));
    expect(fold!.held.reduce((product, { trips }) => product * trips, 1)).toBe(points);
    const depths = ofKind("var").map(({ loops }) => loops);
    expect(depths).toEqual([...Array(points).fill(0), ...Array(points).fill(1)]);
    const stores = ofKind("assign").filter(
      ({ statement, loops }) => loops === 0 && statement.kind === "assign" && statement.target.kind !== "name",
    );
    expect(stores).toHaveLength(points);
  });

  test("takes its leaves in the loops of its tree's levels, innermost in its unrolled round", () => {
    const adds = (text: string) =>
      lowered("linear", text, linear)
        .ofKind("assign")
        .filter(({ loops }) => loops === 2);
    expect(adds("")).toHaveLength(1);
    expect(adds("unroll(8)")).toHaveLength(8);
  });
});

describe("workgroup memory", () => {
  test("holds the values that an exchange makes apart, and nothing without one", () => {
    const arrays = (text: string) => lowered("rmsNorm", text, { channel: 100 }).context.shared;
    expect(arrays("sink(channel, 2, blocked)")).toEqual([]);
    expect(arrays("sink(channel, 2, blocked); walk(channel); cooperate(1, 8)")).toHaveLength(1);
  });

  test("holds a tile of each staged operand", () => {
    const tiles = "bind(token, 8); bind(out, 8); sink(token, 2, interleaved); sink(out, 2, interleaved); stage(8)";
    const { context } = lowered("linear", tiles, linear);
    expect(context.shared.map(({ symbol }) => symbol.hint)).toEqual(["x_tile", "weight_tile"]);
  });
});

test("a node that stands where it can't be lowered is the compiler's own error", () => {
  const { nest, request } = nestAndRequest("linear", "", linear);
  const misplaced: Nest = {
    ...nest,
    body: mapNodes(nest.body, (node) => (node.kind === "fold" ? node.body : undefined)),
  };
  expect(() => lowerNest(request, misplaced)).toThrow(InternalCompilerError);
});
