/**
 * Chooses the next token of each row of a step's logits. All that is computed of a row's floats, kernels compute; the
 * host makes tables of the requests' parameters, and says which kernels are needed. Kernels that no row of a step needs
 * are left out, which changes no other row's bits (spec/contract.md, "Sampling").
 */
import { readTogether, type Tensor } from "../tensor.ts";
import type { DeviceMachine } from "./machine.ts";
import type { Program } from "./program.ts";
import {
  highWord,
  lowWord,
  settingColumns,
  wordColumns,
  type Sampled,
  type SampleRow,
  type Sampling,
} from "./sampling.ts";

/** Bits of a threshold that a pass over the logits finds. */
const bitsAPass = 2;
const noId = 0xffffffff;
/** A smaller share would be taken for none; the most likely id alone has more. */
const leastShare = 2 ** -40;

/** A step's rows and tables, as tensors. */
interface Tables {
  readonly rows: number;
  /** f32 [rows, settingColumns] */
  readonly settings: Tensor;
  /** u32 [rows, wordColumns] */
  readonly words: Tensor;
}

/**
 * Chooses a token for each row, and tells its logprob and those of the most likely ones. Submits what the machine has
 * been asked to run so far, and reads back once.
 * @param logits f32 [rows.length, vocabulary]; stays as it is
 */
export async function sampleRows(
  machine: DeviceMachine,
  program: Program,
  logits: Tensor,
  rows: readonly SampleRow[],
  vocabulary: number,
): Promise<Sampled[]> {
  if (rows.length === 0) return [];
  const count = rows.length;
  const ids = chooseIds(machine, program, logits, rows, vocabulary);
  const { largest, unusable, total } = summarise(machine, program, logits, count);
  const logprobOf = (of: Tensor, name: string): Tensor =>
    program.logprob(machine, logits, of, largest, total, machine.temporary(name, "f32", [count]), count);
  const chosen = logprobOf(ids, "logprobs");
  const most = Math.min(vocabulary, Math.max(...rows.map(({ sampling }) => sampling.topLogprobs)));
  const top: Tensor[] = [];
  let previous = most === 0 ? undefined : machine.table("no ids", [count], new Uint32Array(count).fill(noId));
  for (let rank = 0; rank < most; rank++) {
    previous = program.nextLikely(
      machine,
      logits,
      previous!,
      machine.temporary(`top ids ${rank}`, "u32", [count]),
      count,
    );
    top.push(previous, logprobOf(previous, `top logprobs ${rank}`));
  }
  await machine.submit();
  const [idWords, unusableWords, logprobWords, ...topWords] = (await readTogether([ids, unusable, chosen, ...top])) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    ...Uint32Array[],
  ];
  return rows.map(({ sampling: { topLogprobs } }, row) => ({
    id: idWords[row]!,
    logprob: floatOf(logprobWords[row]!),
    finite: unusableWords[row] === 0,
    top: Array.from({ length: Math.min(topLogprobs, vocabulary) }, (_, rank) => ({
      id: topWords[2 * rank]![row]!,
      logprob: floatOf(topWords[2 * rank + 1]![row]!),
    })),
  }));
}

/** The bits of the logprob of one id in each row: those that sampleRows tells of an id that it has chosen. */
export async function scoreRows(
  machine: DeviceMachine,
  program: Program,
  logits: Tensor,
  ids: Uint32Array,
): Promise<Uint32Array> {
  if (ids.length === 0) return new Uint32Array();
  const { largest, total } = summarise(machine, program, logits, ids.length);
  const scored = machine.table("scored ids", [ids.length], ids);
  const logprobs = program.logprob(
    machine,
    logits,
    scored,
    largest,
    total,
    machine.temporary("logprobs", "f32", [ids.length]),
    ids.length,
  );
  await machine.submit();
  return logprobs.readElements();
}

/** What every logprob of a row needs, and whether it holds what nothing can be chosen by. */
function summarise(
  machine: DeviceMachine,
  program: Program,
  logits: Tensor,
  rows: number,
): { readonly largest: Tensor; readonly unusable: Tensor; readonly total: Tensor } {
  const unusable = machine.temporary("unusable", "u32", [rows]);
  const largest = program.summary(machine, logits, machine.temporary("largest", "f32", [rows]), unusable, rows);
  return { largest, unusable, total: program.logTotal(machine, logits, largest, rows) };
}

/** u32 [rows] */
function chooseIds(
  machine: DeviceMachine,
  program: Program,
  logits: Tensor,
  rows: readonly SampleRow[],
  vocabulary: number,
): Tensor {
  const edits = editsOf(rows, vocabulary);
  const greedy = rows.every(({ sampling }) => sampling.temperature === 0);
  if (greedy && edits.places.length === 0) return program.mostLikely(machine, logits, rows.length);

  const tables = tablesOf(machine, rows, vocabulary);
  let scaled = program.scaled(machine, logits, tables.settings, rows.length);
  const entries = edits.places.length;
  if (entries > 0) {
    scaled = program.edited(
      machine,
      logits,
      scaled,
      tables.settings,
      machine.table("edited rows", [entries], edits.rows),
      machine.table("edited places", [entries], edits.places),
      machine.table("edited ids", [entries], edits.ids),
      machine.table("edited counts", [entries], edits.seenAndCount),
      machine.table("biases", [entries], edits.bias),
      rows.length,
      entries,
      rows.length * vocabulary,
    );
  }
  if (greedy) return program.mostLikely(machine, scaled, rows.length);

  const summary = program.summary(
    machine,
    scaled,
    machine.temporary("largest scaled", "f32", [rows.length]),
    machine.temporary("unusable scaled", "u32", [rows.length]),
    rows.length,
  );
  const threshold = thresholdOf(machine, program, scaled, summary, tables, rows, vocabulary);
  const scores = program.scores(machine, scaled, summary, threshold, tables.settings, tables.words, rows.length);
  return program.mostLikely(machine, scores, rows.length);
}

/** The least key that a row's ids must have: 0 where neither top-k nor top-p is asked for. u32 [rows] */
function thresholdOf(
  machine: DeviceMachine,
  program: Program,
  scaled: Tensor,
  largest: Tensor,
  tables: Tables,
  rows: readonly SampleRow[],
  vocabulary: number,
): Tensor {
  const zeros = machine.table("no thresholds", [tables.rows], new Uint32Array(tables.rows));
  const search = (name: string, narrow: (prefix: Tensor, output: Tensor, shift: number) => Tensor): Tensor => {
    let prefix = zeros;
    // No kernel writes what it reads, so the threshold goes back and forth between two tensors.
    for (let shift = 32 - bitsAPass, pass = 0; shift >= 0; shift -= bitsAPass, pass++) {
      prefix = narrow(prefix, machine.temporary(`${name} threshold ${pass % 2}`, "u32", [tables.rows]), shift);
    }
    return prefix;
  };
  const anyTopK = rows.some(({ sampling }) => topKOf(sampling, vocabulary) > 0);
  const byCount = anyTopK
    ? search("top-k", (prefix, output, shift) =>
        program.narrowCount(machine, scaled, tables.words, prefix, output, tables.rows, shift),
      )
    : zeros;
  if (rows.every(({ sampling }) => topPOf(sampling) === 0)) return byCount;
  const weights = program.weights(machine, scaled, largest, tables.rows);
  return search("top-p", (prefix, output, shift) =>
    program.narrowMass(machine, scaled, weights, tables.settings, byCount, prefix, output, tables.rows, shift),
  );
}

/** 0 where all ids are kept, and where it makes no difference. */
function topKOf({ temperature, topK }: Sampling, vocabulary: number): number {
  return temperature === 0 || topK >= vocabulary ? 0 : topK;
}

/** 0 where all ids are kept, and where it makes no difference. */
function topPOf({ temperature, topP }: Sampling): number {
  const share = Math.fround(topP);
  return temperature === 0 || share === 1 ? 0 : Math.max(share, leastShare);
}

function tablesOf(machine: DeviceMachine, rows: readonly SampleRow[], vocabulary: number): Tables {
  const settings = rows.flatMap(({ sampling }) => {
    const { temperature, minP, repetitionPenalty, frequencyPenalty, presencePenalty } = sampling;
    return [
      temperature === 0 ? 0 : 1 / temperature,
      topPOf(sampling),
      minP,
      repetitionPenalty,
      frequencyPenalty,
      presencePenalty,
    ];
  });
  const words = rows.flatMap(({ sampling, seed, position }) => [
    lowWord(seed),
    highWord(seed),
    position,
    topKOf(sampling, vocabulary),
  ]);
  return {
    rows: rows.length,
    settings: machine.table("settings", [rows.length, settingColumns], Float32Array.from(settings)),
    words: machine.table("words", [rows.length, wordColumns], Uint32Array.from(words)),
  };
}

/** An entry for each id of a row that a penalty or a bias touches. */
interface Edits {
  readonly rows: Uint32Array;
  /** row * vocabulary + id */
  readonly places: Uint32Array;
  readonly ids: Uint32Array;
  /** count * 2, plus 1 where prompt or output hold the id. */
  readonly seenAndCount: Uint32Array;
  readonly bias: Float32Array;
}

/** Which ids are touched is told by a row's own request alone. */
function touchedIds({ sampling, history }: SampleRow): Set<number> {
  const { repetitionPenalty, frequencyPenalty, presencePenalty, logitBias } = sampling;
  const ids = new Set<number>();
  const add = (touched: Iterable<number>): void => {
    for (const id of touched) ids.add(id);
  };
  if (repetitionPenalty !== 1) add(history.prompt);
  if (repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0) add(history.output);
  add(Object.keys(logitBias).map(Number));
  return ids;
}

function editsOf(rows: readonly SampleRow[], vocabulary: number): Edits {
  const touched = rows.map(touchedIds);
  const entries = touched.reduce((total, { size }) => total + size, 0);
  const edits: Edits = {
    rows: new Uint32Array(entries),
    places: new Uint32Array(entries),
    ids: new Uint32Array(entries),
    seenAndCount: new Uint32Array(entries),
    bias: new Float32Array(entries),
  };
  let at = 0;
  for (const [
    row,
    {
      sampling: { logitBias },
      history,
    },
  ] of rows.entries()) {
    for (const id of touched[row]!) {
      edits.rows[at] = row;
      edits.places[at] = row * vocabulary + id;
      edits.ids[at] = id;
      edits.seenAndCount[at] = history.count(id) * 2 + (history.seen(id) ? 1 : 0);
      edits.bias[at++] = logitBias[id] ?? 0;
    }
  }
  return edits;
}

const word = new DataView(new ArrayBuffer(4));

/** The f32 of these bits. */
function floatOf(bits: number): number {
  word.setUint32(0, bits);
  return word.getFloat32(0);
}
