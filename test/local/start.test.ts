import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeProcess } from "../../mint-server/local/processes.ts";
import { startStandIn } from "../support/stand-in.ts";
import { type Started, start } from "../support/start.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { chat } from "../support/work.ts";

async function workerdPid(folder: string): Promise<number> {
  const [, pid] = (await readFile(join(folder, ".mintgate/server.pid"), "utf8")).trim().split(" ");
  return Number(pid);
}

async function portOf({ url }: Started): Promise<string> {
  return new URL(await url).port;
}

test("prints its address, a project key, and that the built-in model answers", async () => {
  const { url, printed } = start({ settings: {}, folder: await temporaryFolder() });
  expect(await url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(printed.stdout).toMatch(/project key {2}mgp_[\w-]{43}\n/);
  expect(printed.stdout).toContain("built-in model `guide` answers");
  expect(printed.stderr).toBe("");
});

test("says nothing of the built-in model where a provider key is set, and does not print that key", async () => {
  const settings = { OPENAI_API_KEY: "sk-canary-of-start" };
  const { url, printed } = start({ settings, folder: await temporaryFolder() });
  await url;
  expect(printed.stdout).not.toContain("guide");
  expect(printed.stdout + printed.stderr).not.toContain("canary");
});

test("answers /health", async () => {
  const { url } = start({ settings: {}, folder: await temporaryFolder() });
  const answer = await fetch(`${await url}/health`);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ ok: true });
});

test("reads .dev.vars, with the process's environment before it", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, ".dev.vars"), 'MINTGATE_PROJECT_KEY="from-dev-vars-0123456789"\nHOST=203.0.113.1\n');
  const { url, printed } = start({ settings: { HOST: "127.0.0.1" }, folder });
  await url;
  expect(printed.stdout).toContain("project key  from-dev-vars-0123456789");
});

test.for(["SIGTERM", "SIGINT"] as const)("%s ends workerd too, and the exit code is 0", async (signal) => {
  const folder = await temporaryFolder();
  const { url, child, ended } = start({ settings: {}, folder });
  await url;
  const pid = await workerdPid(folder);
  expect(describeProcess(pid)?.command).toContain("workerd");
  child.kill(signal);
  expect(await ended).toBe(0);
  expect(describeProcess(pid)).toBeUndefined();
});

test("SIGTERM does not wait for a request that a provider keeps waiting", async () => {
  const standIn = await startStandIn();
  onTestFinished(() => standIn.stop());
  const settings = { OPENAI_API_KEY: "sk-of-start", OPENAI_BASE_URL: standIn.url };
  const { url, child, ended } = start({ settings, folder: await temporaryFolder() });
  const asked = fetch(`${await url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer sk-of-a-caller", "content-type": "application/json" },
    body: JSON.stringify(chat({ hang: true }, { stream: true })),
  }).then(
    () => "answered",
    () => "cut off",
  );
  await standIn.waitFor((request) => request.orders.hang === true);
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(await asked).toBe("cut off");
});

test("ends with an error where workerd dies", async () => {
  const folder = await temporaryFolder();
  const { url, ended, printed } = start({ settings: {}, folder });
  await url;
  process.kill(await workerdPid(folder), "SIGKILL");
  expect(await ended).toBe(1);
  expect(printed.stderr).toBe("mintgate: workerd ended (signal SIGKILL)\n");
});

test("serves again under the same port, state and key after kill -9 of the whole of it", async () => {
  const folder = await temporaryFolder();
  const first = start({ settings: {}, folder });
  const port = await portOf(first);
  const orphan = await workerdPid(folder);
  first.child.kill("SIGKILL");
  expect(await first.ended).toBe("SIGKILL");

  const second = start({ settings: { PORT: port }, folder });
  expect((await fetch(`${await second.url}/health`)).status).toBe(200);
  expect(second.printed.stdout).toBe(first.printed.stdout);
  expect(await workerdPid(folder)).not.toBe(orphan);
  expect(describeProcess(orphan)).toBeUndefined();
});

test("refuses a state folder that a running server uses", async () => {
  const folder = await temporaryFolder();
  await start({ settings: {}, folder }).url;
  const second = start({ settings: {}, folder });
  expect(await second.ended).toBe(1);
  expect(second.printed.stderr).toMatch(/^mintgate: MINTGATE_STATE: a server that runs already .*\n$/);
});

test("refuses a port that is in use, in one line", async () => {
  const port = await portOf(start({ settings: {}, folder: await temporaryFolder() }));
  const second = start({ settings: { PORT: port }, folder: await temporaryFolder() });
  expect(await second.ended).toBe(1);
  expect(second.printed.stderr).toBe(`mintgate: PORT: ${port} is in use already; set another one\n`);
});

test("a signal to npm itself ends everything, whatever shell npm used", async () => {
  const folder = await temporaryFolder();
  const { url, child } = start({ settings: { MINTGATE_STATE: join(folder, ".mintgate") }, folder, throughNpm: true });
  await url;
  const pid = await workerdPid(folder);
  child.kill("SIGTERM");
  await expect.poll(() => describeProcess(pid), { timeout: 20_000 }).toBeUndefined();
});
