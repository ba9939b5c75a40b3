/** Constants as WGSL text, with exactly their bits. */
import { f32OfBits } from "../../dsl/expr.ts";
import { InternalCompilerError } from "../errors.ts";
import type { Literal } from "./tree.ts";

export function literalText({ type, bits, notation }: Literal): string {
  switch (type) {
    case "bool":
      return bits !== 0 ? "true" : "false";
    case "u32":
      if (notation === undefined) return `${bits}u`;
      return `0x${bits.toString(16).padStart(notation === "word" ? 8 : 1, "0")}u`;
    case "i32":
      // WGSL has no literal for it: the sign is an operator.
      if (bits === 0x80000000) return "i32(-2147483647 - 1)";
      return notation === undefined ? `${bits | 0}i` : `0x${bits.toString(16)}i`;
    case "f32":
      return f32Text(bits, notation !== undefined);
  }
}

function f32Text(bits: number, hex: boolean): string {
  const sign = bits >>> 31 ? "-" : "";
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) throw new InternalCompilerError("WGSL has no literal for what is no number");
  const value = f32OfBits(bits);
  if (!hex && Number.isInteger(value) && Math.abs(value) < 2 ** 24) return `${sign}${Math.abs(value)}.0f`;
  const digits = (fraction << 1).toString(16).padStart(6, "0").replace(/0+$/, "");
  const point = digits === "" ? "" : `.${digits}`;
  return exponent === 0 ? `${sign}0x0${point}p-126f` : `${sign}0x1${point}p${exponent - 127}f`;
}
