/** Options as JavaScript hands them over: a misspelt one would be passed over in silence. */
import { didYouMean, RequestError } from "../errors.ts";

/** @throws RequestError if they are no object, or one of them is none of `names` */
export function checkOptions(what: string, options: object, names: readonly string[]): void {
  const refuse = (fault: string, fix: string): never => {
    throw new RequestError({ where: `options of ${what}`, what: fault, fix });
  };
  if (typeof options !== "object" || (options as unknown) === null) refuse(`${String(options)} is no object`, `give an object with any of ${names.join(", ")}`);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) refuse(`there is no '${unknown}'${didYouMean(unknown, names)}`, `use any of ${names.join(", ")}`);
}
