/**
 * Which Vulkan driver to use. The user's choice (VK_DRIVER_FILES) comes first, then whatever the system has, then
 * SwiftShader, which npm brings along inside @sparticuz/chromium together with a Vulkan loader.
 */
import { createReadStream, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { access, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { constants, homedir, tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { extract } from "tar-fs";
import { NoAdapterError } from "../errors.ts";

const loader = "libvulkan.so.1";
const driver = "libvk_swiftshader.so";
/** The file in the folder of `unpackSwiftShader` that VK_DRIVER_FILES names to choose it. */
export const swiftShaderManifest = "vk_swiftshader_icd.json";

/** What the user has set to choose a driver, as Vulkan's loader reads it. */
export function chosenDriver(): string | undefined {
  return process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES || undefined;
}

/**
 * Asks `request` for an adapter, with the driver that the user chose, or the system's, or SwiftShader, in this order.
 * Throws NoAdapterError.
 */
export async function findDriver<T>(request: () => Promise<T | undefined>): Promise<T> {
  if (process.platform !== "linux") {
    return (await request()) ?? fail("no adapter was found", "update the graphics driver");
  }
  const chosen = chosenDriver();
  const bundled = process.arch === "x64";
  if (chosen !== undefined) {
    // Dawn would say so, too, over many lines of its own on stderr.
    if (!chosen.split(delimiter).some(mayOfferDriver)) failChosen(chosen);
    if (!hasLoader() && bundled) load(join(await unpackSwiftShader(), loader));
    return (await request()) ?? failChosen(chosen);
  }
  if (hasLoader()) {
    const found = await request();
    if (found !== undefined) return found;
  }
  if (!bundled)
    fail(
      `no Vulkan driver was found, and none is bundled for ${process.arch}`,
      "install libvulkan1 and a driver, such as mesa-vulkan-drivers",
    );
  const folder = await unpackSwiftShader();
  if (!hasLoader()) load(join(folder, loader));
  // The loader reads the environment when an instance is made, and only then.
  process.env.VK_DRIVER_FILES = process.env.VK_ICD_FILENAMES = join(folder, swiftShaderManifest);
  try {
    return (
      (await request()) ??
      fail("the bundled SwiftShader offers no adapter", "install libvulkan1 and a driver, such as mesa-vulkan-drivers")
    );
  } finally {
    delete process.env.VK_DRIVER_FILES;
    delete process.env.VK_ICD_FILENAMES;
  }
}

/**
 * Manifests of the drivers on this machine: SwiftShader's, and those that the user has chosen or else the system
 * offers. Linux only.
 */
export async function installedDrivers(): Promise<string[]> {
  if (process.platform !== "linux") return [];
  const bundled = process.arch === "x64" ? [join(await unpackSwiftShader(), swiftShaderManifest)] : [];
  const chosen = chosenDriver();
  if (chosen !== undefined) return [...bundled, ...chosen.split(delimiter)];
  const data = (process.env.XDG_DATA_DIRS || "/usr/local/share:/usr/share").split(delimiter);
  const folders = ["/etc", process.env.XDG_DATA_HOME || join(homedir(), ".local", "share"), ...data].map((base) =>
    join(base, "vulkan", "icd.d"),
  );
  return [
    ...bundled,
    ...folders
      .filter((folder) => existsSync(folder))
      .flatMap((folder) =>
        readdirSync(folder)
          .filter((name) => name.endsWith(".json"))
          .sort()
          .map((name) => join(folder, name)),
      ),
  ];
}

/**
 * Whether a path that the loader is given can lead to a driver: a manifest whose library may be there, or a folder of
 * manifests.
 */
function mayOfferDriver(path: string): boolean {
  try {
    if (statSync(path).isDirectory()) return true;
    const {
      ICD: { library_path: library },
    } = JSON.parse(readFileSync(path, "utf8")) as { ICD: { library_path: string } };
    return !library.includes("/") || existsSync(resolve(dirname(path), library));
  } catch {
    return false;
  }
}

function failChosen(chosen: string): never {
  fail(
    `VK_DRIVER_FILES is '${chosen}', which offers no adapter`,
    "unset it, or let it name a driver's .json file that exists",
  );
}

function fail(what: string, fix: string): never {
  throw new NoAdapterError({ where: "Vulkan", what, fix });
}

/** Whether the dynamic linker finds a Vulkan loader, or one is loaded already. */
function hasLoader(): boolean {
  return load(loader);
}

/**
 * Loads a shared library and keeps it, so that Dawn's own dlopen of that name finds it. It is no Node addon, which
 * Node complains of after having loaded it and then closes it again; RTLD_NODELETE makes it stay.
 */
function load(file: string): boolean {
  const RTLD_NODELETE = 0x1000;
  try {
    process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch (error) {
    return /did not self-register/.test(String(error));
  }
  return true;
}

/**
 * Unpacks SwiftShader and its Vulkan loader, unless that has been done, and gives the folder that holds them.
 * The folder is the user's own: a cache, or a private temporary one where no cache can be written.
 */
export async function unpackSwiftShader(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const root = entry.slice(
    0,
    entry.lastIndexOf(join("@sparticuz", "chromium")) + join("@sparticuz", "chromium").length,
  );
  const { version } = createRequire(import.meta.url)(join(root, "package.json")) as { version: string };
  const archive = join(root, "bin", "swiftshader.tar.br");
  const target = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "treefold", `swiftshader-${version}`);
  if (await exists(target)) return target;
  let folder: string;
  try {
    await mkdir(dirname(target), { recursive: true });
    folder = await mkdtemp(`${target}-`);
  } catch {
    const temporary = await mkdtemp(join(tmpdir(), "treefold-swiftshader-"));
    process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));
    return unpackInto(archive, temporary);
  }
  await unpackInto(archive, folder);
  try {
    await rename(folder, target);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (!(await exists(target))) throw error; // Otherwise another process was faster.
  }
  return target;
}

async function unpackInto(archive: string, folder: string): Promise<string> {
  const unpack = extract(folder, {
    ignore: (path) => path !== folder && !path.endsWith(loader) && !path.endsWith(driver),
    // Root would otherwise hand the libraries to whoever has the packer's user id here.
    map: (header) => ({ ...header, uid: process.getuid!(), gid: process.getgid!() }),
  });
  await pipeline(createReadStream(archive), createBrotliDecompress(), unpack);
  await writeFile(
    join(folder, swiftShaderManifest),
    JSON.stringify({
      file_format_version: "1.0.0",
      ICD: { library_path: `./${driver}`, api_version: "1.0.5" },
    }),
  );
  return folder;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
