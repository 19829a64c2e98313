import OpenAI from "openai";
import {
  cacheInfo,
  clearCache,
  createFetch,
  dropQueued,
  interrupt,
  onEvent,
  outbox,
  register,
  signOut,
} from "../../../sw/client.ts";
import { keepComplaints, takeAway } from "./lacking.ts";

/* An app as its developer had it, with the two lines added. Tests call it through `app`. */

keepComplaints();
takeAway();

const exposed = {
  OpenAI,
  cacheInfo,
  clearCache,
  createFetch,
  dropQueued,
  interrupt,
  onEvent,
  outbox,
  register,
  signOut,
};

declare global {
  var app: typeof exposed;
}
globalThis.app = exposed;
