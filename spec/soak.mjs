/**
 * `node --expose-gc spec/soak.mjs`: mixed traffic on an engine for a long time (engine/soak.ts), built first where it
 * must be.
 */
import { build, install, setUp } from "../cli/setup.mjs";

setUp(install);
setUp(() => build());
await import("../dist/spec/engine/soak.js");
