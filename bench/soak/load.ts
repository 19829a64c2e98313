import type { Rig } from "../../test/support/rig.ts";
import { orderInText } from "../../test/support/stand-in/orders.ts";
import type { Tab } from "../tabs.ts";

/** Requests of all kinds, one at a time from each loop. */
export interface Load {
  readonly done: number;
  /** What did not come out right. */
  readonly problems: readonly string[];
  fromNode(): Promise<void>;
  fromPage(): Promise<void>;
}

const DISTINCT = 500;

export function createLoad(rig: Rig, tab: Tab, random: () => number): Load {
  const problems: string[] = [];
  let done = 0;
  let limited: string | undefined;
  const check = (name: string, text: string, isWhole: boolean): void => {
    done++;
    if (!isWhole) problems.push(`${name}: ${text.slice(-300)}`);
  };
  const ask = async (name: string, path: string, body: object, headers: Record<string, string> = {}): Promise<void> => {
    const answer = await rig.post(path, body, { headers, authorization: limited && `Bearer ${limited}` });
    const text = await answer.text();
    check(name, text, answer.status === 200 && /\[DONE\]|message_stop|"finish_reason": ?"stop"/.test(text));
  };
  const kinds: readonly (() => Promise<void>)[] = [
    () => ask("stream", "chat/completions", chat(random, { stream: true })),
    () => ask("whole", "chat/completions", chat(random)),
    () =>
      ask("cached", "chat/completions", { ...chat(() => Math.floor(random() * DISTINCT) / DISTINCT), temperature: 0 }),
    () => ask("kept", "chat/completions", chat(random, { stream: true }), { "idempotency-key": `k${random()}` }),
    () => ask("translated", "anthropic/v1/messages", { ...chat(random, { stream: true }), max_tokens: 100 }),
    async () => {
      const leaving = AbortSignal.timeout(1 + Math.floor(random() * 40));
      const asked = rig.post("chat/completions", chat(random, { stream: true }), { signal: leaving });
      await asked.then((answer) => answer.text()).catch(() => {});
      done++;
    },
    async () => {
      limited = (
        await rig.issue({ subject: `user-${Math.floor(random() * 50)}`, limits: { requests: 1e6, usd: 1000 } })
      ).key;
    },
  ];
  return {
    get done() {
      return done;
    },
    problems,
    fromNode: async () => kinds[Math.floor(random() * kinds.length)]?.(),
    async fromPage() {
      const body = { ...chat(random, { stream: true }), ...(random() < 0.5 && { temperature: 0 }) };
      const text = String(await tab.evaluate(`(${askInPage})(${JSON.stringify(body)})`));
      check("page", text, text.includes("[DONE]"));
    },
  };
}

/** Runs in the page. */
async function askInPage(sent: object): Promise<string> {
  const answer = await fetch("/v1/proxy/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer browser" },
    body: JSON.stringify(sent),
  });
  return answer.text();
}

function chat(random: () => number, fields: object = {}): object {
  const mark = random();
  const content = `${mark} ${orderInText({ events: 5 + Math.floor(mark * 60), everyMs: Math.floor(mark * 3) })}`;
  return { model: "gpt-4o", messages: [{ role: "user", content }], ...fields };
}
