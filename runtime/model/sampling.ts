/**
 * What a request says of how its tokens are chosen, and what is known of a row when one is. No float that decides is
 * computed here: kernels do that (spec/contract.md, "Sampling").
 */
import { RuntimeError } from "../errors.ts";
import { checkOptions } from "./options.ts";

/** How a request's tokens are chosen; what is absent is off. */
export interface SamplingParameters {
  /** 0, the default, takes the most likely token; otherwise 0.01 to 100. */
  readonly temperature?: number;
  /** Only the k most likely tokens, and those that tie with the last of them; 0 is off. */
  readonly topK?: number;
  /** Only the most likely tokens that have together at least this share, in (0, 1]. */
  readonly topP?: number;
  /** Only tokens that are at least so likely, compared with the most likely one, in [0, 1). */
  readonly minP?: number;
  /** -2 to 2, subtracted from the logits of tokens that the output holds. */
  readonly presencePenalty?: number;
  /** -2 to 2, subtracted for each time that the output holds the token. */
  readonly frequencyPenalty?: number;
  /**
   * 0.01 to 10: divides positive logits of tokens that prompt or output hold, and multiplies negative ones. 1 is off.
   */
  readonly repetitionPenalty?: number;
  /** Added to logits, by token id: -100 to 100. */
  readonly logitBias?: Readonly<Record<number, number>>;
  /** 0 to 2^64 - 1; a number must be a safe integer. */
  readonly seed?: number | bigint;
  /** How many of the most likely tokens are told with each, 0 to 20. */
  readonly topLogprobs?: number;
}

/** All of it, checked. */
export interface Sampling extends Required<SamplingParameters> {
  readonly seed: bigint;
}

/** A parameter that says nothing, or what can't be computed. */
export class SamplingError extends RuntimeError {}

/** One row of a step that a token is chosen in. */
export interface SampleRow {
  readonly sampling: Sampling;
  /** 64 bits: of the request's completion (seedOfCompletion). */
  readonly seed: bigint;
  /** Of the token that is being chosen; the prompt's first token has 0. */
  readonly position: number;
  readonly history: History;
}

export interface Sampled {
  readonly id: number;
  /** f32, of the logits as the model gave them. */
  readonly logprob: number;
  readonly top: readonly { readonly id: number; readonly logprob: number }[];
  /** false: the row's logits hold a NaN, an infinity or a magnitude of 2^100 or more; id and logprob mean nothing. */
  readonly finite: boolean;
}

/** Columns of the tables that sampler.ts makes of it; models/kernels/sampling.kernel.ts names them. */
export const settingColumns = 6;
export const wordColumns = 4;

const names = [
  "temperature",
  "topK",
  "topP",
  "minP",
  "presencePenalty",
  "frequencyPenalty",
  "repetitionPenalty",
  "logitBias",
  "seed",
  "topLogprobs",
] as const;

interface Bounds {
  readonly least: number;
  readonly most: number;
  /** What the bounds leave out, or let in. */
  readonly also?: (value: number) => boolean;
  readonly integer?: boolean;
  readonly say: string;
}

const bounds: Readonly<
  Record<Exclude<(typeof names)[number], "logitBias" | "seed">, Bounds & { readonly standard: number }>
> = {
  temperature: {
    least: 0,
    most: 100,
    also: (value) => value === 0 || value >= 0.01,
    say: "0, or from 0.01 to 100",
    standard: 0,
  },
  topK: { least: 0, most: 2 ** 32 - 1, integer: true, say: "a whole number, or 0 for none", standard: 0 },
  topP: { least: 0, most: 1, also: (value) => value > 0, say: "above 0, up to 1", standard: 1 },
  minP: { least: 0, most: 1, also: (value) => value < 1, say: "from 0, below 1", standard: 0 },
  presencePenalty: { least: -2, most: 2, say: "from -2 to 2", standard: 0 },
  frequencyPenalty: { least: -2, most: 2, say: "from -2 to 2", standard: 0 },
  repetitionPenalty: { least: 0.01, most: 10, say: "from 0.01 to 10", standard: 1 },
  topLogprobs: { least: 0, most: 20, integer: true, say: "a whole number from 0 to 20", standard: 0 },
};
const biases: Bounds = { least: -100, most: 100, say: "from -100 to 100" };
const largestSeed = 2n ** 64n - 1n;

/**
 * Parameters with their defaults. @throws SamplingError, or RequestError where they are no object or a name is unknown
 */
export function checkSampling(parameters: SamplingParameters, vocabulary: number): Sampling {
  checkOptions("sampling", parameters, names);
  const given = parameters as Readonly<Record<string, unknown>>;
  const numbers = Object.fromEntries(
    Object.entries(bounds).map(([name, bound]) => [
      name,
      given[name] === undefined ? bound.standard : checkNumber(name, given[name], bound),
    ]),
  );
  return Object.freeze({
    ...(numbers as unknown as Sampling),
    seed: checkSeed(given["seed"]),
    logitBias: checkBiases(given["logitBias"], vocabulary),
  });
}

function refuse(name: string, what: string, fix: string): never {
  throw new SamplingError({ where: `sampling parameter '${name}'`, what, fix });
}

function checkNumber(
  name: string,
  value: unknown,
  { least, most, also = () => true, integer = false, say }: Bounds,
): number {
  const fix = `give a number: ${say}`;
  if (typeof value !== "number")
    refuse(name, `${name} is ${value === null ? "null" : `of type ${typeof value}`}, not a number`, fix);
  if (Number.isNaN(value)) refuse(name, `${name} is NaN`, fix);
  if (value < least || value > most || !also(value) || (integer && !Number.isInteger(value)))
    refuse(name, `${name} is ${value}`, fix);
  // -0, whose sign a kernel would see, is 0.
  return value + 0;
}

function checkSeed(value: unknown): bigint {
  const fix = "give a whole number from 0 to 2^64 - 1, as a bigint where it is above 2^53 - 1";
  if (value === undefined) return 0n;
  if (typeof value !== "bigint" && typeof value !== "number")
    refuse("seed", `seed is ${value === null ? "null" : `of type ${typeof value}`}, not a number`, fix);
  if (typeof value === "number" && !Number.isSafeInteger(value)) refuse("seed", `seed is ${value}`, fix);
  const seed = BigInt(value);
  if (seed < 0n || seed > largestSeed) refuse("seed", `seed is ${seed}`, fix);
  return seed;
}

function checkBiases(value: unknown, vocabulary: number): Readonly<Record<number, number>> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value))
    refuse(
      "logitBias",
      `logitBias is ${value === null ? "null" : Array.isArray(value) ? "a list" : `of type ${typeof value}`}, ` +
        "not an object",
      "give an object of token ids, as in { 42: -100 }",
    );
  return Object.freeze(
    Object.fromEntries(
      Object.entries(value).map(([id, bias]) => {
        if (!/^(0|[1-9][0-9]*)$/.test(id) || Number(id) >= vocabulary)
          refuse("logitBias", `'${id}' is no token id`, `give ids from 0 to ${vocabulary - 1}`);
        return [id, checkNumber(`logitBias[${id}]`, bias, biases)];
      }),
    ),
  );
}

/** Tells a completion's seed from a request's use of its own: the second word of the counter. */
const completionTag = 0xc0ffee;

/** The seed of one of a request's completions: the request's own for the first. */
export function seedOfCompletion(seed: bigint, completion: number): bigint {
  if (completion === 0) return seed;
  const [low, high] = threefry(lowWord(seed), highWord(seed), completion, completionTag);
  return (BigInt(high) << 32n) | BigInt(low);
}

/** The lower 32 bits of a seed. */
export function lowWord(seed: bigint): number {
  return Number(seed & 0xffffffffn);
}

/** The upper 32 bits of a seed. */
export function highWord(seed: bigint): number {
  return Number(seed >> 32n);
}

/** Threefry-2x32 with 20 rounds, as the kernels have it (models/kernels/gumbel.ts). All words are u32. */
export function threefry(key0: number, key1: number, counter0: number, counter1: number): [number, number] {
  const key = [key0, key1, (key0 ^ key1 ^ 0x1bd11bda) >>> 0];
  const rotations = [
    [13, 15, 26, 6],
    [17, 29, 16, 24],
  ];
  let [a, b] = [(counter0 + key0) >>> 0, (counter1 + key1) >>> 0];
  for (let group = 1; group <= 5; group++) {
    for (const by of rotations[(group - 1) % 2]!) {
      a = (a + b) >>> 0;
      b = (((b << by) | (b >>> (32 - by))) ^ a) >>> 0;
    }
    a = (a + key[group % 3]!) >>> 0;
    b = (b + key[(group + 1) % 3]! + group) >>> 0;
  }
  return [a, b];
}

/** Which ids a request's prompt holds, and how often its output does. */
export class History {
  readonly #prompt: ReadonlySet<number>;
  readonly #output = new Map<number, number>();

  constructor(prompt: readonly number[]) {
    this.#prompt = new Set(prompt);
  }

  /** The output's next id. */
  add(id: number): void {
    this.#output.set(id, this.count(id) + 1);
  }

  /** How often the output holds an id. */
  count(id: number): number {
    return this.#output.get(id) ?? 0;
  }

  /** Whether prompt or output hold an id. */
  seen(id: number): boolean {
    return this.#prompt.has(id) || this.#output.has(id);
  }

  /** Distinct ids of the prompt. */
  get prompt(): Iterable<number> {
    return this.#prompt;
  }

  /** Distinct ids of the output. */
  get output(): Iterable<number> {
    return this.#output.keys();
  }
}
