/** `npm start`: sets up what is missing, says so, and shows the demo. */
import { build, install, setUp } from "./setup.mjs";

setUp(install);
setUp(() => build((line) => process.stderr.write(`${line}\n`)));
await import("../dist/cli/demo.js");
