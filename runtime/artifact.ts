/**
 * What the compiler hands to the runtime: data only. It stands here because the runtime knows nothing of the compiler.
 */

import type { StorageType } from "./storage.ts";

export type { StorageType };

/** A place in a kernel's source; line and column are 1-based. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type ContractLevel = "invariant" | "portable" | "integer";

/**
 * How float operations are written down. `free`: a fold's own additions stand bare, whose order drivers keep, and all
 * else is sealed. `sealed`: these, too, for a driver that does not keep it. `builtin`: nothing is sealed, and the
 * device's own functions are called: no promise at all, for comparisons.
 */
export type Arithmetic = "free" | "sealed" | "builtin";

/** A u32 that is known once the run-time extents are: a constant, an axis' extent, or arithmetic on these. */
export type Formula =
  | number
  | { readonly extent: string }
  | {
      readonly operator: "add" | "subtract" | "multiply" | "divide" | "remainder" | "minimum" | "maximum";
      readonly left: Formula;
      readonly right: Formula;
    };

/** How a tensor's elements lie in its buffer. */
export interface Layout {
  /** Extents of the tensor's axes, outermost first. */
  readonly shape: readonly Formula[];
  readonly storage: StorageType;
  /**
   * Row-major where absent. Otherwise each axis is cut into blocks of these sizes; blocks are row-major over the
   * whole tensor, and so are the elements inside a block; a short last block is padded with zeros.
   */
  readonly blocks?: readonly number[];
}

/** Consecutive u32 words of a buffer. */
export interface WordRange {
  readonly first: number;
  readonly count: number;
}

/**
 * A storage buffer of a pass; storage.ts says how elements lie in its words.
 */
export interface Binding extends Layout {
  readonly binding: number;
  /** The name of the kernel's input or output, or of a scratch buffer that one pass leaves to the next. */
  readonly name: string;
  readonly role: "input" | "output" | "scratch";
  readonly access: "read" | "read_write";
  /**
   * The words of the tensor that this binding sees, where it is larger than a device binds; other bindings of the same
   * name see the others. The first is a multiple of 64.
   */
  readonly words?: WordRange;
  /** An input or output that has placement in it: the host checks that its values are distinct. */
  readonly unique?: boolean;
  /** An output that is scattered into: what it held elsewhere stays. */
  readonly scattered?: boolean;
}

/** One u32-sized field of the pass's uniform buffer (binding 0), at `offsetBytes`. */
export interface UniformField {
  readonly name: string;
  readonly offsetBytes: number;
  readonly type: "f32" | "u32" | "i32";
  readonly value:
    | { readonly kind: "formula"; readonly formula: Formula }
    | { readonly kind: "parameter"; readonly name: string };
}

/** One dispatch. */
export interface Pass {
  readonly label: string;
  readonly wgsl: string;
  readonly entryPoint: string;
  readonly workgroupSize: number;
  /** Bytes of workgroup memory. */
  readonly workgroupBytes: number;
  readonly bindings: readonly Binding[];
  readonly uniforms: readonly UniformField[];
  readonly uniformBytes: number;
  /**
   * Workgroups in all. The text numbers those of up to three dimensions, x fastest, and leaves out any beyond these.
   */
  readonly workgroups: Formula;
  /** Where each line of `wgsl` (index 0 is line 1) comes from; null for lines that no source line stands behind. */
  readonly sourceMap: readonly (SourceLocation | null)[];
}

export interface Artifact {
  readonly kernel: string;
  readonly schedule: string;
  /** The schedule's steps, as codegen/schedule/text.ts prints them: how the texts came about, not what they compute. */
  readonly steps: string;
  /** The canonical tree of each reduction, outermost first. */
  readonly trees: readonly string[];
  /** `free` where absent. */
  readonly arithmetic?: Arithmetic;
  readonly level: ContractLevel;
  /** Why the level is not a higher one. */
  readonly reason: string;
  readonly reasonLocation: SourceLocation | null;
  /** The model axes' extents that the text holds as constants. */
  readonly extents: Readonly<Record<string, number>>;
  readonly passes: readonly Pass[];
  readonly parameters: readonly { readonly name: string; readonly type: "f32" | "u32" | "i32" }[];
  /** SHA-256 over everything above that decides bits or speed: the texts, bindings and formulas. */
  readonly sha256: string;
}

/** The limits that kernels are compiled for; WebGPU's defaults unless a device offers more. */
export interface DeviceLimits {
  readonly maxInvocations: number;
  readonly maxWorkgroupBytes: number;
  readonly maxStorageBuffers: number;
  /** Bytes of a buffer that one binding sees. */
  readonly maxBindingBytes: number;
}
export const defaultLimits: DeviceLimits = {
  maxInvocations: 256,
  maxWorkgroupBytes: 16384,
  maxStorageBuffers: 8,
  maxBindingBytes: 2 ** 27,
};
