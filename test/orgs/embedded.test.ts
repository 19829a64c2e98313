import { expect, test } from "vitest";
import { createMintServer } from "../../mint-server/embed.ts";
import { createMemoryDirectory } from "../../mint-server/orgs/directory-memory.ts";
import { codeOf } from "../support/failure.ts";
import { ADMIN_KEY } from "./rig.ts";

const config = {
  secrets: ["0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY"],
  publicURLs: ["https://mint.example"],
  orgs: {},
};
const ask = (method: string, path: string, { key = ADMIN_KEY, ...init }: RequestInit & { key?: string } = {}) =>
  new Request(`https://mint.example/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...init,
  });

test("an embedded server keeps organisations in memory, or where it is told to", async () => {
  const directory = createMemoryDirectory();
  const directories = { getByName: () => directory };
  for (const platform of [{}, { directories }]) {
    const server = createMintServer({ ...config, adminKey: ADMIN_KEY }, platform);
    // All at once, so that several find nothing opened yet.
    const names = ["acme", "bolt", "volt"];
    const put = await Promise.all(names.map((name) => server.fetch(ask("PUT", `admin/orgs/${name}`, { body: "{}" }))));
    expect(put.map(({ status }) => status)).toEqual([201, 201, 201]);
    const made = await server.fetch(ask("POST", "admin/orgs/acme/keys"));
    const { key } = (await made.json()) as { key: string };
    expect((await server.fetch(ask("GET", "models", { key }))).status).toBe(200);
    const listed = await server.fetch(ask("GET", "admin/orgs"));
    expect(((await listed.json()) as { data: object[] }).data).toHaveLength(3);
  }
  const next = createMintServer(config, { directories });
  expect((await next.fetch(ask("GET", "admin/orgs"))).status).toBe(403);
  const { key } = (await (
    await createMintServer({ ...config, adminKey: ADMIN_KEY }, { directories }).fetch(
      ask("POST", "admin/orgs/bolt/keys"),
    )
  ).json()) as { key: string };
  expect((await next.fetch(ask("GET", "models", { key }))).status).toBe(200);
});

test("without an admin key and a directory there is nothing to ask", async () => {
  const answer = await createMintServer(config).fetch(ask("GET", "models", { key: "mgp_of-nobody-at-all" }));
  expect([answer.status, codeOf(await answer.json())]).toEqual([401, "invalid_token"]);
});

test("a short admin key stops it at once", () => {
  expect(() => createMintServer({ ...config, adminKey: ADMIN_KEY.slice(0, 31) })).toThrow(
    "ADMIN_KEY: must be at least 32",
  );
});

test("so does a field that does not exist, as in MINT_CONFIG", () => {
  const misspelt = { ...config, allowProviderKey: false };
  expect(() => createMintServer(misspelt)).toThrow("allowProviderKey: is not a known field");
});
