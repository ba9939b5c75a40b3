import { describe, expect, it } from "vitest";
import { IrSyntaxError } from "./ir-syntax.ts";
import { parseKernel } from "./parse-ir.ts";
import { printKernel } from "./print-ir.ts";

const softmax = `kernel softmax {
  axis token: batch
  axis channel: model
  axis slot: batch
  input x: f32[token, channel]
  input gain: bf16[channel]
  input target: unique placement u32[token]
  parameter scale: f32

  reducer moments {
    state n: u32 from 0
    state total: f32 from 0.0
    combine n = left.n + right.n
    combine total = left.total + right.total
  }
  function curve(x: f32) {
    let square = x * x
    return select(square < 0.000001, -0.0, square - -x * bits(0x7f800000))
  }
  reducer max {
    state value: f32 from -3.4028235e+38
    combine value = max(left.value, right.value)
  }

  let t0 = extent(channel) / 64
  reduce moments = moments over run in channel from 0 count t0 by "chain" {
    let t1 = run * 64
    let weight = curve(gain?[t1 + (channel - 3)])
    leaf n = t0 - (((t1 - 1) & 0xffff0000) | (t1 >> 2))
    leaf total = weight * weight
  }
  reduce top = max over c in channel by "lanes 64 chain, pairwise" {
    leaf value = x[token, c] * scale
  }
  output y: bf16[slot, channel] over token, channel at [target[token], channel] = (moments.total + f32(moments.n)) * top
}
`;

describe("the IR's text", () => {
  it("is printed as it was read", () => {
    expect(printKernel(parseKernel(softmax))).toBe(softmax);
  });

  it("says where it can't be read", () => {
    const message = (text: string): string => {
      try {
        parseKernel(text);
      } catch (error) {
        if (error instanceof IrSyntaxError) return error.message;
        throw error;
      }
      throw new Error("it was read");
    };
    const minimal = (value: string): string =>
      `kernel k {\n  axis a: batch\n  input x: f32[a]\n  output y: f32[a] = ${value}\n}\n`;
    expect(message(minimal("x[a] + 1"))).toBe("4:22: '+' of f32 and u32");
    expect(message(minimal("z[a]"))).toBe("4:22: there is no input 'z'");
    expect(message(minimal("x[a, a]"))).toBe("4:22: 'x' has 1 axes, not 2");
    expect(message(minimal("exp(x[a])"))).toBe("4:22: there is no function 'exp'");
    expect(message(minimal("x[k]"))).toBe("4:24: 'k' is not known here");
    expect(message(minimal(""))).toMatch(/^5:1: /);
    expect(message("kernel k {\n  axis a: bach\n}")).toBe("2:8: 'bach' is no axis role: write batch, model, sequence");
    expect(message("kernel k {")).toMatch(/^1:10: /);
  });
});
