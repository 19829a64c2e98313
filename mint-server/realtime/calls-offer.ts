import { parseJson } from "../contract/json.ts";
import { fail, ok, type Result } from "../failures.ts";
import { readBytes } from "../read-body.ts";
import { type AskedSession, parseAskedSession } from "./client-secrets-form.ts";

/** A page's offer of a WebRTC connection. */
export interface Offer {
  readonly sdp: string;
  /** The session that it asks for; absent where the body was the SDP alone. */
  readonly session?: AskedSession;
}

const MAX_OFFER_BYTES = 256 * 1024;
const EXPECTED = "application/sdp, or multipart/form-data with `sdp` and `session`";

/** Reads the body of `POST /realtime/calls`. */
export async function readOffer(request: Request): Promise<Result<Offer>> {
  const contentType = request.headers.get("content-type") ?? "";
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/sdp" && type !== "multipart/form-data")
    return fail({ kind: "bad_content_type", expected: EXPECTED });
  const bytes = await readBytes(request, MAX_OFFER_BYTES);
  if (!bytes.ok) return bytes;
  if (type === "application/sdp") return checked({ sdp: new TextDecoder().decode(bytes.value) });
  return readForm(bytes.value, contentType);
}

async function readForm(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<Result<Offer>> {
  const form = await new Response(bytes, { headers: { "content-type": contentType } })
    .formData()
    .catch(() => undefined);
  if (!form) return fail({ kind: "bad_content_type", expected: EXPECTED });
  const fields = new Map<string, string>();
  for (const [name, value] of form) {
    if (name !== "sdp" && name !== "session") return badField(name.slice(0, 64), "is not a known field");
    if (fields.has(name)) return badField(name, "is given twice");
    fields.set(name, typeof value === "string" ? value : await value.text());
  }
  const asked = fields.get("session");
  if (asked === undefined) return checked({ sdp: fields.get("sdp") ?? "" });
  const json = parseJson(asked);
  if (!json.ok) return badField("session", "must be JSON");
  const session = parseAskedSession(json.value);
  return session.ok ? checked({ sdp: fields.get("sdp") ?? "", session: session.value }) : session;
}

function checked(offer: Offer): Result<Offer> {
  return offer.sdp.startsWith("v=0") ? ok(offer) : badField("sdp", "must be an SDP offer");
}

function badField(param: string, problem: string) {
  return fail({ kind: "bad_field", param, detail: `\`${param}\` ${problem}.` });
}
