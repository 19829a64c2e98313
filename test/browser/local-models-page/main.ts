import OpenAI from "openai";
import { createFetch, onEvent, register } from "../../../sw/client.ts";
import { echo, endless } from "./models.ts";

/* An app with models of its own. Tests call it through `local`. */

const exposed = { OpenAI, createFetch, onEvent, register, models: { echo, endless, "on-device": "window" } as const };

declare global {
  var local: typeof exposed;
}
globalThis.local = exposed;
