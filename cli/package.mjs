/** `npm run package`: both packages as tarballs in packages/, the compiler's and the runtime's. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build, install, root, setUp } from "./setup.mjs";

setUp(install);
setUp(() => build((line) => process.stderr.write(`${line}\n`)));
const target = join(root, "packages");
rmSync(target, { recursive: true, force: true });
mkdirSync(target);
for (const folder of [join(root, "dist", "runtime"), root]) {
  const { status, stdout } = spawnSync(
    "npm",
    ["pack", folder, "--pack-destination", target, "--ignore-scripts", "--silent"],
    { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], shell: process.platform === "win32" },
  );
  if (status !== 0) process.exit(status ?? 1);
  process.stdout.write(`${join(target, stdout.trim())}\n`);
}
