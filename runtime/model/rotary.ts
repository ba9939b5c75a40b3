/** The tables of rotary position embedding, computed on the host in double precision and rounded once, to f32. */
import { exponential, logarithm, sineCosine } from "./elementary.ts";

/** Llama 3's stretching of the longer waves to contexts beyond those of pretraining (`rope_type: "llama3"`). */
export interface Llama3Scaling {
  readonly factor: number;
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
  /** Positions of pretraining. */
  readonly originalPositions: number;
}

export interface RotaryOptions {
  /** Channels of a head, even. */
  readonly headSize: number;
  /** `rope_theta`, above 1. */
  readonly base: number;
  readonly scaling?: Llama3Scaling | undefined;
}

/** f32[place, half], row-major: the angle's cosine and sine for each position and pair of channels. */
export interface RotaryTables {
  /** Positions that the tables are for. */
  readonly places: number;
  readonly half: number;
  readonly cosine: Float32Array<ArrayBuffer>;
  readonly sine: Float32Array<ArrayBuffer>;
}

const TWO_PI = 6.283185307179586;

/** The frequency of each pair of channels, in radians per position: base^(-2i / headSize), scaled. */
export function rotaryFrequencies({ headSize, base, scaling }: RotaryOptions): Float64Array {
  if (!Number.isInteger(headSize) || headSize < 2 || headSize % 2 !== 0) {
    throw new RangeError(`rotary embedding turns pairs of channels: headSize must be even, not ${headSize}`);
  }
  const logBase = logarithm(base);
  return Float64Array.from({ length: headSize / 2 }, (_, i) => {
    const frequency = exponential(((-2 * i) / headSize) * logBase);
    return scaling === undefined ? frequency : stretched(frequency, scaling);
  });
}

function stretched(frequency: number, scaling: Llama3Scaling): number {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high } = scaling;
  const turns = (scaling.originalPositions * frequency) / TWO_PI;
  if (turns > high) return frequency;
  if (turns < low) return frequency / factor;
  const kept = (turns - low) / (high - low);
  return (1 - kept) * (frequency / factor) + kept * frequency;
}

/** Tables for `places` positions from `first` on; positions are below 2^20. */
export function rotaryTables(options: RotaryOptions, places: number, first = 0): RotaryTables {
  const frequencies = rotaryFrequencies(options);
  const half = frequencies.length;
  const cosine = new Float32Array(places * half);
  const sine = new Float32Array(places * half);
  for (let place = 0; place < places; place++) {
    for (let i = 0; i < half; i++) {
      const angle = sineCosine((first + place) * frequencies[i]!);
      cosine[place * half + i] = angle.cosine;
      sine[place * half + i] = angle.sine;
    }
  }
  return { places, half, cosine, sine };
}
