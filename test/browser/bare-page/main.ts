import OpenAI from "openai";
import { createFetch, onEvent, register, signOut } from "../../../sw/client.ts";

/* An app as its developer had it, with the two lines added. Tests call it through `app`. */

const exposed = { OpenAI, createFetch, onEvent, register, signOut };

declare global {
  var app: typeof exposed;
}
globalThis.app = exposed;
