/** Node: npm webgpu's adapters, files of the file system, hashes of node:crypto. */
import { createHash, type Hash } from "node:crypto";
import { mkdir, open, readFile, rename, writeFile, type FileHandle } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DeviceInfo } from "../device.ts";
import { NoAdapterError } from "../errors.ts";
import { chosenDriver, findDriver } from "./driver.ts";
import type { Files, FilesOptions, FoundAdapter, Sha256 } from "./platform.ts";
import { quietly } from "./quiet.ts";

export function createSha256(): Sha256 {
  return new NodeSha256();
}

class NodeSha256 implements Sha256 {
  readonly #hash: Hash = createHash("sha256");

  update(data: string | ArrayBufferView): this {
    this.#hash.update(data as string | NodeJS.ArrayBufferView);
    return this;
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}

export function openFiles(location: string | URL, options: FilesOptions): Files {
  return new Directory(
    typeof location === "string" && !/^(?:file|https?):/i.test(location) ? location : fileURLToPath(location),
    options,
  );
}

export const places = { what: "it is no place in the file system", fix: "give a path, or a file: URL" } as const;

class Directory implements Files {
  readonly #open = new Map<string, Promise<FileHandle>>();

  constructor(
    private readonly path: string,
    private readonly options: FilesOptions,
  ) {}

  pathOf(name: string): string {
    return join(this.path, name);
  }

  async readText(name: string): Promise<string> {
    return readFile(this.pathOf(name), "utf8");
  }

  async readBytes(name: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    let opening = this.#open.get(name);
    if (opening === undefined) this.#open.set(name, (opening = open(this.pathOf(name), "r")));
    const file = await opening;
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) return bytes.slice(0, done);
      done += bytesRead;
      this.options.received?.(bytesRead);
    }
    return bytes;
  }

  async close(): Promise<void> {
    const files = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(files.map(async (file) => (await file).close()));
  }
}

/**
 * npm webgpu's, which is Dawn. VK_DRIVER_FILES, where it is set, chooses the driver; otherwise the best adapter is
 * taken, and the software driver that comes with this package only where there is no other.
 */
export async function findAdapter(): Promise<FoundAdapter> {
  const chosen = chosenDriver();
  const { instance, adapter } = await findDriver(requestAdapter);
  const software = chosen === undefined && adapter.info.isFallbackAdapter;
  return {
    instance,
    adapter,
    info: describe(adapter.info),
    notice: software ? `No GPU with a Vulkan driver here: using software, ${adapter.info.description}.` : undefined,
    fix: "update the driver, or choose another through VK_DRIVER_FILES",
  };
}

async function requestAdapter(): Promise<{ instance: GPU; adapter: GPUAdapter } | undefined> {
  const { create, globals } = await import("webgpu").catch((cause: unknown) => {
    throw new NoAdapterError({
      where: "webgpu",
      what: `Dawn does not load here: ${String(cause)}`,
      fix: "use a system that npm webgpu is built for",
      cause,
    });
  });
  Object.assign(globalThis, globals);
  const instance = create([]);
  const adapter = await (
    await quietly(() => ({ asked: instance.requestAdapter({ powerPreference: "high-performance" }) }))
  ).asked;
  return adapter === null ? undefined : { instance, adapter };
}

/** Dawn describes most Vulkan adapters as "NAME: DRIVER AND VERSION". */
function describe({ vendor, architecture, device, description }: GPUAdapterInfo): DeviceInfo {
  const version = description.replace(/^.*?: /, "");
  const { version: dawn } = createRequire(import.meta.url)("webgpu/package.json") as { version: string };
  return { vendor, architecture, device, description, driver: `${version}, webgpu ${dawn}` };
}

function memory(): string {
  return join(
    process.env["TREEFOLD_CACHE"] || join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "treefold"),
    "self-tests",
  );
}

export async function recall(name: string): Promise<string | undefined> {
  return readFile(join(memory(), name), "utf8").catch(() => undefined);
}

export async function remember(name: string, text: string): Promise<void> {
  const file = join(memory(), name);
  const aside = `${file}.${process.pid}`;
  try {
    await mkdir(memory(), { recursive: true });
    await writeFile(aside, text);
    await rename(aside, file);
  } catch {
    // The next start asks the device again.
  }
}

/** Once for each line, in this process and those that it starts: every device that is opened has the same to say. */
export function tell(line: string): void {
  const said = process.env["TREEFOLD_TOLD"]?.split("\n") ?? [];
  if (said.includes(line)) return;
  process.env["TREEFOLD_TOLD"] = [...said, line].join("\n");
  process.stderr.write(`${line}\n`);
}
