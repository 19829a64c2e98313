import { existsSync, globSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "./paths.ts";

// Part of `npm run build`: what is compiled of a source that is gone would still be packed, and the compiler leaves it.

for (const folder of ["mint-server", "sw"]) {
  for (const path of globSync("**/*.{js,js.map,d.ts}", { cwd: join(PATHS.dist, folder) })) {
    const source = path.replace(/\.(js|js\.map|d\.ts)$/, ".ts");
    if (!existsSync(join(PATHS.root, folder, source))) rmSync(join(PATHS.dist, folder, path));
  }
}
