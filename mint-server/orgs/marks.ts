import type { OrgConfig } from "../config-schema.ts";
import { fail, ok, type Result } from "../failures.ts";
import { labelOf, replaceSecrets, type SecretField } from "./secret-fields.ts";
import type { OpenedOrg, StoredKey } from "./stored-org.ts";

/** What stands for a secret that is shown to nobody. It is no secret itself: no header could carry it. */
const MARK = "sealed:";
const MIN_LENGTH_TO_HINT = 16;

function markOf(secret: unknown, { path }: SecretField): string {
  // The file of a service account ends like any other.
  const isKey = typeof secret === "string" && !path.endsWith(".serviceAccount");
  return `${MARK}…${isKey && secret.length >= MIN_LENGTH_TO_HINT ? secret.slice(-4) : ""}`;
}

function keyMarkOf({ id, hint = "" }: StoredKey): string {
  return `${MARK}${id}…${hint}`;
}

/** The organisation as `MINT_CONFIG` has it, each secret a mark. */
export async function showOrg({ config, keys }: Pick<OpenedOrg, "config" | "keys">): Promise<OrgConfig> {
  const marked = await replaceSecrets(config, markOf);
  return { keys: keys.map(keyMarkOf), ...marked };
}

/** An organisation as it was sent, with the secrets that its marks stand for. */
export async function resolveMarks(
  name: string,
  given: OrgConfig,
  current: OpenedOrg | undefined,
): Promise<Result<OrgConfig>> {
  const known = new Map<string, { readonly value: unknown; readonly label: string }>();
  if (current) {
    await replaceSecrets(current.config, (value, field) => {
      known.set(field.name, { value, label: labelOf(name, current.config, field) });
      return "";
    });
  }
  let problem: Result<never> | undefined;
  const refuse = (path: string, text: string): string => {
    problem ??= badField(path, text);
    return "";
  };
  const resolved = await replaceSecrets(given, (value, field) => {
    if (typeof value !== "string") return value as string;
    if (value.startsWith("$")) return refuse(field.path, NO_REFERENCE);
    if (!value.startsWith(MARK)) return value;
    const secret = known.get(field.name);
    if (!secret || markOf(secret.value, field) !== value) return refuse(field.path, STRANGE_MARK);
    // A secret is for one address: it must not go to another because somebody edited that.
    if (labelOf(name, given, field) !== secret.label) return refuse(field.path, OTHER_ADDRESS);
    return secret.value as string;
  });
  return problem ?? ok(resolved);
}

const NO_REFERENCE = "refers to a setting, which only MINT_CONFIG may; give the secret itself";
const STRANGE_MARK = "is the mark of no secret that is stored here; give the secret itself";
const OTHER_ADDRESS = "was given for another provider or address; give the secret again";

/** A key of the list that was sent: one that is there already, or a new one. */
export type GivenKey =
  | { readonly kind: "known"; readonly key: StoredKey }
  | { readonly kind: "new"; readonly apiKey: string };

export function readKey(given: string, path: string, keys: readonly StoredKey[]): Result<GivenKey> {
  if (given.startsWith("$")) return badField(path, NO_REFERENCE);
  if (!given.startsWith(MARK)) return ok({ kind: "new", apiKey: given });
  const key = keys.find((candidate) => keyMarkOf(candidate) === given);
  return key ? ok({ kind: "known", key }) : badField(path, "is the mark of no key that is stored here");
}

export function badField(param: string, problem: string) {
  return fail({ kind: "bad_field", param, detail: `\`${param}\` ${problem}.` });
}
