/**
 * The page of `treefold experiment distinct`, of a run that is made up: whole, in a browser, light and dark, without a
 * network.
 */
import { describe, expect, test } from "vitest";
import { launchChromium, noChromium } from "../spec/fixtures/chromium.ts";
import type { DetailedRun } from "./experiment-distinct.ts";
import { experimentPage } from "./experiment-page.ts";

const request = {
  model: "model",
  prompt: 'a </script> <!-- & "b"',
  requests: 300,
  maxTokens: 50,
  seed: 0,
  temperatures: [0, 0.7],
};
const run = (temperature: number): DetailedRun => ({
  temperature,
  ours: { requests: 300, distinct: 1, distinctLogprobs: 1, firstDivergence: null, seconds: 2 },
  ordinary: { requests: 300, distinct: 3, distinctLogprobs: 40, firstDivergence: 4, seconds: 1.5 },
  batchSizes: { mean: 20.25, different: 31, sizes: { 1: 3 } },
  preemptions: 12,
  prefixHits: 160,
  groups: {
    ours: [{ text: "green </script> pastures", requests: 300, partsAt: null }],
    ordinary: [
      { text: "green </script> pastures", requests: 200, partsAt: null },
      { text: "green <b>fields", requests: 90, partsAt: 30 },
      { text: "grey <!-- hills", requests: 10, partsAt: 4 },
    ],
  },
  batches: Array.from({ length: 400 }, (_, step) => Math.round(20 + 18 * Math.sin(step / 20))),
});
const page = await experimentPage({ request, runs: [run(0), run(0.7)], device: "a device of <some> kind" });

test("refers to nothing outside of it, and means texts as texts", () => {
  expect(page).not.toMatch(/\b(src|href)="(?!data:)|@import|url\((?!data:)|https?:\/\//);
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page.match(/<\/script/g)).toHaveLength(2);
  expect(page).not.toMatch(/\{\{\w+\}\}|undefined|<b>/);
});

describe.skipIf(noChromium !== undefined)("in Chromium", () => {
  test.each(["light", "dark"] as const)("shows all plots and numbers, %s", async (colorScheme) => {
    const browser = await launchChromium({ webgpu: "none" });
    try {
      // The headless shell takes its own from LANG, which here is none of a browser's.
      const shown = await browser.newPage({ viewport: { width: 900, height: 1000 }, colorScheme, locale: "en-US" });
      const faults: string[] = [];
      shown.on("pageerror", (error) => faults.push(String(error)));
      shown.on("request", ({ url }) => {
        if (/^https?:/.test(url())) faults.push(url());
      });
      await shown.setContent(page);
      expect(await shown.locator(".uplot canvas").count()).toBe(6);
      expect(await shown.locator("figure [role=img][aria-label]").count()).toBe(6);
      expect(await shown.locator("h2").allInnerTexts()).toEqual(["Temperature 0", "Temperature 0.7"]);
      expect(
        await shown.locator("section").first().locator(".numbers").first().locator("tbody tr").allInnerTexts(),
      ).toEqual(["this model's kernels\t300\t1\t1\tnever\t2.0", "ordinary kernels\t300\t3\t40\t4\t1.5"]);
      expect(await shown.locator("mark").first().textContent()).toBe("b>fields");
      const screenshots = process.env["TREEFOLD_SCREENSHOTS"];
      if (screenshots !== undefined)
        await shown.screenshot({ path: `${screenshots}/experiment-${colorScheme}.png`, fullPage: true });
      await shown.setViewportSize({ width: 380, height: 800 });
      await shown.waitForFunction("document.documentElement.scrollWidth <= 380");
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
