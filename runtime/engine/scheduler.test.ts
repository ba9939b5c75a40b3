/**
 * The scheduler and the pages without a device: every step's tables are held to the ledger, and nothing is lost or
 * starved.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planStep, type StepTables } from "../model/batch.ts";
import { CachedSequence, PageAllocator, pageSize } from "../model/pages.ts";
import { checkSampling } from "../model/sampling.ts";
import { PageTableError } from "./errors.ts";
import { Ledger } from "./ledger.ts";
import { PrefixCache } from "./prefix-cache.ts";
import type { CheckedRequest } from "./request.ts";
import { Scheduler, type Planned } from "./scheduler.ts";
import { Group } from "./sequence.ts";

const vocabulary = 8;
const sampling = checkSampling({}, vocabulary);
const limits = { vocabulary, maxPositions: 200 };

interface Traffic {
  readonly pages: number;
  readonly tokensPerStep: number;
  readonly maxRunning: number;
  readonly requests: readonly {
    readonly step: number;
    readonly prompt: readonly number[];
    readonly maxTokens: number;
    readonly n: number;
    readonly priority: number;
    readonly cancelAt: number | undefined;
  }[];
}

const traffic: fc.Arbitrary<Traffic> = fc.record({
  pages: fc.integer({ min: 6, max: 24 }),
  tokensPerStep: fc.integer({ min: 1, max: 60 }),
  maxRunning: fc.integer({ min: 1, max: 8 }),
  requests: fc.array(
    fc.record({
      step: fc.nat({ max: 30 }),
      // Few different ids and beginnings, so that prefixes are shared.
      prompt: fc
        .tuple(fc.nat({ max: 2 }), fc.nat({ max: 40 }), fc.nat({ max: 3 }))
        .map(([which, length, end]) => [...Array.from({ length }, (_, at) => (at * (which + 1)) % 3), end]),
      maxTokens: fc.integer({ min: 1, max: 40 }),
      n: fc.integer({ min: 1, max: 3 }),
      priority: fc.integer({ min: -2, max: 2 }),
      cancelAt: fc.option(fc.nat({ max: 40 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 10 },
  ),
});

/** What a fault may replace. */
interface Parts {
  readonly allocator: PageAllocator;
  readonly prefixes: PrefixCache;
}

/** Runs all of it; a token's id follows from its sequence alone. Gives what every completion generated. */
function run(
  { pages, tokensPerStep, maxRunning, requests }: Traffic,
  { allocator, prefixes }: Parts = parts(pages),
): { answers: string[]; preemptions: number; hits: number } {
  const ledger = new Ledger(allocator);
  allocator.onFreed = (freed) => ledger.freed(freed);
  const scheduler = new Scheduler(
    { tokensPerStep, maxRunning, stepsPerPriority: 10 },
    allocator,
    prefixes,
    () => new CachedSequence(allocator),
  );
  const groups = requests.map(({ prompt, maxTokens, n, priority }, index) => {
    const request: CheckedRequest = {
      prompt,
      sampling,
      maxTokens,
      stop: [],
      stopIds: new Set(),
      n,
      priority,
      observe: undefined,
    };
    const group = new Group(index + 1, request, undefined, 10_000);
    group.onCancel = () => group.completions.forEach((completion) => scheduler.remove(completion));
    return group;
  });
  for (let step = 0; !groups.every(({ done }) => done); step++) {
    if (step > 20_000) throw new Error("starved");
    requests.forEach((request, index) => {
      if (request.step === step) scheduler.add(groups[index]!.completions);
      if (request.cancelAt === step && request.step < step) groups[index]!.cancel();
    });
    const planned = scheduler.plan();
    if (planned.length === 0) continue;
    expect(planned.reduce((total, { count }) => total + count, 0)).toBeLessThanOrEqual(tokensPerStep);
    expect(scheduler.running.length).toBeLessThanOrEqual(maxRunning);
    oneStep(planned, allocator, ledger);
    for (const { completion, count } of planned) {
      scheduler.remember(completion);
      if (completion.pending > 0) continue;
      expect(count).toBeGreaterThan(0);
      completion.group.prefilled = true;
      completion.take({ id: completion.marks.at(-1)! % vocabulary, logprob: 0, top: [], finite: true }, () => false);
      if (completion.finish !== undefined) scheduler.remove(completion);
    }
  }
  prefixes.clear();
  expect(allocator.freePages).toBe(pages);
  return {
    answers: groups.flatMap(({ completions, cancelled }) =>
      completions.map(({ generated }) => (cancelled ? "" : generated.join())),
    ),
    preemptions: scheduler.preemptions,
    hits: scheduler.cachedTokens,
  };
}

function parts(pages: number): Parts {
  const allocator = new PageAllocator(pages);
  return { allocator, prefixes: new PrefixCache(allocator) };
}

function oneStep(planned: readonly Planned[], allocator: PageAllocator, ledger: Ledger): StepTables {
  const accounts = planned.map(({ completion, count }) => ({
    request: completion.group.id,
    marks: completion.marks.slice(0, completion.cached!.length + count),
    count,
  }));
  const entries = planned.map(({ completion: { cached, ids }, count }) => ({
    sequence: cached!,
    ids: ids.slice(cached!.length, cached!.length + count),
  }));
  const tables = planStep(entries, allocator, limits);
  ledger.check(tables, accounts);
  ledger.written(tables, accounts);
  return tables;
}

describe("the scheduler", () => {
  it("answers everybody as if alone, in valid pages, and gets every page back", () => {
    const seen = { preemptions: 0, hits: 0, runs: 0 };
    fc.assert(
      fc.property(traffic, (asked) => {
        const { answers, preemptions, hits } = run(asked);
        seen.runs++;
        seen.preemptions += preemptions;
        seen.hits += hits;
        const alone = asked.requests.flatMap(
          (request) => run({ ...asked, requests: [{ ...request, step: 0, cancelAt: undefined }] }).answers,
        );
        answers.forEach((answer, index) => answer !== "" && expect(answer).toBe(alone[index]));
      }),
      { numRuns: 300 },
    );
    console.log(`${seen.runs} schedules: ${seen.preemptions} preemptions, ${seen.hits} ids found in the prefix cache`);
    expect(seen.preemptions).toBeGreaterThan(50);
    expect(seen.hits).toBeGreaterThan(1000);
  });

  it("lets a waiting request of low priority have its turn", () => {
    // A stream of urgent requests that alone would fill the one place there is.
    const urgent = Array.from({ length: 40 }, (_, step) => ({
      step: step * 2 + 1,
      prompt: [1, 2],
      maxTokens: 2,
      n: 1,
      priority: 1,
      cancelAt: undefined,
    }));
    const patient = { step: 2, prompt: [3], maxTokens: 2, n: 1, priority: 0, cancelAt: undefined };
    const order: number[] = [];
    const traffic: Traffic = { pages: 8, tokensPerStep: 8, maxRunning: 1, requests: [patient, ...urgent] };
    const { allocator, prefixes } = parts(8);
    // Whoever is let in is looked up.
    const match = prefixes.match.bind(prefixes);
    prefixes.match = (ids) => (order.push(ids[0]!), match(ids));
    run(traffic, { allocator, prefixes });
    // It waits for ten steps, and not for all forty.
    expect(order.indexOf(3)).toBeGreaterThan(0);
    expect(order.indexOf(3)).toBeLessThan(20);
  });
});

/** Faults of the engine's own that would let one request read or write what is another's. */
const leaks: Readonly<Record<string, (pages: number) => Parts>> = {
  "a page is handed out twice": (pages) => {
    const made = parts(pages);
    const take = made.allocator.take.bind(made.allocator);
    let last: number | undefined;
    made.allocator.take = (count) => {
      const taken = take(count);
      // What somebody else was given before, as if it were free.
      if (count === 1 && last !== undefined && made.allocator.ownersOf(last) > 0 && last !== taken[0]) return [last];
      last = taken.at(-1) ?? last;
      return taken;
    };
    return made;
  },
  "a prefix is found that is another's": (pages) => {
    const made = parts(pages);
    const match = made.prefixes.match.bind(made.prefixes);
    let stale: number[] = [];
    made.prefixes.match = (ids) => {
      const found = match(ids);
      if (
        found.length === 0 &&
        stale.every((page) => made.allocator.ownersOf(page) > 0) &&
        ids.length > stale.length * pageSize
      )
        return stale;
      stale = found.length > 0 ? found : stale;
      return found;
    };
    return made;
  },
  "a prefix of one page too few ids is taken for the whole page": (pages) => {
    const made = parts(pages);
    const insert = made.prefixes.insert.bind(made.prefixes);
    made.prefixes.insert = (ids, held) =>
      insert(
        held.length * pageSize > ids.length && ids.length > 3
          ? [...ids, ...Array.from({ length: pageSize }, () => 0)]
          : ids,
        held,
      );
    return made;
  },
  "a page is free while others share it": (pages) => {
    const made = parts(pages);
    made.allocator.share = (shared) => void shared;
    return made;
  },
};

describe("the ledger", () => {
  it.each(Object.keys(leaks))("catches it where %s", (leak) => {
    let caught = 0;
    let other = 0;
    fc.assert(
      fc.property(traffic, (asked) => {
        try {
          run(asked, leaks[leak]!(asked.pages));
        } catch (error) {
          if (error instanceof PageTableError) caught++;
          else other++;
        }
      }),
      { numRuns: 300 },
    );
    console.log(`${leak}: caught ${caught} times of 300, other faults ${other}`);
    expect(caught).toBeGreaterThan(5);
  });
});
