/**
 * What Node and browsers do in different ways. The runtime imports it as `#platform`, which its package.json resolves
 * to node.ts, or under the condition `browser`, which bundlers for browsers set, to browser.ts. Both are a `Platform`.
 */
import type { DeviceInfo } from "../device.ts";

/** Of bytes that come in pieces. */
export interface Sha256 {
  /** Texts as UTF-8. */
  update(data: string | ArrayBufferView): Sha256;
  /** In hexadecimal. Nothing can be added afterwards. */
  digest(): string;
}

/**
 * Files below one place. What can't be read rejects with an error whose `code`, or else text, says why in a few words.
 */
export interface Files {
  /** The place of a file, as messages name it. */
  pathOf(name: string): string;
  /** UTF-8. */
  readText(name: string): Promise<string>;
  /**
   * So many bytes, at the start of a buffer of their own; fewer only where the file ends. Reading on where the last
   * read of the file ended is fastest.
   */
  readBytes(name: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Ends whatever `readBytes` has opened. */
  close(): Promise<void>;
}

export interface FilesOptions {
  /** Told of bytes as they arrive for `readBytes`, those that are passed over on the way included. */
  readonly received?: ((bytes: number) => void) | undefined;
  /** Ends what is under way, where that can be ended. */
  readonly signal?: AbortSignal | undefined;
}

/** The best adapter there is. @internal */
export interface FoundAdapter {
  /** To be kept for as long as a device of the adapter lives. */
  readonly instance: GPU;
  readonly adapter: GPUAdapter;
  readonly info: DeviceInfo;
  /** A line for the user where software has to do because there is no GPU. */
  readonly notice: string | undefined;
  /** What helps where the adapter refuses to open a device. */
  readonly fix: string;
}

export interface Platform {
  createSha256(): Sha256;
  /** @throws Error where `location` is no place of files */
  openFiles(location: string | URL, options: FilesOptions): Files;
  /** What `openFiles` finds wrong with other locations, and what to give instead. */
  readonly places: { readonly what: string; readonly fix: string };
  /** @throws NoAdapterError @internal */
  findAdapter(): Promise<FoundAdapter>;
  /**
   * What was remembered under a name on this machine, by this user; undefined where nothing was, or where it can't be
   * read.
   */
  recall(name: string): Promise<string | undefined>;
  /** Keeps a short text; where nothing can be kept, it is forgotten in silence. */
  remember(name: string, text: string): Promise<void>;
  /** A line for the user that nobody else has asked for. */
  tell(line: string): void;
}
