import { setTimeout as delay } from "node:timers/promises";
import type { Crew } from "./crew.ts";
import { until } from "./processes.ts";
import type { Lane } from "./rounds.ts";
import { rssMb } from "./usage.ts";
import { chatBody, type Order } from "./work.ts";

const FLOOD: Order = { kind: "flood", size: 64 };
const CLIENTS = 8;
/** How long they go on reading nothing. */
const STALL_MS = 5000;

/** What a server did with clients that ask for 64 MB and read nothing, once no more bytes move. */
export interface Stalled {
  /** By how much it had grown for each client when no more bytes moved, in megabytes: buffers, and what V8 had not yet collected. */
  readonly filledMb: number;
  /** By how much it grew for each client while they went on reading nothing, in megabytes. */
  readonly grownMb: number;
  /** How much it took from the provider for each client, the operating system's buffers included, in megabytes. */
  readonly takenMb: number;
}

/** Lets clients stall on a server, and looks at it when the provider cannot get rid of one byte more. */
export async function stall(crew: Crew, { name, chatURL: url, headers, pid }: Lane): Promise<Stalled> {
  const before = rssMb(pid);
  await crew.stall({ url, headers, bodies: [chatBody(FLOOD)], connections: CLIENTS, requests: CLIENTS });
  const takenBytes = await stillness(crew, name);
  const full = rssMb(pid);
  await delay(STALL_MS);
  const grownMb = (rssMb(pid) - full) / CLIENTS;
  await crew.release();
  return { filledMb: (full - before) / CLIENTS, grownMb, takenMb: takenBytes / 1e6 / CLIENTS };
}

/** Waits until a server let the provider go, after its clients went. */
export async function allGone(crew: Crew, { name }: Lane): Promise<void> {
  await until(async () => (await crew.floods()).open === 0, { what: `${name} to let the provider go` });
}

/** Waits until all floods run and ten looks in a row found no byte more taken; gives the bytes taken. */
function stillness(crew: Crew, name: string): Promise<number> {
  let last = -1;
  let still = 0;
  return until(
    async () => {
      const { open, takenBytes } = await crew.floods();
      still = open === CLIENTS && takenBytes === last ? still + 1 : 0;
      last = takenBytes;
      return still >= 10 && takenBytes;
    },
    { what: `no more bytes to move through ${name}`, everyMs: 100 },
  );
}
