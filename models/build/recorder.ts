/**
 * A machine that runs nothing: it writes the TypeScript statements that would. Values are expressions of that text.
 * What it has written down is the body of a function of a generated model (forward-module.ts).
 */
import type { StorageType } from "../../runtime/artifact.ts";
import { nameOf, type Extent, type KernelUse, type Machine, type StepParameter } from "../machine.ts";

/** Names that the functions of a generated module have already given. */
const reserved = [
  "machine",
  "weights",
  "step",
  "stream",
  "index",
  "layer",
  "cache",
  "tokens",
  "requests",
  "rows",
  "pagesPerRequest",
  "keys",
  "slots",
  "entries",
  "places",
  "shift",
];

/** A temporary that a body asks for before anything else. */
export interface Temporary {
  readonly identifier: string;
  readonly name: string;
  readonly storage: StorageType;
  readonly shape: readonly Extent[];
}

export class Recorder implements Machine<string> {
  readonly statements: string[] = [];
  readonly temporaries: Temporary[] = [];
  /** Every kernel that was run, by name. */
  readonly uses = new Map<string, KernelUse>();
  /** What only the step knows and a statement mentions. */
  readonly extents = new Set<string>();

  /** @param taken names that the function's parameters have */
  constructor(private readonly taken: readonly string[] = []) {}

  temporary(name: string, storage: StorageType, shape: readonly Extent[]): string {
    const same = this.temporaries.find(
      (other) => other.name === name && other.storage === storage && textOf(other.shape) === textOf(shape),
    );
    if (same !== undefined) return same.identifier;
    const identifier = unused(camelCase(name), [
      ...reserved,
      ...this.taken,
      ...this.temporaries.map((other) => other.identifier),
    ]);
    this.#mention(shape);
    this.temporaries.push({ identifier, name, storage, shape });
    return identifier;
  }

  reshape(value: string, shape: readonly Extent[]): string {
    this.#mention(shape);
    return `machine.reshape(${value}, ${textOf(shape)})`;
  }

  run(
    use: KernelUse,
    tensors: Readonly<Record<string, string>>,
    extents: Readonly<Record<string, Extent>>,
    parameters?: Readonly<Record<string, number | StepParameter>>,
  ): void {
    const name = nameOf(use);
    this.uses.set(name, use);
    this.#mention(Object.values(extents));
    const args = [
      JSON.stringify(name),
      record(tensors),
      record(extents),
      ...(parameters === undefined ? [] : [record(parameters)]),
    ];
    this.statements.push(`machine.run(${args.join(", ")});`);
  }

  #mention(extents: readonly Extent[]): void {
    for (const extent of extents) if (typeof extent === "string") this.extents.add(extent);
  }
}

export function textOf(shape: readonly Extent[]): string {
  return `[${shape.join(", ")}]`;
}

function record(entries: Readonly<Record<string, string | number>>): string {
  const fields = Object.entries(entries).map(([name, value]) => (name === value ? name : `${name}: ${value}`));
  return `{ ${fields.join(", ")} }`;
}

function camelCase(name: string): string {
  return name.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
}

function unused(name: string, taken: readonly string[]): string {
  return taken.includes(name) ? unused(`${name}_`, taken) : name;
}
