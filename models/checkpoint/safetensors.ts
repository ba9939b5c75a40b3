/**
 * The safetensors format: 8 bytes of header length (little-endian u64), that many bytes of JSON, then the tensors'
 * data. Source: the "Format" section of the safetensors project's README. The header is checked whole when a file is
 * opened; data is read from disk one tensor at a time.
 */
import type { FileHandle } from "node:fs/promises";
import { abridged, CheckpointError } from "./error.ts";
import { isRecord, openFile, parseJsonObject, shortJson } from "./json.ts";

/** Bits of an element of each dtype of the format. */
const bitsOfDtype: Readonly<Record<string, number>> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  U16: 16,
  I16: 16,
  F16: 16,
  BF16: 16,
  U32: 32,
  I32: 32,
  F32: 32,
  U64: 64,
  I64: 64,
  F64: 64,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  C64: 64,
};

/** The format's own limit, which keeps a corrupt length from asking for all of memory. */
const maxHeaderBytes = 100_000_000;
const readChunkBytes = 16 * 1024 * 1024;
const fetchAgain = "copy or download the file again";

export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export class SafetensorsFile {
  private constructor(
    readonly file: string,
    private readonly handle: FileHandle,
    readonly tensors: ReadonlyMap<string, TensorEntry>,
  ) {}

  /** @throws CheckpointError if the file is missing or its header does not describe its data exactly */
  static async open(
    file: string,
    fix = "give a checkpoint directory that holds model.safetensors",
  ): Promise<SafetensorsFile> {
    const handle = await openFile(file, fix);
    try {
      return new SafetensorsFile(file, handle, await readHeader(file, handle));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** A part of one tensor's data, as it lies in the file: little-endian, row-major. */
  async read(
    entry: TensorEntry,
    offsetBytes = 0,
    sizeBytes = entry.sizeBytes - offsetBytes,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(sizeBytes);
    await readFully(this.file, this.handle, bytes, entry.offsetBytes + offsetBytes, `tensor '${abridged(entry.name)}'`);
    return bytes;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

async function readFully(
  file: string,
  handle: FileHandle,
  bytes: Uint8Array,
  offsetBytes: number,
  subject: string | null,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle
      .read(bytes, done, Math.min(readChunkBytes, bytes.length - done), offsetBytes + done)
      .catch((cause: unknown) => {
        throw new CheckpointError(
          file,
          subject,
          `reading it failed (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
          fetchAgain,
          { cause },
        );
      });
    if (bytesRead === 0)
      throw new CheckpointError(file, subject, `the file ends at byte ${offsetBytes + done}`, fetchAgain);
    done += bytesRead;
  }
}

async function readHeader(file: string, handle: FileHandle): Promise<ReadonlyMap<string, TensorEntry>> {
  const fileBytes = (await handle.stat()).size;
  if (fileBytes < 8)
    throw new CheckpointError(file, null, `has ${fileBytes} bytes, too few for a safetensors header`, fetchAgain);
  const lengthBytes = new Uint8Array(8);
  await readFully(file, handle, lengthBytes, 0, null);
  const length = new DataView(lengthBytes.buffer).getBigUint64(0, true);
  if (length > BigInt(fileBytes - 8)) {
    throw new CheckpointError(
      file,
      null,
      `announces a header of ${length} bytes in a file of ${fileBytes}`,
      "check that it is a safetensors file, not a Git LFS pointer or a part of one",
    );
  }
  if (length > BigInt(maxHeaderBytes)) {
    throw new CheckpointError(
      file,
      null,
      `announces a header of ${length} bytes, and the format allows ${maxHeaderBytes}`,
      fetchAgain,
    );
  }
  const headerBytes = new Uint8Array(Number(length));
  await readFully(file, handle, headerBytes, 8, null);
  const header = parseJsonObject(file, headerBytes, "the header ");

  const dataStart = 8 + headerBytes.length;
  const tensors = new Map<string, TensorEntry>();
  for (const [name, description] of Object.entries(header)) {
    if (name === "__metadata__") checkMetadata(file, description);
    else tensors.set(name, checkEntry(file, name, description, dataStart));
  }
  checkCoverage(file, [...tensors.values()], dataStart, fileBytes);
  return tensors;
}

function checkMetadata(file: string, metadata: unknown): void {
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw new CheckpointError(file, "__metadata__", `${shortJson(metadata)} does not map names to texts`, fetchAgain);
  }
}

function checkEntry(file: string, name: string, description: unknown, dataStart: number): TensorEntry {
  const fault = (what: string): never => {
    throw new CheckpointError(file, `tensor '${abridged(name)}'`, what, fetchAgain);
  };
  if (name === "__proto__") return fault("has a name that no model's tensor has");
  if (!isRecord(description)) return fault("its header entry is not an object");
  const { dtype, shape, data_offsets: offsets } = description;
  const bits = typeof dtype === "string" && Object.hasOwn(bitsOfDtype, dtype) ? bitsOfDtype[dtype] : undefined;
  if (typeof dtype !== "string" || bits === undefined)
    return fault(`has dtype ${shortJson(dtype)}, which safetensors does not know`);
  if (!isCounts(shape)) return fault(`has shape ${shortJson(shape)}, which is not a list of extents`);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    return fault(`has data_offsets ${shortJson(offsets)}, which are not [begin, end]`);
  }
  const sizeBytes = offsets[1]! - offsets[0]!;
  const sizeBits = shape.reduce((product, extent) => product * extent, bits);
  if (!Number.isSafeInteger(sizeBits))
    return fault(`has shape ${shortJson(shape)}, whose product is too large for any file`);
  if (sizeBits !== sizeBytes * 8) {
    return fault(`has ${sizeBytes} bytes of data, but ${dtype} ${shortJson(shape)} takes ${sizeBits / 8}`);
  }
  return { name, dtype, shape, offsetBytes: dataStart + offsets[0]!, sizeBytes };
}

/**
 * The tensors must cover the data without holes or overlaps, to its end: so says the format, and so a damaged header
 * shows.
 */
function checkCoverage(file: string, tensors: readonly TensorEntry[], dataStart: number, fileBytes: number): void {
  let end = dataStart;
  let previous = "the header";
  for (const tensor of [...tensors].sort((a, b) => a.offsetBytes - b.offsetBytes || a.sizeBytes - b.sizeBytes)) {
    if (tensor.offsetBytes !== end) {
      const what = tensor.offsetBytes < end ? "overlaps" : "leaves a hole after";
      throw new CheckpointError(
        file,
        `tensor '${abridged(tensor.name)}'`,
        `its data ${what} that of ${previous}`,
        fetchAgain,
      );
    }
    end = tensor.offsetBytes + tensor.sizeBytes;
    previous = `'${abridged(tensor.name)}'`;
    if (end > fileBytes) {
      throw new CheckpointError(
        file,
        `tensor '${abridged(tensor.name)}'`,
        `its data ends at byte ${end}, but the file has ${fileBytes}`,
        fetchAgain,
      );
    }
  }
  if (end !== fileBytes)
    throw new CheckpointError(file, null, `${fileBytes - end} bytes follow the last tensor`, fetchAgain);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
