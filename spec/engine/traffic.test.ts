/** Traffic: the same for the same seed, with everybody in it, in bursts. */
import { expect, test } from "vitest";
import { makeTraffic, longestFiller, type TrafficOptions } from "./traffic.ts";

const options: TrafficOptions = {
  watched: Array.from({ length: 100 }, (_, index) => ({ prompt: [1, 2, 3], seed: index })),
  fillers: 25,
  seed: 7,
  words: [5, 6, 7],
  vocabulary: 50,
  maxTokens: 30,
  load: 20,
};

test("has every watched request in its place, and the fillers", () => {
  const { arrivals, watched } = makeTraffic(options);
  expect(arrivals).toHaveLength(125);
  expect(watched.map((place) => arrivals[place]!.request)).toEqual(options.watched);
  expect(watched.every((place) => arrivals[place]!.cancelAt === undefined)).toBe(true);
  const fillers = arrivals.filter((_, place) => !watched.includes(place));
  expect(fillers.filter(({ cancelAt }) => cancelAt !== undefined).length).toBeGreaterThan(0);
  for (const {
    step,
    cancelAt,
    request: { prompt, maxTokens },
  } of fillers) {
    expect(prompt!.length).toBeLessThanOrEqual(longestFiller);
    expect(maxTokens).toBeLessThanOrEqual(30);
    expect(cancelAt ?? step).toBeGreaterThanOrEqual(step);
  }
});

test("is the same for the same seed", () => {
  expect(makeTraffic(options)).toEqual(makeTraffic(options));
  expect(makeTraffic({ ...options, seed: 8 })).not.toEqual(makeTraffic(options));
});

test("comes in bursts with pauses, at the load that is asked for", () => {
  const { arrivals } = makeTraffic({
    ...options,
    watched: Array.from({ length: 2000 }, () => ({ prompt: [1] })),
    fillers: 0,
  });
  const steps = arrivals.map(({ step }) => step).sort((left, right) => left - right);
  const gaps = steps.slice(1).map((step, at) => step - steps[at]!);
  expect(Math.max(...gaps)).toBeGreaterThan(20);
  expect(gaps.filter((gap) => gap === 0).length).toBeGreaterThan(500);
  const load = (2000 * 30) / steps.at(-1)!;
  expect(load).toBeGreaterThan(14);
  expect(load).toBeLessThan(24);
});
