/**
 * `node spec/sweep.mjs`: the elementary functions over all their arguments (sweep/main.ts), built first where they must
 * be.
 */
import { build, install, setUp } from "../cli/setup.mjs";

setUp(install);
setUp(() => build());
await import("../dist/spec/sweep/main.js");
