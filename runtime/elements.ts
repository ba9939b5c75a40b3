/**
 * Arrays of elements as a caller hands them over. An array of the tensor's own type holds the numbers themselves, a
 * Uint32Array the bits of any type; each is looked at where it lies, at its own offset in its buffer. Every other array
 * is refused, since its bytes would be taken for something that they are not.
 */
import { type ElementType, type StorageType, valueTypeOf } from "./storage.ts";

/** Bits of any type; or numbers: floats for f32 and bf16, integers for i32. */
export type Elements = Uint32Array | Float32Array | Int32Array;

/** An array that holds no elements of a tensor. */
export class ElementsError extends Error {
  override readonly name = "ElementsError";

  constructor(
    readonly what: string,
    readonly fix: string,
  ) {
    super(`${what}; fix: ${fix}`);
  }
}

/** For each type of a value, the array that holds its numbers. */
const arrays: Readonly<Record<ElementType, string>> = { f32: "Float32Array", i32: "Int32Array", u32: "Uint32Array" };

/** The array that holds the numbers of elements. */
export function arrayOf(storage: StorageType): string {
  return arrays[valueTypeOf(storage)];
}

/** The bits of elements, without a copy. @throws ElementsError where `given` is no array for this type */
export function bitsOf(storage: StorageType, given: unknown): Uint32Array {
  const kind = kindOf(given);
  if (kind === "Uint32Array") return given as Uint32Array;
  if (kind !== arrayOf(storage))
    throw new ElementsError(`${describe(given, kind)} given for ${storage} elements`, fixFor(storage, kind));
  const { buffer, byteOffset, length } = given as Float32Array | Int32Array;
  return new Uint32Array(buffer, byteOffset, length);
}

/** Whether it is a Uint32Array, of whichever realm. */
export const isWords = (given: unknown): boolean => kindOf(given) === "Uint32Array";

const typedArrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint32Array.prototype), Symbol.toStringTag)!
  .get!;

/** The name of an array's type, whichever realm it is of: test runners give each test file one of its own. */
function kindOf(given: unknown): string {
  if (ArrayBuffer.isView(given)) return (typedArrayTag.call(given) as string | undefined) ?? "DataView";
  return Array.isArray(given) ? "Array" : Object.prototype.toString.call(given).slice(8, -1);
}

function describe(given: unknown, kind: string): string {
  if (given === undefined || given === null) return String(given);
  if (typeof given !== "object") return `the ${typeof given} ${String(given)}`;
  if (kind === "Array") return "a plain array";
  return `${/^[AIO]/.test(kind) ? "an" : "a"} ${kind}`;
}

/** What to write instead, called `x`. */
function fixFor(storage: StorageType, kind: string): string {
  const wanted = arrayOf(storage);
  if (kind === "DataView" || kind === "Uint8Array")
    return `for its bytes write new ${wanted}(x.buffer.slice(x.byteOffset, x.byteOffset + x.byteLength))`;
  if (kind.endsWith("ArrayBuffer")) return `for its bytes write new ${wanted}(x)`;
  if (kind === "Uint16Array" && storage === "bf16")
    return "for words of bf16 write Uint32Array.from(x, (half) => half << 16)";
  if (kind.startsWith("Big")) return `for its numbers write ${wanted}.from(x, Number)`;
  if (kind.endsWith("Array")) return `for its numbers write ${wanted}.from(x)`;
  return (
    `give ${storage === "i32" ? "an" : "a"} ${wanted} of its ` +
    `numbers${wanted === "Uint32Array" ? "" : " or a Uint32Array of their bits"}`
  );
}
