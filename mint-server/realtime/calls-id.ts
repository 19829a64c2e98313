import type { Keyring } from "../credentials/keys.ts";
import type { Caller } from "../credentials/verify.ts";
import { asObject, asText, parse } from "../wire/read.ts";
import { openText, type Place, sealText } from "./calls-seal.ts";

/** A call, and where it goes on. */
export interface CallPlace {
  /** The provider's id. */
  readonly callId: string;
  /** Name of the endpoint. */
  readonly endpoint: string;
  readonly model: string;
}

const PREFIX = "rtc_";
/** A provider's id of a call, as it goes into URLs. */
export const CALL_ID = /^[\w-]{1,200}$/;

/** The name by which a call's owner knows it. It holds the provider's id sealed, and is nothing to any other subject. */
export async function nameCall(keyring: Keyring, caller: Owner, place: CallPlace): Promise<string> {
  return `${PREFIX}${await sealText(keyring, JSON.stringify(place), placeOf(caller))}`;
}

/** The call of that name, if it is the caller's. */
export async function findCall(keyring: Keyring, caller: Owner, name: string): Promise<CallPlace | undefined> {
  if (!name.startsWith(PREFIX)) return undefined;
  const opened = await openText(keyring, name.slice(PREFIX.length), placeOf(caller));
  const found = asObject(parse(opened ?? ""));
  const [callId, endpoint, model] = [asText(found?.callId), asText(found?.endpoint), asText(found?.model)];
  if (callId === undefined || endpoint === undefined || model === undefined) return undefined;
  return { callId, endpoint, model };
}

/** The provider's id of a new call, from the `Location` of its answer. */
export function callIdIn(location: string | undefined): string | undefined {
  const id = location?.split(/[?#]/, 1)[0]?.split("/").at(-1) ?? "";
  return CALL_ID.test(id) ? id : undefined;
}

type Owner = Pick<Caller, "ledger" | "subject">;

function placeOf({ ledger, subject }: Owner): Place {
  return { label: "call id", parts: [ledger, subject] };
}
