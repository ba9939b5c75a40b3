/**
 * Batch invariance of whole logits: every row of every batch against that row's own run alone, as bits. Comparing the
 * first row only would pass in systems that are not invariant. The same comparison must fail with ordinary kernels.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDevice, type Device, type KvCache, type Model } from "../runtime/index.ts";
import { bitsOf } from "../spec/fixtures/bits.ts";
import { doesForAll, inCi, isSlowest, shareOf, some, tries } from "../spec/fixtures/effort.ts";
import reference from "../spec/fixtures/kjv-reference.json" with { type: "json" };
import { loadCheckpoint } from "./load.ts";
import { ordinary as ordinaryKernels } from "./ordinary.ts";
import { demoDirectory } from "./places.ts";

let device: Device;
let model: Model;
/** For the controls only. */
let ordinary: Model;
const hasControls = doesForAll && inCi("kernels whose order follows the batch, in a whole model");
beforeAll(async () => {
  device = await openDevice();
  model = await loadCheckpoint(demoDirectory, { device });
  if (hasControls) ordinary = await loadCheckpoint(demoDirectory, { device, source: ordinaryKernels });
});
afterAll(() => {
  model.dispose();
  if (hasControls) ordinary.dispose();
  device.dispose();
});

/** Each sequence alone, whole, in a cache of its own; computed once. */
const solo = new Map<Model, Map<string, Uint32Array>>();
async function alone(tested: Model, ids: readonly number[]): Promise<Uint32Array> {
  const known = solo.get(tested) ?? new Map<string, Uint32Array>();
  solo.set(tested, known);
  const key = ids.join();
  if (!known.has(key)) known.set(key, bitsOf((await tested.forward([ids]))[0]!));
  return known.get(key)!;
}

/** How many elements differ; bits, so that NaN equals itself and -0 is not +0. */
function differences(left: Uint32Array, right: Uint32Array): number {
  return (
    left.reduce((count, bits, index) => count + (bits === right[index] ? 0 : 1), 0) +
    Math.abs(left.length - right.length)
  );
}

interface Arrival {
  readonly ids: readonly number[];
  /** Ids that each step takes. */
  readonly chunk: number;
  /** The step at which the sequence joins the batch. */
  readonly at: number;
}

/**
 * Runs a batch whose sequences come, go and advance as they like, in a cache that others have used; all their logits.
 */
async function runBatch(tested: Model, cache: KvCache, arrivals: readonly Arrival[]): Promise<Uint32Array[]> {
  const { vocabulary } = tested.config;
  const requests = arrivals.map(({ ids, chunk, at }) => ({
    ids,
    chunk,
    at,
    sequence: cache.open(),
    logits: new Uint32Array(ids.length * vocabulary),
  }));
  for (let step = 0; requests.some(({ ids, sequence }) => sequence.length < ids.length); step++) {
    const active = requests.filter(({ ids, at, sequence }) => at <= step && sequence.length < ids.length);
    if (active.length === 0) continue;
    const starts = active.map(({ sequence }) => sequence.length);
    const results = await tested.stepLogits(
      cache,
      active.map(({ sequence, ids, chunk }) => ({
        sequence,
        ids: ids.slice(sequence.length, sequence.length + chunk),
      })),
      "all",
    );
    active.forEach(({ logits }, index) => logits.set(bitsOf(results[index]!), starts[index]! * vocabulary));
  }
  for (const { sequence } of requests) sequence.close();
  return requests.map(({ logits }) => logits);
}

const passage = reference[5]!.greedy_ids_float64;
/** Reaches beyond a run of 64 keys, and over five pages. */
const long = passage.slice(0, 70);
/** Others, none as long as another. */
const ragged = some(
  "others in a batch",
  4,
  reference
    .slice(0, 3)
    .flatMap(({ greedy_ids_float64: ids }, index) => [
      ids.slice(0, 1 + 3 * index),
      ids.slice(10, 15 + 4 * index),
      ids.slice(3, 19 + 5 * index),
    ]),
);
/** Short ones, so that hundreds of batches take a minute: one to seven ids, and two beyond a page. */
const short = [
  ...reference.flatMap(({ greedy_ids_float64: ids }, index) => [
    ids.slice(0, 1 + index),
    ids.slice(9 + index, 16),
    ids.slice(index, index + 3),
  ]),
  passage.slice(0, 17),
  passage.slice(5, 24),
];

describe("whole logits", () => {
  it.each(some("chunks in which sequences are fed", 1, shareOf([1, 7, Infinity])))(
    "of a sequence first, in the middle and last of ragged others, fed by chunks of %d: one hash for every row",
    async (chunk) => {
      for (const place of some("places of a sequence in a batch", 1, [5, 0, 9])) {
        const batch = [...ragged.slice(0, place), long, ...ragged.slice(place)];
        const results = await model.forward(batch, { chunk });
        for (const [row, ids] of batch.entries())
          expect(differences(bitsOf(results[row]!), await alone(model, ids))).toBe(0);
      }
    },
  );

  const arrival = fc.record({
    ids: fc.constantFrom(...short),
    chunk: fc.constantFrom(1, 2, 3, 7, Infinity),
    at: fc.nat({ max: 2 }),
  });
  const batches = fc.record({
    arrivals: fc.array(arrival, { minLength: 2, maxLength: 6 }),
    /** One batch in sixteen has the long sequence in it. */
    withLong: fc
      .tuple(fc.nat({ max: 15 }), fc.record({ place: fc.nat({ max: 6 }), chunk: fc.constantFrom(16, 33, Infinity) }))
      .map(([die, where]) => (die === 7 ? where : null)),
    /** Which pages are left between those of sequences that came before. */
    holes: fc.array(fc.boolean(), { maxLength: 12 }),
  });
  type Batch = typeof batches extends fc.Arbitrary<infer T> ? T : never;

  /** Rows of the batch that differ from their own runs alone, and of how many. */
  async function check(
    tested: Model,
    cache: KvCache,
    { arrivals, withLong, holes }: Batch,
  ): Promise<{ rows: number; differing: number; elements: number }> {
    const batch: Arrival[] = [...arrivals];
    if (withLong !== null) batch.splice(withLong.place, 0, { ids: long, chunk: withLong.chunk, at: 0 });
    // Earlier sequences leave the free pages out of order.
    const earlier = holes.map(() => cache.open());
    earlier.forEach((sequence) => sequence.append(1));
    earlier.filter((_, index) => holes[index]).forEach((sequence) => sequence.close());
    const results = await runBatch(tested, cache, batch);
    earlier.filter((_, index) => !holes[index]).forEach((sequence) => sequence.close());
    let differing = 0;
    let elements = 0;
    for (const [row, { ids }] of batch.entries()) {
      const different = differences(results[row]!, await alone(tested, ids));
      differing += different > 0 ? 1 : 0;
      elements += different;
    }
    return { rows: batch.length, differing, elements };
  }

  // Batches are other ones in each run of the tests.
  const runs = tries(2, isSlowest ? 20 : 60, 200);

  it("of any row of any batch are those of its own run alone", async () => {
    const cache = model.createCache(Array(19).fill(80));
    let rows = 0;
    await fc.assert(
      fc.asyncProperty(batches, async (batch) => {
        const result = await check(model, cache, batch);
        rows += result.rows;
        expect(result).toMatchObject({ differing: 0, elements: 0 });
      }),
      { numRuns: runs, endOnFailure: true },
    );
    console.log(`${rows} rows in ${runs} batches: 0 differ from their own runs alone`);
    cache.dispose();
  });

  if (!doesForAll)
    console.log("The controls, ordinary kernels and another order of the sums, are run on another driver.");
  it.runIf(hasControls)("by ordinary kernels are not, as the same comparison shows", async () => {
    const cache = ordinary.createCache(Array(19).fill(80));
    let [rows, differing] = [0, 0];
    for (const batch of fc.sample(batches, { numRuns: tries(2, 8), seed: 1 })) {
      const result = await check(ordinary, cache, batch);
      rows += result.rows;
      differing += result.differing;
    }
    cache.dispose();
    console.log(`ordinary kernels: ${differing} of ${rows} rows differ from their own runs alone`);
    expect(differing).toBeGreaterThan(rows / 2);
  });

  it.runIf(doesForAll && inCi("how many logits of a model change with the order"))(
    "would nearly all change under another order of the sums",
    async () => {
      // The crowd decides how the ordinary kernels split K.
      const crowds = [[], ragged.slice(0, 4), ragged];
      let [changed, elements] = [0, 0];
      for (const ids of ragged.slice(1, 6)) {
        const bits = await alone(model, ids);
        const others: Uint32Array[] = [];
        for (const crowd of crowds) others.push(bitsOf((await ordinary.forward([ids, ...crowd]))[0]!));
        changed += bits.reduce(
          (count, value, index) => count + (others.some((other) => other[index] !== value) ? 1 : 0),
          0,
        );
        elements += bits.length;
      }
      console.log(`order-sensitive: ${changed} of ${elements} logits change when K is split otherwise`);
      expect(changed / elements).toBeGreaterThan(0.9);
    },
  );
});
