/**
 * What a text costs the driver's compiler. Drivers put every function into its callers, so that a leaf which is written
 * once and unrolled eight times over sixteen points is compiled 128 times. Counted here is what is left after that.
 */

export interface Cost {
  readonly operations: number;
  /** The most `&&` and `||`, those of called functions among them, in the body of one loop, or outside of all. Drivers make branches of them. */
  readonly branches: { readonly inLoop: number; readonly outside: number };
  /** Bytes of variables, which are an invocation's own. */
  readonly privateBytes: number;
}

interface FunctionCost {
  readonly operations: number;
  readonly branches: number;
  readonly privateBytes: number;
}

const operator = /(?<= )(?:[-+*/%&|^<>]|<<|>>|<=|>=|==|!=)(?= )|\[/g;
const branch = /&&|\|\|/g;
const call = /\b(\p{XID_Start}\p{XID_Continue}*)(?:<\w+>)?\(/gu;
const variable = /^\s*var \S+: (?:array<\w+, (\d+)>|\w+)/gm;

/** The cost of a module's entry point, which is its last function, with all that it calls. */
export function costOf(wgsl: string): Cost {
  const known = new Map<string, FunctionCost>();
  let main = "";
  for (const [, name, body] of wgsl.matchAll(
    /^fn (\p{XID_Start}\p{XID_Continue}*)\(.*\)(?: -> \w+)? \{\n([^]*?)^\}/gmu,
  )) {
    known.set(name!, costOfText(body!, known));
    main = body!;
  }
  const { operations, privateBytes } = costOfText(main, known);
  return { operations, privateBytes, branches: branchesOf(main, known) };
}

function costOfText(text: string, known: ReadonlyMap<string, FunctionCost>): FunctionCost {
  let operations = count(text, operator);
  let branches = count(text, branch);
  let privateBytes = [...text.matchAll(variable)].reduce((sum, [, length = "1"]) => sum + 4 * Number(length), 0);
  for (const [, name] of text.matchAll(call)) {
    const callee = known.get(name!);
    operations += callee?.operations ?? 1;
    branches += callee?.branches ?? 0;
    privateBytes += callee?.privateBytes ?? 0;
  }
  return { operations, branches, privateBytes };
}

/** By lines, since the printer gives every brace the end of a line, or a line of its own. */
function branchesOf(main: string, known: ReadonlyMap<string, FunctionCost>): Cost["branches"] {
  const outside = { branches: 0 };
  const around: { branches: number }[] = [outside];
  let inLoop = 0;
  for (const line of main.split("\n")) {
    const inner = around.at(-1)!;
    if (/^\s*(?:for|while) \(.*\{$/.test(line)) around.push({ branches: 0 });
    else if (/\{$/.test(line)) around.push(inner);
    else if (/^\s*\}$/.test(line)) around.pop();
    else {
      inner.branches += costOfText(line, known).branches;
      if (inner !== outside) inLoop = Math.max(inLoop, inner.branches);
    }
  }
  return { inLoop, outside: outside.branches };
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;
