import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, symlink } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { readCredential } from "../../mint-server/contract/credential.ts";
import { PATHS } from "../../mint-server/local/paths.ts";
import { temporaryFolder } from "../support/temporary.ts";

const run = promisify(execFile);

/** npm and the programs it starts find this very Node first. */
const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

beforeAll(async () => {
  const tsc = join(PATHS.root, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [tsc, "-b", "mint-server/local/cli"], { cwd: PATHS.root });
});

/** An app that has the packed package, laid out as npm does, and without a look at any registry. */
async function appWithPackage(): Promise<string> {
  const app = await temporaryFolder();
  const modules = join(app, "node_modules");
  const installed = join(modules, "mintgate");
  await mkdir(join(modules, ".bin"), { recursive: true });
  await mkdir(installed);
  const pack = ["pack", "--json", "--ignore-scripts", "--offline", "--pack-destination", app];
  const { stdout } = await run("npm", pack, { cwd: PATHS.root, env: { ...process.env, PATH } });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  await run("tar", ["-xzf", join(app, filename), "--strip-components=1", "-C", installed]);
  const { bin, dependencies } = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as Manifest;
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(PATHS.root, "node_modules", name), join(modules, name));
  }
  for (const [name, path] of Object.entries(bin)) {
    await chmod(join(installed, path), 0o755);
    await symlink(join("../mintgate", path), join(modules, ".bin", name));
  }
  return app;
}

test("the packed package brings a command that helps, issues and inspects", async () => {
  const app = await appWithPackage();
  const env = {
    PATH,
    HOME: app,
    MINT_SECRET: randomBytes(32).toString("base64url"),
    PUBLIC_URL: "https://mint.example",
  };
  const npx = (...args: string[]) => run("npx", ["--offline", "mintgate", "credential", ...args], { cwd: app, env });
  expect((await npx("--help")).stdout).toMatch(/^Usage: mintgate credential /);
  const { stdout, stderr } = await npx("issue", "--model", "gpt-4o", "--subject", "alice");
  expect(readCredential(stdout.trim())).toMatchObject({ sub: "alice", grant: { models: ["gpt-4o"] } });
  // Nothing writes colours: these streams are no terminal.
  expect(stderr).not.toContain("\u001b");
  const inspecting = npx("inspect", "-");
  inspecting.child.stdin?.end(stdout);
  expect((await inspecting).stdout).toContain("valid, by the secret at hand");
  await expect(npx("inspect", "sk-x")).rejects.toMatchObject({
    code: 1,
    stdout: "",
    stderr: "mintgate: that is not a temporary credential\n",
  });
  await expect(npx("issue", "--key", "sk-x")).rejects.toMatchObject({ code: 2 });
}, 120_000);
