import { PROXY_PREFIX } from "../../mint-server/contract/hosts.ts";
import type { ChatBody } from "./types.ts";

/** The request in a page's own code, with the OpenAI SDK. */
export function asSdkCode(body: ChatBody): string {
  return `import OpenAI from "openai";
import { register } from "mintgate";

await register();
const openai = new OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true });

const stream = await openai.chat.completions.create(${asLiteral(body)});
for await (const { choices } of stream) {
  console.log(choices[0]?.delta);
}
`;
}

/** The request on a command line, for which a project key or a temporary credential stands in \`$MINTGATE_KEY\`. */
export function asCurl(body: ChatBody, origin: string): string {
  return [
    `curl -N ${origin}${PROXY_PREFIX}/chat/completions`,
    `-H "authorization: Bearer $MINTGATE_KEY"`,
    `-H "content-type: application/json"`,
    `-d ${quoted(JSON.stringify(body, undefined, 2))}`,
  ].join(" \\\n  ");
}

/** JSON is JavaScript; names that need no quotes lose them. Within a string of JSON no line begins. */
function asLiteral(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(/^(\s*)"([A-Za-z_]\w*)":/gm, "$1$2:");
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
