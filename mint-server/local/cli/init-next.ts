import type { Project } from "./init-project.ts";

/** What is left for people to do once the files are there, a line each. */
export function nextSteps(project: Project): string[] {
  const { packages } = project;
  // Deploying tools bring it along.
  const hasWorkerd = packages.has("workerd") || packages.has("wrangler");
  return [...(hasWorkerd ? [] : ["npm install --save-dev workerd"]), ...ownWorker(project), ...steps(project)];
}

/** A page has one worker. */
function ownWorker({ kind, ownWorker: maker }: Project): string[] {
  if (maker === undefined) return [];
  const withoutOurs = kind === "vite" || kind === "sveltekit" ? ", make the plugin mintgate({ worker: false })" : "";
  return [
    `${maker} makes a worker already: in that, import { installProxy } from "mintgate/sw" and call installProxy(self) before its own listeners${withoutOurs}, and give register() its address as \`worker\`, or \`worker: false\` if it is registered elsewhere`,
  ];
}

const AT_HOME = `{ mintServer: "http://127.0.0.1:8787/v1/proxy" }`;

function steps({ kind, publicFolder }: Project): string[] {
  switch (kind) {
    case "vite":
      return [beforeTheClient("mintgate", ""), "npm run dev"];
    case "sveltekit":
      return ["npm run dev, and use the OpenAI SDK in the browser as ever: onMount or an event is the place"];
    case "html":
      return [beforeTheClient("./mintgate.js", ""), `npx mintgate dev --site ${publicFolder}`];
    case "next":
      return [
        `in a module of a client component: import { register } from "mintgate"; export const ready = typeof window === "undefined" ? undefined : register(${AT_HOME});`,
        "await ready, then make the client",
        "npx mintgate dev --origin http://localhost:3000, beside npm run dev",
      ];
    case "other":
      return [
        `in the browser alone, ${beforeTheClient("mintgate", AT_HOME)}`,
        "npx mintgate dev --origin ORIGIN beside your app, with the origin that its own server prints, such as http://localhost:3000",
      ];
  }
}

function beforeTheClient(module: string, options: string): string {
  return `before the app makes its client: import { register } from "${module}"; await register(${options});`;
}
