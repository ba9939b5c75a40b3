/**
 * Browsers: their own WebGPU, files of a server, hashes of @noble/hashes. WebCrypto hashes only what is all there at
 * once.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { DeviceInfo } from "../device.ts";
import { NoAdapterError } from "../errors.ts";
import { Server } from "./server.ts";
import type { Files, FilesOptions, FoundAdapter, Sha256 } from "./platform.ts";

/**
 * What this uses of a page's or worker's globals; the types of all of them would let the rest of the runtime use them,
 * too.
 */
const globals = globalThis as unknown as {
  readonly navigator?: { readonly gpu?: GPU; readonly userAgent?: string };
  readonly location?: { readonly href: string };
  readonly document?: { readonly baseURI: string };
  readonly isSecureContext?: boolean;
  readonly localStorage?: { getItem(name: string): string | null; setItem(name: string, text: string): void };
};

export function createSha256(): Sha256 {
  return new BrowserSha256();
}

class BrowserSha256 implements Sha256 {
  readonly #hash = sha256.create();
  readonly #encoder = new TextEncoder();

  update(data: string | ArrayBufferView): this {
    this.#hash.update(
      typeof data === "string"
        ? this.#encoder.encode(data)
        : new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
    return this;
  }

  digest(): string {
    return Array.from(this.#hash.digest(), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

export function openFiles(location: string | URL, options: FilesOptions): Files {
  const place = new URL(location, globals.document?.baseURI ?? globals.location?.href);
  if (!/^https?:$/.test(place.protocol)) throw new TypeError(`pages fetch nothing from ${place.protocol}`);
  return new Server(place, options);
}

export const places = {
  what: "a page can fetch nothing from there",
  fix: "serve the folder over HTTP, as with 'python3 -m http.server', and give its http: or https: URL",
} as const;

/** Where WebGPU needs no flag. */
const browsers = "use Chrome or Edge 113, Safari 26, Firefox 141 (Windows) or 145 (macOS), or newer ones";
const flags =
  "on Linux some GPUs need Chrome to be started with --enable-unsafe-webgpu --ozone-platform=x11 " +
  "--use-angle=vulkan --enable-features=Vulkan,VulkanFromANGLE";

/** The browser's best adapter; one in software where it has no other. */
export async function findAdapter(): Promise<FoundAdapter> {
  const gpu = globals.navigator?.gpu;
  if (gpu === undefined) {
    const fix =
      globals.isSecureContext === false
        ? "serve the page over https:, or open it from localhost: browsers offer WebGPU to no other page"
        : `${browsers}; ${flags}`;
    throw new NoAdapterError({ where: "WebGPU", what: "this browser does not offer it to this page", fix });
  }
  const adapter =
    (await gpu.requestAdapter({ powerPreference: "high-performance" })) ??
    (await gpu.requestAdapter({ forceFallbackAdapter: true }));
  if (adapter === null) {
    throw new NoAdapterError({
      where: "WebGPU",
      what: "this browser has it, but offers no adapter on this machine",
      fix:
        `allow graphics acceleration in the browser's settings and update the graphics driver; ${flags} (without a ` +
        "GPU, also --use-webgpu-adapter=swiftshader)",
    });
  }
  const info = describe(adapter.info);
  return {
    instance: gpu,
    adapter,
    info,
    notice: adapter.info.isFallbackAdapter
      ? `No GPU that this browser offers: using software, ${info.description}.`
      : undefined,
    fix: "update the browser and the graphics driver",
  };
}

/**
 * Browsers give away little of the adapter, often no description, and of the driver nothing: what may change bits
 * beside it is the browser.
 */
function describe({ vendor, architecture, device, description }: GPUAdapterInfo): DeviceInfo {
  const known = [vendor, architecture, device].filter((text) => text !== "").join(" ");
  return {
    vendor,
    architecture,
    device,
    description: description || known || "an unnamed adapter",
    driver: globals.navigator?.userAgent ?? "",
  };
}

const memory = "treefold self-test";

export async function recall(name: string): Promise<string | undefined> {
  try {
    return globals.localStorage?.getItem(`${memory} ${name}`) ?? undefined;
  } catch {
    return undefined; // A page may be kept from it.
  }
}

export async function remember(name: string, text: string): Promise<void> {
  try {
    globals.localStorage?.setItem(`${memory} ${name}`, text);
  } catch {
    // The next start asks the device again.
  }
}

export function tell(line: string): void {
  console.info(line);
}
