/** Gives every symbol of a module its text: the hint and a number, in the order in which symbols were made. */
import { InternalCompilerError } from "../errors.ts";
import { type Block, entryParameters, type Module, type Symbol, uniforms } from "./tree.ts";

export type Names = (symbol: Symbol) => string;

/** The letters and digits of a hint. The number behind it keeps the name clear of WGSL's keywords. */
function stemOf(hint: string): string {
  const stem = hint
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^[_\d]+|_+$/g, "")
    .replace(/_?\d+$/, "");
  return stem || "value";
}

export function nameModule(module: Module): Names {
  const names = new Map<Symbol, string>();
  const taken = new Set<string>();
  const fix = (symbol: Symbol): void => {
    if (taken.has(symbol.hint)) throw new InternalCompilerError(`two declarations are called ${symbol.hint}`);
    taken.add(symbol.hint);
    names.set(symbol, symbol.hint);
  };
  const declared = declaredSymbols(module);
  declared.filter(({ fixed }) => fixed).forEach(fix);
  const counts = new Map<string, number>();
  for (const symbol of declared.filter(({ fixed }) => !fixed).sort((a, b) => a.serial - b.serial)) {
    const stem = stemOf(symbol.hint);
    let name: string;
    do {
      const count = counts.get(stem) ?? 0;
      counts.set(stem, count + 1);
      name = `${stem}_${count}`;
    } while (taken.has(name) || module.reserved.has(name));
    names.set(symbol, name);
  }
  // What functions declare is theirs: the same names may stand in each.
  return (symbol) => {
    const name = names.get(symbol) ?? (symbol.fixed ? symbol.hint : undefined);
    if (name === undefined) throw new InternalCompilerError(`a ${symbol.kind} '${symbol.hint}' is named nowhere`);
    return name;
  };
}

function declaredSymbols(module: Module): Symbol[] {
  return [
    uniforms,
    ...entryParameters.map(({ symbol }) => symbol),
    ...module.buffers.map(({ symbol }) => symbol),
    ...module.workgroupArrays,
    ...module.functions.map(({ symbol }) => symbol),
    ...symbolsIn(module.body),
  ];
}

function symbolsIn(block: Block): Symbol[] {
  return block.statements.flatMap((statement) => {
    switch (statement.kind) {
      case "let":
      case "var":
        return [statement.symbol];
      case "for":
        return [statement.counter, ...symbolsIn(statement.body)];
      case "while":
      case "if":
        return symbolsIn(statement.body);
      default:
        return [];
    }
  });
}
