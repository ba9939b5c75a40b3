/**
 * Checks what lowering must leave behind: names are declared once, before their use and where they are used; only
 * variables and outputs are stored to; and all invocations of a workgroup meet at each barrier. A finding is the
 * compiler's own fault, so it throws.
 */
import { InternalCompilerError } from "./errors.ts";
import type { LoweredPass } from "./lower.ts";
import { dataName } from "./ranges.ts";
import type { Block, Statement } from "./statements.ts";

/** What the statements of a pass may name besides what they declare. */
interface PassNames {
  /** Buffers, functions and WGSL's words: nothing is stored to these. */
  readonly read: readonly string[];
  /** Output buffers, and arrays in workgroup memory. */
  readonly written: readonly string[];
}

/** WGSL's own words and what every module declares, as far as lowering uses them. */
const common = [
  "uniforms",
  "workgroup",
  "workgroups",
  "local_index",
  "true",
  "false",
  "bool",
  "u32",
  "i32",
  "f32",
  "vec2",
  "vec4",
  "array",
  "bitcast",
  "select",
  "fma",
  "abs",
  "exp",
  "log",
  "sqrt",
  "tanh",
  "inverseSqrt",
  "floor",
  "min",
  "max",
  "seal",
  "canonical",
  "round_bf16",
  "absolute_i32",
  "f32_of_u32",
  "truncate_u32",
  "truncate_i32",
  "max_by_bits",
  "min_by_bits",
];

/** Numbers and members are skipped; the group is a name. */
const words =
  /0x[\da-f.]+(?:p[+-]?\d+)?[fiu]?|\d[\d.]*(?:e[+-]?\d+)?[fiu]?|\.\s*[\p{XIDS}_]\p{XIDC}*|([\p{XIDS}_]\p{XIDC}*)/giu;

const namesIn = (text: string): string[] =>
  [...text.matchAll(words)].flatMap(([, name]) => (name === undefined ? [] : [name]));

/** The texts that a statement itself evaluates; those of its body are the body's. An assignment's target is not read, but its index is. */
function textsOf(statement: Statement): string[] {
  switch (statement.kind) {
    case "let":
      return [statement.value];
    case "var":
      return [statement.type, ...(statement.value === undefined ? [] : [statement.value])];
    case "assign":
      return [statement.target.replace(/^\p{XIDC}+/u, ""), statement.value];
    case "for":
      return [statement.from, statement.condition, statement.step];
    case "while":
    case "if":
      return [statement.condition];
    case "return":
    case "barrier":
      return [];
  }
}

const targetOf = (target: string): string => /^\p{XIDC}+/u.exec(target)?.[0] ?? target;

/** The pass itself, where nothing is wrong with its statements. */
export function verifyStatements(pass: LoweredPass, after: string): LoweredPass {
  const { kernel, top, shared, functions, ranges } = pass.context;
  const fault: Fault = (message) => {
    throw new InternalCompilerError(`after ${after}, kernel ${kernel.name}: ${message}`);
  };
  const names = {
    read: [
      ...common,
      ...kernel.inputs.map(({ name }) => (ranges.has(name) ? `${dataName(name)}_at` : dataName(name))),
      ...functions.values(),
    ],
    written: [...kernel.outputs.map(({ name }) => dataName(name)), ...shared.map(({ name }) => name)],
  };
  checkNames(top, names, fault);
  checkBarriers(top, names, fault);
  return pass;
}

type Fault = (message: string) => never;
type Kind = "read" | "written" | "let" | "var" | "counter";

function checkNames(top: Block, names: PassNames, fault: Fault): void {
  const declared = new Set<string>();
  const outer = new Map<string, Kind>([
    ...names.read.map((name) => [name, "read"] as const),
    ...names.written.map((name) => [name, "written"] as const),
  ]);
  const visit = (block: Block, around: ReadonlyMap<string, Kind>): void => {
    const known = new Map(around);
    const declare = (name: string, kind: Kind): void => {
      if (declared.has(name) || outer.has(name)) fault(`${name} is declared twice`);
      declared.add(name);
      known.set(name, kind);
    };
    for (const statement of block.statements) {
      // A loop's condition reads its counter.
      const body = statement.kind === "for" ? new Map([...known, [statement.name, "counter"] as const]) : known;
      for (const name of textsOf(statement).flatMap(namesIn)) {
        if (!body.has(name))
          fault(`${name} is used ${declared.has(name) ? "outside of its block" : "before it is declared"}`);
      }
      switch (statement.kind) {
        case "let":
        case "var":
          declare(statement.name, statement.kind);
          break;
        case "assign": {
          const kind = known.get(targetOf(statement.target));
          if (kind === undefined) fault(`${targetOf(statement.target)} is stored to, and nothing declares it here`);
          if (kind !== "var" && kind !== "written")
            fault(`${targetOf(statement.target)} is stored to, and is no variable or output`);
          break;
        }
        case "for":
          if (declared.has(statement.name) || outer.has(statement.name)) fault(`${statement.name} is declared twice`);
          declared.add(statement.name);
          visit(statement.body, body);
          break;
        case "while":
        case "if":
          visit(statement.body, known);
          break;
      }
    }
  };
  visit(top, outer);
}

/**
 * Names whose values may differ between the invocations of a workgroup: what their place in it decides, what is read
 * from memory that others write, and variables that only some of them assign.
 */
function varyingNames(top: Block, { written }: PassNames): ReadonlySet<string> {
  const varying = new Set(["local_index", ...written]);
  const varies = (...texts: string[]): boolean => texts.flatMap(namesIn).some((name) => varying.has(name));
  const visit = (block: Block, apart: boolean): void => {
    for (const statement of block.statements) {
      const differs = varies(...textsOf(statement));
      switch (statement.kind) {
        case "let":
        case "var":
          if (differs) varying.add(statement.name);
          break;
        case "assign":
          if (differs || apart) varying.add(targetOf(statement.target));
          break;
        case "for":
          if (differs) varying.add(statement.name);
          visit(statement.body, apart || differs);
          break;
        case "while":
        case "if":
          visit(statement.body, apart || differs);
          break;
      }
    }
  };
  // A variable's later assignment reaches its earlier uses in a loop.
  for (let before = -1; before !== varying.size; ) {
    before = varying.size;
    visit(top, false);
  }
  return varying;
}

function checkBarriers(top: Block, names: PassNames, fault: Fault): void {
  const varying = varyingNames(top, names);
  let returned: string | undefined;
  /** `apart`: the condition on which invocations part. */
  const visit = (block: Block, apart: string | undefined): void => {
    for (const statement of block.statements) {
      const reason = apart ?? textsOf(statement).find((text) => namesIn(text).some((name) => varying.has(name)));
      switch (statement.kind) {
        case "barrier":
          if (apart !== undefined)
            fault(`a barrier stands where only some invocations of a workgroup may come, depending on ${apart}`);
          if (returned !== undefined)
            fault(`a barrier stands after a return of only some invocations of a workgroup, depending on ${returned}`);
          break;
        case "return":
          returned ??= apart;
          break;
        case "for":
        case "while":
        case "if":
          visit(statement.body, reason);
          break;
      }
    }
  };
  visit(top, undefined);
}
