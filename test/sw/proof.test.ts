import { calculateJwkThumbprint, decodeProtectedHeader, importJWK, type JWK, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { generateKeyPair, signProof, toProofKey } from "../../sw/proof.ts";

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
