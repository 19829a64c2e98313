import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { codeOf } from "../support/failure.ts";
import { type StandIn, startStandIn } from "../support/stand-in.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { chat } from "../support/work.ts";
import { ADMIN_KEY, CHOSEN_KEY, type OrgRig, STORED_HEADER, STORED_KEY, startOrgRig } from "./rig.ts";

const newSecret = () => randomBytes(32).toString("base64url");
const [OLD, NEW] = [newSecret(), newSecret()];
const SECOND_KEY = "sk-canary-of-the-second-endpoint-33e1";
const CHALLENGE_KEY = "0x4AAAAAAA-canary-of-the-challenge";

let stateFolder: string;
/** Of all servers, one after the other. */
let upstream: StandIn;
beforeAll(async () => {
  upstream = await startStandIn();
});
afterAll(() => upstream.stop());
beforeEach(async () => {
  stateFolder = await temporaryFolder();
});

/** The server on this test's folder. */
async function start(secret: string): Promise<OrgRig> {
  const rig = await startOrgRig({ upstream, stateFolder, settings: { MINT_SECRET: secret } });
  let isStopped = false;
  const stop = async () => {
    if (!isStopped) await rig.stop();
    isStopped = true;
  };
  onTestFinished(stop);
  return Object.assign(Object.create(rig) as OrgRig, { stop });
}

const ask = async (rig: OrgRig, key: string) => {
  const answer = await rig.post("chat/completions", chat(), { authorization: `Bearer ${key}` });
  const body = (await answer.json()) as { error?: { message: string } };
  const { authorization } = rig.upstream.requests.splice(0)[0]?.headers ?? {};
  return answer.ok ? [answer.status, authorization] : [answer.status, codeOf(body), body.error?.message];
};
const SERVED = [200, `Bearer ${STORED_KEY}`];

async function directoryFiles(): Promise<string[]> {
  const folder = join(stateFolder, "objects");
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /\.sqlite(-wal|-shm)?$/.test(name)).map((name) => join(folder, name));
}

describe("whoever reads the storage", () => {
  test("finds no secret in it, in any spelling", async () => {
    const rig = await start(OLD);
    const account = {
      client_email: "canary-account@project.iam.gserviceaccount.com",
      private_key: "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5LW9mLXRoZS1wcml2YXRlLWtleQ==\n-----END PRIVATE KEY-----\n",
    };
    const google = { project: "my-project", location: "global", serviceAccount: account };
    const aws = { region: "us-east-1", accessKeyId: "AKIACANARYCANARY", secretAccessKey: "canary-aws-secret-key-5e0d" };
    const { endpoints } = rig.org();
    await rig.must("PUT", "orgs/visible-name", {
      keys: [CHOSEN_KEY],
      origins: ["https://stored.example"],
      endpoints: [
        ...endpoints,
        { name: "vertex", provider: "vertex", google },
        { name: "bedrock", provider: "bedrock", aws },
      ],
      sessions: { authorize: { type: "turnstile", secretKey: CHALLENGE_KEY } },
    });
    const { key } = await rig.must("POST", "orgs/visible-name/keys");
    expect(await ask(rig, key)).toEqual(SERVED);
    await rig.issue({ subject: "alice" }, `Bearer ${key}`);
    await rig.must("PUT", "orgs/deleted-name", rig.org({ keys: [CHOSEN_KEY] }));
    await rig.must("DELETE", "orgs/deleted-name");
    const files = await directoryFiles();
    const dump = Buffer.concat(await Promise.all(files.map((path) => readFile(path)))).toString("latin1");
    for (const seen of ["visible-name", "deleted-name", "https://stored.example", "x-team"])
      expect(dump).toContain(seen);
    const secrets = [STORED_KEY, STORED_HEADER, CHOSEN_KEY, key, CHALLENGE_KEY, ADMIN_KEY, OLD];
    const parts = [...secrets, account.client_email, account.private_key, aws.accessKeyId, aws.secretAccessKey];
    for (const secret of parts) {
      const text = Buffer.from(secret);
      // From the second group on, so that whatever stands before it in the same text makes no difference.
      const base64 = [0, 1, 2].map((shift) => text.subarray(shift).toString("base64").slice(4, 20));
      for (const spelling of [secret, text.toString("hex"), JSON.stringify(secret).slice(1, -1), ...base64])
        expect(dump.includes(spelling), secret.slice(0, 12)).toBe(false);
    }
  });
});

describe("whoever writes the storage", () => {
  interface Document {
    config: { endpoints: Record<string, unknown>[]; limits: object; origins: string[] };
    keys: { id: string; hash: string }[];
  }
  interface Stored {
    name: string;
    document: string;
    signature: string;
    hashes: string;
    origins: string;
  }
  type Rows = Record<string, { document: string; signature: string; hashes: string[]; origins: string[] }>;

  /** Changes what a stopped server has stored. */
  async function tamper(change: (rows: Rows) => void): Promise<void> {
    const paths = (await directoryFiles()).filter(
      (path) => path.includes("mintgate-directory") && path.endsWith(".sqlite"),
    );
    for (const path of paths) {
      const database = new DatabaseSync(path);
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE name = 'orgs'").all();
      if (tables.length > 0) {
        const stored = database.prepare("SELECT * FROM orgs").all() as unknown as Stored[];
        const rows = Object.fromEntries(
          stored.map((row) => [
            row.name,
            { ...row, hashes: JSON.parse(row.hashes) as string[], origins: JSON.parse(row.origins) as string[] },
          ]),
        );
        change(rows);
        const update = database.prepare(
          "UPDATE orgs SET document = ?, signature = ?, hashes = ?, origins = ? WHERE name = ?",
        );
        for (const [name, { document, signature, hashes, origins }] of Object.entries(rows))
          update.run(document, signature, JSON.stringify(hashes), JSON.stringify(origins), name);
      }
      database.close();
    }
  }

  const inDocument = (name: string, change: (document: Document) => void) => (rows: Rows) => {
    const row = rows[name];
    if (!row) throw new Error(`no ${name}`);
    const document = JSON.parse(row.document) as Document;
    change(document);
    row.document = JSON.stringify(document);
  };

  const TAMPERINGS: readonly (readonly [string, (rows: Rows) => void])[] = [
    [
      "sends a key elsewhere",
      inDocument("acme", ({ config: { endpoints } }) =>
        Object.assign(endpoints[0] ?? {}, { baseURL: "https://evil.test" }),
      ),
    ],
    [
      "swaps the keys of two endpoints",
      inDocument("acme", ({ config: { endpoints } }) => {
        const [one, two] = endpoints;
        if (one && two) [one.apiKey, two.apiKey] = [two.apiKey, one.apiKey];
      }),
    ],
    ["raises a limit", inDocument("acme", ({ config }) => Object.assign(config, { limits: { usd: 1e6, per: "day" } }))],
    ["allows an origin", inDocument("acme", ({ config }) => Object.assign(config, { origins: ["https://evil.test"] }))],
    [
      "takes another organisation's key",
      (rows) => {
        const { document } = rows.bolt ?? { document: "" };
        inDocument("acme", ({ config }) =>
          Object.assign(config.endpoints[0] ?? {}, {
            apiKey: (JSON.parse(document) as Document).config.endpoints[0]?.apiKey,
          }),
        )(rows);
      },
    ],
    [
      "takes another organisation's whole record",
      (rows) => {
        const hashes = rows.acme?.hashes ?? [];
        rows.acme = { ...structuredClone(rows.bolt ?? { document: "", signature: "", origins: [], hashes }), hashes };
      },
    ],
  ];

  test.each(TAMPERINGS)("and %s only makes the organisation unreadable", async (_, change) => {
    const rig = await start(OLD);
    const second = {
      name: "second",
      provider: "openai",
      apiKey: SECOND_KEY,
      baseURL: rig.upstream.url,
      models: ["none"],
    };
    await rig.must("PUT", "orgs/acme", rig.org({ endpoints: [...rig.org().endpoints, second], limits: { usd: 1 } }));
    await rig.must("PUT", "orgs/bolt", rig.org());
    const { key } = await rig.must("POST", "orgs/acme/keys");
    const { key: other } = await rig.must("POST", "orgs/bolt/keys");
    expect(await ask(rig, key)).toEqual(SERVED);
    const { key: credential } = await rig.issue({}, `Bearer ${key}`);
    await rig.server.stop();
    await tamper(change);
    await rig.restart();
    const unreadable = [500, "org_unreadable", expect.stringContaining('"acme"')];
    expect(await ask(rig, key)).toEqual(unreadable);
    expect(await ask(rig, credential)).toEqual(unreadable);
    expect((await rig.admin("GET", "orgs/acme")).body.error.code).toBe("org_unreadable");
    expect(rig.server.output()).toContain('The organisation "acme" cannot be read');
    expect(await ask(rig, other)).toEqual(SERVED);
    // It can be put anew, and deleted.
    expect((await rig.admin("PUT", "orgs/acme", rig.org({ keys: [CHOSEN_KEY] }))).status).toBe(200);
    expect(await ask(rig, CHOSEN_KEY)).toEqual(SERVED);
    await rig.must("DELETE", "orgs/acme");
  });

  test("and gives an organisation's key to another one gains nothing by it", async () => {
    const rig = await start(OLD);
    await rig.must("PUT", "orgs/acme", rig.org({ origins: ["https://stored.example"] }));
    await rig.must("PUT", "orgs/bolt", rig.org());
    const { key } = await rig.must("POST", "orgs/bolt/keys");
    await rig.server.stop();
    await tamper((rows) => {
      if (rows.acme && rows.bolt)
        Object.assign(rows.acme, { hashes: rows.bolt.hashes, origins: ["https://evil.test"] });
    });
    await rig.restart();
    const answer = await rig.post(
      "credentials",
      {},
      { authorization: `Bearer ${key}`, headers: { "x-bt-org-name": "acme" } },
    );
    expect([answer.status, codeOf(await answer.json())]).toEqual([403, "org_not_allowed"]);
    const preflight = await fetch(rig.url("models"), { method: "OPTIONS", headers: { origin: "https://evil.test" } });
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
    expect(await ask(rig, key)).toEqual(SERVED);
  });
});

describe("a new root secret", () => {
  const removed = (name: string) => [
    500,
    "org_unreadable",
    expect.stringMatching(`"${name}" cannot be read: the secret .* no longer in MINT_SECRET`),
  ];

  /** Two organisations under the old secret, and a key of each. */
  async function underOld(): Promise<string[]> {
    const rig = await start(OLD);
    const keys: string[] = [];
    for (const name of ["acme", "bolt"]) {
      await rig.must("PUT", `orgs/${name}`, rig.org());
      keys.push((await rig.must("POST", `orgs/${name}/keys`)).key);
    }
    await rig.stop();
    return keys;
  }

  test("opens all while the old one is in the list, and after a reseal without it", async () => {
    const [acme = "", bolt = ""] = await underOld();
    const both = await start(`${NEW},${OLD}`);
    expect(await ask(both, acme)).toEqual(SERVED);
    const listed = async (rig: OrgRig) => {
      const { data } = await rig.must("GET", "orgs?after=0");
      return data.map(({ name, secret }: Record<string, string>) => [name, secret]);
    };
    expect(await listed(both)).toEqual([
      ["acme", "older"],
      ["bolt", "older"],
    ]);
    expect(await both.must("POST", "reseal")).toEqual({
      resealed: ["acme", "bolt"],
      unreadable: [],
      keys: "resealed",
      next: null,
    });
    expect(await listed(both)).toEqual([
      ["acme", "current"],
      ["bolt", "current"],
    ]);
    expect(await both.must("POST", "reseal")).toEqual({ resealed: [], unreadable: [], keys: "unchanged", next: null });
    expect((await both.must("GET", "audit?limit=2")).data.map(({ action }: { action: string }) => action)).toEqual([
      "org.reseal",
      "org.reseal",
    ]);
    await both.stop();
    const alone = await start(NEW);
    expect(await ask(alone, acme)).toEqual(SERVED);
    expect(await ask(alone, bolt)).toEqual(SERVED);
  });

  test("takes over what is written next; the rest is refused by name once the old one is gone", async () => {
    const [acme = "", bolt = ""] = await underOld();
    const both = await start(`${NEW},${OLD}`);
    await both.must("PUT", "orgs/acme", { ...(await both.must("GET", "orgs/acme")), limits: { usd: 3 } });
    const { key: credential } = await both.issue({}, `Bearer ${bolt}`);
    await both.stop();
    const alone = await start(NEW);
    expect(await ask(alone, acme)).toEqual(SERVED);
    expect(await ask(alone, bolt)).toEqual(removed("bolt"));
    expect(await ask(alone, credential)).toEqual([401, "invalid_token", expect.any(String)]);
    const { key: fresh } = await alone.issue({}, `Bearer ${acme}`);
    expect(await ask(alone, fresh)).toEqual(SERVED);
    const { unreadable, keys } = await alone.must("POST", "reseal");
    expect([unreadable.map(({ name }: { name: string }) => name), keys]).toEqual([["bolt"], "unchanged"]);
    expect((await alone.must("GET", "orgs?after=0")).data.map(({ secret }: { secret: string }) => secret)).toEqual([
      "current",
      "removed",
    ]);
    await alone.stop();
    const again = await start(`${NEW},${OLD}`);
    expect(await ask(again, bolt)).toEqual(SERVED);
  });

  test("without the old one lets no key be taken for a provider's", async () => {
    const [acme = ""] = await underOld();
    const alone = await start(NEW);
    expect(await ask(alone, acme)).toEqual([500, "org_unreadable", expect.stringContaining("project key")]);
    expect(await ask(alone, CHOSEN_KEY)).toEqual([500, "org_unreadable", expect.stringContaining("project key")]);
    // The server's own keys never needed it.
    expect((await ask(alone, alone.server.projectKey ?? ""))[0]).toBe(200);
    expect(await alone.must("POST", "reseal")).toMatchObject({ resealed: [], keys: "unreadable" });
    expect((await alone.admin("POST", "orgs/acme/keys")).body.error.message).toMatch(/"acme" cannot be read/);
    expect((await alone.admin("POST", "reseal?discard=all")).status).toBe(400);
    expect(await alone.must("POST", "reseal?discard=keys")).toMatchObject({ keys: "discarded" });
    await alone.must("PUT", "orgs/acme", alone.org({ keys: [CHOSEN_KEY] }));
    expect(await ask(alone, CHOSEN_KEY)).toEqual(SERVED);
    expect(await ask(alone, acme)).toEqual([401, "invalid_token", expect.any(String)]);
  });
});
