/** `npm start`: sets up what is missing, says so, and shows the demo. */
import { build, install, setUp } from "./setup.mjs";

process.stderr.write(
  "A small model speaks, then one request's logits are hashed, alone and among others. " +
    "From a fresh clone this takes about a minute on two cores, later a quarter of that.\n",
);
setUp(install);
setUp(() => build((line) => process.stderr.write(`${line}\n`)));
try {
  await import("../dist/cli/demo.js");
} catch (error) {
  const { shows } = await import("../dist/runtime/debug.js");
  process.stderr.write(`error: ${shows("errors") ? error.stack : error.message}\n`);
  process.exitCode = 1;
}
