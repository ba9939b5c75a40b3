/** Loads a generated library onto a device: verifies its files, tests the device, and uploads the weights. */
import { openDevice, type Device, type DeviceOptions } from "../device.ts";
import { ChatTemplate } from "./chat.ts";
import { Folder } from "./files.ts";
import { readManifest, readVerified, type Manifest } from "./manifest.ts";
import { checkOptions } from "./options.ts";
import type { Program } from "./program.ts";
import { Tokenizer } from "./tokenizer.ts";
import { loadVerified, type SelfTestOptions } from "./verified.ts";
import { bytesOfWeights, Uploader } from "./weights.ts";

import { Model, type ModelParts } from "./model.ts";
export interface LoadOptions extends SelfTestOptions {
  /** The device to use, which stays its owner's; by default one is opened, and disposed of with the model. */
  readonly device?: Device;
  /** Where a software driver has to do, and nothing else, is told here; by default on stderr. */
  readonly notify?: DeviceOptions["notify"];
  /** Folder of the weights' files, a path or in a browser a URL, where the library was built without them. */
  readonly weights?: string | URL;
  /** Stops loading; what was loaded so far is freed. */
  readonly signal?: AbortSignal;
  /**
   * Called with a few words whenever there is something new to say, and while the weights come in, with how far they
   * are.
   */
  readonly progress?: (what: string, weights?: WeightsProgress) => void;
}

/** Bytes of the weights' files. */
export interface WeightsProgress {
  readonly read: number;
  readonly total: number;
}
/**
 * Loads a generated library.
 * @param program imports the library's forward.js
 * @param folder holds the library's manifest.json: a path, or in a browser a URL
 * @throws DeviceArithmeticError, ModelFileError, NoAdapterError and other RuntimeErrors, having freed everything; the
 * signal's reason when it is aborted
 */
export async function loadModel(
  program: () => Promise<Program>,
  folder: string | URL,
  options: LoadOptions = {},
): Promise<Model> {
  checkOptions("load", options, ["device", "notify", "weights", "signal", "progress", "selfTest", "accept"]);
  const { signal, progress = () => undefined } = options;
  const files = new Folder(folder, { signal });
  let received: (bytes: number) => void = () => undefined;
  const weightFiles = new Folder(options.weights ?? files.pathOf("weights"), {
    signal,
    received: (bytes) => received(bytes),
    fix:
      options.weights === undefined
        ? "copy the whole library; for one that was built without weights, give load({ weights }) the checkpoint's " +
          "folder"
        : "give load({ weights }) the folder of the checkpoint that the library was built from",
  });
  progress("reading the library");
  signal?.throwIfAborted();
  const manifest = await readManifest(files);
  const total = bytesOfWeights(manifest);
  let read = 0;
  received = (bytes) => {
    read = Math.min(total, read + bytes);
    progress(`uploading the weights: ${Math.floor((100 * read) / total)}%`, { read, total });
  };
  await Promise.all(Object.keys(manifest.files).map((file) => readVerified(files, manifest, file)));
  // Not before it has been found to be what was written.
  const imported = await program();
  const { tokenizer, chatTemplate } = await readTokenizer(manifest, files);
  const device = options.device ?? (await openDevice(options.notify === undefined ? {} : { notify: options.notify }));
  const uploader = new Uploader(device, signal);
  try {
    signal?.throwIfAborted();
    progress("compiling its kernels for the device");
    const { library, policy, verified } = await loadVerified(device, manifest, files, {
      signal,
      progress,
      ...(options.selfTest && { selfTest: options.selfTest }),
      ...(options.accept && { accept: options.accept }),
    });
    const weights = await uploader.uploadWeights(manifest, weightFiles);
    const { cosine, sine } = await uploader.uploadRotary(manifest.config.rotary, manifest.config.maxPositions);
    // What there was too little memory for, only the driver finds out, and only now.
    await device.gpu.queue.onSubmittedWorkDone();
    device.assertUsable();
    return new Model({
      program: imported,
      manifest,
      device,
      ownsDevice: options.device === undefined,
      library,
      policy,
      verified,
      weights,
      cosine,
      sine,
      uploader,
      tokenizer,
      chatTemplate,
    });
  } catch (error) {
    uploader.dispose();
    if (options.device === undefined) device.dispose();
    throw error;
  } finally {
    await weightFiles.close();
  }
}

async function readTokenizer(
  manifest: Manifest,
  folder: Folder,
): Promise<Pick<ModelParts, "tokenizer" | "chatTemplate">> {
  if (manifest.tokenizer === null)
    return { tokenizer: undefined, chatTemplate: () => new ChatTemplate(undefined, {}, `model '${manifest.name}'`) };
  const { description, settings, chatTemplate: template } = manifest.tokenizer;
  const read = async (file: string): Promise<Record<string, unknown>> =>
    JSON.parse(await readVerified(folder, manifest, file)) as Record<string, unknown>;
  const values = await read(settings);
  const tokenizer = new Tokenizer(
    await read(description),
    values,
    folder.pathOf(description),
    manifest.config.vocabulary,
  );
  const text = template === null ? undefined : await readVerified(folder, manifest, template);
  let parsed: ChatTemplate | undefined;
  const chatTemplate = (): ChatTemplate =>
    (parsed ??= new ChatTemplate(
      text,
      values,
      template === null ? `model '${manifest.name}'` : folder.pathOf(template),
    ));
  return { tokenizer, chatTemplate };
}
