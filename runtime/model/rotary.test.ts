import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { rotaryFrequencies, rotaryTables, type Llama3Scaling } from "./rotary.ts";

const llama3: Llama3Scaling = { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 8192 };

describe("rotary tables", () => {
  it("turns pair i by base^(-2i / headSize) a position", () => {
    const frequencies = rotaryFrequencies({ headSize: 8, base: 10000 });
    [1, 0.1, 0.01, 0.001].forEach((expected, i) =>
      expect(Math.abs(frequencies[i]! / expected - 1)).toBeLessThan(4e-15),
    );
  });

  it("keeps Llama 3's short waves, stretches its long ones and blends between", () => {
    const plain = rotaryFrequencies({ headSize: 128, base: 500000 });
    const scaled = rotaryFrequencies({ headSize: 128, base: 500000, scaling: llama3 });
    expect(scaled[0]).toBe(plain[0]);
    expect(scaled[63]).toBe(plain[63]! / 8);
    scaled.forEach((frequency, i) => {
      const wave = (2 * Math.PI) / plain[i]!;
      const smooth = Math.min(1, Math.max(0, (8192 / wave - 1) / (4 - 1)));
      const expected = plain[i]! * (smooth + (1 - smooth) / 8);
      expect(Math.abs(frequency / expected - 1)).toBeLessThan(1e-14);
    });
  });

  it("holds the angles' cosines and sines, row by row", () => {
    const { half, cosine, sine } = rotaryTables({ headSize: 32, base: 10000 }, 300);
    expect(half).toBe(16);
    for (const [place, i] of [
      [0, 0],
      [1, 0],
      [299, 15],
      [123, 7],
    ] as const) {
      const angle = place * 10000 ** (-i / 16);
      expect(cosine[place * half + i]).toBeCloseTo(Math.cos(angle), 6);
      expect(sine[place * half + i]).toBeCloseTo(Math.sin(angle), 6);
    }
  });

  it("has the same bits in every engine", () => {
    const digest = (scaling?: Llama3Scaling): string => {
      const tables = rotaryTables({ headSize: 128, base: 500000, scaling }, 4096);
      return createHash("sha256")
        .update(new Uint8Array(tables.cosine.buffer))
        .update(new Uint8Array(tables.sine.buffer))
        .digest("hex");
    };
    expect([digest(), digest(llama3)]).toMatchInlineSnapshot(`
      [
        "b282fcca5f732d7d20a8798cc22a8f7147d2ecf6436e98d5b69dc246750a1ef2",
        "782c7e6a9342e767a160b7fbedfe4c1d0067de500872974e0938454380ce84ee",
      ]
    `);
  });

  it("gives the same numbers for a part of the positions", () => {
    const options = { headSize: 8, base: 500000, scaling: llama3 };
    const [whole, part] = [rotaryTables(options, 20), rotaryTables(options, 7, 9)];
    expect(part).toEqual({ places: 7, half: 4, cosine: whole.cosine.slice(36, 64), sine: whole.sine.slice(36, 64) });
  });

  it("refuses an odd head", () => {
    expect(() => rotaryTables({ headSize: 7, base: 10000 }, 1)).toThrow("headSize must be even, not 7");
  });
});
