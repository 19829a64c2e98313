import type { Answer } from "./answer.ts";
import type { Visit } from "./routes.ts";
import { PROMETHEUS_TYPE } from "./telemetry/prometheus.ts";

/** `GET /metrics`: what this instance has counted since it started. Whoever calls it has been let in. */
export function getMetrics({ services }: Visit): Answer {
  const body = services.telemetry?.metrics() ?? "";
  return { status: 200, headers: { "content-type": PROMETHEUS_TYPE }, body };
}
