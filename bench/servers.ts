import type { CaseContext } from "./cases/case.ts";
import { servePeer } from "./peers.ts";
import { type Product, productLanes, serveProduct } from "./product.ts";
import type { Lane } from "./rounds.ts";
import { type Serving, serveFloor } from "./workerd.ts";

/** Every server of a case with its lanes. The floor runs twice: the second one shows what the method itself scatters. */
export interface Servers {
  readonly product: Product;
  readonly lanes: Awaited<ReturnType<typeof productLanes>>;
  readonly floor: Lane;
  readonly floorAgain: Lane;
  readonly hono: Lane;
  /** Empty unless other gateways are measured too. */
  readonly peers: readonly Lane[];
}

/** Starts the servers, hands them to `use`, and stops them whatever comes of it. */
export async function withServers<Answer>(
  { crew, peers }: CaseContext,
  use: (servers: Servers) => Promise<Answer>,
): Promise<Answer> {
  const running: Serving[] = [];
  const kept = async <Server extends Serving>(starting: Promise<Server>): Promise<Server> => {
    const server = await starting;
    running.push(server);
    return server;
  };
  try {
    const floor = async (name: string, entry: "floor.ts" | "floor-hono.ts"): Promise<Lane> =>
      bare(name, await kept(serveFloor(entry, crew.upstreamURL)));
    const product = await kept(serveProduct(crew.upstreamURL));
    return await use({
      product,
      lanes: await productLanes(product),
      floor: await floor("floor", "floor.ts"),
      floorAgain: await floor("floor again", "floor.ts"),
      hono: await floor("floor behind hono", "floor-hono.ts"),
      peers: peers ? [(await kept(servePeer(crew.upstreamURL))).lane] : [],
    });
  } finally {
    await Promise.all(running.map((server) => server.stop()));
  }
}

function bare(name: string, { chatURL, pid }: Serving): Lane {
  return { name, chatURL, pid, headers: { authorization: "Bearer sk-bench-callers-own-key" } };
}
