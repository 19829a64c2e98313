import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { readModules } from "../../mint-server/local/modules.ts";
import { PATHS } from "../../mint-server/local/paths.ts";
import { DEMO_PAGES, type ServeOptions, serve, type TestServer } from "../support/serve.ts";
import { temporaryFolder } from "../support/temporary.ts";

async function serving(options: ServeOptions): Promise<TestServer> {
  const server = await serve(options);
  onTestFinished(() => server.stop());
  return server;
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

describe("state", () => {
  test("is readable by its owner alone", async () => {
    const stateFolder = join(await temporaryFolder(), "state");
    await serving({ stateFolder });
    expect(await modeOf(stateFolder)).toBe(0o700);
    expect(await modeOf(join(stateFolder, "objects"))).toBe(0o700);
    for (const file of ["mint-secret", "project-key", "workerd.capnp"]) {
      expect(await modeOf(join(stateFolder, file)), file).toBe(0o600);
    }
  });

  test("keeps the secret and the project key from one start to the next", async () => {
    const stateFolder = await temporaryFolder();
    const first = await serve({ stateFolder });
    const secret = await readFile(join(stateFolder, "mint-secret"), "utf8");
    await first.stop();
    const second = await serving({ stateFolder });
    expect(second.projectKey).toBe(first.projectKey);
    expect(await readFile(join(stateFolder, "mint-secret"), "utf8")).toBe(secret);
  });

  test("holds no setting's value in any file but those made for it", async () => {
    const stateFolder = await temporaryFolder();
    await serving({ stateFolder, settings: { OPENAI_API_KEY: "sk-canary-in-state" } });
    const entries = await readdir(stateFolder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) expect(await readFile(file, "latin1"), file).not.toContain("canary");
    const secret = (await readFile(join(stateFolder, "mint-secret"), "utf8")).trim();
    expect(await readFile(join(stateFolder, "workerd.capnp"), "utf8")).not.toContain(secret);
  });
});

test("what is loaded on demand comes for all who ask at once, and later", async () => {
  const { url, projectKey } = await serving({});
  const ask = async (): Promise<string> => {
    const headers = { authorization: `Bearer ${projectKey}`, "content-type": "application/json" };
    const messages = [{ role: "user", content: "How long does a credential live?" }];
    const body = JSON.stringify({ model: "guide", messages });
    const answer = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body });
    return answer.text();
  };
  const first = await Promise.all([ask(), ask(), ask()]);
  for (const text of [...first, await ask()]) expect(text).toContain("**How long a credential lives**");
});

test("runs no module that an earlier build left in its state", async () => {
  const stateFolder = await temporaryFolder();
  await mkdir(join(stateFolder, "modules"));
  await writeFile(join(stateFolder, "modules", "mint-server-old-12345678.js"), "");
  await serving({ stateFolder });
  const modules = await readdir(join(stateFolder, "modules"));
  expect(modules.sort()).toEqual(
    readModules(PATHS.localBundle)
      .map(({ name }) => `${name}.txt`)
      .sort(),
  );
});

test("two servers run side by side, each with its own state", async () => {
  const [one, other] = await Promise.all([serving({}), serving({})]);
  expect(one.url).not.toBe(other.url);
  expect(one.projectKey).not.toBe(other.projectKey);
  const statuses = await Promise.all([one, other].map(async ({ url }) => (await fetch(`${url}/health`)).status));
  expect(statuses).toEqual([200, 200]);
});

test("a project key is made for organisation `default` alone", async () => {
  const MINT_CONFIG = JSON.stringify({ orgs: { acme: { keys: ["project-key-of-acme"] } } });
  const { projectKey } = await serving({ settings: { MINT_CONFIG } });
  expect(projectKey).toBeUndefined();
});

test.each([
  ["lets browsers in unless told otherwise", {}, 401, "invalid_dpop_proof"],
  ["lets no browser in where the setting says so", { MINTGATE_SESSIONS: "none" }, 403, "sessions_closed"],
])("%s", async (_, settings, status, code) => {
  const { url } = await serving({ settings });
  const headers = { origin: url, "content-type": "application/json" };
  const answer = await fetch(`${url}/v1/credentials/session`, { method: "POST", headers, body: "{}" });
  const { error } = (await answer.json()) as { error: { code: string } };
  expect([answer.status, error.code]).toEqual([status, code]);
});

test("MINT_CONFIG may be the path of a file", async () => {
  const path = join(await temporaryFolder(), "config.json");
  await writeFile(path, JSON.stringify({ orgs: { acme: { keys: ["project-key-of-acme"] } } }));
  const { config } = await serving({ settings: { MINT_CONFIG: path } });
  expect(Object.keys(config.orgs)).toEqual(["acme"]);
});

describe("files", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await serve({ assets: DEMO_PAGES });
  });
  afterAll(() => server.stop());

  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${server.url}${path}`, init);

  test("the demo comes with its policy, and is asked for again every time", async () => {
    const answer = await get("/");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("content-security-policy")).toBe(
      "default-src 'self'; connect-src 'self' https://api.openai.com https://api.anthropic.com " +
        "https://generativelanguage.googleapis.com; img-src 'self' data:; style-src 'self'; " +
        "script-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    expect(answer.headers.get("cache-control")).toBe("no-cache");
    expect(await answer.text()).toContain("<title>");
  });

  test.for([
    ["/sw.js", "text/javascript; charset=utf-8"],
    ["/mintgate-sw.js", "text/javascript; charset=utf-8"],
    ["/mintgate.js", "text/javascript; charset=utf-8"],
    ["/manifest.webmanifest", "application/manifest+json"],
    ["/icon.svg", "image/svg+xml; charset=utf-8"],
  ])("%s is served as %s and never kept without asking", async ([path = "", type]) => {
    const answer = await get(path);
    await answer.arrayBuffer();
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, type]);
    expect(answer.headers.get("cache-control")).toBe("no-cache");
  });

  test("what has a hash in its name is kept for good", async () => {
    const path = /\/assets\/[\w-]+\.js/.exec(await (await get("/")).text())?.[0] ?? "no script in the page";
    const answer = await get(path);
    await answer.arrayBuffer();
    expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  });

  test("an unchanged file is not sent again", async () => {
    const first = await get("/");
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\/"[\w-]{43}"$/);
    const second = await get("/", { headers: { "if-none-match": `"other", ${etag}` } });
    expect([second.status, await second.text()]).toEqual([304, ""]);
    expect((await get("/", { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  test("text is packed for whoever can unpack it", async () => {
    const packed = await get("/sw.js", { headers: { "accept-encoding": "gzip" } });
    const plain = await get("/sw.js", { headers: { "accept-encoding": "identity" } });
    expect([packed.headers.get("content-encoding"), plain.headers.get("content-encoding")]).toEqual(["gzip", null]);
    expect(plain.headers.get("etag")).toMatch(/^"[\w-]{43}"$/);
    expect(await packed.text()).toBe(await plain.text());
  });

  test("HEAD has the headers alone", async () => {
    const answer = await get("/", { method: "HEAD" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
  });
});

describe("paths out of the folder", () => {
  let outer: string;
  let server: TestServer;
  beforeAll(async () => {
    outer = await mkdtemp(join(tmpdir(), "mintgate-pages-"));
    await mkdir(join(outer, "pages", "folder"), { recursive: true });
    await writeFile(join(outer, "secret.txt"), "canary-outside");
    await writeFile(join(outer, "pages", ".hidden.txt"), "canary-hidden");
    await writeFile(join(outer, "pages", "folder", "listed.txt"), "canary-listed");
    server = await serve({ assets: join(outer, "pages") });
  });
  afterAll(async () => {
    await server.stop();
    await rm(outer, { recursive: true });
  });

  test.for([
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/folder/..%2f..%2fsecret.txt",
    "/..%5csecret.txt",
    "/folder/%2e%2e/%2e%2e/secret.txt",
    "//secret.txt",
    "/.hidden.txt",
    "/folder",
    "/folder/",
    "/nothing-here",
    "/v1.evil.test/x",
  ])("%s is not found", async (path) => {
    const { status, body } = await rawGet(server.url, path);
    expect(status).toBe(404);
    expect(JSON.parse(body)).toMatchObject({ error: { message: expect.any(String), type: expect.any(String) } });
    expect(body).not.toContain("canary");
  });
});

/** `fetch` would tidy the path up before it is sent. */
function rawGet(origin: string, path: string): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, agent: false }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      answer.once("end", () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    sent.once("error", reject).end();
  });
}
