/**
 * npm's `prepare`: dist/ as the sources make it, for `npm install` of this checkout or beside it, and for `npm pack`.
 * Where it is that already, in every file, nothing is done.
 */
import { build, install, setUp } from "./setup.mjs";

setUp(install);
setUp(() => build());
