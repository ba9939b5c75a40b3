/** SHA-256, the same in Node and in browsers. */
import * as platform from "#platform";
import type { Sha256 } from "./platform/platform.ts";

/** Of bytes that come in pieces. */
export function createSha256(): Sha256 {
  // Not exported straight from there: types of this package are no platform's.
  return platform.createSha256();
}

/** In hexadecimal; of a text as UTF-8. */
export function sha256Of(data: string | ArrayBufferView): string {
  return createSha256().update(data).digest();
}
