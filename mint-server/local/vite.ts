import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CommonServerOptions,
  loadEnv,
  type Plugin,
  type PreviewServer,
  type ResolvedConfig,
  type ViteDevServer,
} from "vite";
import { loadEnvironment } from "./environment.ts";
import { PATHS } from "./paths.ts";
import { type SideServer, sideServer } from "./vite-side-server.ts";

// Here and not in sw/: it starts a mint-server, and of the browser side it needs only what is built.

/** Options of {@link mintgate}. */
export interface MintgateOptions {
  /** `false` if the app has a worker of its own, with `installProxy`: then none is served or emitted. Default: true. */
  readonly worker?: boolean;
  /**
   * Who answers `/v1` while developing: `true`, a mint-server that is started beside Vite; its origin, one that runs already;
   * `false`, the app's own arrangement. Default: true.
   */
  readonly mintServer?: boolean | string;
  /** Settings for the mint-server that is started. Others are the environment's, `.dev.vars`'s and those of Vite's `.env` files. */
  readonly settings?: Readonly<Record<string, string>>;
}

const WORKER_FILES = ["mintgate-sw.js", "mintgate-sw.js.map"] as const;

/** What the mint-server serves. As regular expressions, since Vite takes plain keys for beginnings: `/v1` is that of `/v10`. */
const API = ["^/v1/", "^/\\.well-known/jwks\\.json$"];

/** What Vite gives nobody, unless a configuration says otherwise. */
const DENIED_BY_VITE = [".env", ".env.*", "*.{crt,pem,key,p12,pfx,cer,der}", ".npmrc", ".yarnrc.yml", "**/.git/**"];

/** Secrets for the mint-server, which lie below the root of what Vite serves. */
const DENIED = [".dev.vars", ".dev.vars.*", "**/.mintgate/**"];

/**
 * Vite's plugin. While developing, and in `vite preview`, it serves the ready-made worker and starts a mint-server on workerd
 * behind the same origin; a build has the worker's file at its root.
 *
 * @example
 * export default defineConfig({ plugins: [mintgate()] });
 */
export function mintgate({ worker = true, mintServer = true, settings = {} }: MintgateOptions = {}): Plugin {
  // By configuration: where Vite starts itself anew, this plugin may stand in the old one and the new one at once.
  const sides = new WeakMap<ResolvedConfig, SideServer>();
  let side: SideServer | undefined;
  const serve = (server: ViteDevServer | PreviewServer, address: CommonServerOptions): void => {
    if (worker) serveWorker(server);
    const { mode, envDir, root } = server.config;
    const files = loadEnv(mode, envDir || root, "");
    const env = { ...files, ...loadEnvironment(root, process.env), ...settings };
    sides.get(server.config)?.serveBehind(server, { env, address });
  };
  return {
    name: "mintgate",
    async config(config, { command, mode }) {
      // A test runner reads the configuration too, and asks nobody.
      if (command !== "serve" || mode === "test" || mintServer === false) return;
      side = mintServer === true ? await sideServer() : undefined;
      const target = side?.target ?? String(mintServer);
      const proxy = Object.fromEntries(API.map((path) => [path, { target, ws: true }]));
      const deny = config.server?.fs?.deny ? DENIED : [...DENIED_BY_VITE, ...DENIED];
      // Made ready at the start: found later, as in a framework's hooks, it makes Vite load the page anew.
      const optimizeDeps = { include: ["mintgate"] };
      return { server: { proxy, fs: { deny } }, preview: { proxy }, optimizeDeps };
    },
    configResolved(config) {
      if (side) sides.set(config, side);
    },
    configureServer: (server) => serve(server, server.config.server),
    configurePreviewServer: (server) => serve(server, server.config.preview),
    generateBundle() {
      if (!worker || this.environment.config.consumer !== "client") return;
      for (const fileName of WORKER_FILES) this.emitFile({ type: "asset", fileName, source: read(fileName) });
    },
    // Of a development server, this is its end.
    closeBundle() {
      return sides.get(this.environment.getTopLevelConfig())?.stop();
    },
  };
}

/** At the app's base, where a build has it. */
function serveWorker({ config, middlewares }: ViteDevServer | PreviewServer): void {
  middlewares.use((request, response, next) => {
    const path = request.url?.split("?")[0];
    const name = WORKER_FILES.find((file) => path === config.base + file);
    if (name === undefined) return next();
    response.writeHead(200, {
      "content-type": name.endsWith(".js") ? "text/javascript" : "application/json",
      "cache-control": "no-cache",
      // An app below a path may want its worker for the whole origin.
      ...(config.base !== "/" && { "service-worker-allowed": "/" }),
    });
    response.end(request.method === "HEAD" ? undefined : read(name));
  });
}

function read(name: string): string {
  return readFileSync(join(PATHS.browser, name), "utf8");
}
