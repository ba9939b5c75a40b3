/** How two texts differ: in names, in layout, or otherwise. */

export const kinds = ["equal", "names only", "layout and names only", "other"] as const;
export type Kind = (typeof kinds)[number];

export function kindOf(old: string, now: string): Kind {
  if (old === now) return "equal";
  const [oldTokens, newTokens] = [tokensOf(old), tokensOf(now)];
  const renamed = renames(oldTokens, newTokens);
  if (!renamed) return "other";
  return blanked(old) === blanked(now) ? "names only" : "layout and names only";
}

/** Names, numbers and single characters; white space and comments are left out, all but what follows the WGSL. */
function tokensOf(text: string): string[] {
  return text.replace(/\/\/[^\n]*/g, "").match(/[A-Za-z_]\w*|[\d.][\w.]*|\S/g) ?? [];
}

/** The text with one word for every name: what is left is its layout. */
const blanked = (text: string): string => text.replace(/[A-Za-z_]\w*/g, "a");

/** Names that a text gives: to variables, functions, parameters, types, and members of structures. */
function declared(tokens: readonly string[]): Set<string> {
  const names = new Set<string>();
  tokens.forEach((token, at) => {
    const isName = /^[A-Za-z_]/.test(token);
    if (isName && tokens[at + 1] === ":" && tokens[at - 1] !== '"') names.add(token);
    if (isName && /^(let|var|const|override|fn|struct|alias|>)$/.test(tokens[at - 1] ?? "")) names.add(token);
  });
  return names;
}

/** Whether the same token stands everywhere, but for declared names, each of which has one other name throughout. */
function renames(old: readonly string[], now: readonly string[]): boolean {
  if (old.length !== now.length) return false;
  const [oldNames, newNames] = [declared(old), declared(now)];
  const [forth, back] = [new Map<string, string>(), new Map<string, string>()];
  return old.every((token, at) => {
    const other = now[at]!;
    if (oldNames.has(token) !== newNames.has(other)) return false;
    if (!oldNames.has(token)) return token === other;
    if (!forth.has(token) && !back.has(other)) {
      forth.set(token, other);
      back.set(other, token);
    }
    return forth.get(token) === other && back.get(other) === token;
  });
}
