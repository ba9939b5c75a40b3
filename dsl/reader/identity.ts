/** Whether a reducer's identity fits: combine(identity, s) = s. */
import type { Node } from "ts-morph";
import type { Reduce } from "../ir.ts";
import type { Reading } from "./reading.ts";

export function checkIdentity(_reading: Reading, _reduce: Reduce, _at: Node): boolean {
  return true;
}
