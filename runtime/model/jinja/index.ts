/**
 * Jinja 3.1's templates, as transformers renders them: `trim_blocks`, `lstrip_blocks`, `loopcontrols`, a sandbox that
 * changes nothing, and its own `tojson`. The values are Python's. What Jinja has and this has not is refused by name
 * (JinjaRefusal), never rendered otherwise: tags and filters when the template is parsed, the rest when it is used.
 */
import type { Body } from "./ast.ts";
import { globals } from "./globals.ts";
import { render } from "./interpreter.ts";
import { parse } from "./parser.ts";
import type { Value } from "./values.ts";

export { JinjaSyntaxError } from "./lexer.ts";
export { Callable, fromJavaScript, JinjaError, JinjaRefusal, textOf, type Value } from "./values.ts";

export class Template {
  readonly #body: Body;

  /** @throws JinjaSyntaxError, JinjaRefusal */
  constructor(text: string) {
    this.#body = parse(text);
  }

  /** @throws JinjaError, JinjaRefusal, and what functions among the variables throw */
  render(variables: ReadonlyMap<string, Value>): string {
    return render(this.#body, new Map([...globals, ...variables]));
  }
}
