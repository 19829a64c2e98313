import { checkedBaseURL, checkedSecret } from "../checked-values.ts";
import { SettingsError } from "../settings-error.ts";

/** What is told of requests, and to whom. Without it nothing is, and nothing is read along. */
export interface TelemetryConfig {
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`: base URL of a receiver of OTLP over HTTP. */
  readonly endpoint?: string;
  /** `OTEL_EXPORTER_OTLP_HEADERS`: headers for it, by name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `METRICS_KEY`: opens `GET /metrics`. At least 32 characters. */
  readonly metricsKey?: string;
  /** `LOG_REQUESTS`: writes a line for every request, not only for failures. */
  readonly logsRequests?: boolean;
}

const MIN_KEY_LENGTH = 32;

/** @throws {SettingsError} at the first field that is wrong. */
export function compileTelemetry(given: TelemetryConfig = {}): TelemetryConfig | undefined {
  const { endpoint, headers = {}, metricsKey, logsRequests = false } = given;
  if (endpoint === undefined && metricsKey === undefined && !logsRequests) return undefined;
  if (metricsKey !== undefined && metricsKey.length < MIN_KEY_LENGTH)
    throw new SettingsError("METRICS_KEY", `must be at least ${MIN_KEY_LENGTH} characters long`);
  return {
    ...(endpoint !== undefined && { endpoint: checkedBaseURL(endpoint, "OTEL_EXPORTER_OTLP_ENDPOINT") }),
    headers: checkedHeaders(headers),
    ...(metricsKey !== undefined && { metricsKey: checkedSecret(metricsKey, "METRICS_KEY") }),
    logsRequests,
  };
}

function checkedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      throw new SettingsError("OTEL_EXPORTER_OTLP_HEADERS", "holds a name that is no header name");
    checked[name.toLowerCase()] = checkedSecret(value, "OTEL_EXPORTER_OTLP_HEADERS");
  }
  return checked;
}

/**
 * Reads `name=value,name=value`, values percent-encoded (OpenTelemetry Protocol Exporter, "Specifying headers via environment
 * variables").
 *
 * @throws {SettingsError} if a pair is none.
 */
export function readHeaderPairs(text: string): Record<string, string> {
  const pairs = text.split(",").filter((pair) => pair.trim() !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name = "", value = ""] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
      try {
        if (name !== "") return [name, decodeURIComponent(value)] as const;
      } catch {
        // Falls to the error below.
      }
      throw new SettingsError("OTEL_EXPORTER_OTLP_HEADERS", "must hold pairs such as name=value, divided by commas");
    }),
  );
}
