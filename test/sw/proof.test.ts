import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, importJWK, type JWK, jwtVerify } from "jose";
import { expect, onTestFinished, test, vi } from "vitest";
import { proofTarget } from "../../mint-server/contract/dpop.ts";
import { createReadyProofs, generateKeyPair, signProof, toProofKey } from "../../sw/proof.ts";

const subject = { method: "POST", url: "https://m.example/v1/proxy/responses?a=1#b", ath: "hash", nonce: "n" };

test("makes proofs that another implementation verifies", async () => {
  const key = await toProofKey(await generateKeyPair());
  const proof = await signProof(key, subject);
  const header = decodeProtectedHeader(proof);
  const { payload } = await jwtVerify(proof, await importJWK(header.jwk as JWK, "ES256"), { typ: "dpop+jwt" });
  expect(payload).toMatchObject({ htm: "POST", htu: "https://m.example/v1/proxy/responses", ath: "hash", nonce: "n" });
  expect(await calculateJwkThumbprint(header.jwk as JWK)).toBe(key.thumbprint);
  expect(Object.keys(header.jwk as JWK).sort()).toEqual(["crv", "kty", "x", "y"]);
});

test("names each proof anew, and leaves out what there is none of", async () => {
  const key = await toProofKey(await generateKeyPair());
  const proofs = await Promise.all([1, 2].map(() => signProof(key, { ...subject, ath: undefined, nonce: undefined })));
  const claims = proofs.map((proof) =>
    JSON.parse(atob((proof.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"))),
  );
  expect(claims[0].jti).not.toBe(claims[1].jti);
  expect(Object.keys(claims[0]).sort()).toEqual(["htm", "htu", "iat", "jti"]);
});

test("makes keys that cannot be exported", async () => {
  const { privateKey } = await generateKeyPair();
  expect(privateKey.extractable).toBe(false);
  await expect(crypto.subtle.exportKey("jwk", privateKey)).rejects.toThrow();
});

test("gives out the proof that is ready once, and only for what it was made for", async () => {
  const [key, other] = await Promise.all([1, 2].map(async () => toProofKey(await generateKeyPair())));
  if (!key || !other) throw new Error("no keys");
  const proofs = createReadyProofs();
  const cases = [
    [key, subject],
    [key, { ...subject, nonce: "n2" }],
    [key, { ...subject, ath: "other" }],
    [key, { ...subject, method: "GET" }],
    [key, { ...subject, url: "https://m.example/v1/proxy/models" }],
    [other, subject],
  ] as const;
  const names = new Set<unknown>();
  for (const [withKey, wanted] of cases) {
    proofs.prepare(key, subject);
    const taken = await Promise.all([proofs.take(withKey, wanted), proofs.take(withKey, wanted)]);
    for (const proof of taken) {
      const { jti, htm, htu, ath, nonce } = decodeJwt(proof);
      expect([htm, htu, ath, nonce]).toEqual([wanted.method, proofTarget(wanted.url), wanted.ath, wanted.nonce]);
      await jwtVerify(proof, await importJWK(decodeProtectedHeader(proof).jwk as JWK, "ES256"));
      expect(proof.split(".")[0]).toBe(withKey.headerSegment);
      names.add(jti);
    }
  }
  expect(names.size).toBe(2 * cases.length);
});

test("has the next proof ready before it is asked for", async () => {
  const key = await toProofKey(await generateKeyPair());
  const proofs = createReadyProofs();
  const sign = vi.spyOn(crypto.subtle, "sign");
  onTestFinished(() => sign.mockRestore());
  proofs.prepare(key, subject);
  proofs.prepare(key, subject);
  await proofs.take(key, subject);
  expect(sign).toHaveBeenCalledTimes(1);
  await proofs.take(key, subject);
  expect(sign).toHaveBeenCalledTimes(2);
});
