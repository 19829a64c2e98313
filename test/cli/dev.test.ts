import { spawn, spawnSync } from "node:child_process";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { build } from "../../mint-server/local/build.ts";
import { listen } from "../../mint-server/local/listener.ts";
import { PATHS } from "../../mint-server/local/paths.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { writeFiles } from "../support/write-files.ts";
import { errorLine, mintgate } from "./terminal.ts";

// Its modules are what a mint-server runs on.
beforeAll(() => build({ demo: false }));

test.each([
  ["an origin that is none", ["--origin", "localhost:3000"], /^1 --origin: must be an origin/],
  ["an origin with a path", ["--origin", "http://localhost:3000/app"], /^1 --origin: must be an origin/],
  ["a site that is not there", ["--site", "nowhere"], /^1 --site: there is no such folder/],
  ["a port that is none", ["--port", "many"], /^1 PORT: must be a number/],
  ["operands", ["site"], /^2 `dev` takes options only/],
] as const)("refuses %s", async (_, args, message) => {
  expect(errorLine(await mintgate(["dev", ...args]))).toMatch(message);
});

test("says which option takes another port", async () => {
  const taken = await listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => taken.close());
  expect(errorLine(await mintgate(["dev", "--port", String(taken.port)]))).toBe(
    `1 PORT: ${taken.port} is in use already; set another one with --port; --port 0 takes any free one`,
  );
});

test("says what a slim image lacks", async () => {
  const folder = await temporaryFolder();
  await writeFiles(folder, {
    "package.json": "{}",
    "node_modules/workerd/package.json": '{ "name": "workerd", "main": "main.cjs" }',
    "node_modules/workerd/main.cjs": 'exports.default = require("node:path").join(__dirname, "workerd");',
    // Its own words, where there are none.
    "node_modules/workerd/workerd": `#!/bin/sh
echo "service internet: TLS configuration: unexpected error: No CA certificates were loaded from the system" >&2
exit 1
`,
  });
  await chmod(join(folder, "node_modules/workerd/workerd"), 0o755);
  const program = join(PATHS.root, "mint-server/local/cli/mintgate.ts");
  const env = { PATH: process.env.PATH, PORT: "0" };
  const { status, stderr } = spawnSync(process.execPath, [program, "dev"], { cwd: folder, env, encoding: "utf8" });
  expect(stderr).toMatch(/\nmintgate: workerd: finds no CA certificates; install `ca-certificates` here\n$/);
  expect(status).toBe(1);
});

test("ends with the shell of npx, which keeps a signal to itself", async () => {
  const program = join(PATHS.root, "mint-server/local/cli/mintgate.ts");
  const env = { PATH: process.env.PATH, npm_lifecycle_event: "npx" };
  // Two commands: for a single one, shells make way.
  const shell = spawn("sh", ["-c", '"$0" "$1" dev --port 0; true', process.execPath, program], {
    cwd: await temporaryFolder(),
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void shell.kill("SIGKILL"));
  let said = "";
  shell.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await expect.poll(() => said, { timeout: 25_000 }).toMatch(/mintgate is at http\S+\n/);
  const url = /at (http\S+)\n/.exec(said)?.[1] ?? "";
  expect((await fetch(`${url}/health`)).status).toBe(200);
  shell.kill("SIGKILL");
  const isUp = () =>
    fetch(`${url}/health`).then(
      () => true,
      () => false,
    );
  await expect.poll(isUp, { timeout: 25_000 }).toBe(false);
}, 60_000);

test("a refusal ends the process", async () => {
  const program = join(PATHS.root, "mint-server/local/cli/mintgate.ts");
  const folder = await temporaryFolder();
  const env = { PATH: process.env.PATH, PORT: "0" };
  const args = [program, "dev", "--origin", "x"];
  const { status, signal } = spawnSync(process.execPath, args, { cwd: folder, env, timeout: 25_000 });
  expect([status, signal]).toEqual([1, null]);
});
