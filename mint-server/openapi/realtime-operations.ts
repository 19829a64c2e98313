import type { OperationNotes } from "./operation.ts";
import { inPath, inQuery } from "./parameters.ts";

/** Notes on the routes of realtime sessions. */
export const REALTIME_OPERATIONS: Readonly<Record<string, OperationNotes>> = {
  "GET /realtime": {
    id: "openRealtime",
    summary: "Open a realtime session, as a WebSocket",
    description:
      "The credential stands in `Authorization`, or in the subprotocol `openai-insecure-api-key.<credential>` beside `realtime`. Frames are OpenAI's.",
    parameters: [inQuery("model", "The credential's own, or the first `session.update`'s, unless given.")],
    statuses: [101],
    see: { name: "OpenAI's realtime API", url: "https://developers.openai.com/api/docs/guides/realtime" },
  },
  "POST /realtime/client_secrets": {
    id: "createClientSecret",
    summary: "Issue a credential for realtime sessions alone",
    description: "In OpenAI's shape. What `session` holds, its holder cannot change.",
    request: "Anything",
    answer: "ClientSecret",
    see: {
      name: "OpenAI's request and answer",
      url: "https://developers.openai.com/api/reference/resources/realtime/subresources/client_secrets/methods/create",
    },
  },
  "POST /realtime/calls": {
    id: "createCall",
    summary: "Begin a realtime call over WebRTC",
    parameters: [inQuery("model", "The session's own unless given.")],
    request: {
      "application/sdp": { schema: { type: "string" } },
      "multipart/form-data": {
        schema: {
          type: "object",
          properties: { sdp: { type: "string" }, session: { type: "string" } },
          required: ["sdp"],
        },
      },
    },
    answer: { "application/sdp": { schema: { type: "string" } } },
    answerHeaders: ["Location", "UsedEndpoint"],
    statuses: [201],
    see: {
      name: "OpenAI's request and answer",
      url: "https://developers.openai.com/api/reference/resources/realtime/subresources/calls",
    },
  },
  "POST /realtime/calls/:id/hangup": {
    id: "endCall",
    summary: "End a realtime call",
    parameters: [inPath("id", "The end of the call's `Location`.")],
    answerHeaders: ["UsedEndpoint"],
  },
  "POST /live/sessions": {
    id: "createLiveSession",
    summary: "Begin a session of OpenAI's Live API over WebRTC",
    description: "In OpenAI's shape. The `id` of the answer's session names it, and opens nothing.",
    request: "LiveOffer",
    answer: "LiveAnswer",
    answerHeaders: ["UsedEndpoint"],
    see: {
      name: "OpenAI's request and answer",
      url: "https://developers.openai.com/api/reference/resources/live/methods/create",
    },
  },
  "GET /google/ws/:name": {
    id: "openGeminiLive",
    summary: "Open a Gemini Live session, as a WebSocket",
    description: "The credential stands in the query's `key` or `access_token`, or in a header. Frames are Google's.",
    parameters: [inPath("name", "The full name of the method `BidiGenerateContent`.")],
    statuses: [101],
    see: { name: "Google's Live API", url: "https://ai.google.dev/api/live" },
  },
};
