import fc from "fast-check";
import { expect, it } from "vitest";
import { StopMatcher } from "./stop.ts";

it("ends before the first stop string, however the text comes in, and holds back no more than may be one", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 30 });
  const stops = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 4 }), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(text, stops, fc.array(fc.integer({ min: 1, max: 5 })), (whole, wanted, cuts) => {
      const matcher = new StopMatcher(wanted);
      let given = "";
      let stopped = false;
      let at = 0;
      for (const cut of [...cuts, 30]) {
        const next = matcher.push(whole.slice(at, at + cut));
        at += cut;
        given += next.text;
        expect(whole.startsWith(given)).toBe(true);
        if ((stopped = next.stopped)) break;
        // What is held back begins a stop string.
        const held = whole.slice(given.length, at);
        expect(held === "" || wanted.some((stop) => stop.startsWith(held))).toBe(true);
      }
      const places = wanted.map((stop) => whole.indexOf(stop)).filter((place) => place >= 0);
      if (stopped) {
        // No stop string lies before it that had ended by then.
        expect(wanted.some((stop) => whole.startsWith(stop, given.length))).toBe(true);
        expect(places.length).toBeGreaterThan(0);
      } else {
        expect(places).toEqual([]);
        expect(given + matcher.end()).toBe(whole);
      }
    }),
    { numRuns: 2000 },
  );
});
