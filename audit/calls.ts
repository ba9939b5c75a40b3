/** What a function of values alone gave for each list of arguments. */
import type { Value } from "./term.ts";

interface Entry {
  result?: Value;
  readonly next: Map<Value, Entry>;
}

export class Calls {
  readonly #none: Entry = { next: new Map() };

  /** What a call gives, asked for once. */
  resultOf(args: readonly Value[], run: () => Value): Value {
    let entry = this.#none;
    for (const argument of args) {
      let next = entry.next.get(argument);
      if (next === undefined) entry.next.set(argument, (next = { next: new Map() }));
      entry = next;
    }
    return (entry.result ??= run());
  }
}
