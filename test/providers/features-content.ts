import type { Message, Part, Signature } from "../../mint-server/wire/chat-request.ts";
import type { SpokenWire } from "../../mint-server/wire/formats.ts";
import { FieldError } from "../../mint-server/wire/read.ts";
import { ALL_WIRES, wires } from "../wire/support/formats.ts";
import {
  assistant,
  call,
  chatRequest,
  image,
  PDF,
  PNG,
  pdf,
  result,
  say,
  user,
  WAV,
  WEATHER,
} from "../wire/support/samples.ts";

// The third table of docs/compatibility.md: kinds of content, and what each wire format makes of them.

const PICTURE = "https://pictures.example/cat.png";
const PAPER = "https://papers.example/report.pdf";
const OWN_SIGNATURE = "c2lnbmVkIGJ5IHRoZSBwcm92aWRlcg==";

/** Models that take whatever their wire format has. */
const MODELS: Readonly<Record<SpokenWire, string>> = {
  openai: "gpt-5.6",
  responses: "gpt-5.6",
  anthropic: "claude-opus-4-5",
  google: "gemini-3-pro",
  bedrock: "anthropic.claude-opus-4-5-20251101-v1:0",
};

/** Who signs thoughts in a wire format; in Chat Completions the model's name is all the signature there is. */
const SIGNATURES: Readonly<Record<SpokenWire, Signature>> = {
  openai: { by: "chat", value: MODELS.openai },
  responses: { by: "responses", value: OWN_SIGNATURE, id: "rs_1" },
  anthropic: { by: "anthropic", value: OWN_SIGNATURE },
  google: { by: "google", value: OWN_SIGNATURE },
  bedrock: { by: "bedrock", value: OWN_SIGNATURE },
};

interface Content {
  messages(wire: SpokenWire): readonly Message[];
  /** What of it shows in a body that holds it. */
  readonly mark: string | RegExp;
}

const shown = (part: Part, mark: Content["mark"]): Content => ({ messages: () => [user(say("Look:"), part)], mark });
const thought = (text: string, signature: Signature): readonly Message[] => [
  user(say("Hello")),
  assistant({ kind: "reasoning", text, signature }, call("call_1", "weather", {})),
  user(result("call_1", say("sun"))),
];

const CONTENTS: Readonly<Record<string, Content>> = {
  text: shown(say("some words"), "some words"),
  "image, as data": shown(image(), PNG),
  "image, by URL": shown({ kind: "image", source: { kind: "url", url: PICTURE }, at: "here" }, PICTURE),
  "PDF, as data": shown(pdf(), PDF),
  "PDF, by URL": shown({ kind: "file", source: { kind: "url", url: PAPER }, at: "here" }, PAPER),
  "text file": shown(
    {
      kind: "file",
      source: { kind: "base64", mediaType: "text/plain", data: btoa("lines") },
      name: "notes.txt",
      at: "here",
    },
    /lines|bGluZXM=/,
  ),
  "audio, as data": shown(
    { kind: "audio", source: { kind: "base64", mediaType: "audio/wav", data: WAV }, at: "here" },
    WAV,
  ),
  "image in a tool's result": {
    messages: () => [
      user(say("Hi")),
      assistant(call("call_1", "weather", {})),
      user(result("call_1", say("a map"), image())),
    ],
    mark: PNG,
  },
  "thoughts that its provider signed": {
    messages: (wire) => thought("I think.", SIGNATURES[wire]),
    mark: /I think\.|c2lnbmVk/,
  },
  "thoughts of another provider": {
    messages: () => thought("I think.", { by: "elsewhere", value: "x" }),
    mark: "I think.",
  },
  "marks of what to cache": {
    messages: () => [user({ kind: "text", text: "long", cache: {} }, say("short"))],
    mark: /cache/i,
  },
};

export const CONTENT_KINDS: readonly string[] = Object.keys(CONTENTS);

/** What becomes of a kind of content; `refused` names the part. */
export function contentFate(kind: string, wire: SpokenWire): "sent" | "dropped" | `refused: ${string}` {
  const content = CONTENTS[kind];
  if (!content) throw new TypeError(`no content ${kind}`);
  const request = chatRequest({ model: MODELS[wire], messages: content.messages(wire), tools: [WEATHER] });
  try {
    const body = JSON.stringify(wires[wire].encodeRequest(request, {}));
    const isSent = typeof content.mark === "string" ? body.includes(content.mark) : content.mark.test(body);
    return isSent ? "sent" : "dropped";
  } catch (error) {
    if (error instanceof FieldError) return `refused: ${error.param}`;
    throw error;
  }
}

/** A row of the table. */
export function contentRows(): readonly (readonly string[])[] {
  return CONTENT_KINDS.map((kind) => [kind, ...ALL_WIRES.map((wire) => contentFate(kind, wire).replace(/:.*/, ""))]);
}
