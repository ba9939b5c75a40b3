/**
 * Files of an HTTP server. A file's bytes come in one stream for as long as they are asked for in order, so that
 * neither the whole file nor a request for each part is needed; where they are not, a Range request goes to the right
 * place, or, if the server has none, the file begins anew.
 */
import type { Files, FilesOptions } from "./platform.ts";

/** Bytes that are rather passed over than left out by a new request. */
const passedOver = 2 ** 20;

export class Server implements Files {
  readonly #place: URL;
  readonly #options: FilesOptions;
  readonly #texts = new Map<string, Promise<string>>();
  readonly #streams = new Map<string, ServedFile>();

  constructor(place: URL, options: FilesOptions) {
    this.#place = new URL(place);
    if (!this.#place.pathname.endsWith("/")) this.#place.pathname += "/";
    this.#options = options;
  }

  pathOf(name: string): string {
    return new URL(name.split("/").map(encodeURIComponent).join("/"), this.#place).href;
  }

  /** A text is fetched once, however often it is read. */
  readText(name: string): Promise<string> {
    let text = this.#texts.get(name);
    if (text === undefined) this.#texts.set(name, (text = this.#fetchText(name)));
    return text;
  }

  async #fetchText(name: string): Promise<string> {
    const response = await request(this.pathOf(name), { signal: this.#options.signal ?? null });
    if (!response.ok) throw refused(response);
    // As Node reads it: with the byte order mark, if there is one.
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await response.arrayBuffer().catch(interrupted));
  }

  readBytes(name: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    let file = this.#streams.get(name);
    if (file === undefined) this.#streams.set(name, (file = new ServedFile(this.pathOf(name), this.#options)));
    return file.read(offset, length);
  }

  async close(): Promise<void> {
    const files = [...this.#streams.values()];
    this.#streams.clear();
    await Promise.allSettled(files.map((file) => file.close()));
  }
}

type Bytes = Uint8Array<ArrayBuffer>;

/** The bytes of a file from some place on, as they arrive. */
interface Stream {
  readonly reader: ReadableStreamDefaultReader<Bytes>;
  /** Whether the server can start anywhere. */
  readonly ranged: boolean;
  /** Where the next bytes that `next` gives lie in the file. */
  position: number;
  /** What has arrived, and was not asked for yet. */
  left: Bytes;
}

class ServedFile {
  #stream: Stream | undefined;
  /** Reads happen one after another. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly url: string,
    private readonly options: FilesOptions,
  ) {}

  read(offset: number, length: number): Promise<Bytes> {
    const reading = this.#turn.then(() => this.#read(offset, length));
    this.#turn = reading.catch(() => undefined);
    return reading;
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    await stream?.reader.cancel();
  }

  async #read(offset: number, length: number): Promise<Bytes> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const stream = await this.#at(offset + done);
      const arrived = stream === undefined ? undefined : await this.#next(stream, length - done);
      if (arrived === undefined) return bytes.slice(0, done);
      bytes.set(arrived, done);
      done += arrived.length;
    }
    return bytes;
  }

  /** The stream, at this place; undefined where the file ends before it. */
  async #at(offset: number): Promise<Stream | undefined> {
    const before = this.#stream;
    if (before === undefined || before.position > offset || (before.ranged && offset - before.position > passedOver)) {
      await this.close();
      this.#stream = await this.#open(offset);
    }
    const stream = this.#stream;
    while (stream !== undefined && stream.position < offset) {
      if ((await this.#next(stream, offset - stream.position)) === undefined) return undefined;
    }
    return stream;
  }

  async #open(offset: number): Promise<Stream | undefined> {
    const response = await request(this.url, {
      headers: { Range: `bytes=${offset}-` },
      signal: this.options.signal ?? null,
    });
    const beyond = response.status === 416;
    if (beyond || !response.ok || response.body === null) {
      await response.body?.cancel();
      if (beyond) return undefined;
      throw refused(response);
    }
    const ranged = response.status === 206;
    // A server of another origin may keep the header to itself.
    const [, first] = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "") ?? [];
    return {
      reader: response.body.getReader() as ReadableStreamDefaultReader<Bytes>,
      ranged,
      position: ranged ? Number(first ?? offset) : 0,
      left: new Uint8Array(),
    };
  }

  /** At most so many of the next bytes; undefined at the end. */
  async #next(stream: Stream, most: number): Promise<Bytes | undefined> {
    if (stream.left.length === 0) {
      const { done, value } = await stream.reader.read().catch(interrupted);
      if (done) return undefined;
      this.options.received?.(value.length);
      stream.left = value;
    }
    const bytes = stream.left.subarray(0, most);
    stream.left = stream.left.subarray(bytes.length);
    stream.position += bytes.length;
    return bytes;
  }
}

/** Asks whether what the browser keeps of it is still so: a page that was built anew is another page. */
function request(url: string, init: RequestInit): Promise<Response> {
  // Which Node's types of fetch don't have.
  const revalidated = { ...init, cache: "no-cache" } as RequestInit;
  return fetch(url, revalidated).catch(interrupted);
}

/** Browsers say no more than "Failed to fetch". */
function interrupted(cause: unknown): never {
  throw Object.assign(new Error("the connection failed", { cause }), { code: "no connection" });
}

function refused({ status }: Response): Error {
  return Object.assign(new Error(`the server answered ${status}`), { code: `HTTP ${status}` });
}
