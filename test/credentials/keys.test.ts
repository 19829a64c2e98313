import { expect, test } from "vitest";
import { deriveKeyring, holderOf } from "../../mint-server/credentials/keys.ts";
import { openKey, sealKey } from "../../mint-server/credentials/seal.ts";

const [NEW, MIDDLE, OLD] = [2, 3, 1].map((byte) => new Uint8Array(32).fill(byte)) as [Secret, Secret, Secret];
type Secret = Uint8Array<ArrayBuffer>;

test("the same secret makes the same keys, and another none of them", async () => {
  const [one, same, other] = await Promise.all([[NEW], [NEW], [OLD]].map(deriveKeyring));
  expect(one?.jwks).toEqual(same?.jwks);
  expect(one?.current.kid).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(one?.current.kid).not.toBe(other?.current.kid);
  expect([...(one?.sealKeys.values() ?? [])]).not.toEqual([...(other?.sealKeys.values() ?? [])]);
});

// Every deployed credential hangs on these: another value signs everybody out.
test("a secret's keys are the ones that they always were", async () => {
  const keyring = await deriveKeyring([NEW]);
  const { current, sealKeys } = keyring;
  expect(current.publicJwk).toMatchInlineSnapshot(`
    {
      "alg": "EdDSA",
      "crv": "Ed25519",
      "kid": "zDsJnUfmBv7XX_HO45WWt99PeKBZtRytNcfy4FGIMDM",
      "kty": "OKP",
      "use": "sig",
      "x": "PUrXDchHrA0IRpAGivPfcuobVDGmnD0t6YHw8RRxtyc",
    }
  `);
  expect(Buffer.from(sealKeys.get(current.kid) ?? []).toString("base64url")).toMatchInlineSnapshot(
    `"G-2V0DFrJRo0OdNZ9n3vR-fFeGMHbBvqOv12c8-shBc"`,
  );
  expect(await holderOf(keyring, "sk-a")).toMatchInlineSnapshot(`"key:1IwmrHUb7R2n1d1z9Jv2Bw"`);
});

test("shows the public half alone", async () => {
  const { jwks } = await deriveKeyring([NEW, OLD]);
  expect(jwks.keys).toHaveLength(2);
  for (const jwk of jwks.keys) {
    expect(jwk).toEqual({
      kty: "OKP",
      crv: "Ed25519",
      alg: "EdDSA",
      use: "sig",
      kid: expect.any(String),
      x: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    });
  }
});

test("two secrets: the newest signs and seals, both check and open", async () => {
  const [both, old, fresh] = await Promise.all([[NEW, OLD], [OLD], [NEW]].map(deriveKeyring));
  if (!both || !old || !fresh) throw new Error("no keyring");
  expect(both.current.kid).toBe(fresh.current.kid);
  expect([...both.publicKeys.keys()]).toEqual([fresh.current.kid, old.current.kid]);
  expect([...both.sealKeys.keys()]).toEqual([fresh.current.kid, old.current.kid]);
  expect(await openKey(both, await sealKey(old, "sk-a", "1"), "1")).toBe("sk-a");
  expect(await openKey(old, await sealKey(both, "sk-a", "1"), "1")).toBeUndefined();
  expect(await openKey(fresh, await sealKey(both, "sk-é", "1"), "1")).toBe("sk-é");
});

test("the newest makes nonces, the oldest names holders", async () => {
  const [both, old, fresh] = await Promise.all([[NEW, MIDDLE, OLD], [OLD], [NEW]].map(deriveKeyring));
  if (!both || !old || !fresh) throw new Error("no keyring");
  const mac = async (key: CryptoKey) =>
    Buffer.from(await crypto.subtle.sign("HMAC", key, new Uint8Array(1))).toString("hex");
  expect(await mac(both.nonceKey)).toBe(await mac(fresh.nonceKey));
  expect(await mac(both.nonceKey)).not.toBe(await mac(both.partitionKey));
  expect(await holderOf(both, "sk-a")).toBe(await holderOf(old, "sk-a"));
  expect(await holderOf(both, "sk-a")).not.toBe(await holderOf(both, "sk-b"));
  expect(await holderOf(both, "sk-a")).toMatch(/^key:[A-Za-z0-9_-]{22}$/);
});

test("what is sealed opens for its own credential and nothing else", async () => {
  const keyring = await deriveKeyring([NEW]);
  const sealed = await sealKey(keyring, "sk-a", "1");
  expect(sealed).not.toContain("sk-a");
  expect(await openKey(keyring, sealed, "2")).toBeUndefined();
  expect(await openKey(keyring, `${sealed.slice(0, -4)}AAAA`, "1")).toBeUndefined();
  expect(await openKey(keyring, "", "1")).toBeUndefined();
  await expect(sealKey({ ...keyring, sealKeys: new Map() }, "sk-a", "1")).rejects.toThrow(TypeError);
});

test("no secret is no keyring", async () => {
  await expect(deriveKeyring([])).rejects.toThrow(TypeError);
});
