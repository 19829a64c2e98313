import { pathToFileURL } from "node:url";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";

// Runs the examples that it is given, one after the other, and tells what became of each. In a process of its own, where
// they find the package by its name, as an app does.

/** What an example showed, or why it failed. */
export interface Ran {
  readonly shown: readonly unknown[];
  readonly error?: string;
}

const { SERVER, PROJECT_KEY: projectKey = "" } = process.env;
const MINT_SECRET = "0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY";

/** What an example takes for granted; `page-context.d.ts` has the types. */
const context = {
  OpenAI,
  Anthropic,
  GoogleGenAI,
  projectKey,
  openai: new OpenAI({ apiKey: projectKey, baseURL: `${SERVER}/v1/proxy` }),
  messages: [{ role: "user", content: "Hello" }],
  MINT_SECRET,
  config: {
    secrets: [MINT_SECRET],
    publicURLs: ["https://mint.example"],
    orgs: { default: { keys: ["a-project-key-of-the-documentation"] } },
  },
};

async function run(file: string): Promise<Ran> {
  const shown: unknown[] = [];
  Object.assign(globalThis, context, { show: (value: unknown) => void shown.push(value) });
  try {
    await import(pathToFileURL(file).href);
    return { shown };
  } catch (error) {
    return { shown, error: String(error) };
  }
}

const ran: Ran[] = [];
for (const file of process.argv.slice(2)) ran.push(await run(file));
process.stdout.write(JSON.stringify(ran));
