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
/** @throws {SettingsError} at the first field that is wrong. */
export declare function compileTelemetry(given?: TelemetryConfig): TelemetryConfig | undefined;
/**
 * Reads `name=value,name=value`, values percent-encoded (OpenTelemetry Protocol Exporter, "Specifying headers via environment
 * variables").
 *
 * @throws {SettingsError} if a pair is none.
 */
export declare function readHeaderPairs(text: string): Record<string, string>;
