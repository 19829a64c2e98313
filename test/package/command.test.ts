import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import { readCredential } from "../../mint-server/contract/credential.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { writeFiles } from "../support/write-files.ts";
import { install, strangersEnvironment } from "./stranger.ts";

const run = promisify(execFile);

test("the package brings a command that helps, issues and inspects", async () => {
  const app = await temporaryFolder();
  await writeFiles(app, { "package.json": '{ "private": true }' });
  await install(app, inject("tarball"));
  const env = {
    ...strangersEnvironment(),
    // Where nobody has told npm anything.
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
});
