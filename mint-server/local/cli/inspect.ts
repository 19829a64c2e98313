import { fromBase64url } from "../../contract/bytes.ts";
import { CREDENTIAL_TYP, type CredentialClaims, readCredential, withoutPrefix } from "../../contract/credential.ts";
import { parseClaims } from "../../credentials/claims.ts";
import { describeClaims, secondsLeft, table } from "./describe-claims.ts";
import { COMMON, helpText, parseOptions, SERVER } from "./options.ts";
import { checkSignature, publicKeys, type SignatureCheck } from "./signature.ts";
import { CommandError, printable, type Terminal, UsageError } from "./terminal.ts";

const OPTIONS = {
  server: { ...SERVER, help: "checks the signature with this mint-server's public keys" },
  ...COMMON,
} as const;

const HELP = helpText({
  usage: "mintgate credential inspect <credential> [options], or - to read it from standard input",
  about: `Shows what a temporary credential allows, whether it has expired, and whether its signature holds.

The signature is checked by the secret at hand (MINT_SECRET, or the state folder of \`npm start\`), or by the public keys
of --server. The exit code is 1 where it does not hold. Whether a credential was revoked, only its mint-server knows.`,
  options: OPTIONS,
});

/** Longest text looked at; a credential has less than 2 KiB. */
const MAX_LENGTH = 8192;

/** `mintgate credential inspect` */
export async function inspect(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, operands } = parseOptions(args, OPTIONS);
  if (values.help) {
    terminal.print(HELP);
    return 0;
  }
  const [given] = operands;
  if (given === undefined || operands.length > 1)
    throw new UsageError("`inspect` takes one credential, or -; see --help");
  const text = given === "-" ? await terminal.readInput() : given;
  const credential = decode(withoutPrefix(text.trim()));
  const signature = await checkSignature(credential.text, await publicKeys(values.server, terminal));
  const now = Date.now();
  terminal.print(values.json ? asJson(credential, signature, now) : asTable(credential, signature, now));
  if (signature.status === "invalid") throw new CommandError(`the signature does not hold: ${signature.reason}`);
  return 0;
}

interface Decoded {
  readonly text: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: CredentialClaims;
}

/** Reads a credential, without belief in it. The text may be anything, a key even, so no error shows it. */
function decode(text: string): Decoded {
  const claims = text.length <= MAX_LENGTH ? parseClaims(readCredential(text)) : undefined;
  const header = claims && headerOf(text);
  if (!header || text.split(".").length !== 3) throw new CommandError("that is not a temporary credential");
  if (header.typ !== CREDENTIAL_TYP) throw new CommandError("that is a token, but not a temporary credential");
  return { text, header, claims };
}

function headerOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const bytes = fromBase64url(text.slice(0, text.indexOf(".")));
    const header: unknown = bytes && JSON.parse(new TextDecoder().decode(bytes));
    return typeof header === "object" && header !== null ? (header as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function asJson({ header, claims }: Decoded, signature: SignatureCheck, now: number): string {
  const { sealed_key: sealed, ...shown } = claims;
  const left = secondsLeft(claims.exp, now);
  return JSON.stringify({
    header,
    claims: shown,
    holds_provider_key: sealed !== undefined,
    expired: left <= 0,
    expires_in_seconds: left,
    signature: signature.status,
  });
}

function asTable({ header, claims }: Decoded, signature: SignatureCheck, now: number): string {
  const { alg, kid } = header;
  return table([
    ...describeClaims(claims, now),
    ["signed with", printable(`${alg}, key ${kid ?? "unnamed"}`)],
    ["signature", describeSignature(signature)],
  ]);
}

function describeSignature(signature: SignatureCheck): string {
  if (signature.status === "unchecked") return "not checked: set MINT_SECRET, or name its server with --server";
  const verdict = signature.status === "valid" ? "valid" : "NOT VALID";
  return `${verdict}, by ${signature.checkedBy}`;
}
