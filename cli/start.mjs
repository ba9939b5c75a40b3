/** `npm start`: sets up what is missing, says so, and shows the demo. */
import { build, install, setUp } from "./setup.mjs";

setUp(install);
setUp(() => build((line) => process.stderr.write(`${line}\n`)));
try {
  await import("../dist/cli/demo.js");
} catch (error) {
  process.stderr.write(`error: ${process.env.TREEFOLD_DEBUG === "1" ? error.stack : error.message}\n`);
  process.exitCode = 1;
}
