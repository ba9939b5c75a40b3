/** Lowers one pass to statements, by its nest. */
import type { Expr } from "../dsl/ir.ts";
import type { Context, PassRequest } from "./context.ts";
import { lowerNest, nestOfPass } from "./nest/emit.ts";

export interface LoweredPass {
  readonly context: Context;
  readonly workgroups: Expr;
}

export function lowerPass(request: PassRequest): LoweredPass {
  return lowerNest(request, nestOfPass(request.kernel, request.steps));
}
