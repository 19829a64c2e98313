import type { Mutant } from "./mutants.ts";

/** A mutant that no test can tell from the original, or that only a text for people tells apart. */
interface Equivalent {
  readonly path: string;
  readonly original: string;
  readonly replacement: string;
  readonly why: string;
}

const TWO_WAYS = "both ways give the same bytes; one saves memory, the other time";
const BOUND = "only how much is remembered changes: what was forgotten is made again";

const EQUIVALENTS: readonly Equivalent[] = [
  {
    path: "contract/json.ts",
    original: "at >= 0",
    replacement: "at > 0",
    why: "what is found stands after the opening quote, so never at 0",
  },
  {
    path: "contract/json.ts",
    original: '"\\\\u"',
    replacement: '""',
    why: "whatever has no escapes is well-formed; it saves a look",
  },
  {
    path: "contract/json.ts",
    original: '"0"',
    replacement: '""',
    why: "what is compared has one spelling of zero, whichever",
  },
  {
    path: "contract/credential.ts",
    original: 'typeof value !== "object" || value === null || !("grant" in value) || !("exp" in value)',
    replacement: "false",
    why: "what has no members to look at throws, and is no claims either",
  },
  {
    path: "contract/bytes.ts",
    original: "at < bytes.length",
    replacement: "at <= bytes.length",
    why: "one slice more, which is empty",
  },
  {
    path: "contract/bytes.ts",
    original: "at < binary.length",
    replacement: "at <= binary.length",
    why: "a write beyond the end of a typed array is none",
  },
  {
    path: "contract/cache-key.ts",
    original: "a < b",
    replacement: "a <= b",
    why: "no two of an object's names are the same",
  },
  { path: "contract/fields.ts", original: "1024 * 1024", replacement: "1024 / 1024", why: TWO_WAYS },
  ...["true", "false", "mostBytes >= MAX_SPARE_BYTES", "mostBytes <= MAX_SPARE_BYTES"].map((replacement) => ({
    path: "contract/fields.ts",
    original: "mostBytes > MAX_SPARE_BYTES",
    replacement,
    why: TWO_WAYS,
  })),
  {
    path: "metering/bounds.ts",
    original: '""',
    replacement: '"mutated"',
    why: "features are looked for, whosever they are",
  },
  {
    path: "metering/bounds.ts",
    original: "bytes === text.length",
    replacement: "false",
    why: "what is all ASCII is the same in any normal form",
  },
  {
    path: "metering/media.ts",
    original: '""',
    replacement: '"mutated"',
    why: "neither a `data:` URL nor a type of media",
  },
  {
    path: "metering/unpriced.ts",
    original: '""',
    replacement: '"mutated"',
    why: "neither is a modality",
  },
  {
    path: "metering/meter.ts",
    original: "!isSettled",
    replacement: "true",
    why: "what is heard when all is settled counts for nothing",
  },
  {
    path: "metering/budget.ts",
    original: "!flexible",
    replacement: "false",
    why: "what is not flexible is granted as it was asked for, or not at all",
  },
  {
    path: "metering/output.ts",
    original: "prediction",
    replacement: "true",
    why: "what is not there has no JSON, and no bytes",
  },
  ...["true", "false", "keys.size > MAX_REMEMBERED_KEYS", "keys.size < MAX_REMEMBERED_KEYS"].map((replacement) => ({
    path: "credentials/proof.ts",
    original: "keys.size >= MAX_REMEMBERED_KEYS",
    replacement,
    why: BOUND,
  })),
  ...["ath", "nonce"].map((name) => ({
    path: "credentials/proof.ts",
    original: `${name} === undefined`,
    replacement: "false",
    why: "a claim of no value is none",
  })),
  ...[
    ['kty !== "EC" || crv !== "P-256"', 'kty !== "EC" && crv !== "P-256"'],
    [
      'kty !== "EC" || crv !== "P-256" || typeof x !== "string"',
      'kty !== "EC" || crv !== "P-256" && typeof x !== "string"',
    ],
    [
      'kty !== "EC" || crv !== "P-256" || typeof x !== "string" || typeof y !== "string"',
      'kty !== "EC" || crv !== "P-256" || typeof x !== "string" && typeof y !== "string"',
    ],
  ].map(([original = "", replacement = ""]) => ({
    path: "credentials/proof.ts",
    original,
    replacement,
    why: "no platform imports such a key for these signatures",
  })),
  {
    path: "credentials/proof.ts",
    original: 'typeof value === "object" && value !== null',
    replacement: 'typeof value === "object" || value !== null',
    why: "what has no members has none of those that are looked for",
  },
  {
    path: "credentials/standing.ts",
    original: 'typeof asked === "boolean"',
    replacement: "false",
    why: "what is no promise may be waited for, too",
  },
  {
    path: "credentials/token.ts",
    original: "!key",
    replacement: "false",
    why: "the library itself refuses a signature without a key",
  },
  {
    path: "credentials/token.ts",
    original: '["sub", "iat", "exp", "jti", "grant"]',
    replacement: "[]",
    why: "the claims' shape asks for them, too",
  },
  ...[
    ["!key", "false"],
    ['throw new TypeError("unknown key");', ";"],
  ].map(([original = "", replacement = ""]) => ({
    path: "credentials/seal.ts",
    original,
    replacement,
    why: "the library itself throws a TypeError where there is no key",
  })),
  {
    path: "credentials/proof.ts",
    original: "false",
    replacement: "true",
    why: "whether a public key may be exported again shows nowhere",
  },
  ...["TOKENS", "HOLDERS"].flatMap((kind): Equivalent[] => {
    const original = `${kind.toLowerCase()}.size >= MAX_REMEMBERED_${kind}`;
    return ["true", "false", original.replace(">=", ">"), original.replace(">=", "<")].map((replacement) => ({
      path: "credentials/verify.ts",
      original,
      replacement,
      why: BOUND,
    }));
  }),
  ...[
    ["finder?.byName", "finder.byName"],
    ["found?.value", "found.value"],
  ].map(([original = "", replacement = ""]) => ({
    path: "credentials/verify.ts",
    original,
    replacement,
    why: "a caller without an organisation has come so far only where there is a finder",
  })),
  {
    path: "credentials/verify.ts",
    original: '""',
    replacement: '"mutated"',
    why: "as much no origin and no key as an empty text",
  },
  {
    path: "credentials/verify.ts",
    original: "key === undefined",
    replacement: "false",
    why: "an empty key is refused as none is",
  },
  {
    path: "credentials/order-form.ts",
    original: '"body"',
    replacement: '""',
    why: "what is checked is an object, so each problem has a path",
  },
  {
    path: "credentials/nonces.ts",
    original: "previous?.used",
    replacement: "previous.used",
    why: "the window before is there as soon as one is",
  },
  {
    path: "credentials/client-address.ts",
    original: 'value?.split(",").at(-1)?.trim',
    replacement: 'value?.split(",").at(-1).trim',
    why: "what is split has a last part",
  },
  {
    path: "credentials/fit-reservation.ts",
    original: "floor",
    replacement: "ceil",
    why: "a token too many is taken off again",
  },
  {
    path: "credentials/keys.ts",
    original: 'kty !== "OKP" || crv === undefined || x === undefined',
    replacement: "false",
    why: "what Ed25519 keys have; the check is for the types",
  },
  {
    path: "credentials/ledger-journal.ts",
    original: "rate.count(now) === 0",
    replacement: "false",
    why: "one of no entries counts as none does; only memory is freed",
  },
  ...[
    ["now - foldedAt", "now + foldedAt"],
    ["now - foldedAt < FOLD_MS", "false"],
    ["now - foldedAt < FOLD_MS", "now - foldedAt <= FOLD_MS"],
    ["row", "true"],
    ["entries.filter(({ at }) => at >= entriesBefore)", "entries"],
    ["at >= entriesBefore", "at > entriesBefore"],
  ].map(([original = "", replacement = ""]) => ({
    path: "credentials/ledger-memory.ts",
    original,
    replacement,
    why: "folding more often, or keeping entries that no minute counts, changes only work; what is settled has a row",
  })),
  {
    path: "credentials/ledger-queue.ts",
    original: "inquirers.length > 0",
    replacement: "inquirers.length >= 0",
    why: "the queue is replaced by itself",
  },
  {
    path: "credentials/ledger-shard.ts",
    original: "underWay.get(key) === sent",
    replacement: "true",
    why: "of an order that is not known to be under way there is one more, with the same outcome",
  },
  ...[
    ["placed.size > MAX_KNOWN", "placed.size >= MAX_KNOWN"],
    ['placed.keys().next().value ?? ""', 'placed.keys().next().value && ""'],
  ].map(([original = "", replacement = ""]) => ({
    path: "credentials/ledger-shards.ts",
    original,
    replacement,
    why: "only how much is remembered changes: of what was forgotten all are told",
  })),
  {
    path: "credentials/ledger-sql.ts",
    original: "60 * 60",
    replacement: "60 / 60",
    why: "what has had its time may go at once; an hour's wait saves work",
  },
  {
    path: "credentials/ledger-lease-sql.ts",
    original: 'of !== "period"',
    replacement: "false",
    why: "no period begins as an account does",
  },
  ...[
    ["(ticks[0]?.at ?? 0) + MINUTE_MS", "(ticks[0]?.at ?? 0) - MINUTE_MS"],
    ["(ticks[0]?.at ?? 0) + MINUTE_MS > now", "false"],
    ["ticks[0]?.at ?? 0", "ticks[0]?.at && 0"],
  ].map(([original = "", replacement = ""]) => ({
    path: "credentials/minute-rate.ts",
    original,
    replacement,
    why: "where the first tick counts, none is taken out; it saves a look",
  })),
  {
    path: "credentials/minute-rate.ts",
    original: "last.at >= at",
    replacement: "last.at > at",
    why: "two ticks of one end count as one of both; only memory is saved",
  },
  {
    path: "credentials/minute-rate.ts",
    original: "over < 0",
    replacement: "over <= 0",
    why: "the first tick is over, or there is none",
  },
  {
    path: "credentials/revocation-book.ts",
    original: "entries.size === 0",
    replacement: "false",
    why: "where there are none, none is found; it saves a look",
  },
  {
    path: "credentials/revocation-book.ts",
    original: "version === latest",
    replacement: "false",
    why: "none is newer than the latest",
  },
  {
    path: "credentials/revocation-book.ts",
    original: "version > latest",
    replacement: "version >= latest",
    why: "the latest version has been answered before",
  },
];

/** Why a mutant needs no test. */
export function reasonOf(path: string, { original, replacement }: Mutant): string | undefined {
  return EQUIVALENTS.find(
    (each) => path.endsWith(each.path) && each.original === original && each.replacement === replacement,
  )?.why;
}
