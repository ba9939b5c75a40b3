/** What names stand for: an inner scope's hide those around it. */
import type { FunctionDeclaration, Position, StructType, Variable } from "./ast.ts";
import { WgslError } from "./errors.ts";
import { predeclared } from "./words.ts";

export type Entity =
  | { readonly kind: "variable"; readonly variable: Variable }
  | { readonly kind: "function"; readonly declaration: FunctionDeclaration }
  | StructType;

export class Scope {
  readonly #entities = new Map<string, Entity>();
  constructor(readonly parent: Scope | null) {}

  find(name: string): Entity | undefined {
    return this.#entities.get(name) ?? this.parent?.find(name);
  }

  /** Throws WgslError for a name that is taken in this very scope, or that WGSL has a meaning for. */
  declare(name: string, at: Position, entity: Entity): void {
    if (name === "_" || name.startsWith("__"))
      throw new WgslError(at, `'${name}' is no name that WGSL allows`, "begin it with a letter");
    if (predeclared.has(name))
      throw new WgslError(at, `'${name}' has a meaning in WGSL already`, "choose another name");
    if (this.#entities.has(name))
      throw new WgslError(at, `'${name}' is declared twice in one scope`, "choose another name");
    this.#entities.set(name, entity);
  }

  variable(variable: Variable): Variable {
    this.declare(variable.name, variable.at, { kind: "variable", variable });
    return variable;
  }
}
