/** Options as JavaScript hands them over: a misspelt one would be passed over in silence. */
import { didYouMean, RequestError } from "../errors.ts";

/** Options that something else takes, and how to give them to that. */
export interface Elsewhere {
  readonly names: readonly string[];
  readonly fix: (name: string) => string;
}

/** Of a request to an engine. */
export const samplingNames = [
  "temperature",
  "topK",
  "topP",
  "minP",
  "presencePenalty",
  "frequencyPenalty",
  "repetitionPenalty",
  "logitBias",
  "seed",
  "topLogprobs",
] as const;
const engineNames = [...samplingNames, "stop", "stopIds", "ignoreEnd", "n", "priority", "observe"] as const;

/** What completes greedily is often asked to sample. */
export const asksForEngine: Elsewhere = {
  names: engineNames,
  fix: (name) => `ask an Engine, which samples: new Engine(model).submit({ prompt, ${name}: … })`,
};

/** @throws RequestError if they are no object, or one of them is none of `names` */
export function checkOptions(what: string, options: object, names: readonly string[], elsewhere?: Elsewhere): void {
  const refuse = (fault: string, fix: string): never => {
    throw new RequestError({ where: `options of ${what}`, what: fault, fix });
  };
  if (typeof options !== "object" || (options as unknown) === null || Array.isArray(options)) {
    refuse(
      `${Array.isArray(options) ? "a list" : String(options)} is no object`,
      `give an object with any of ${names.join(", ")}`,
    );
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined && elsewhere?.names.includes(unknown) === true)
    refuse(`there is no '${unknown}'`, elsewhere.fix(unknown));
  if (unknown !== undefined)
    refuse(`there is no '${unknown}'${didYouMean(unknown, names)}`, `use any of ${names.join(", ")}`);
}
