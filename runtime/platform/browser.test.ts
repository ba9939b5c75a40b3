/** What browsers do instead of Node, as far as Node can tell; spec/page.any-device.test.ts has a browser. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { serve, type ServerOptions, type StaticServer } from "../../spec/fixtures/static-server.ts";
import { NoAdapterError } from "../errors.ts";
import * as browser from "./browser.ts";
import * as node from "./node.ts";
import type { Files, FilesOptions, Platform } from "./platform.ts";

const platforms: readonly Platform[] = [browser, node];

describe("SHA-256", () => {
  test.each(["", "abc", "\u{1f600}\u00e9 and \ud800, half of a pair", "a".repeat(1000)])(
    "of %j is the same",
    (text) => {
      expect(platforms.map((platform) => platform.createSha256().update(text).digest())).toEqual(
        Array(2).fill(node.createSha256().update(new TextEncoder().encode(text)).digest()),
      );
    },
  );

  test("of bytes in pieces, whatever they are views of, is that of all of them", () => {
    const bytes = new Uint8Array(randomBytes(3000));
    const digests = platforms.map((platform) =>
      platform
        .createSha256()
        .update(bytes.subarray(0, 7))
        .update(bytes.subarray(7, 8))
        .update(new Uint32Array(bytes.buffer, 8, 600))
        .update(new DataView(bytes.buffer, 2408))
        .digest(),
    );
    expect(digests).toEqual(Array(2).fill(node.createSha256().update(bytes).digest()));
  });
});

const size = 5 * 2 ** 20;
let folder: string;
let bytes: Uint8Array;
let server: StaticServer | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "treefold-browser-"));
  bytes = new Uint8Array(randomBytes(size));
  await writeFile(join(folder, "weights 100%.bin"), bytes);
  await writeFile(join(folder, "text"), "\ufeffin the beginning \u00e9");
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  await server?.close();
  server = undefined;
  vi.unstubAllGlobals();
});

async function open(options: ServerOptions = {}, filesOptions: FilesOptions = {}): Promise<Files> {
  server = await serve(folder, options);
  return browser.openFiles(server.url.slice(0, -1), filesOptions);
}
/** Compared by vitest, megabytes take seconds. */
const expectPart = (part: Uint8Array, offset: number, length: number): void =>
  expect(Buffer.compare(part, bytes.subarray(offset, offset + length))).toBe(0);
const codeOf = (error: unknown): string => (error as { code: string }).code;
const file = "weights 100%.bin";

describe("a server's files", () => {
  test("are named by their addresses", async () => {
    expect((await open()).pathOf(file)).toBe(`${server!.url}weights%20100%25.bin`);
    expect((await open()).pathOf("kernels/a.json")).toBe(`${server!.url}kernels/a.json`);
  });

  test("are texts as Node reads them, fetched once", async () => {
    const files = await open();
    expect(await Promise.all([files.readText("text"), files.readText("text")])).toEqual(
      Array(2).fill(await node.openFiles(folder, {}).readText("text")),
    );
    expect(server!.requests).toEqual(["GET /text"]);
  });

  const reads: readonly (readonly [number, number])[] = [
    [100, 10],
    [110, 90_000],
    [95_000, 5],
    [3 * 2 ** 20, 2 ** 20],
    [7, 8],
    [size - 3, 3],
    [50, 0],
  ];

  test("are read in one stream where they are read in order, and by Range requests otherwise", async () => {
    let arrived = 0;
    const files = await open(
      {},
      {
        received: (count) => {
          arrived += count;
        },
      },
    );
    for (const [offset, length] of reads) expectPart(await files.readBytes(file, offset, length), offset, length);
    await files.close();
    // What lies little ahead is passed over; an empty read asks for nothing.
    expect(server!.requests).toEqual([100, 3 * 2 ** 20, 7, size - 3].map((first) => `GET /${file} bytes=${first}-`));
    expect(arrived).toBeGreaterThan(2 ** 20);
  });

  test("are read all the same where the server has no ranges", async () => {
    let arrived = 0;
    const files = await open(
      { ranges: false },
      {
        received: (count) => {
          arrived += count;
        },
      },
    );
    const inOrder = [...reads].sort(([left], [right]) => left - right);
    for (const [offset, length] of inOrder) expectPart(await files.readBytes(file, offset, length), offset, length);
    expect(arrived).toBe(size);
    expect(server!.requests).toHaveLength(1);
    expect(await files.readBytes(file, 7, 8)).toEqual(bytes.slice(7, 15));
    expect(server!.requests).toHaveLength(2);
    await files.close();
  });

  test.each([true, false])("end where they end, with ranges: %s", async (ranges) => {
    const files = await open({ ranges });
    expect(await files.readBytes(file, size - 4, 100)).toEqual(bytes.slice(size - 4));
    expect(await files.readBytes(file, size + 10, 4)).toEqual(new Uint8Array());
    expect(await files.readBytes(file, size, 4)).toEqual(new Uint8Array());
    await files.close();
  });

  test("are read in turn by those who ask at once", async () => {
    const files = await open();
    const all = await Promise.all(reads.map(([offset, length]) => files.readBytes(file, offset, length)));
    reads.forEach(([offset, length], index) => expectPart(all[index]!, offset, length));
    await files.close();
  });

  test("that are not there, or whose connection fails, say so in a word", async () => {
    const files = await open({
      answer: (path, _, response) =>
        path === "/cut" &&
        (response.writeHead(200, { "content-length": 100 }).write("short", () => response.destroy()), true),
    });
    for (const read of [() => files.readText("none"), () => files.readBytes("none", 0, 4)])
      expect(await read().catch(codeOf)).toBe("HTTP 404");
    for (const read of [() => files.readText("cut"), () => files.readBytes("cut", 0, 100)])
      expect(await read().catch(codeOf)).toBe("no connection");
    await server!.close();
    for (const read of [() => files.readText("text"), () => files.readBytes("text", 0, 4)])
      expect(await read().catch(codeOf)).toBe("no connection");
  });

  test("end with the signal", async () => {
    const controller = new AbortController();
    // The second part is sent after the signal only.
    const aborted = new Promise((resolve) => {
      controller.signal.addEventListener("abort", resolve);
    });
    const files = await open(
      { pace: { bytes: 2 ** 16, between: () => aborted } },
      { signal: controller.signal, received: () => controller.abort() },
    );
    const reading = files.readBytes(file, 0, size);
    await expect(reading).rejects.toThrow();
    expect(controller.signal.aborted).toBe(true);
  });

  test("lie on a server, relative to the page", () => {
    vi.stubGlobal("location", { href: "https://example.org/demo/index.html" });
    expect(browser.openFiles("./model", {}).pathOf("manifest.json")).toBe(
      "https://example.org/demo/model/manifest.json",
    );
    expect(browser.openFiles(new URL("https://example.org/a"), {}).pathOf("b")).toBe("https://example.org/a/b");
    for (const location of [pathToFileURL(folder), "file:///model/"])
      expect(() => browser.openFiles(location, {})).toThrow("pages fetch nothing from file:");
    vi.stubGlobal("location", { href: "about:blank" });
    expect(() => browser.openFiles("model", {})).toThrow();
  });
});

describe("the browser's WebGPU", () => {
  const info = { vendor: "google", architecture: "swiftshader", device: "", description: "", isFallbackAdapter: false };
  const find = (navigator: object, isSecureContext = true) => {
    vi.stubGlobal("navigator", { userAgent: "Browser/1", ...navigator });
    vi.stubGlobal("isSecureContext", isSecureContext);
    return browser.findAdapter();
  };

  test("is absent: which browsers have it, or that the page is not secure", async () => {
    await expect(find({})).rejects.toThrow(NoAdapterError);
    await expect(find({})).rejects.toThrow(
      /^WebGPU: this browser does not offer it to this page; fix: use Chrome or Edge 113, .*; on Linux some GPUs need Chrome to be started with --enable-unsafe-webgpu /,
    );
    await expect(find({}, false)).rejects.toThrow("fix: serve the page over https:, or open it from localhost");
  });

  test("has no adapter", async () => {
    await expect(find({ gpu: { requestAdapter: async () => null } })).rejects.toThrow(
      /^WebGPU: this browser has it, but offers no adapter on this machine; fix: /,
    );
  });

  test("has one, named by what it tells, in software only where there is no other", async () => {
    const hardware = await find({ gpu: { requestAdapter: async () => ({ info }) } });
    expect(hardware.info).toEqual({
      vendor: "google",
      architecture: "swiftshader",
      device: "",
      description: "google swiftshader",
      driver: "Browser/1",
    });
    expect(hardware.notice).toBeUndefined();
    const software = await find({
      gpu: {
        requestAdapter: async ({ forceFallbackAdapter = false }) =>
          forceFallbackAdapter ? { info: { ...info, description: "SwiftShader", isFallbackAdapter: true } } : null,
      },
    });
    expect(software.info.description).toBe("SwiftShader");
    expect(software.notice).toBe("No GPU that this browser offers: using software, SwiftShader.");
  });
});
