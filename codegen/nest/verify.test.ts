/** Each fault is planted into a nest that is right, and the verifier has to name it. */
import { describe, expect, test } from "vitest";
import { kernels } from "../../spec/fixtures/schedule-kernels.ts";
import { InternalCompilerError } from "../errors.ts";
import { parseSteps } from "../schedule/text.ts";
import { specialize } from "../specialize.ts";
import { applySteps } from "./apply.ts";
import { allNodes, type Fold, leaderOf, type Loop, mapNodes, type Nest, type Node } from "./nest.ts";
import { nestFaults, verifyNest } from "./verify.ts";

function nestOf(name: string, text: string, sizes: Readonly<Record<string, number>>): Nest {
  return applySteps(specialize(kernels.get(name)!, sizes), text === "" ? [] : parseSteps(text)).at(-1)!.nests[0]!;
}

const linear = (text = ""): Nest => nestOf("linear", text, { out: 64, inner: 256 });
const rmsNorm = (text = ""): Nest => nestOf("rmsNorm", text, { channel: 100 });
const attention = (text = ""): Nest => nestOf("attention", text, { head: 4, kvHead: 2, dim: 8, page: 16 });

const plant = (nest: Nest, change: (node: Node) => readonly Node[] | undefined): Nest => ({
  ...nest,
  body: mapNodes(nest.body, change),
});
const isLevel = (node: Node, level: number): node is Loop =>
  node.kind === "loop" && node.over.kind === "level" && node.over.level === level;
const isWhole = (node: Node): node is Fold => node.kind === "fold" && node.level === leaderOf(node.of).tree.length;

/** Loops over two levels of one reduction change places. */
function swapLevels(nest: Nest): Nest {
  return plant(nest, (node) => {
    if (!isLevel(node, 2)) return undefined;
    const inner = [...allNodes(node.body)].find((other) => isLevel(other, 1)) as Loop;
    const swapped = mapNodes(node.body, (other) => (other === inner ? [{ ...inner, over: node.over }] : undefined));
    return [{ ...node, over: inner.over, body: swapped }];
  });
}

/** A level of the tree is left out: its values are taken by the level above as if they were its own. */
function dropLevel(nest: Nest): Nest {
  return plant(nest, (node) => {
    if (!isLevel(node, 2) || node.over.kind !== "level") return undefined;
    return [{ ...node, body: [{ kind: "accumulate", of: node.over.of, level: 2, from: "leaf" }] }];
  });
}

/** All points of a sunk axis share one accumulator. */
function holdNothing(nest: Nest): Nest {
  const change = (node: Node): readonly Node[] | undefined =>
    node.kind === "fold" ? [{ ...node, held: [], body: mapNodes(node.body, change) }] : undefined;
  return plant(nest, change);
}

const without = (nest: Nest, wanted: (node: Node) => boolean): Nest =>
  plant(nest, (node) => (wanted(node) ? [] : undefined));

const staged = (): Nest => linear("bind(token, 8); bind(out, 8); stage(16)");
const shared = (): Nest => linear("bind(out, 8); cooperate(1, 4)");

describe("the verifier", () => {
  test.each([
    ["linear", linear()],
    ["staged operands", staged()],
    ["a shared reduction", shared()],
    ["points in registers", attention("bind(head, 4); sink(dim, 2, blocked)")],
    ["a walked axis", rmsNorm("bind(channel, 64); walk(channel); cooperate(1, 1)")],
  ])("finds nothing wrong with %s", (_, nest) => {
    expect(nestFaults(nest)).toEqual([]);
  });

  test.each<[string, Nest, string]>([
    [
      "loops of two levels that are swapped",
      swapLevels(linear()),
      "stands between level 1 of sum over inner and its fold",
    ],
    ["a level that is dropped", dropLevel(linear()), "level 2 of sum over inner takes leaves, and level 1 does not"],
    [
      "an accumulate outside its fold",
      plant(linear(), (node) => (node.kind === "fold" && node.level === 1 ? node.body : undefined)),
      "level 1 of sum over inner is accumulated outside its fold",
    ],
    [
      "an accumulate that is dropped",
      without(linear(), (node) => node.kind === "accumulate" && node.level === 1),
      "level 1 of sum over inner is accumulated at 0 places",
    ],
    [
      "an accumulate that comes twice",
      plant(linear(), (node) => (node.kind === "accumulate" && node.level === 1 ? [node, node] : undefined)),
      "level 1 of sum over inner is accumulated at 2 places",
    ],
    [
      "a lower level's fold outside the loops above it",
      plant(linear(), (node) => {
        if (!isWhole(node)) return undefined;
        const inner = [...allNodes(node.body)].find((other) => other.kind === "fold" && other.level === 1)!;
        return [{ ...node, body: [inner, ...mapNodes(node.body, (other) => (other === inner ? [] : undefined))] }];
      }),
      "the fold of level 1 of sum over inner is outside the loops of level 2",
    ],
    [
      "a chain that is dealt out to invocations",
      plant(linear(), (node) => (isLevel(node, 1) ? [{ ...node, binding: "workgroup" }] : undefined)),
      "level 1 of sum over inner is bound to workgroup, which has no order",
    ],
    [
      "a strip of a chain that leaves items out",
      plant(linear("unroll(8)"), (node) =>
        isLevel(node, 1) && node.trips === 8 ? [{ ...node, trips: 7 }] : undefined,
      ),
      "the loops over level 1 of sum over inner do not tile it: a loop's stride is 8, and the loops below it take 7",
    ],
    [
      "strips of a chain in the wrong order",
      plant(linear("unroll(8)"), (node) => {
        if (!isLevel(node, 1) || node.trips !== "rest") return undefined;
        const inner = node.body[0] as Loop;
        return [{ ...inner, body: [{ ...node, body: inner.body }] }];
      }),
      "the loops over level 1 of sum over inner are out of order",
    ],
    [
      "a copy that is dropped",
      without(staged(), (node) => node.kind === "copy"),
      "a workgroup buffer is filled 0 times",
    ],
    [
      "a buffer that is read before it is filled",
      plant(staged(), (node) =>
        node.kind === "buffer" && node.body.length > 1
          ? [{ ...node, body: [...node.body.slice(-1), ...node.body.slice(0, -1)] }]
          : undefined,
      ),
      "a workgroup buffer is read before it is filled",
    ],
    [
      "a copy outside its buffer",
      plant(staged(), (node) => (node.kind === "buffer" ? node.body : undefined)),
      "a copy fills a buffer that is not declared around it",
    ],
    [
      "a store under a fold's loop",
      plant(linear(), (node) => {
        if (node.kind === "store") return [];
        const store = [...allNodes(linear().body)].find((other) => other.kind === "store")!;
        return isLevel(node, 2) ? [{ ...node, body: [...node.body, store] }] : undefined;
      }),
      "output output is stored inside a fold",
    ],
    ["a store that is dropped", without(linear(), (node) => node.kind === "store"), "output output is stored 0 times"],
    [
      "a store that comes twice",
      plant(linear(), (node) => (node.kind === "store" ? [node, node] : undefined)),
      "output output is stored 2 times",
    ],
    [
      "points that no loop takes",
      plant(linear("bind(out, 8)"), (node) =>
        node.kind === "loop" && node.trips === 8 ? [{ ...node, trips: 4 }] : undefined,
      ),
      "output output is not stored once a point of out: a loop's stride is 8, and the loops below it take 4",
    ],
    [
      "points that are gone through twice",
      plant(linear(), (node) =>
        node.kind === "loop" && node.over.kind === "points" && node.over.axis === "out"
          ? [{ ...node, body: [node] }]
          : undefined,
      ),
      "output output is not stored once a point of out: several loops take the rest of it",
    ],
    [
      "an output without one of its axes that is stored at each point of it",
      plant(nestOf("twoReductions", "", { channel: 40 }), (node) =>
        node.kind === "store" ? [{ ...node, first: [] }] : undefined,
      ),
      "output variance is not stored at the first point of channel alone",
    ],
    [
      "a value that is read before its fold has ended",
      plant(rmsNorm(), (node) =>
        node.kind === "loop" && node.over.kind === "points" && node.over.axis === "channel"
          ? [{ ...node, body: [...node.body].reverse() }]
          : undefined,
      ),
      "a value of sum over channel is read before its fold has ended",
    ],
    [
      "one accumulator for several points",
      holdNothing(linear("sink(out, 2, blocked)")),
      "axis out has no value: a loop's stride is 2, and the loops below it take 1",
    ],
    [
      "a fold outside the loop over an axis that it mentions",
      plant(linear(), (node) => {
        if (node.kind !== "loop" || node.over.kind !== "points" || node.over.axis !== "out") return undefined;
        return [...node.body.filter(isWhole), { ...node, body: node.body.filter((inner) => !isWhole(inner)) }];
      }),
      "axis out has no value: no loop takes the rest of it",
    ],
    [
      "accumulators that a level below does not have",
      plant(linear("sink(out, 2, blocked)"), (node) =>
        node.kind === "fold" && node.level === 1 ? [{ ...node, held: [] }] : undefined,
      ),
      "level 1 of sum over inner holds other points than the level above it",
    ],
    [
      "an exchange whose values are not computed",
      plant(shared(), (node) => (node.kind === "exchange" ? [{ ...node, make: [] }] : undefined)),
      "an exchange does not make level 1 of sum over inner",
    ],
    [
      "an exchange whose values are not folded",
      plant(shared(), (node) => (node.kind === "exchange" ? [{ ...node, body: [] }] : undefined)),
      "an exchange of sum over inner is not folded",
    ],
    [
      "an exchange of another level than the one that is folded",
      plant(shared(), (node) => (node.kind === "exchange" ? [{ ...node, row: 0 }] : undefined)),
      "level 2 of sum over inner takes values that no exchange has",
    ],
    [
      "an exchange where invocations go different numbers of rounds",
      plant(rmsNorm("bind(channel, 64); walk(channel); cooperate(1, 1)"), (node) => {
        if (node.kind !== "loop" || node.over.kind !== "points" || node.over.axis !== "token") return undefined;
        const [exchange, walked] = node.body as [Node, Loop];
        return [{ ...node, body: [{ ...walked, body: [exchange, ...walked.body] }] }];
      }),
      "an exchange stands in a loop, which some invocations may leave sooner",
    ],
  ])("finds %s", (_, nest, fault) => {
    expect(nestFaults(nest).join("\n")).toContain(fault);
    expect(() => verifyNest(nest, "a fault")).toThrow(InternalCompilerError);
  });
});
