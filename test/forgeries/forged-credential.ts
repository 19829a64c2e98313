import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import fc from "fast-check";
import { sealKey } from "../../mint-server/credentials/seal.ts";
import { type Family, family } from "./family.ts";
import { anyValue, damagedText, notNumber, notObject, notText, otherText } from "./values.ts";
import {
  type Attempt,
  CREDENTIAL_CODES,
  claimsOf,
  decode,
  encode,
  type Json,
  presented,
  signAs,
  soundParts,
  soundProof,
  type World,
} from "./world.ts";

const GENUINE = ["bearer", "bound", "sealed"] as const;
const genuine = fc.constantFrom(...GENUINE);

async function refusable(world: World, credential: string, isBound = false): Promise<Attempt> {
  return { headers: await presented(world, credential, isBound), codes: CREDENTIAL_CODES };
}

const damaged = family(
  "the credential's text is damaged",
  fc.tuple(genuine, damagedText()),
  async (world, [kind, damage]) => {
    const credential = damage(world[kind]);
    // What no longer looks like one of ours is somebody's key, unless the scheme says otherwise.
    const looksOurs = /^(eyJ|ek_)/.test(credential) || credential.split(".").length > 2;
    return refusable(world, credential, kind === "bound" || !looksOurs);
  },
);

const HEADER_FIELDS = ["alg", "typ", "kid", "crit", "jku", "jwk", "x5u", "x5c", "x5t", "b64", "zip", "cty"] as const;
const CLAIM_FIELDS = ["iss", "aud", "sub", "iat", "exp", "nbf", "jti", "cnf", "grant", "sealed_key"] as const;
const edit = fc.tuple(
  genuine,
  fc.oneof(
    fc.record({ segment: fc.constant(0), field: fc.constantFrom(...HEADER_FIELDS) }),
    fc.record({ segment: fc.constant(1), field: fc.constantFrom(...CLAIM_FIELDS) }),
  ),
  fc.option(anyValue, { nil: undefined }),
);

const edited = family("a field is changed under the old signature", edit, async (world, [kind, where, value]) => {
  const segments = world[kind].split(".");
  const fields = decode(segments[where.segment] ?? "");
  const changed = JSON.stringify({ ...fields, [where.field]: value });
  const isSame = changed === JSON.stringify(fields);
  const forged = encode(isSame ? `${changed} ` : changed);
  return refusable(world, segments.with(where.segment, forged).join("."), kind === "bound");
});

const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const past = fc.oneof(fc.constantFrom(0, 1), fc.nat(100_000)).map((ago) => () => nowSeconds() - ago);
const future = fc.integer({ min: 120, max: 1e9 }).map((ahead) => () => nowSeconds() + ahead);
const fixed = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<() => T> => value.map((each) => () => each);
const gone = fc.constant(() => undefined);
const inGrant = (name: string, value: fc.Arbitrary<unknown>) =>
  fixed(value.map((wrong) => ({ org: "default", [name]: wrong })));
/** Neither absent nor such a list. */
const noTexts = anyValue.filter((value) => !Array.isArray(value) || value.some((item) => typeof item !== "string"));

/** What each claim may never say, not even under the server's own signature. */
const WRONG_CLAIMS: Readonly<Record<string, fc.Arbitrary<() => unknown>>> = {
  iss: fc.oneof(gone, fixed(anyValue), fixed(otherText("http://127.0.0.1"))),
  aud: fc.oneof(gone, fixed(anyValue), fixed(otherText("http://127.0.0.1"))),
  sub: fc.oneof(gone, fixed(notText)),
  iat: fc.oneof(gone, fixed(notNumber), future),
  exp: fc.oneof(gone, fixed(notNumber), past),
  nbf: fc.oneof(fixed(notNumber), future),
  jti: fc.oneof(gone, fixed(notText)),
  cnf: fc.oneof(fixed(notObject), fixed(notText.map((jkt) => ({ jkt })))),
  sealed_key: fixed(anyValue),
  grant: fc.oneof(
    gone,
    fixed(notObject),
    inGrant("org", fc.oneof(anyValue, otherText("default"))),
    ...["models", "endpoints", "origins"].map((name) => inGrant(name, noTexts)),
    inGrant("features", fc.oneof(noTexts, fc.array(fc.string(), { minLength: 1 }))),
    inGrant("limits", notObject),
    ...["requests", "tokens", "usd", "requestsPerMinute", "maxTokensPerRequest"].map((name) =>
      inGrant("limits", fc.record({ [name]: notNumber })),
    ),
    inGrant(
      "limits",
      anyValue.map((per) => ({ per })),
    ),
    inGrant("template", notText),
    inGrant("logging", notObject),
  ),
};

const wrongClaim = fc.oneof(...Object.entries(WRONG_CLAIMS).map(([name, value]) => fc.tuple(fc.constant(name), value)));

const misstated = family("the server signed a wrong claim", wrongClaim, async (world, [name, value]) => {
  const { header, claims } = soundParts(world, world.forger);
  return refusable(world, await signAs(world.forger, header, { ...claims, [name]: value() }));
});

const WRONG_HEADERS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  typ: fc.oneof(
    fc.constant(undefined),
    anyValue,
    otherText("mintgate+jwt").filter((typ) => !/^\s*(application\/)?mintgate\+jwt\s*$/i.test(typ)),
  ),
  kid: fc.oneof(fc.constant(undefined), anyValue, otherText("kid")),
  alg: fc.oneof(
    fc.constantFrom(undefined, "none", "None", "Ed25519", "eddsa", "ES256", "HS256", "RS256", ["EdDSA"]),
    anyValue,
  ),
  crit: fc.oneof(notObject, fc.array(fc.constantFrom("exp", "typ", "x", "b64 ", ""), { maxLength: 3 })),
};

const wrongHeader = fc.oneof(
  ...Object.entries(WRONG_HEADERS).map(([name, value]) => fc.tuple(fc.constant(name), value)),
);

const misheaded = family("the server signed a wrong header", wrongHeader, async (world, [name, value]) => {
  const { header, claims } = soundParts(world, world.forger);
  return refusable(world, await signAs(world.forger, { ...header, [name]: value }, claims));
});

const [ed25519, p256, rsa] = [
  generateKeyPairSync("ed25519"),
  generateKeyPairSync("ec", { namedCurve: "P-256" }),
  generateKeyPairSync("rsa", { modulusLength: 2048 }),
];
const BROUGHT: readonly ((key: KeyObject) => Json)[] = [
  () => ({}),
  (key) => ({ jwk: key.export({ format: "jwk" }) }),
  (key) => ({ jwk: key.export({ format: "jwk" }), kid: undefined }),
  () => ({ jku: "http://127.0.0.1:9/jwks.json" }),
  () => ({ x5u: "http://127.0.0.1:9/certificate" }),
  (key) => ({ x5c: [key.export({ format: "der", type: "spki" }).toString("base64")] }),
  () => ({ x5t: "AAAA", "x5t#S256": "AAAA" }),
  () => ({ kid: "other" }),
  () => ({ crit: ["jwk"], jwk: {} }),
];
const KEYS = [
  { alg: "EdDSA", hash: null, ...ed25519 },
  { alg: "ES256", hash: "sha256", ...p256 },
  { alg: "RS256", hash: "sha256", ...rsa },
] as const;

const byAnother = family(
  "another key signed it",
  fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom(...BROUGHT), fc.option(fc.constant("EdDSA"))),
  async (world, [{ alg, hash, publicKey, privateKey }, bring, claimed]) => {
    const { header, claims } = soundParts(world, world.forger);
    const input = `${encode({ ...header, alg: claimed ?? alg, ...bring(publicKey) })}.${encode(claims)}`;
    const signature = sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" });
    return refusable(world, `${input}.${signature.toString("base64url")}`);
  },
);

const PUBLIC_FORMS: readonly ((jwk: Json) => string | Buffer)[] = [
  (jwk) => JSON.stringify(jwk),
  (jwk) => String(jwk.x),
  (jwk) => Buffer.from(String(jwk.x), "base64url"),
  (jwk) => createPublicKey({ key: jwk as never, format: "jwk" }).export({ format: "pem", type: "spki" }),
  (jwk) => createPublicKey({ key: jwk as never, format: "jwk" }).export({ format: "der", type: "spki" }),
  (jwk) => String(jwk.kid),
  () => "",
  () => "secret",
];

const byMac = family(
  "a MAC under what everybody knows stands for the signature",
  fc.tuple(fc.constantFrom("256", "384", "512"), fc.constantFrom(...PUBLIC_FORMS), fc.boolean()),
  async (world, [bits, form, isHonest]) => {
    const { header, claims } = soundParts(world, world.forger);
    const input = `${encode({ ...header, alg: isHonest ? `HS${bits}` : "EdDSA" })}.${encode(claims)}`;
    const key = form(world.forger.keyring.current.publicJwk as Json);
    return refusable(world, `${input}.${createHmac(`sha${bits}`, key).update(input).digest("base64url")}`);
  },
);

const byStranger = family(
  "a server with another secret signed it",
  fc.tuple(fc.boolean(), fc.boolean()),
  async (world, [hasOurKid, isBound]) => {
    const { header, claims } = soundParts(world, hasOurKid ? world.forger : world.stranger);
    const cnf = isBound ? { cnf: { jkt: world.holder.jkt } } : {};
    return refusable(world, await signAs(world.stranger, header, { ...claims, ...cnf }), isBound);
  },
);

const SEALED: readonly ((world: World, jti: string) => string | Promise<string>)[] = [
  ({ sealed }) => String(claimsOf(sealed).sealed_key),
  ({ stranger }, jti) => sealKey(stranger.keyring, "sk-stolen", jti),
  async ({ stranger, forger }, jti) => {
    const [, ...rest] = (await sealKey(stranger.keyring, "sk-stolen", jti)).split(".");
    return [encode({ alg: "dir", enc: "A256GCM", kid: forger.keyring.current.kid, jti }), ...rest].join(".");
  },
  async ({ forger }, jti) => {
    const [, ...rest] = (await sealKey(forger.keyring, "sk-stolen", `${jti}x`)).split(".");
    return [encode({ alg: "dir", enc: "A256GCM", kid: forger.keyring.current.kid, jti }), ...rest].join(".");
  },
  ({ forger }, jti) => sealKey(forger.keyring, "sk-stolen", jti.toUpperCase().replace(/^/, "-")),
];

const sealedElsewhere = family(
  "the provider's key in it was sealed elsewhere",
  fc.tuple(fc.constantFrom(...SEALED), fc.option(damagedText())),
  async (world, [seal, damage]) => {
    const { header, claims } = soundParts(world, world.forger);
    const text = await seal(world, String(claims.jti));
    return refusable(world, await signAs(world.forger, header, { ...claims, sealed_key: damage?.(text) ?? text }));
  },
);

const PLACES: readonly ((credential: string) => Record<string, string>)[] = [
  (credential) => ({ authorization: `Bearer ${credential}` }),
  (credential) => ({ authorization: `bearer ${credential}` }),
  (credential) => ({ authorization: `Bearer ek_${credential}` }),
  (credential) => ({ authorization: `Basic ${credential}` }),
  (credential) => ({ authorization: `Token ${credential}` }),
  (credential) => ({ authorization: `DPoP Bearer ${credential}` }),
  (credential) => ({ authorization: `DPoP\t${credential}` }),
  (credential) => ({ authorization: credential }),
  (credential) => ({ authorization: `DPoP ${credential}, Bearer ${credential}` }),
  (credential) => ({ "x-api-key": credential }),
  (credential) => ({ "x-goog-api-key": credential }),
  (credential) => ({ "x-api-key": `ek_${credential}` }),
  (credential) => ({ "x-api-key": `DPoP ${credential}` }),
  (credential) => ({ cookie: `credential=${credential}` }),
];

const misplaced = family(
  "a bound one is sent as if it were not",
  fc.tuple(fc.constantFrom(...PLACES), fc.boolean()),
  async (world, [place, hasProof]) => ({
    headers: { ...place(world.bound), ...(hasProof && { dpop: await soundProof(world, world.bound) }) },
    codes: CREDENTIAL_CODES,
  }),
);

const unboundAsBound = family("an unbound one is sent with a proof", genuine, async (world, kind) => {
  const credential = kind === "bound" ? world.othersBound : world[kind];
  return { headers: await presented(world, credential, true), codes: [...CREDENTIAL_CODES, "invalid_dpop_proof"] };
});

const withdrawn = family("it was revoked", fc.tuple(fc.nat(1), fc.boolean()), async (world, [index, isBound]) =>
  refusable(world, (isBound ? world.revokedBound : world.revoked)[index] ?? "", isBound),
);

export const CREDENTIAL_FAMILIES: readonly Family[] = [
  damaged,
  edited,
  misstated,
  misheaded,
  byAnother,
  byMac,
  byStranger,
  sealedElsewhere,
  misplaced,
  unboundAsBound,
  withdrawn,
];
