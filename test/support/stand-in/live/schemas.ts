import type { LiveCreateParams } from "openai/resources/live/live";
import { z } from "zod";

// What OpenAI's Live API takes, from the types of its SDK: what these let through must be of those types. Unknown fields are
// errors there, and so are they here.

const message = z.strictObject({
  type: z.literal("message").optional(),
  role: z.enum(["developer", "user", "assistant"]),
  content: z.array(z.strictObject({ type: z.enum(["input_text", "output_text"]), text: z.string() })).length(1),
});

const functionTool = z.strictObject({
  type: z.literal("function"),
  name: z.string(),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});

const delegation = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("client"), acknowledgement_delay_ms: z.number().optional() }),
  z.strictObject({
    type: z.literal("responses"),
    responses: z.strictObject({
      model: z.string(),
      instructions: z.string().nullish(),
      max_output_tokens: z.number().nullish(),
      service_tier: z.enum(["auto", "default", "flex", "priority"]).nullish(),
      tools: z.array(z.union([functionTool, z.strictObject({ type: z.literal("web_search") })])).optional(),
    }),
  }),
]);

const session = z.strictObject({
  model: z.string(),
  audio: z.strictObject({ output: z.strictObject({ voice: z.string().optional() }).optional() }).optional(),
  client: z
    .strictObject({
      data_channel: z.strictObject({
        allowed_client_events: z.union([z.literal("all"), z.array(z.string())]).optional(),
        allowed_server_events: z
          .union([z.literal("all"), z.array(z.strictObject({ type: z.literal("session.output_transcript.delta") }))])
          .optional(),
      }),
    })
    .optional(),
  delegation: delegation.nullish(),
  input: z.array(message).max(128).optional(),
  instructions: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  store: z.boolean().optional(),
});

export type StandInLiveConfig = z.infer<typeof session>;

const offer = z.strictObject({
  session,
  transport: z.strictObject({ type: z.literal("webrtc"), sdp: z.string().startsWith("v=0") }),
});

/** What is wrong with the body of `POST /v1/live/sessions`, or the session that it asks for. */
export function readOffer(body: string): { readonly problem: string } | { readonly session: StandInLiveConfig } {
  const parsed = offer.safeParse(JSON.parse(body));
  if (!parsed.success) return { problem: z.prettifyError(parsed.error) };
  const { transport } = parsed.data;
  // The compiler compares it with the SDK's.
  const asTyped: Pick<LiveCreateParams, "transport"> & { readonly session: { readonly model: string } } = {
    transport,
    session: parsed.data.session,
  };
  return asTyped.session.model === "" ? { problem: "session.model is empty" } : { session: parsed.data.session };
}
