/**
 * How tensors store their elements: one table, which the language, the compiler, the runtime and the tests share.
 * Anything else about packing follows from it. Only the audit states the packing a second time (audit/layout.ts), on
 * its own.
 *
 * A buffer is an array of u32 words. Elements narrower than a word share one, the lower index in the lower bits. Such
 * an element is the high bits of an f32, so shifting it to the top of a word gives the bits of its value. The last axis
 * of a row-major tensor is padded to whole words.
 */
const storages = {
  f32: { bytes: 4, value: "f32" },
  bf16: { bytes: 2, value: "f32" },
  u32: { bytes: 4, value: "u32" },
  i32: { bytes: 4, value: "i32" },
} as const;

/** What a tensor's elements are stored as. */
export type StorageType = keyof typeof storages;
/** What an element is once it is loaded. */
export type ElementType = (typeof storages)[StorageType]["value"];

export const storageTypes = Object.keys(storages) as readonly StorageType[];

const wordBytes = 4;
/** The words that one load takes where it takes several: a vec4. */
export const vectorWords = 4;

export function isStorageType(name: string): name is StorageType {
  return Object.hasOwn(storages, name);
}

export function valueTypeOf(storage: StorageType): ElementType {
  return storages[storage].value;
}

/** The storage types whose values are floats. */
export type FloatStorage = { [S in StorageType]: (typeof storages)[S]["value"] extends "f32" ? S : never }[StorageType];

export function holdsFloats(storage: StorageType): storage is FloatStorage {
  return valueTypeOf(storage) === "f32";
}

/** How many elements lie in one word. */
export function perWord(storage: StorageType): number {
  return wordBytes / storages[storage].bytes;
}

/** How many elements one load of a vector takes. */
export function perVector(storage: StorageType): number {
  return vectorWords * perWord(storage);
}

/** Whether elements share words. */
export function isPacked(storage: StorageType): boolean {
  return perWord(storage) > 1;
}

/** How far an element's stored bits are shifted up to give its value's bits. */
export function shiftOf(storage: StorageType): number {
  return 8 * (wordBytes - storages[storage].bytes);
}

/** So many elements, and what pads them to whole words. */
export function padded(storage: StorageType, elements: number): number {
  return wordsFor(storage, elements) * perWord(storage);
}

/** The words that so many elements take. */
export function wordsFor(storage: StorageType, elements: number): number {
  return Math.ceil(elements / perWord(storage));
}
