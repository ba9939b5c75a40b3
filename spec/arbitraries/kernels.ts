/** Well-typed kernels of every shape that the language has: source text, made of choices, as the reader reads it. */
import type fc from "fast-check";
import { renderDiagnostic } from "../../dsl/diagnostics.ts";
import type { AxisRole, Kernel, StorageType } from "../../dsl/ir.ts";
import { readKernels } from "../../dsl/reader/index.ts";
import { arbitraryNumbers, Choices } from "./choices.ts";
import { Program, type Scope } from "./program.ts";
import { Reductions } from "./reductions.ts";
import { clamped, product, rounded, sum, type Value } from "./values.ts";

/**
 * A kernel and extents that it runs at; what is compiled for these runs at other rows and, where its items are a
 * sequence's, other items.
 */
export interface KernelCase {
  readonly source: string;
  readonly kernel: Kernel;
  readonly extents: Readonly<Record<string, number>>;
  readonly extentsAt: (rows: number, items: number) => Readonly<Record<string, number>>;
}

/** A kernel that was made to be right, and that the reader refuses. */
export class RefusedKernel extends Error {
  override readonly name = "RefusedKernel";
}

/** Random kernels: of one to three reductions, or none, with one or two outputs. */
export function arbitraryKernel(): fc.Arbitrary<KernelCase> {
  return arbitraryNumbers().map((numbers) => kernelOf(new Choices(numbers)));
}

/**
 * The kernel that these choices make.
 * @throws RefusedKernel
 */
export function kernelOf(choices: Choices): KernelCase {
  const program = new Program(choices);
  const rows = choices.between(1, 5);
  const items = choices.between(1, 60);
  const scope = declareAxes(program, rows, items);
  const source = bodyOf(program, scope);
  // The file does not exist: what is imported is the language alone.
  const {
    kernels: [kernel],
    diagnostics,
  } = readKernels("drawn.kernel.ts", { source });
  if (kernel === undefined)
    throw new RefusedKernel(
      `${diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, () => source)).join("\n\n")}\n\n${source}`,
    );
  const fixed = Object.fromEntries([...program.axes].map(([name, { extent }]) => [name, extent]));
  const extentsAt = (row: number, key: number): Record<string, number> => {
    const pages = Math.ceil(key / 4);
    const all: Record<string, number> = { ...fixed, row, key, page: pages, slot: 4 * pages + 3, place: row + 2 };
    return Object.fromEntries(kernel.axes.map(({ name }) => [name, all[name]!]));
  };
  return { source, kernel, extents: extentsAt(rows, items), extentsAt };
}

/** Axes that every kernel declares first; those of tables come when a table is needed. */
function declareAxes(program: Program, rows: number, items: number): Scope {
  const { choices } = program;
  const declare = (name: string, role: AxisRole, extent: number): string => program.axis(name, role, extent);
  if (!choices.oneIn(10)) declare("row", "batch", rows);
  declare("c", "model", choices.between(1, 50));
  if (choices.oneIn(2)) declare("a", "model", choices.oneIn(6) ? choices.between(32, 40) : choices.between(1, 9));
  if (choices.oneIn(4)) declare("b", "model", choices.between(1, 6));
  if (choices.below(5) >= 3) declare("key", "sequence", items);
  const models = [...program.axes].filter(([, { role }]) => role === "model").map(([name]) => name);
  const outer = models.filter(() => choices.oneIn(2)).slice(0, 2);
  const axes = [
    ...(program.axes.has("row") ? ["row"] : outer.length === 0 ? ["c"] : []),
    ...(choices.oneIn(3) ? [...outer].reverse() : outer),
  ];
  return { points: axes.map((axis) => ({ axis, text: axis, isItem: false })), values: [], helpers: [] };
}

function bodyOf(program: Program, outer: Scope): string {
  const { choices } = program;
  const reductions = new Reductions(program);
  const isScattered = program.axes.has("row") && choices.oneIn(8);
  const hasKey = program.axes.has("key");
  const authors = choices.oneIn(3);
  const count = Math.max(hasKey || authors ? 1 : 0, choices.pick([1, 1, 1, 2, 2, 2, 3, 0]));
  const lines: string[] = [];
  let scope = outer;
  for (let at = 0; at < count; at++) {
    const made = reductions.statement(scope, { sequence: hasKey && at === 0, author: authors && at === count - 1 });
    lines.push(...made.line.split("\n"));
    scope = made.scope;
  }
  const place = (axis: string): string =>
    axis === "row" ? `${program.table("target", ["row"], "unique placement ")}(row)` : axis;
  const outputs: Record<string, string> = {};
  const returned: string[] = [];
  const several = choices.oneIn(3) ? 2 : 1;
  const axes = outer.points.map(({ axis }) => axis);
  for (let at = 0; at < several; at++) {
    const over = at === 0 ? axes : secondAxes(program, axes);
    const inner: Scope = {
      ...scope,
      points: outer.points.filter(({ axis }) => over.includes(axis)),
      values: scope.values.filter((known) => [...known.axes].every((axis) => over.includes(axis))),
      helpers: [],
    };
    const { storage, text } = outputOf(program, reductions, inner, at);
    // Two rows that are placed apart share no word, nor do outputs that end in different axes.
    const isHalved = storage === "bf16" && (over.at(-1) !== axes.at(-1) || (isScattered && over.at(-1) === "row"));
    const words: StorageType = isHalved ? "f32" : storage;
    const declared = isScattered
      ? over.map((axis) => (axis === "row" ? program.axis("place", "batch", 0) : axis))
      : over;
    outputs[`y${at}`] = `${words}[${declared.join(", ")}]`;
    returned.push(isScattered ? `scatter([${over.map(place).join(", ")}], ${text})` : text);
  }
  const record = `{ ${Object.keys(outputs)
    .map((name, at) => `${name}: ${returned[at]!}`)
    .join(", ")} }`;
  return program.source(outputs, lines, several === 1 ? returned[0]! : record);
}

/** The axes of the second output: the first one's, in another order, or fewer. */
function secondAxes({ choices, axes: declared }: Program, axes: readonly string[]): readonly string[] {
  const fewer = axes.length > 1 ? axes.slice(0, -1) : axes;
  // Placed and whole rows come first.
  const turned = declared.has("row") ? [axes[0]!, ...axes.slice(1).reverse()] : [...axes].reverse();
  return choices.pick([axes, fewer, turned]);
}

/** A value that takes in what was computed before it, the last first. */
function outputOf(
  { choices }: Program,
  { expressions }: Reductions,
  scope: Scope,
  at: number,
): { readonly storage: StorageType; readonly text: string } {
  const integers = scope.values.filter(({ type }) => type !== "f32");
  if (integers.length > 0 && choices.oneIn(3)) return { storage: integers[0]!.type, text: integers[0]!.text };
  if (at > 0 && choices.oneIn(4)) {
    const type = choices.pick(["u32", "i32"] as const);
    return { storage: type, text: expressions.of(type, scope, 2).text };
  }
  const own = expressions.float(scope, scope.values.length === 0 ? 3 : 1);
  const all = scope.values
    .filter(({ type }) => type === "f32")
    .slice(0, 4)
    .reduce(
      (left: Value, right) =>
        choices.oneIn(3)
          ? product(rounded(clamped(left, 40)), rounded(clamped(right, 40)))
          : sum(choices.pick(["+", "-"]), left, right),
      own,
    );
  return { storage: choices.pick(["f32", "f32", "bf16"]), text: all.text };
}
