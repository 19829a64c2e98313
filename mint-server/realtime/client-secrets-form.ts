import * as v from "valibot";
import { fail, ok, type Result } from "../failures.ts";
import type { Json } from "../wire/read.ts";

const MIN_SECONDS = 10;
const MAX_SECONDS = 7200;

const text = v.pipe(v.string("must be a text"), v.minLength(1, "must not be empty"));
const words = v.string("must be a text");
const anything = v.record(v.string(), v.unknown());

const format = v.variant(
  "type",
  [
    v.strictObject({ type: v.literal("audio/pcm"), rate: v.exactOptional(v.literal(24_000, "must be 24000")) }),
    v.strictObject({ type: v.literal("audio/pcmu") }),
    v.strictObject({ type: v.literal("audio/pcma") }),
  ],
  "must be an object with `type` audio/pcm, audio/pcmu or audio/pcma",
);

const transcription = v.strictObject({
  model: v.exactOptional(text),
  language: v.exactOptional(words),
  languages: v.exactOptional(v.array(words)),
  prompt: v.exactOptional(words),
  keywords: v.exactOptional(v.array(words)),
  delay: v.exactOptional(text),
});

const audioInput = v.strictObject({
  format: v.exactOptional(format),
  noise_reduction: v.exactOptional(v.nullable(v.strictObject({ type: v.picklist(["near_field", "far_field"]) }))),
  transcription: v.exactOptional(v.nullable(transcription)),
  turn_detection: v.exactOptional(v.nullable(anything)),
});

const audioOutput = v.strictObject({
  format: v.exactOptional(format),
  speed: v.exactOptional(v.pipe(v.number(), v.minValue(0.25), v.maxValue(1.5))),
  voice: v.exactOptional(
    v.union([text, v.strictObject({ id: text })], "must be a voice's name, or an object with its id"),
  ),
});

const tool = v.variant(
  "type",
  [
    v.strictObject({
      type: v.literal("function"),
      name: text,
      description: v.exactOptional(words),
      parameters: v.exactOptional(anything),
    }),
    v.looseObject({ type: v.literal("mcp"), server_label: text }),
  ],
  "must be an object with `type` function or mcp",
);

const include = v.exactOptional(v.array(v.literal("item.input_audio_transcription.logprobs")));

const spoken = v.strictObject({
  type: v.literal("realtime"),
  model: v.exactOptional(text),
  instructions: v.exactOptional(words),
  tools: v.exactOptional(v.array(tool)),
  tool_choice: v.exactOptional(v.union([text, anything], "must be a text or an object")),
  output_modalities: v.exactOptional(v.array(v.picklist(["text", "audio"], "must hold text or audio"))),
  max_output_tokens: v.exactOptional(
    v.union(
      [v.literal("inf"), v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096))],
      "must be a whole number from 1 to 4096, or inf",
    ),
  ),
  audio: v.exactOptional(v.strictObject({ input: v.exactOptional(audioInput), output: v.exactOptional(audioOutput) })),
  parallel_tool_calls: v.exactOptional(v.boolean("must be true or false")),
  prompt: v.exactOptional(v.nullable(anything)),
  reasoning: v.exactOptional(anything),
  tracing: v.exactOptional(v.nullable(v.union([v.literal("auto"), anything]))),
  truncation: v.exactOptional(v.union([text, anything])),
  include,
});

const transcribed = v.strictObject({
  type: v.literal("transcription"),
  audio: v.exactOptional(v.strictObject({ input: v.exactOptional(audioInput) })),
  include,
});

const session = v.variant("type", [spoken, transcribed], "must be an object with `type` realtime or transcription");

const form = v.strictObject({
  expires_after: v.exactOptional(
    v.strictObject({
      anchor: v.exactOptional(v.literal("created_at", "must be created_at")),
      seconds: v.exactOptional(
        v.pipe(
          v.number("must be a number"),
          v.integer("must be a whole number"),
          v.minValue(MIN_SECONDS, `must be from ${MIN_SECONDS} to ${MAX_SECONDS}`),
          v.maxValue(MAX_SECONDS, `must be from ${MIN_SECONDS} to ${MAX_SECONDS}`),
        ),
      ),
    }),
  ),
  session: v.exactOptional(session),
});

/** The body of `POST /realtime/client_secrets`, checked. */
export type ClientSecretForm = v.InferOutput<typeof form>;

/** OpenAI's realtime session as a caller asks for it (GA). */
export type AskedSession = v.InferOutput<typeof session>;

/** Checks the body of `POST /realtime/client_secrets`; unknown fields are refused by name. */
export function parseClientSecretForm(body: Json): Result<ClientSecretForm> {
  const parsed = v.safeParse(form, body);
  return parsed.success ? ok(parsed.output) : wrong(parsed.issues[0], "");
}

/** Checks the `session` of `POST /realtime/calls`. */
export function parseAskedSession(body: unknown): Result<AskedSession> {
  const parsed = v.safeParse(session, body);
  return parsed.success ? ok(parsed.output) : wrong(parsed.issues[0], "session");
}

/** What the first problem of a form says, by the field's name. */
export function wrong(issue: v.BaseIssue<unknown>, at: string) {
  const param = [at, v.getDotPath(issue) ?? ""].filter((part) => part !== "").join(".") || "body";
  const isUnknown = issue.type === "strict_object" && issue.expected === "never";
  const isMissing = issue.input === undefined;
  const problem = isUnknown ? "is not a known field" : isMissing ? "is missing" : issue.message;
  return fail({ kind: "bad_field", param, detail: `\`${param}\` ${problem}.` });
}
