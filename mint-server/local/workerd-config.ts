import { relative } from "node:path";

/** The date whose behaviour of the platform the Worker is written for; the same as in `wrangler.toml`. */
const COMPATIBILITY_DATE = "2026-10-23";

export interface WorkerdConfigOptions {
  /** Folder that the configuration is written into; modules are embedded relative to it. */
  readonly folder: string;
  /** The Worker's modules, its entry first. */
  readonly modules: readonly { readonly name: string; readonly path: string }[];
  /** Names of the environment variables to bind. Their values never come here. */
  readonly settings: readonly string[];
  /** Folders of files to serve. */
  readonly pages: string;
  /** Leaves the demo's Content Security Policy out where `pages` are served. */
  readonly withoutPolicy: boolean;
  readonly browser: string;
  /** Folder of the Durable Objects' databases. */
  readonly objects: string;
}

/**
 * The text of a workerd configuration (Cap'n Proto) that serves the Worker on the socket `http`.
 *
 * `worker = .mintgate` needs its space: `=.` would be read as one operator.
 */
export function workerdConfig(options: WorkerdConfigOptions): string {
  const { folder, modules, settings, pages, withoutPolicy, browser, objects } = options;
  const moduleRows = modules.map(
    ({ name, path }) => `(name = ${quoted(name)}, esModule = embed ${quoted(relative(folder, path))})`,
  );
  const settingRows = settings.map((name) => `(name = ${quoted(name)}, fromEnvironment = ${quoted(name)})`);
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "mintgate", worker = .mintgate),
    (name = "pages", disk = ${quoted(pages)}),
    (name = "browser", disk = ${quoted(browser)}),
    (name = "objects", disk = (path = ${quoted(objects)}, writable = true)),
    # Which of these addresses a provider may have is decided when settings are read; a name can still resolve to any.
    (name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", http = (), service = "mintgate")],
);

const mintgate :Workerd.Worker = (
  modules = [
    ${moduleRows.join(",\n    ")},
  ],
  compatibilityDate = ${quoted(COMPATIBILITY_DATE)},
  compatibilityFlags = ["enable_request_signal"],
  bindings = [
    ${[
      ...settingRows,
      `(name = "LEDGER", durableObjectNamespace = "Ledger")`,
      `(name = "DIRECTORY", durableObjectNamespace = "Directory")`,
      `(name = "ANSWERS", durableObjectNamespace = "Answers")`,
      `(name = "CALLS", durableObjectNamespace = "Calls")`,
      `(name = "CACHE", kvNamespace = (name = "mintgate", entrypoint = "localKv"))`,
      `(name = "KV_OBJECT", durableObjectNamespace = "KvObject")`,
      `(name = "PAGES", service = "pages")`,
      ...(withoutPolicy ? [`(name = "PAGES_WITHOUT_POLICY", json = "true")`] : []),
      `(name = "BROWSER", service = "browser")`,
    ].join(",\n    ")},
  ],
  durableObjectNamespaces = [
    (className = "Ledger", uniqueKey = "mintgate-ledger", enableSql = true),
    (className = "Directory", uniqueKey = "mintgate-directory", enableSql = true),
    (className = "Answers", uniqueKey = "mintgate-answers", enableSql = true),
    (className = "Calls", uniqueKey = "mintgate-calls", enableSql = true),
    (className = "KvObject", uniqueKey = "mintgate-kv", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "objects"),
);
`;
}

/** Cap'n Proto's text literals take JSON's escapes, save that of control characters, which no name or path here has. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
