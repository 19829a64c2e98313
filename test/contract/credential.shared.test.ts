import fc from "fast-check";
import { base64url, calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import { describe, expect, test } from "vitest";
import { fromBase64url, sha256Base64url, toBase64url, utf8 } from "../../mint-server/contract/bytes.ts";
import { readCredential, withoutPrefix } from "../../mint-server/contract/credential.ts";
import { jwkThumbprint, type ProofJwk, proofTarget } from "../../mint-server/contract/dpop.ts";

describe("base64url", () => {
  test("gives back any bytes, and the same text as another library", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
        const text = toBase64url(bytes);
        expect(text).toBe(base64url.encode(bytes));
        expect(fromBase64url(text)).toEqual(Uint8Array.from(bytes));
      }),
      { numRuns: 50 },
    );
  });

  test("holds the vectors of RFC 4648 §10, without padding", () => {
    const vectors = { "": "", f: "Zg", fo: "Zm8", foo: "Zm9v", foob: "Zm9vYg", fooba: "Zm9vYmE", foobar: "Zm9vYmFy" };
    for (const [text, encoded] of Object.entries(vectors)) {
      expect(toBase64url(utf8(text))).toBe(encoded);
      expect(fromBase64url(encoded)).toEqual(utf8(text));
    }
    expect(toBase64url(Uint8Array.of(0xfb, 0xff, 0xbf))).toBe("-_-_");
  });

  test.each(["A", "AAAAA", "Zg==", "Zm+v", "Zm/v", "Zm 9v", "Zm9v\n", "Zm9v.", "Zé9v"])("refuses %j", (text) => {
    expect(fromBase64url(text)).toBeUndefined();
  });

  test("has exactly one text for any bytes", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{0,24}$/), (text) => {
        const bytes = fromBase64url(text);
        expect(bytes === undefined || toBase64url(bytes) === text).toBe(true);
      }),
    );
    expect([fromBase64url("Zh"), fromBase64url("Zm9")]).toEqual([undefined, undefined]);
  });
});

describe("thumbprint", () => {
  test("is that of RFC 7638 §3 as another library computes it, whatever else the key holds", async () => {
    for (let round = 0; round < 5; round++) {
      const { publicKey } = await generateKeyPair("ES256");
      const jwk = (await exportJWK(publicKey)) as unknown as ProofJwk;
      const decorated = { ...jwk, alg: "ES256", use: "sig", kid: "1" } as ProofJwk;
      expect(await jwkThumbprint(decorated)).toBe(await calculateJwkThumbprint({ ...jwk }));
    }
  });

  test("of the key of RFC 9449 §4.1 is the one in its §6.1", async () => {
    const jwk: ProofJwk = {
      kty: "EC",
      x: "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
      y: "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
      crv: "P-256",
    };
    expect(await jwkThumbprint(jwk)).toBe("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
  });

  test("SHA-256 of a text is that of RFC 9449 §7.1, where it binds a proof to its token", async () => {
    expect(await sha256Base64url("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU")).toBe(
      "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
    );
  });
});

test("a proof names a URL without query and fragment", () => {
  expect(proofTarget("https://a.example/v1/models")).toBe("https://a.example/v1/models");
  expect(proofTarget("https://a.example/v1/models?a=1#b")).toBe("https://a.example/v1/models");
  expect(proofTarget("https://a.example/x#b?c")).toBe("https://a.example/x");
});

describe("readCredential", () => {
  const claims = { iss: "https://a.example", sub: "Ada Łovelace 😀", exp: 1_800_000_000, grant: { org: "default" } };
  const credentialOf = (payload: unknown) => `h.${toBase64url(utf8(JSON.stringify(payload)))}.s`;

  test("reads the claims, with and without the prefix of realtime clients", () => {
    expect(readCredential(credentialOf(claims))).toEqual(claims);
    expect(readCredential(`ek_${credentialOf(claims)}`)).toEqual(claims);
    expect(withoutPrefix("ek_x")).toBe("x");
    expect(withoutPrefix("sk-ek_x")).toBe("sk-ek_x");
  });

  test.each([
    ["nothing", ""],
    ["a provider's key", "sk-proj-0123456789"],
    ["a payload that is no base64url", "h.***.s"],
    ["a payload that is no JSON", `h.${toBase64url(utf8("{"))}.s`],
    ["an ID token", credentialOf({ sub: "ada", exp: 1 })],
    ["a grant that is no object", credentialOf({ ...claims, grant: "all" })],
    ["an expiry that is no number", credentialOf({ ...claims, exp: "soon" })],
    ["an array", credentialOf([claims])],
    ["null", credentialOf(null)],
  ])("reads nothing out of %s", (_, text) => {
    expect(readCredential(text)).toBeUndefined();
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void readCredential(`${text}.${text}`)));
  });
});
