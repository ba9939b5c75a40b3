/** Words of tensors and their bits, for people. */
import { f32OfBits } from "../dsl/expr.ts";
import { pointOf, type TensorShape } from "./layout.ts";

/** What lies in a word of a tensor. */
export function describeWord(tensors: ReadonlyMap<string, TensorShape>, name: string, word: number): string {
  const tensor = tensors.get(name);
  if (tensor === undefined || tensor.blocks !== undefined) return `${name}(word ${word})`;
  return `${name}[${pointOf(tensor, word).join(", ")}]${tensor.storage === "bf16" ? " (a pair)" : ""}`;
}

/** What a word holds, by how it is stored. */
export function describeBits(bits: number, storage: string | undefined): string {
  if (storage === "f32") return String(f32OfBits(bits));
  if (storage === "bf16") return `(${f32OfBits((bits << 16) >>> 0)}, ${f32OfBits((bits & 0xffff0000) >>> 0)})`;
  return String(storage === "i32" ? bits | 0 : bits);
}
