import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PATHS } from "../../mint-server/local/paths.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { errorLine, mintgate } from "./terminal.ts";

test.each([
  ["an origin that is none", ["--origin", "localhost:3000"], /^1 --origin: must be an origin/],
  ["an origin with a path", ["--origin", "http://localhost:3000/app"], /^1 --origin: must be an origin/],
  ["a site that is not there", ["--site", "nowhere"], /^1 --site: there is no such folder/],
  ["a port that is none", ["--port", "many"], /^1 PORT: must be a number/],
  ["operands", ["site"], /^2 `dev` takes options only/],
] as const)("refuses %s", async (_, args, message) => {
  expect(errorLine(await mintgate(["dev", ...args]))).toMatch(message);
});

test("a refusal ends the process", async () => {
  const program = join(PATHS.root, "mint-server/local/cli/mintgate.ts");
  const folder = await temporaryFolder();
  const env = { PATH: process.env.PATH, PORT: "0" };
  const args = [program, "dev", "--origin", "x"];
  const { status, signal } = spawnSync(process.execPath, args, { cwd: folder, env, timeout: 25_000 });
  expect([status, signal]).toEqual([1, null]);
});
