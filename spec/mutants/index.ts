/** All mutants of emitted text, and what the audit says of one. */
import { audit } from "../../codegen/audit/index.ts";
import type { Certificate } from "../../codegen/audit/index.ts";
import { adversaries } from "./adversaries.ts";
import { arithmetic } from "./arithmetic.ts";
import { batch } from "./batch.ts";
import { type Kind, type Mutant, plant } from "./kind.ts";
import { memory } from "./memory.ts";
import { order } from "./order.ts";
import { places } from "./places.ts";

export const kinds: readonly Kind[] = [...arithmetic, ...order, ...memory, ...places, ...batch, ...adversaries];
export { equivalent } from "./equivalent.ts";
export type { Kind, Mutant } from "./kind.ts";

/** Every site of a kind, or its first few. */
export const mutantsOf = (kind: Kind, most = Infinity): Mutant[] => kind.at.slice(0, most).map((at) => plant(kind, at));

export const judged = ({ target, artifact }: Mutant): Certificate => audit(target.kernel, artifact);
