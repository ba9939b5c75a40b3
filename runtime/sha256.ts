/** SHA-256, the same in Node and in browsers. */
import { createSha256 } from "#platform";

export { createSha256 };

/** In hexadecimal; of a text as UTF-8. */
export function sha256Of(data: string | ArrayBufferView): string {
  return createSha256().update(data).digest();
}
