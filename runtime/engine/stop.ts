/** Stop strings: text is held back as long as it may be the beginning of one. */

export class StopMatcher {
  readonly #stops: readonly string[];
  readonly #longest: number;
  #held = "";

  constructor(stops: readonly string[]) {
    this.#stops = stops;
    this.#longest = Math.max(0, ...stops.map(({ length }) => length));
  }

  /**
   * What of the text so far is certain to be given, and whether a stop string was found, before which the text ends.
   */
  push(text: string): { readonly text: string; readonly stopped: boolean } {
    const all = this.#held + text;
    const places = this.#stops.map((stop) => all.indexOf(stop)).filter((place) => place >= 0);
    if (places.length > 0) {
      this.#held = "";
      return { text: all.slice(0, Math.min(...places)), stopped: true };
    }
    const kept = this.#beginningOfStop(all);
    this.#held = all.slice(all.length - kept);
    return { text: all.slice(0, all.length - kept), stopped: false };
  }

  /** What was held back, when nothing follows. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }

  /** How many characters at the end of the text are the beginning of a stop string. */
  #beginningOfStop(text: string): number {
    for (let length = Math.min(this.#longest - 1, text.length); length > 0; length--) {
      const end = text.slice(text.length - length);
      if (this.#stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
