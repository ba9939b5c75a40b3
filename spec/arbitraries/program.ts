/** What a random kernel declares while its body is made: axes, tensors, parameters, functions and reducers. */
import type { AxisRole, StorageType } from "../../dsl/ir.ts";
import type { Choices } from "./choices.ts";
import { float, integer, inputRange, parameterRange, type Range, type Type, type Value } from "./values.ts";

/** A point of an axis that a body may use: an output's own, or a reduction's item. */
export interface Point {
  readonly axis: string;
  readonly text: string;
  readonly isItem: boolean;
}

/** A function of an item, named in the body so that several leaves share it. */
export interface Helper {
  readonly name: string;
  readonly axis: string;
  readonly result: Value;
}

/** What stands at hand where an expression is made. */
export interface Scope {
  readonly points: readonly Point[];
  readonly values: readonly Value[];
  readonly helpers: readonly Helper[];
}

interface Tensor {
  readonly name: string;
  readonly storage: StorageType;
  readonly axes: readonly string[];
  readonly ownership: "" | "placement " | "unique placement ";
}

/** Inputs of a kernel: with outputs and scratch memory, as many as default limits bind. */
const mostInputs = 5;

const functions = {
  curve: "function curve(x: number): number {\n  return x * (x + 0.75);\n}",
  bend: "function bend(x: number, y: number): number {\n  return select(x < y, x - y, y * 0.5);\n}",
  scramble:
    "function scramble(u: number): number {\n  const mixed = (u ^ (u >> 7)) * 2654435769;\n  return mixed ^ " +
    "(mixed >> 16);\n}",
  rescale:
    "function rescale(value: number, factor: number): number {\n" +
    "  return select(factor === 1, value, flush(value, 2 ** -62) * flush(factor, 2 ** -40));\n}",
} as const;

export class Program {
  readonly axes = new Map<string, { readonly role: AxisRole; readonly extent: number }>();
  readonly inputs: Tensor[] = [];
  /** Inputs that are read as numbers; the others bound, place and find. */
  readonly data: Tensor[] = [];
  readonly #parameters = new Map<string, Type>();
  readonly #functions = new Set<keyof typeof functions>();
  readonly #reducers: string[] = [];
  #names = 0;

  constructor(readonly choices: Choices) {}

  name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  axis(name: string, role: AxisRole, extent: number): string {
    if (!this.axes.has(name)) this.axes.set(name, { role, extent });
    return name;
  }

  extent(axis: string): number {
    return this.axes.get(axis)!.extent;
  }

  get hasRoom(): boolean {
    return this.inputs.length < mostInputs;
  }

  /** The input with this name, declared where it is not known. */
  table(name: string, axes: readonly string[], ownership: Tensor["ownership"] = ""): string {
    if (!this.inputs.some((input) => input.name === name)) this.inputs.push({ name, storage: "u32", axes, ownership });
    return name;
  }

  tensor(storage: StorageType, axes: readonly string[]): Tensor {
    const input: Tensor = {
      name: this.name(storage === "u32" || storage === "i32" ? "n" : "x"),
      storage,
      axes,
      ownership: "",
    };
    this.inputs.push(input);
    this.data.push(input);
    return input;
  }

  parameter(type: "f32" | "u32"): Value {
    const name = type === "f32" ? "alpha" : "shift";
    this.#parameters.set(name, type);
    return type === "f32" ? float(name, parameterRange) : integer(type, name);
  }

  function(name: keyof typeof functions): string {
    this.#functions.add(name);
    return name;
  }

  reducer(text: string): string {
    const name = this.name("fold");
    this.#reducers.push(`const ${name} = reducer(${text});`);
    return name;
  }

  /** The module's text, which declares what the body has kept of all that was made for it. */
  source(outputs: Readonly<Record<string, string>>, lines: readonly string[], returned: string): string {
    const words = new Set([...this.#reducers, ...lines, returned].join(" ").match(/\w+/g));
    const read = this.inputs.filter(({ name }) => words.has(name));
    const given = [...this.#parameters].filter(([name]) => words.has(name));
    const tensors =
      [...read.map(({ axes: over }) => over.join()), ...Object.values(outputs)].join().match(/\w+/g) ?? [];
    const used = new Set([...words, ...tensors]);
    const named = [...read.map(({ name }) => name), ...given.map(([name]) => name)];
    const own = [...this.axes].filter(([name]) => used.has(name));
    const axes = own.map(([name, { role }]) => `${name}: ${role}`);
    const inputs = read.map(
      ({ name, storage, axes: over, ownership }) => `${name}: "${ownership}${storage}[${over.join(", ")}]"`,
    );
    const parameters = given.map(([name, type]) => `${name}: "${type}"`);
    const single = Object.keys(outputs).length === 1;
    const declared = Object.entries(outputs).map(([name, type]) =>
      single ? `  output: "${type}",` : `    ${name}: "${type}",`,
    );
    return [
      `import {\n  ${language.join(", ")},\n} from "treefold";`,
      ...[...this.#functions].filter((name) => words.has(name)).map((name) => functions[name]),
      ...this.#reducers,
      "export const drawn = kernel({",
      `  axes: { ${axes.join(", ")} },`,
      `  inputs: { ${inputs.join(", ")} },`,
      ...(parameters.length === 0 ? [] : [`  params: { ${parameters.join(", ")} },`]),
      ...(single ? declared : ["  outputs: {", ...declared, "  },"]),
      `  body({ ${named.join(", ")} }, { ${own.map(([name]) => name).join(", ")} }) {`,
      ...lines.map((line) => `    ${line}`),
      `    return ${returned};`,
      "  },",
      "});",
      "",
    ].join("\n");
  }
}

const language = [
  "abs",
  "argmax",
  "batch",
  "below",
  "bf16",
  "bitsOf",
  "erf",
  "exp",
  "extent",
  "f32",
  "floor",
  "flush",
  "gather",
  "gelu",
  "i32",
  "isNaN",
  "kernel",
  "log",
  "max",
  "min",
  "model",
  "reduce",
  "reducer",
  "rsqrt",
  "runs",
  "scatter",
  "select",
  "sequence",
  "sigmoid",
  "silu",
  "sqrt",
  "sum",
  "tanh",
  "u32",
  "upTo",
];

export function rangeOf(storage: StorageType): Range {
  return storage === "bf16" ? inputRange.bf16 : inputRange.f32;
}
