/**
 * A wrong text: an artifact of the compiler's, edited so that it computes something else on some device at some size.
 */
import type { Artifact } from "../../runtime/artifact.ts";
import { defaultLimits } from "../../runtime/artifact.ts";
import { audit } from "../../audit/index.ts";
import { compile, schedulesFor } from "../../codegen/compile.ts";
import type { Kernel } from "../../dsl/ir.ts";
import { readKernels } from "../../dsl/reader/index.ts";
import { kernels } from "../fixtures/schedule-kernels.ts";
import { targetOf } from "../mutants/targets.ts";

/** What lets such a text through an audit that executes texts at some sizes. */
export type Cause =
  /** Extents too small to see the tree. */
  | "R1"
  /** Edges of the text that are not seen. */
  | "R2"
  /** Rows that wrap, and divisions that leave zero at every executed row. */
  | "R3"
  /** Functions that are not followed. */
  | "R4"
  /** Counts that stop being counts. */
  | "R5"
  /** Elements that are not compared. */
  | "R6"
  /** The dispatch formula, believed. */
  | "R7";

export interface Subject {
  readonly kernel?: string;
  readonly source?: string;
  readonly schedule: string;
  readonly extents?: Readonly<Record<string, number>>;
}

export interface Attack {
  readonly name: string;
  readonly cause: Cause;
  /** What is wrong, in a few words. */
  readonly what: string;
  /**
   * `linear/alone`, as a mutant's target; or a kernel by its name or its source, and a schedule, with the model axes'
   * extents.
   */
  readonly of: string | Subject;
  /** Every occurrence of the first is replaced by the second. */
  readonly edits?: readonly (readonly [find: string, by: string])[];
  /** What the host is told of each pass, where that is edited, too. */
  readonly host?: (pass: Artifact["passes"][number]) => Partial<Artifact["passes"][number]>;
  /** Which pass's text is edited; the first one's where absent. */
  readonly pass?: number;
}

/** The text has no such place any more: an attack must be translated when the compiler prints something else. */
export class NoSuchPlace extends Error {
  override readonly name = "NoSuchPlace";
}

const compiled = new Map<string, { kernel: Kernel; artifact: Artifact }>();

function kernelOf({ kernel: name, source }: Subject): Kernel {
  const known = kernels.get(name ?? "");
  if (known !== undefined) return known;
  const {
    kernels: [kernel],
    diagnostics,
  } = readKernels("attacked.kernel.ts", { source: source ?? "" });
  if (kernel === undefined)
    throw new RangeError(`there is no kernel ${name ?? ""} ${diagnostics.map(({ message }) => message).join("; ")}`);
  return kernel;
}

/** The honest artifact that is attacked. */
export function honestOf({ of }: Attack): { kernel: Kernel; artifact: Artifact } {
  if (typeof of === "string") return targetOf(of);
  const key = JSON.stringify(of);
  let made = compiled.get(key);
  if (made === undefined) {
    const kernel = kernelOf(of);
    const extents = of.extents ?? {};
    const offered = schedulesFor(kernel, { extents, limits: defaultLimits });
    const schedule = offered.find(({ name }) => name === of.schedule);
    if (schedule === undefined)
      throw new RangeError(`no schedule ${of.schedule} among ${offered.map(({ name }) => name).join(", ")}`);
    compiled.set(key, (made = { kernel, artifact: compile(kernel, { extents, schedule, limits: defaultLimits }) }));
  }
  return made;
}

/** @throws NoSuchPlace */
export function attacked(attack: Attack): { kernel: Kernel; artifact: Artifact } {
  const { kernel, artifact } = honestOf(attack);
  const passes = artifact.passes.map((pass, number) => {
    let { wgsl } = pass;
    if (number === (attack.pass ?? 0)) {
      for (const [find, by] of attack.edits ?? []) {
        if (!wgsl.includes(find)) throw new NoSuchPlace(`${attack.name}: there is no '${find}' in\n${wgsl}`);
        wgsl = wgsl.replaceAll(find, () => by);
      }
    }
    return { ...pass, wgsl, ...attack.host?.(pass) };
  });
  return { kernel, artifact: { ...artifact, passes, sha256: `${artifact.sha256}, ${attack.name}` } };
}

/** What the audit holds against the attacked artifact; null: it believes it. */
export function heldAgainst(attack: Attack): string | null {
  const { kernel, artifact } = attacked(attack);
  const [failure] = audit(kernel, artifact).failures;
  return failure === undefined ? null : `${failure.kind}: ${failure.message}`;
}

/** The source of one kernel. */
export function sourceOf(imports: string, declaration: string): string {
  return `import { ${imports} } from "treefold";\nexport const attacked = kernel({ ${declaration} });\n`;
}
