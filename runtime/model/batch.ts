/**
 * One step of a batch: any number of sequences, each with the ids that it appends, prefill and decode rows together.
 * Planning a step makes the integer tables that the kernels address by; which row, slot or page a token got may differ
 * from step to step and never shows in its result.
 */
import { RuntimeError } from "../errors.ts";
import { CacheFullError, type CachedSequence, type PageAllocator } from "./pages.ts";

export interface StepEntry {
  readonly sequence: CachedSequence;
  /** Appended after what the sequence holds; at least one. */
  readonly ids: readonly number[];
}

/** A request that no step can be made of. */
export class BatchError extends RuntimeError {
  constructor(what: string, fix: string) {
    super({ where: "request", what, fix });
    this.message = `${what}; fix: ${fix}`;
  }
}

/** All tables are u32, row-major. A token is a row of the step, a request one of its entries. */
export interface StepTables {
  readonly tokens: number;
  readonly requests: number;
  /** Width of `pages`: what the longest sequence of the step needs. */
  readonly pagesPerRequest: number;
  /** [token] */
  readonly ids: Uint32Array;
  /** [token]: position within the token's own sequence. */
  readonly positions: Uint32Array;
  /** [token]: where the token's key and value go, `page * pageSize + offset`; all distinct. */
  readonly slots: Uint32Array;
  /** [token]: the token's row of `pages`. */
  readonly requestOf: Uint32Array;
  /** [request, page]: the pages of each sequence in order of position; what a short one does not need is 0. */
  readonly pages: Uint32Array;
  /** [request]: the last token of each. */
  readonly lastTokens: Uint32Array;
}

export interface StepLimits {
  readonly vocabulary: number;
  readonly maxPositions: number;
}

/** Checks a step and takes its pages. Throws, having taken nothing, BatchError or CacheFullError. */
export function planStep(entries: readonly StepEntry[], allocator: PageAllocator, limits: StepLimits): StepTables {
  check(entries, allocator, limits);
  const tokens = entries.reduce((total, { ids }) => total + ids.length, 0);
  const requests = entries.length;
  const ids = new Uint32Array(tokens);
  const positions = new Uint32Array(tokens);
  const slots = new Uint32Array(tokens);
  const requestOf = new Uint32Array(tokens);
  const lastTokens = new Uint32Array(requests);
  let token = 0;
  entries.forEach((entry, request) => {
    const start = entry.sequence.length;
    entry.sequence.append(entry.ids.length).forEach((slot, index) => {
      ids[token] = entry.ids[index]!;
      positions[token] = start + index;
      slots[token] = slot;
      requestOf[token] = request;
      token++;
    });
    lastTokens[request] = token - 1;
  });
  const pagesPerRequest = Math.max(...entries.map(({ sequence }) => sequence.pages.length));
  const pages = new Uint32Array(requests * pagesPerRequest);
  entries.forEach(({ sequence }, request) => pages.set(sequence.pages, request * pagesPerRequest));
  return { tokens, requests, pagesPerRequest, ids, positions, slots, requestOf, pages, lastTokens };
}

function check(
  entries: readonly StepEntry[],
  allocator: PageAllocator,
  { vocabulary, maxPositions }: StepLimits,
): void {
  if (entries.length === 0) throw new BatchError("the batch is empty", "give at least one sequence");
  if (new Set(entries.map(({ sequence }) => sequence)).size !== entries.length) {
    throw new BatchError(
      "a sequence stands in the batch twice",
      "give each sequence once, with all the ids that it appends",
    );
  }
  if (!entries.every(({ sequence }) => sequence.isOf(allocator)))
    throw new BatchError("a sequence of the batch lies in another cache", "give sequences that this cache opened");
  let wanted = 0;
  for (const [index, { sequence, ids }] of entries.entries()) {
    checkIds(ids, `sequence ${index} of the batch`, { vocabulary, maxPositions: maxPositions - sequence.length });
    wanted += sequence.pagesWanted(ids.length);
  }
  if (wanted > allocator.freePages) throw new CacheFullError(wanted, allocator.freePages);
}

/** What JavaScript without types may have given instead. @throws BatchError */
export function checkList(
  value: unknown,
  what: string,
  fix = "give a list of token ids for each sequence, as in [[0, 17, 5]]",
): void {
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) {
    throw new BatchError(`${what} is ${value === null ? "null" : typeof value}, not a list`, fix);
  }
}

/** @throws BatchError if `ids` are no list, empty, too many or out of the vocabulary */
export function checkIds(ids: readonly number[], what: string, { vocabulary, maxPositions }: StepLimits): void {
  checkList(ids, what);
  if (ids.length === 0) throw new BatchError(`${what} has no ids`, "give at least one");
  if (ids.length > maxPositions) {
    throw new BatchError(`${what} has ${ids.length} ids where ${maxPositions} fit the model's positions`, "shorten it");
  }
  const wrong = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabulary);
  if (wrong >= 0)
    throw new BatchError(`${what} has id ${ids[wrong]} at position ${wrong}`, `ids go from 0 to ${vocabulary - 1}`);
}
