import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { findDriver, swiftShaderManifest, unpackSwiftShader } from "./driver.ts";
import { NoAdapterError } from "../errors.ts";

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "treefold-cache-"));
  vi.stubEnv("XDG_CACHE_HOME", cache);
  vi.stubEnv("VK_ICD_FILENAMES", "");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

const contents = ["libvk_swiftshader.so", "libvulkan.so.1", swiftShaderManifest];

describe.runIf(process.platform === "linux" && process.arch === "x64")("the bundled SwiftShader", () => {
  test("is unpacked once, whole, however many ask", async () => {
    const folders = await Promise.all([unpackSwiftShader(), unpackSwiftShader(), unpackSwiftShader()]);
    expect(new Set(folders).size).toBe(1);
    expect(await unpackSwiftShader()).toBe(folders[0]);
    expect(readdirSync(folders[0]!).sort()).toEqual(contents);
    expect(readdirSync(dirname(folders[0]!)).length).toBe(1);
  });

  test("goes to a private temporary folder where no cache can be written", async () => {
    vi.stubEnv("XDG_CACHE_HOME", "/dev/null");
    const folder = await unpackSwiftShader();
    expect(dirname(folder)).toBe(tmpdir());
    expect(readdirSync(folder).sort()).toEqual(contents);
    rmSync(folder, { recursive: true });
  });

  test("is used where the system's drivers offer nothing, for that one request", async () => {
    vi.stubEnv("VK_DRIVER_FILES", "");
    const asked: (string | undefined)[] = [];
    const found = await findDriver(async () => {
      asked.push(process.env.VK_DRIVER_FILES || undefined);
      return process.env.VK_DRIVER_FILES ? "software" : undefined;
    });
    expect(found).toBe("software");
    expect(asked.at(-1)).toMatch(new RegExp(`^${cache}/treefold/swiftshader-[^/]+/${swiftShaderManifest}$`));
    expect(process.env.VK_DRIVER_FILES || undefined).toBeUndefined();
  });
});

describe("the user's choice", () => {
  /** A manifest of a driver in this library, which may not be there. */
  const manifest = (library: string): string => {
    const file = join(cache, "icd.json");
    writeFileSync(
      file,
      JSON.stringify({ file_format_version: "1.0.0", ICD: { library_path: library, api_version: "1.3.0" } }),
    );
    return file;
  };
  const ask = async (files: string): Promise<number> => {
    vi.stubEnv("VK_DRIVER_FILES", files);
    let requests = 0;
    const none = findDriver(async () => {
      requests++;
      return undefined;
    });
    await expect(none).rejects.toThrow(NoAdapterError);
    await expect(none).rejects.toThrow(
      `Vulkan: VK_DRIVER_FILES is '${files}', which offers no adapter; fix: unset it, or let it name a driver's .json file that exists`,
    );
    return requests;
  };

  test("is all that is asked", async () => {
    for (const library of ["libvulkan_other.so", join(cache, "icd.json"), "./icd.json"])
      expect(await ask(manifest(library)), library).toBe(1);
    expect(await ask(`/nowhere.json:${manifest("other.so")}`)).toBe(1);
    expect(await ask(cache)).toBe(1);
  });

  test("is not asked where it is no driver", async () => {
    for (const files of [
      "/nowhere.json",
      "/dev/null",
      "/nowhere.json:/nowhere",
      manifest("/nowhere.so"),
      manifest("./nowhere.so"),
    ]) {
      expect(await ask(files), files).toBe(0);
    }
    writeFileSync(join(cache, "other.json"), "{}");
    expect(await ask(join(cache, "other.json"))).toBe(0);
  });
});

describe.runIf(process.platform === "linux")("a machine without a Vulkan loader", () => {
  const architecture = Object.getOwnPropertyDescriptor(process, "arch")!;
  beforeEach(() => {
    vi.stubEnv("VK_DRIVER_FILES", "");
    vi.spyOn(process, "dlopen").mockImplementation(() => {
      throw new Error("libvulkan.so.1: cannot open shared object file");
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    Object.defineProperty(process, "arch", architecture);
  });

  test("takes the bundled driver, and says so where that offers nothing", async () => {
    Object.defineProperty(process, "arch", { ...architecture, value: "x64" });
    await expect(findDriver(async () => undefined)).rejects.toThrow(NoAdapterError);
    await expect(findDriver(async () => undefined)).rejects.toThrow(
      "Vulkan: the bundled SwiftShader offers no adapter; fix: install libvulkan1 and a driver",
    );
    expect(process.env.VK_DRIVER_FILES || undefined).toBeUndefined();
  });

  test("has no adapter where no driver is bundled", async () => {
    Object.defineProperty(process, "arch", { ...architecture, value: "arm64" });
    await expect(findDriver(async () => "never asked")).rejects.toThrow(
      "Vulkan: no Vulkan driver was found, and none is bundled for arm64; fix: install libvulkan1 and a driver",
    );
  });
});
