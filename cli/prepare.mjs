/** npm's `prepare`: a fresh dist/ for `npm install` of this checkout, and for `npm pack`. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build, install, root, setUp } from "./setup.mjs";

rmSync(join(root, "dist"), { recursive: true, force: true });
setUp(install);
setUp(() => build());
