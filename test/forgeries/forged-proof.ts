import { createHmac } from "node:crypto";
import fc from "fast-check";
import { type Family, family } from "./family.ts";
import { anyValue, damagedText, notNumber, notText, otherText } from "./values.ts";
import { type Attempt, CHAT_PATH, decode, encode, type Json, soundProof, type World } from "./world.ts";

const PROOF_CODES = ["invalid_dpop_proof"] as const;
const NONCE_CODES = ["use_dpop_nonce"] as const;

function withProof(
  { bound }: World,
  dpop: string | readonly string[],
  codes: readonly string[] = PROOF_CODES,
): Attempt {
  return { headers: { authorization: `DPoP ${bound}`, dpop }, codes };
}

function signed(world: World, claims: Json, header: Json = {}): Promise<string> {
  const { holder, issuer, bound } = world;
  return holder.proof("POST", issuer + CHAT_PATH, { credential: bound, nonce: holder.nonce, claims, header });
}

const damaged = family("the proof's text is damaged", damagedText(), async (world, damage) =>
  withProof(world, damage(await soundProof(world, world.bound)), [...PROOF_CODES, ...NONCE_CODES]),
);

const urls = (issuer: string): readonly string[] => [
  `${issuer}/v1/chat/completions`,
  `${issuer}${CHAT_PATH}/`,
  `${issuer}${CHAT_PATH}?x=1`,
  `${issuer}${CHAT_PATH}#x`,
  `${issuer}/.${CHAT_PATH}`,
  `${issuer}/${CHAT_PATH}`,
  `${issuer}/v1/proxy/models`,
  `${issuer}/v1/proxy/chat%2Fcompletions`,
  `${issuer.replace("127.0.0.1", "127.0.0.2")}${CHAT_PATH}`,
  `${issuer.replace("http:", "https:")}${CHAT_PATH}`,
  `${issuer.replace("http:", "HTTP:")}${CHAT_PATH}`,
  `https://evil.test${CHAT_PATH}`,
  `https://evil.test/?${issuer}${CHAT_PATH}`,
  issuer,
  CHAT_PATH,
  "",
];

/** What each claim of a proof may never say. */
const WRONG_CLAIMS: Readonly<Record<string, fc.Arbitrary<(world: World) => unknown>>> = {
  htm: fc.oneof(anyValue, otherText("POST"), fc.constantFrom(undefined, "GET", "HEAD", "post")).map((v) => () => v),
  htu: fc.oneof(
    anyValue.map((value) => () => value),
    fc.nat(15).map(
      (index) =>
        ({ issuer }: World) =>
          urls(issuer)[index],
    ),
    fc.webUrl({ validSchemes: ["http", "https"] }).map((url) => () => url + CHAT_PATH),
    fc.constant(() => undefined),
  ),
  ath: fc.oneof(
    anyValue.map((value) => () => value),
    fc.constant(() => undefined),
    fc.base64String({ minLength: 40, maxLength: 44 }).map((text) => () => text),
  ),
  jti: fc
    .oneof(notText, fc.string({ maxLength: 7 }), fc.string({ minLength: 65, maxLength: 200 }), fc.constant(undefined))
    .map((value) => () => value),
  iat: fc.oneof(notNumber, fc.constant(undefined)).map((value) => () => value),
  nonce: notText.map((value) => () => value),
};

const misstated = family(
  "it is signed and says what it must not",
  fc.oneof(...Object.entries(WRONG_CLAIMS).map(([name, value]) => fc.tuple(fc.constant(name), value))),
  async (world, [name, value]) => withProof(world, await signed(world, { [name]: value(world) })),
);

const stale = family(
  "its nonce is none of now",
  fc.oneof(
    otherText("nonce"),
    fc.base64String({ minLength: 22, maxLength: 24 }),
    fc.constant(undefined),
    // Those that a server which shares its nonces would give: this one is alone.
    fc.integer({ min: -3, max: 3 }),
  ),
  async (world, nonce) => {
    const text = typeof nonce === "number" ? await sharedNonce(world, nonce) : nonce;
    return withProof(world, await signed(world, { nonce: text }), NONCE_CODES);
  },
);

async function sharedNonce({ forger }: World, windows: number): Promise<string> {
  const index = String(Math.floor(Date.now() / 30_000) + windows);
  const mac = await crypto.subtle.sign("HMAC", forger.keyring.nonceKey, Buffer.from(index));
  return Buffer.from(mac).subarray(0, 16).toString("base64url");
}

/** p and n of P-256 (SEC 2 §2.4.2), and numbers that trip up arithmetic. */
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const toBytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
const toNumber = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex")}`);
const coordinate = (value: bigint): string => toBytes(value).toString("base64url");

const numbers = fc.oneof(
  fc.constantFrom(0n, 1n, 2n, P - 1n, P, P + 1n, N - 1n, N, N + 1n, 2n ** 256n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
);

type KeyForm = (jwk: Json) => unknown;
const keyForms: fc.Arbitrary<KeyForm> = fc.oneof(
  anyValue.map((value) => () => value),
  fc.constant(() => undefined),
  fc.tuple(numbers, numbers).map(
    ([x, y]): KeyForm =>
      (jwk) => ({ ...jwk, x: coordinate(x), y: coordinate(y) }),
  ),
  numbers.map(
    (y): KeyForm =>
      (jwk) => ({ ...jwk, y: coordinate(y) }),
  ),
  // The point on the other side: a key of nobody.
  fc.constant((jwk: Json) => {
    return { ...jwk, y: coordinate(P - toNumber(Buffer.from(String(jwk.y), "base64url"))) };
  }),
  fc.constant((jwk: Json) => ({ ...jwk, x: jwk.y, y: jwk.x })),
  // The same number with a zero before it, or cut.
  fc.constantFrom("x", "y").map(
    (name): KeyForm =>
      (jwk) => ({
        ...jwk,
        [name]: Buffer.concat([Buffer.of(0), Buffer.from(String(jwk[name]), "base64url")]).toString("base64url"),
      }),
  ),
  fc.constantFrom("x", "y").map(
    (name): KeyForm =>
      (jwk) => ({ ...jwk, [name]: String(jwk[name]).slice(0, -2) }),
  ),
  fc.constantFrom("x", "y").map(
    (name): KeyForm =>
      (jwk) => ({ ...jwk, [name]: `${String(jwk[name])}=` }),
  ),
  fc.tuple(fc.constantFrom("kty", "crv", "x", "y"), anyValue).map(
    ([name, value]): KeyForm =>
      (jwk) => ({ ...jwk, [name]: value }),
  ),
  fc.tuple(fc.constantFrom("d", "k", "n", "e", "oth", "x5c", "x5u", "p", "__proto"), anyValue).map(
    ([name, value]): KeyForm =>
      (jwk) => ({ ...jwk, [name]: value }),
  ),
  fc.constantFrom("P-384", "P-521", "secp256k1", "p-256", "Ed25519").map(
    (crv): KeyForm =>
      (jwk) => ({ ...jwk, crv }),
  ),
);

const keyed = family("its key is none, or not the holder's", keyForms, async (world, form) => {
  const jwk = form({ ...world.holder.publicJwk });
  const [, ...rest] = (await soundProof(world, world.bound)).split(".");
  return withProof(world, [encode({ typ: "dpop+jwt", alg: "ES256", jwk }), ...rest].join("."));
});

const headers = fc.oneof(
  fc.record({ typ: fc.oneof(anyValue, otherText("dpop+jwt"), fc.constant(undefined)) }),
  fc
    .tuple(fc.constantFrom("kid", "jku", "x5u", "x5c", "x5t", "crit", "b64", "cty", "zip", "nonce"), anyValue)
    .map(([name, value]) => ({ [name]: value })),
);
const misheaded = family("its header has what it must not", headers, async (world, header) => {
  const [, payload] = (await soundProof(world, world.bound)).split(".");
  const { holder } = world;
  const input = `${encode({ typ: "dpop+jwt", alg: "ES256", jwk: holder.publicJwk, ...header })}.${payload}`;
  return withProof(world, `${input}.${await signedBy(holder.privateJwk, input)}`);
});

async function signedBy(privateJwk: JsonWebKey, input: string): Promise<string> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("jwk", privateJwk, algorithm, false, ["sign"]);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, Buffer.from(input));
  return Buffer.from(signature).toString("base64url");
}

const algorithms = fc.tuple(
  fc.oneof(fc.constantFrom("none", "None", "", "HS256", "ES384", "RS256", "PS256", "EdDSA", "es256"), anyValue),
  fc.constantFrom("old", "none", "by x", "by the key", "by nothing"),
);
const confused = family("it names another algorithm", algorithms, async (world, [alg, by]) => {
  const [, payload, old] = (await soundProof(world, world.bound)).split(".");
  const { publicJwk } = world.holder;
  const input = `${encode({ typ: "dpop+jwt", alg, jwk: publicJwk })}.${payload}`;
  const mac = (key: string) => createHmac("sha256", key).update(input).digest("base64url");
  const signatures: Readonly<Record<string, string | undefined>> = {
    old,
    none: "",
    "by x": mac(publicJwk.x ?? ""),
    "by the key": mac(JSON.stringify(publicJwk)),
    "by nothing": mac(""),
  };
  return withProof(world, `${input}.${signatures[by]}`);
});

type SignatureForm = (signature: Buffer) => Uint8Array;
const signatureForms: fc.Arbitrary<SignatureForm> = fc.oneof(
  fc.tuple(numbers, numbers).map(
    ([r, s]): SignatureForm =>
      () =>
        Buffer.concat([toBytes(r), toBytes(s)]),
  ),
  numbers.map(
    (s): SignatureForm =>
      (signature) =>
        Buffer.concat([signature.subarray(0, 32), toBytes(s)]),
  ),
  fc.nat(511).map(
    (bit): SignatureForm =>
      (signature) =>
        flipped(signature, bit),
  ),
  fc.nat(128).map(
    (length): SignatureForm =>
      () =>
        Buffer.alloc(length, 7),
  ),
  fc.nat(63).map(
    (length): SignatureForm =>
      (signature) =>
        signature.subarray(0, length),
  ),
  fc.uint8Array({ minLength: 1, maxLength: 8 }).map(
    (more): SignatureForm =>
      (each) =>
        Buffer.concat([each, more]),
  ),
  fc.constant((each: Buffer) => Buffer.concat([each.subarray(32), each.subarray(0, 32)])),
);

function flipped(signature: Buffer, bit: number): Buffer {
  const copy = Buffer.from(signature);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

const missigned = family("its signature is none", signatureForms, async (world, form) => {
  const [header, payload, signature = ""] = (await soundProof(world, world.bound)).split(".");
  const forged = Buffer.from(form(Buffer.from(signature, "base64url"))).toString("base64url");
  return withProof(world, `${header}.${payload}.${forged}`);
});

type Again = (proof: string) => string | readonly string[];
const AGAIN: readonly Again[] = [
  (proof) => proof,
  // An ECDSA signature has a twin, (r, n - s), that is as good: of a used proof it must be as bad.
  (proof) => {
    const [header, payload, signature = ""] = proof.split(".");
    const bytes = Buffer.from(signature, "base64url");
    const twin = Buffer.concat([bytes.subarray(0, 32), toBytes(N - toNumber(bytes.subarray(32)))]);
    return `${header}.${payload}.${twin.toString("base64url")}`;
  },
  (proof) => [proof, proof],
  (proof) => `${proof}, ${proof}`,
];

const replayed = family("it was used before", fc.constantFrom(...AGAIN), async (world, again) =>
  // One of a window that is over meanwhile is asked for anew.
  withProof(world, again(world.usedProof), [...PROOF_CODES, ...NONCE_CODES]),
);

const renamed = family(
  "it is new but for the name of one that was used",
  fc.record({ iat: fc.integer({ min: 0, max: 2 ** 31 }) }),
  async (world, claims) => {
    const { jti } = decode(world.usedProof.split(".")[1] ?? "");
    return withProof(world, await signed(world, { jti, ...claims }));
  },
);

const foreign = family(
  "it is another's, or another credential's",
  fc.constantFrom("key", "credential", "owner", "none", "empty", "itself", "two"),
  async (world, of) => {
    const { other, holder, issuer, bound, secondBound, othersBound } = world;
    const url = issuer + CHAT_PATH;
    const { nonce } = holder;
    if (of === "key") return withProof(world, await other.proof("POST", url, { credential: bound, nonce }));
    if (of === "credential") return withProof(world, await soundProof(world, secondBound));
    if (of === "owner") {
      const dpop = await soundProof(world, othersBound);
      return { headers: { authorization: `DPoP ${othersBound}`, dpop }, codes: PROOF_CODES };
    }
    if (of === "two") return withProof(world, [await soundProof(world, bound), await soundProof(world, bound)]);
    if (of === "none") return { headers: { authorization: `DPoP ${bound}` }, codes: PROOF_CODES };
    return withProof(world, of === "empty" ? "" : bound);
  },
);

export const PROOF_FAMILIES: readonly Family[] = [
  damaged,
  misstated,
  stale,
  keyed,
  misheaded,
  confused,
  missigned,
  replayed,
  renamed,
  foreign,
];
