/**
 * The arguments of a sweep on the host: the bits that the kernel of this name in arguments.kernel.ts makes on the
 * device. They are written apart from it, so that a device that makes others is found out.
 */
export type ArgumentsName = "consecutive" | "exponentPairs" | "fractionPairs" | "randomPairs";

/** The arguments at an index; the second is 0 where there is only one. */
export type ArgumentsAt = readonly [x: (index: number) => number, y: (index: number) => number];

const FRACTION = 0x007fffff;

function mixed(n: number): number {
  const a = Math.imul(n ^ (n >>> 16), 0x85ebca6b);
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return (b ^ (b >>> 16)) >>> 0;
}

function onLattice(point: number): number {
  const place = point & 63;
  const fraction = place < 16 ? place - 8 : place < 32 ? 0x400000 + place - 24 : mixed(point);
  return (((point >>> 6) << 23) | (fraction & FRACTION)) >>> 0;
}

const inUnit = (point: number): number => 0x3f800000 + point * 256 + (mixed(point) & 0xff);
const upper = (index: number): number => (index >>> 15) & 0x7fff;
const lower = (index: number): number => index & 0x7fff;

export const argumentsAt: Readonly<Record<ArgumentsName, ArgumentsAt>> = {
  consecutive: [(index) => index, () => 0],
  exponentPairs: [(index) => onLattice(upper(index)), (index) => onLattice(lower(index))],
  fractionPairs: [(index) => inUnit(upper(index)), (index) => inUnit(lower(index))],
  randomPairs: [mixed, (index) => mixed((mixed(index) + 0x9e3779b9) >>> 0)],
};

/** The bits of the arguments at `first`, `first` + `stride`, … (modulo 2^32) into all of x and y. */
export function fill(name: ArgumentsName, first: number, stride: number, x: Uint32Array, y: Uint32Array): void {
  const [xAt, yAt] = argumentsAt[name];
  for (let i = 0; i < x.length; i++) {
    const index = (first + Math.imul(i, stride)) >>> 0;
    x[i] = xAt(index);
    y[i] = yAt(index);
  }
}
