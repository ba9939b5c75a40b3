/** A kind of fault, and where it is planted in what the compiler prints. */
import type { Artifact } from "../../runtime/artifact.ts";
import { edited, sitesOf } from "./pattern.ts";
import { type Target, targetOf, withText } from "./targets.ts";

export interface Kind {
  readonly name: string;
  /** What is wrong, in a few words. */
  readonly what: string;
  /** Pattern and replacement (pattern.ts), one after the other in the same text. */
  readonly edits: readonly (readonly [find: string, by: string])[];
  /** Targets, with the number of the match after `#`, where it is not the first. */
  readonly at: readonly string[];
  /** In the functions above the entry point, not in it. */
  readonly inFunctions?: boolean;
  /** What the host is told of the edited pass, where that is edited, too. */
  readonly host?: (pass: Artifact["passes"][number]) => Partial<Artifact["passes"][number]>;
  /** Why nothing is wrong with it: the audit must check it, and drivers to give the evaluator's bits. */
  readonly equivalent?: string;
}

export interface Mutant {
  readonly kind: Kind;
  readonly at: string;
  readonly target: Target;
  readonly artifact: Artifact;
}

/** A text without the site that a kind names. */
export class NoSuchSite extends Error {
  override readonly name = "NoSuchSite";
}

/** @throws NoSuchSite, RangeError */
export function plant(kind: Kind, at: string): Mutant {
  const [name = "", match = "0"] = at.split("#");
  const target = targetOf(name);
  let text = target.artifact.passes[target.pass]!.wgsl;
  for (const [find, by] of kind.edits) {
    const entry = text.indexOf("@compute");
    const sites = sitesOf(text, find, by).filter(({ start }) => start < entry === (kind.inFunctions ?? false));
    const site = sites[Number(match)] ?? (kind.edits.length > 1 ? sites.at(-1) : undefined);
    if (site === undefined)
      throw new NoSuchSite(`${kind.name} at ${at}: '${find}' matches ${sites.length} times in\n${text}`);
    text = edited(text, site);
  }
  const mutated = withText(target, text, `${kind.name} at ${at}`);
  const { host } = kind;
  if (host === undefined) return { kind, at, target, artifact: mutated };
  const passes = mutated.passes.map((pass, number) => (number === target.pass ? { ...pass, ...host(pass) } : pass));
  return { kind, at, target, artifact: { ...mutated, passes } };
}
