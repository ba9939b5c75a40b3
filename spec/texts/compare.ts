/** How two texts differ: in names, in layout, or otherwise. */

export const kinds = ["equal", "names only", "layout and names only", "other"] as const;
export type Kind = (typeof kinds)[number];

export function kindOf(old: string, now: string): Kind {
  if (old === now) return "equal";
  if (!areRenamed(tokensOf(old), tokensOf(now))) return "other";
  return blanked(old) === blanked(now) ? "names only" : "layout and names only";
}

/** The text without comments that end with their line, as the one that names its schedule. */
export const withoutComments = (text: string): string => text.replace(/\/\/[^\n]*/g, "");

/** Names, numbers and single characters, without white space. What follows the WGSL in a comment is part of it. */
const tokensOf = (text: string): string[] => withoutComments(text).match(/[A-Za-z_]\w*|\.?\d[\w.]*|\S/g) ?? [];

/** The text with one word for every name: what is left is its layout. */
const blanked = (text: string): string => text.replace(/[A-Za-z_]\w*/g, "a");

/** Names of one side that a scope declares, each with the number of its declaration. */
type Names = Map<string, number>;

/**
 * Whether the same token stands everywhere, but for names that both texts declare at the same place of the same scope.
 * Both have the same brackets as far as they were read, so one stack of scopes serves both.
 */
function areRenamed(old: readonly string[], now: readonly string[]): boolean {
  if (old.length !== now.length) return false;
  const scopes: [old: Names, now: Names][] = [[new Map(), new Map()]];
  const members: [old: Names, now: Names] = [new Map(), new Map()];
  let declarations = 0;
  /** Whether the next brace opens the block of a function or a loop, whose scope is open already. */
  let isOpen = false;
  return old.every((token, at) => {
    const other = now[at]!;
    const before = old[at - 1];
    if (/^(for|fn|struct)$/.test(before ?? "")) isOpen = true;
    const places = before === "." || before === '"' ? [members] : scopes;
    if (isDeclared(old, at)) {
      if (!isDeclared(now, at)) return false;
      const [olds, nows] = old[at + 1] === ":" && isMember(old, at) ? members : scopes.at(-1)!;
      olds.set(token, ++declarations);
      nows.set(other, declarations);
      if (before === "fn") scopes.push([new Map(), new Map()]);
      return true;
    }
    if (token === "for") scopes.push([new Map(), new Map()]);
    if (token === "{" && !isOpen) scopes.push([new Map(), new Map()]);
    if (token === "{" && old[at - 2] === "struct") scopes.push([new Map(), new Map()]);
    if (token === "{") isOpen = false;
    if (token === "}" && scopes.length > 1) scopes.pop();
    const found = numberOf(places, 0, token);
    return found === numberOf(places, 1, other) && (found !== undefined || token === other);
  });
}

/** The innermost declaration of a name. */
const numberOf = (scopes: readonly (readonly [Names, Names])[], side: 0 | 1, name: string): number | undefined =>
  scopes.findLast((scope) => scope[side].has(name))?.[side].get(name);

/** Whether a token is a name where it is declared: a variable, a function, a type, a parameter or a member. */
function isDeclared(tokens: readonly string[], at: number): boolean {
  if (!/^[A-Za-z_]/.test(tokens[at]!) || tokens[at] === "default") return false;
  const before = tokens[at - 1] ?? "";
  if (/^(let|var|const|override|fn|struct|alias)$/.test(before)) return true;
  if (before === ">") return tokens[tokens.lastIndexOf("<", at) - 1] === "var";
  return tokens[at + 1] === ":" && before !== "case";
}

/** Whether a name before a colon is a member of a structure: what opens its list is a structure's brace. */
function isMember(tokens: readonly string[], at: number): boolean {
  const brace = tokens.lastIndexOf("{", at);
  return brace > tokens.lastIndexOf("}", at) && tokens[brace - 2] === "struct";
}
