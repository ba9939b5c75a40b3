/** `npm run -s treefold -- COMMAND` in a checkout: the command line, built first where it must be. */
import { build, install, setUp } from "./setup.mjs";

setUp(install);
setUp(() => build());
await import("../dist/cli/main.js");
