/**
 * How a request's next token is chosen: spec/contract.md, "Sampling". A row is a request's; nothing mentions another.
 */
import {
  batch,
  bitsOf,
  exp,
  f32,
  flush,
  gather,
  kernel,
  max,
  model,
  reduce,
  reducer,
  scatter,
  select,
} from "../../dsl/index.ts";
import { gumbel, orderKey, threefry } from "./gumbel.ts";

/** Smaller logits, and what they are scaled by, count as zero: their products might not be normal numbers. */
const leastLogit = 2 ** -60;
const leastFactor = 2 ** -20;
/** The last bits of smaller summands, and so what two of them leave, might not be. */
const leastSummand = 2 ** -102;

/** Places in `settings`, f32. The first is 1 / temperature, and 0 where the most likely id is wanted. */
const INVERSE_TEMPERATURE = 0;
const TOP_P = 1;
const MIN_P = 2;
const REPETITION = 3;
const FREQUENCY = 4;
const PRESENCE = 5;

/** Places in `words`. */
const SEED_LOW = 0;
const SEED_HIGH = 1;
const POSITION = 2;
const TOP_K = 3;

/** A logit as it is compared: scaled, or where the most likely id is wanted as it is. */
function scaledBy(logit: number, inverseTemperature: number): number {
  return select(
    bitsOf(inverseTemperature) === 0,
    logit,
    flush(logit, leastLogit) * flush(inverseTemperature, leastFactor),
  );
}

/** Logits over the temperature. */
export const scaleLogits = kernel({
  axes: { token: batch, id: model, setting: model },
  inputs: { logits: "f32[token, id]", settings: "f32[token, setting]" },
  output: "f32[token, id]",
  body: ({ logits, settings }, { token, id }) => scaledBy(logits(token, id), settings(token, INVERSE_TEMPERATURE)),
});

/**
 * The logits of ids that penalties or biases touch, edited and then scaled. `place` is row * vocabulary + id; `seen`
 * says whether the id occurs in prompt or output (1 or 0), `count` how often in the output.
 */
export const editLogits = kernel({
  axes: { token: batch, entry: batch, place: batch, id: model, setting: model },
  inputs: {
    logits: "f32[token, id]",
    settings: "f32[token, setting]",
    rowOf: "placement u32[entry]",
    placeOf: "unique placement u32[entry]",
    idOf: "u32[entry]",
    seenAndCount: "u32[entry]",
    bias: "f32[entry]",
  },
  output: "f32[place]",
  body({ logits, settings, rowOf, placeOf, idOf, seenAndCount, bias }, { entry }) {
    const setting = (which: number) => gather(settings, rowOf(entry), which);
    const count = seenAndCount(entry) >> 1;
    const logit = flush(gather(logits, rowOf(entry), idOf(entry)), leastLogit);
    const repetition = flush(setting(REPETITION), leastFactor);
    const repeated = select(
      (seenAndCount(entry) & 1) === 1,
      select(logit > 0, logit / repetition, logit * repetition),
      logit,
    );
    const frequent = flush(repeated, leastSummand) - flush(setting(FREQUENCY), leastLogit) * f32(count);
    const present = frequent - select(count > 0, flush(setting(PRESENCE), leastLogit), 0);
    const edited = present + flush(bias(entry), leastLogit);
    return scatter([placeOf(entry)], scaledBy(edited, setting(INVERSE_TEMPERATURE)));
  },
});

/** exp(logit - the row's largest): what each id weighs. */
export const weights = kernel({
  axes: { token: batch, id: model },
  inputs: { logits: "f32[token, id]", largest: "f32[token]" },
  output: "f32[token, id]",
  body: ({ logits, largest }, { token, id }) =>
    exp(flush(logits(token, id), leastSummand) - flush(largest(token), leastSummand)),
});

/** How many there are at three thresholds. */
const counts = reducer({
  state: { a: "u32", b: "u32", c: "u32" },
  identity: { a: 0, b: 0, c: 0 },
  combine: (left, right) => ({ a: left.a + right.a, b: left.b + right.b, c: left.c + right.c }),
});

/** What they weigh at three thresholds, and in all. */
const masses = reducer({
  state: { all: "f32", a: "f32", b: "f32", c: "f32" },
  identity: { all: 0, a: 0, b: 0, c: 0 },
  combine: (left, right) => ({
    all: left.all + right.all,
    a: left.a + right.a,
    b: left.b + right.b,
    c: left.c + right.c,
  }),
});

const tree = "lanes 256 chain, pairwise";

/** The two bits at `shift` of the largest threshold that at least k keys reach; `prefix` has those above. */
export const narrowCount = kernel({
  axes: { token: batch, id: model, word: model },
  inputs: { logits: "f32[token, id]", words: "u32[token, word]", prefix: "u32[token]" },
  params: { shift: "u32" },
  output: "u32[token]",
  body({ logits, words, prefix, shift }, { token, id }) {
    const k = words(token, TOP_K);
    const threshold = (digit: number) => prefix(token) | (digit << shift);
    const reached = (i: number, digit: number) => select(orderKey(logits(token, i)) >= threshold(digit), 1, 0);
    const { a, b, c } = reduce(id, tree, counts, (i) => ({ a: reached(i, 1), b: reached(i, 2), c: reached(i, 3) }));
    const bits = select(c >= k, 3, select(b >= k, 2, select(a >= k, 1, 0)));
    return select(k === 0, prefix(token), threshold(bits));
  },
});

/**
 * What the ids above `floorOf` weigh, and those among them that reach three thresholds: `prefix` with each value of the
 * two bits at `shift`. Outputs of their own, and not only what narrowMass makes of them: so that each bit of a sum is
 * compared in tests.
 */
export const massesOf = kernel({
  axes: { token: batch, id: model },
  inputs: { logits: "f32[token, id]", weight: "f32[token, id]", floorOf: "u32[token]", prefix: "u32[token]" },
  params: { shift: "u32" },
  outputs: { all: "f32[token]", a: "f32[token]", b: "f32[token]", c: "f32[token]" },
  body({ logits, weight, floorOf, prefix, shift }, { token, id }) {
    const heavy = (i: number, bound: number) =>
      select(orderKey(logits(token, i)) >= max(bound, floorOf(token)), flush(weight(token, i), leastSummand), 0);
    const threshold = (digit: number) => prefix(token) | (digit << shift);
    return reduce(id, tree, masses, (i) => ({
      all: heavy(i, 0),
      a: heavy(i, threshold(1)),
      b: heavy(i, threshold(2)),
      c: heavy(i, threshold(3)),
    }));
  },
});

/**
 * The two bits at `shift` of the largest threshold whose ids have a share of at least p in what all above `floorOf`
 * weigh.
 */
export const narrowMass = kernel({
  axes: { token: batch, setting: model },
  inputs: {
    all: "f32[token]",
    a: "f32[token]",
    b: "f32[token]",
    c: "f32[token]",
    settings: "f32[token, setting]",
    floorOf: "u32[token]",
    prefix: "u32[token]",
  },
  params: { shift: "u32" },
  output: "u32[token]",
  body({ all, a, b, c, settings, floorOf, prefix, shift }, { token }) {
    const p = settings(token, TOP_P);
    const wanted = max(flush(p, leastLogit) * flush(all(token), leastFactor), leastSummand);
    const isEnough = (mass: number) => flush(mass, leastSummand) >= wanted;
    const digit = select(isEnough(c(token)), 3, select(isEnough(b(token)), 2, select(isEnough(a(token)), 1, 0)));
    return select(bitsOf(p) === 0, floorOf(token), prefix(token) | (digit << shift));
  },
});

/** Less than any logit with noise. */
const EXCLUDED = -3.4028234663852886e38;

/** What the chosen id has the most of (the kernel argmax finds it): the scaled logit and noise, if the id is kept. */
export const scores = kernel({
  axes: { token: batch, id: model, setting: model, word: model },
  inputs: {
    logits: "f32[token, id]",
    largest: "f32[token]",
    threshold: "u32[token]",
    settings: "f32[token, setting]",
    words: "u32[token, word]",
  },
  output: "f32[token, id]",
  body({ logits, largest, threshold, settings, words }, { token, id }) {
    const logit = flush(logits(token, id), leastSummand);
    const noise = gumbel(threefry(words(token, SEED_LOW), words(token, SEED_HIGH), words(token, POSITION), id));
    const weight = exp(logit - flush(largest(token), leastSummand));
    const isKept = orderKey(logits(token, id)) >= threshold(token) && bitsOf(weight) >= bitsOf(settings(token, MIN_P));
    const isGreedy = bitsOf(settings(token, INVERSE_TEMPERATURE)) === 0;
    return select(isGreedy, logits(token, id), select(isKept, logit + noise, EXCLUDED));
  },
});
