/** Operators on two constants, which the reader calculates. */

export const onConstants: Readonly<Record<string, ((left: number, right: number) => number) | undefined>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "&": (a, b) => (a & b) >>> 0,
  "|": (a, b) => (a | b) >>> 0,
  "^": (a, b) => (a ^ b) >>> 0,
  "<<": (a, b) => a * 2 ** b,
  ">>": (a, b) => Math.floor(a / 2 ** b),
  ">>>": (a, b) => Math.floor((a >>> 0) / 2 ** b),
};
export const comparisonsOfConstants: Readonly<Record<string, ((left: number, right: number) => boolean) | undefined>> =
  {
    "<": (a, b) => a < b,
    "<=": (a, b) => a <= b,
    ">": (a, b) => a > b,
    ">=": (a, b) => a >= b,
    "==": (a, b) => a === b,
    "===": (a, b) => a === b,
    "!=": (a, b) => a !== b,
    "!==": (a, b) => a !== b,
  };
