/**
 * The page that `treefold page` writes, in Chromium: a model that is loaded over HTTP, speaks as it does in Node, has
 * the golden hash, and says in words what goes wrong. TREEFOLD_SCREENSHOTS=FOLDER keeps what was seen.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { heldTo } from "../cli/model.ts";
import type { Library } from "../models/build/library.ts";
import { buildPage } from "../models/build/page.ts";
import { writePage } from "../models/build/write.ts";
import { cachedLibrary } from "../models/library-cache.ts";
import { treefold } from "../models/load.ts";
import { demoDirectory } from "../models/places.ts";
import { loadModel, type Piece, type Program } from "../runtime/index.ts";
import { manifestText, type Manifest } from "../runtime/model/manifest.ts";
import { launchChromium, noChromium } from "./fixtures/chromium.ts";
import { effort, tries } from "./fixtures/effort.ts";
import { goldenModels } from "./fixtures/golden-models.ts";
import { serve, type StaticServer } from "./fixtures/static-server.ts";

if (noChromium !== undefined) console.log(`The page is not tested: ${noChromium}.`);

const weights = "/model/weights/model.safetensors";
/**
 * Software compiles kernels for seconds, and other tests run beside: long enough for a machine that is much slower,
 * too.
 */
const patience = { timeout: 900_000 };

/**
 * For a page whose completion a test looks at or stops: `hold()` makes the next one stand still at its second token,
 * and `letGo()` lets it go on. Whoever reads back waits there.
 */
const holding = `{
  let gate, open, armed = false;
  globalThis.hold = () => { armed = true; };
  globalThis.letGo = () => open();
  const map = GPUBuffer.prototype.mapAsync;
  GPUBuffer.prototype.mapAsync = async function (...given) { await gate; return map.apply(this, given); };
  new MutationObserver(() => {
    if (!armed || document.querySelectorAll(".completion span").length < 2) return;
    armed = false;
    gate = new Promise((resolve) => { open = resolve; });
  }).observe(document, { subtree: true, childList: true });
}`;

/**
 * As `treefold build` makes it, but for the proofs; the evaluator's word on it takes most of the time, so it comes from
 * the cache.
 */
async function libraryOf(checkpoint: string): Promise<Library> {
  const { folder, remove } = await cachedLibrary(
    checkpoint,
    { ...treefold, ...heldTo("golden", () => undefined) },
    () => undefined,
  );
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const texts = entries.map(
    async ({ name, parentPath }) =>
      [join(parentPath, name).slice(folder.length + 1), await readFile(join(parentPath, name), "utf8")] as const,
  );
  const files = new Map(await Promise.all(texts));
  await remove();
  const manifest = JSON.parse(files.get("manifest.json")!) as Library["manifest"];
  return { manifest, files, weights: manifest.weights.files.map((name) => join(checkpoint, name)) };
}

describe.skipIf(noChromium !== undefined)("a model's page", () => {
  let folder: string;
  let browser: Browser;
  let inNode: Piece[];
  let server: StaticServer;
  const open: StaticServer[] = [];
  const faults: string[] = [];
  beforeAll(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "treefold-page-")), "page");
    // What `treefold page` does; its kernels are proven elsewhere.
    const library = await libraryOf(demoDirectory);
    await writePage(library, await buildPage(library.manifest), folder);
    inNode = await speakInNode(24);
    browser = await launchChromium({ webgpu: "swiftshader" });
    server = await serve(folder);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(join(folder, ".."), { recursive: true });
  });
  afterEach(async () => {
    for (const other of open.splice(0)) await other.close();
    expect(faults.splice(0)).toEqual([]);
  });

  /** A page of its own, whose uncaught errors fail the test. */
  async function visit(
    url: string,
    from: Browser = browser,
    { width = 900, prepare }: { readonly width?: number; readonly prepare?: string } = {},
  ): Promise<Page> {
    const page = await from.newPage({ viewport: { width, height: 1000 } });
    page.setDefaultTimeout(patience.timeout);
    page.on("pageerror", (error) => faults.push(String(error)));
    if (prepare !== undefined) await page.addInitScript(prepare);
    await page.goto(url);
    return page;
  }
  const loaded = (page: Page): Promise<unknown> =>
    page.locator("#generate:enabled").waitFor({ state: "visible", ...patience });
  const problem = async (page: Page): Promise<string> => {
    await page.locator("#problem").waitFor(patience);
    return page.locator("#problem").innerText();
  };
  const shoot = async (page: Page, name: string): Promise<void> => {
    const kept = process.env["TREEFOLD_SCREENSHOTS"];
    if (kept !== undefined) await page.screenshot({ path: join(kept, `${name}.png`), fullPage: true });
  };
  /** What it says for a prompt, token by token; it stands still at its second token while `during` is done. */
  async function speak(page: Page, prompt: string, tokens: number, during?: () => Promise<void>): Promise<Piece[]> {
    await page.fill("#prompt", prompt);
    await page.fill("#tokens", String(tokens));
    if (during !== undefined) await page.evaluate("hold()");
    await page.click("#generate");
    await page
      .locator(".completion span")
      .nth(1)
      .waitFor({ state: "attached", ...patience });
    if (during !== undefined) {
      await during();
      await page.evaluate("letGo()");
    }
    await page.locator("#generate:enabled").waitFor(patience);
    const pieces = await page
      .locator(".completion span")
      .evaluateAll((spans) =>
        spans.map(
          (span) =>
            [
              (span as { textContent?: string }).textContent ?? "",
              (span as unknown as { title: string }).title,
            ] as const,
        ),
      );
    return pieces.map(([text, title]) => ({ id: Number(title.replace("id ", "")), text }));
  }
  const prompt = "Blessed are the";
  /** In Node, on whatever device the tests run on. */
  async function speakInNode(tokens: number): Promise<Piece[]> {
    const model = await loadModel(
      async () => (await import(/* @vite-ignore */ pathToFileURL(join(folder, "model", "forward.js")).href)) as Program,
      join(folder, "model"),
    );
    const pieces: Piece[] = [];
    for await (const piece of model.generate(prompt, { maxTokens: tokens })) pieces.push(piece);
    model.dispose();
    return pieces;
  }

  test("has no other files than it needs, with the licences of all that it is made of", async () => {
    expect((await readdir(folder)).sort()).toEqual(["index.html", "licenses.txt", "model", "page.js"]);
    const licences = await readFile(join(folder, "licenses.txt"), "utf8");
    for (const name of ["treefold", "@noble/hashes", "@huggingface/tokenizers"])
      expect(licences).toContain(`\n${name} `.slice(name === "treefold" ? 1 : 0));
    expect(await readFile(join(folder, "page.js"), "utf8")).not.toMatch(/\bnode:|require\(/);
  });

  test("loads with a bar that moves, speaks as in Node, is tested and stopped", async () => {
    // Half of the weights come, and the others when they have been looked for.
    let goOn = (): void => undefined;
    const looked = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const slow = await serve(folder, {
      pace: { bytes: 2 ** 18, between: (path, sent) => (path === weights && sent === 2 ** 21 ? looked : sleep(10)) },
    });
    open.push(slow);
    const watch = `globalThis.seen = []; new MutationObserver(() => {
      const bar = document.getElementById("bar");
      if (bar !== null && bar.hasAttribute("value") && seen.at(-1) !== bar.value) seen.push(bar.value);
    }).observe(document, { subtree: true, childList: true, attributes: true });`;
    const page = await visit(slow.url, browser, { prepare: watch + holding });
    await page.locator("#bar[value]").waitFor(patience);
    await expect.poll(() => page.locator("#status").innerText(), patience).toBe("Weights: 2.1 MB of 5.5 MB");
    await shoot(page, "loading");
    goOn();
    await loaded(page);
    const seen = (await page.evaluate("seen")) as number[];
    // What comes at once may be shown at once.
    expect(seen.length).toBeGreaterThanOrEqual(2);
    expect(seen).toContain(2 ** 21);
    expect(seen).toEqual([...seen].sort((left, right) => left - right));
    expect(seen.at(-1)).toBe(5_510_784);
    expect(await page.locator("#adapter").innerText()).toContain("google swiftshader: software in place of a GPU");
    // One stream from where the first tensor begins, and no request for each.
    expect(slow.requests.filter((request) => request.includes(weights))).toEqual([
      expect.stringMatching(/ bytes=\d+-$/),
    ]);

    const said = await speak(page, prompt, 24, async () => expect(await page.locator("#stop").isEnabled()).toBe(true));
    expect(said).toEqual(inNode);
    expect(await page.locator("#output").innerText()).toMatch(
      /^Blessed are the LORD for ever; and his mercy endureth for ever/,
    );
    expect(await page.locator("#figures").innerText()).toMatch(
      /^24 tokens, [\d.]+ a second, the first after [\d.]+ s$/,
    );
    await shoot(page, "generated");

    await page.click("#check");
    await page.locator("#check:enabled").waitFor(patience);
    const { golden } = JSON.parse(await readFile(join(folder, "model", "manifest.json"), "utf8")) as {
      golden: { logits: string };
    };
    expect(await page.locator("#golden .verdict").innerText()).toBe("Your GPU agrees, bit for bit.");
    expect(await page.locator("#golden .hash").allInnerTexts()).toEqual([golden.logits, golden.logits]);
    expect(await page.locator("#probes tr.passed").count()).toBeGreaterThan(5);
    await shoot(page, "tested");
    await page.click("#probes summary");
    await shoot(page, "table");

    const stopped = await speak(page, prompt, 2000, () => page.click("#stop"));
    expect(stopped.length).toBeLessThan(10);
    expect(await page.locator("#figures").innerText()).toMatch(/^\d+ tokens?, .*; stopped$/);
    expect(await speak(page, prompt, 4)).toEqual(said.slice(0, 4));

    await page.fill("#prompt", "");
    await page.click("#generate");
    expect(await problem(page)).toMatch(/^The model can't take this prompt\s+prompt 0 is empty\.\s+Give it some text/i);
    expect(await page.locator("#again").isVisible()).toBe(false);

    await page.setViewportSize({ width: 360, height: 800 });
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    await shoot(page, "narrow-dark");

    // The GPU's process dies, as when a driver is reset.
    await (await browser.newBrowserCDPSession()).send("Browser.crashGpuProcess");
    await page.fill("#prompt", "x");
    await page.click("#generate");
    expect(await problem(page)).toMatch(/^The GPU went away/);
    expect(await page.locator("#again").isVisible()).toBe(true);
    await shoot(page, "lost");
    await page.close();
  });

  // The others in CI.
  test.each(goldenModels.slice(1, tries(1, 3)))("has the golden hash of $name, too", async ({ directory, golden }) => {
    const place = join(await mkdtemp(join(tmpdir(), "treefold-page-")), "page");
    const library = await libraryOf(directory);
    await writePage(library, await buildPage(library.manifest), place);
    const other = await serve(place);
    open.push(other);
    const page = await visit(other.url);
    await page.locator("#check:enabled").waitFor({ state: "visible", ...patience });
    await page.click("#check");
    await page.locator("#check:enabled").waitFor(patience);
    expect(await page.locator("#golden .verdict").innerText()).toBe("Your GPU agrees, bit for bit.");
    expect(await page.locator("#golden .hash").allInnerTexts()).toEqual([golden.logits, golden.logits]);
    await page.close();
    await rm(join(place, ".."), { recursive: true });
  });

  if (effort === "quick") console.log("A server without ranges, and damaged weights, are tried in CI.");
  test.runIf(effort !== "quick")(
    "loads from a server without ranges, tells damaged weights, loads again once they are whole, and tells other bits",
    async () => {
      const bytes = await readFile(join(folder, "model", "weights", "model.safetensors"));
      bytes[bytes.length - 1]! ^= 1;
      const { sha256: _, ...manifest } = JSON.parse(
        await readFile(join(folder, "model", "manifest.json"), "utf8"),
      ) as Manifest & { sha256: string };
      const otherGolden = { ...manifest.golden!, logits: "0".repeat(64) };
      let damaged = true;
      const other = await serve(folder, {
        ranges: false,
        answer: (path, _, response) => {
          if (path === "/model/manifest.json") response.end(manifestText({ ...manifest, golden: otherGolden }));
          else if (path === weights && damaged) response.writeHead(200, { "content-length": bytes.length }).end(bytes);
          else return false;
          return true;
        },
      });
      open.push(other);
      const page = await visit(other.url);
      expect(await problem(page)).toMatch(
        /^The weights are damaged\s+http:\S+\/model\.safetensors: tensor '\S+' does not have the values that the library was built from\./,
      );
      await shoot(page, "damaged");
      damaged = false;
      await page.click("#again");
      await loaded(page);
      expect(await speak(page, prompt, 3)).toEqual(inNode.slice(0, 3));
      // No device here computes other bits; so what it is held to are others.
      await page.click("#check");
      await page.locator("#check:enabled").waitFor(patience);
      expect(await page.locator("#golden .verdict").innerText()).toBe("Your GPU gives other bits.");
      expect(await page.locator("#golden .hash").allInnerTexts()).toEqual([
        otherGolden.logits,
        manifest.golden!.logits,
      ]);
      expect(await page.locator("#policy").innerText()).toMatch(/please report this/);
      await shoot(page, "differs");
      await page.close();
    },
  );

  test("asks before it loads much, and tells a missing file, and a server that is gone", async () => {
    const large = (await readFile(join(folder, "index.html"), "utf8")).replace(
      'data-bytes="5510784"',
      'data-bytes="2500000000"',
    );
    const other = await serve(folder, {
      answer: (path, _, response) => {
        if (path === "/model/forward.js") response.writeHead(404).end();
        else if (path === "/") response.writeHead(200, { "content-type": "text/html" }).end(large);
        else return false;
        return true;
      },
    });
    const page = await visit(other.url);
    await shoot(page, "offer");
    expect(await page.locator("#load").innerText()).toBe("Load 2.5 GB");
    expect(other.requests.filter((request) => request.includes("/model/"))).toEqual([]);
    await page.click("#load");
    expect(await problem(page)).toMatch(
      /^A file of the model is missing or damaged\s+http:\S+\/model\/forward\.js: it cannot be read \(HTTP 404\)\./,
    );
    await shoot(page, "missing");
    await other.close();
    await page.click("#again");
    await expect.poll(() => problem(page), patience).toMatch(/it cannot be read \(no connection\)\./);
    await page.close();
  });

  test("tells that there is no adapter, or no WebGPU at all, or that it was opened as a file", async () => {
    const without = await launchChromium({ webgpu: "none" });
    try {
      const page = await visit(server.url, without);
      expect(await problem(page)).toMatch(
        /^This browser can't use a GPU here\s+WebGPU: this browser has it, but offers no adapter on this machine\./,
      );
      await shoot(page, "no-adapter");
      const old = await visit(server.url, without, { prepare: "delete Navigator.prototype.gpu" });
      expect(await problem(old)).toMatch(
        /WebGPU: this browser does not offer it to this page\.\s+use Chrome or Edge 113/,
      );
      await shoot(old, "no-webgpu");
      expect(await problem(await visit(pathToFileURL(join(folder, "index.html")).href, without))).toMatch(
        /^This page has to be served\s+Opened as a file/,
      );
    } finally {
      await without.close();
    }
  });
});
