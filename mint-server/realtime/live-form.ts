import * as v from "valibot";
import { ok, type Result } from "../failures.ts";
import { readJsonObject } from "../model-request.ts";
import { wrong } from "./client-secrets-form.ts";
import type { Fields } from "./events.ts";

/** A page's offer of a Live session. */
export interface LiveOffer {
  readonly sdp: string;
  /** OpenAI's `MediaSessionConfig`. Of its fields, a credential's are looked at one by one. */
  readonly session: Fields;
}

const MAX_OFFER_BYTES = 256 * 1024;

const form = v.strictObject({
  session: v.looseObject({
    model: v.exactOptional(v.pipe(v.string("must be a text"), v.minLength(1, "must not be empty"))),
  }),
  transport: v.strictObject({
    type: v.literal("webrtc", "must be webrtc"),
    sdp: v.pipe(v.string("must be a text"), v.startsWith("v=0", "must be an SDP offer")),
  }),
});

/** Reads the body of `POST /live/sessions`. */
export async function readLiveOffer(request: Request): Promise<Result<LiveOffer>> {
  const body = await readJsonObject(request, MAX_OFFER_BYTES);
  if (!body.ok) return body;
  const parsed = v.safeParse(form, body.value);
  if (!parsed.success) return wrong(parsed.issues[0], "");
  const { session, transport } = parsed.output;
  return ok({ sdp: transport.sdp, session });
}
