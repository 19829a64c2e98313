import { addTo, createHistogram, type Histogram, OPERATION_SECONDS, TTFT_SECONDS } from "./histogram.ts";
import { answerMs, type RequestRecord } from "./record.ts";

type Labels = Readonly<Record<string, string>>;

/** What this instance has counted since it started, for `GET /metrics`. */
export interface Counters {
  add(record: RequestRecord): void;
  readonly families: readonly Family[];
}

/** All series of one name. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly series: ReadonlyMap<string, Series>;
}

export interface Series {
  readonly labels: Labels;
  value: number;
  readonly histogram?: Histogram;
}

/** Most series of one name: callers may name what models they like. What comes later counts as `other`. */
const MAX_SERIES = 1000;

interface Growing extends Family {
  add(labels: Labels, value: number): void;
}

function family(name: string, help: string, bounds?: readonly number[]): Growing {
  const series = new Map<string, Series>();
  const find = (labels: Labels): Series => {
    const key = JSON.stringify(labels);
    const known = series.get(key);
    if (known) return known;
    if (series.size >= MAX_SERIES && labels.model !== "other") return find({ ...labels, model: "other" });
    const fresh: Series = { labels, value: 0, ...(bounds && { histogram: createHistogram(bounds) }) };
    series.set(key, fresh);
    return fresh;
  };
  return {
    name,
    help,
    type: bounds ? "histogram" : "counter",
    series,
    add(labels, value) {
      const found = find(labels);
      if (found.histogram) addTo(found.histogram, value);
      else found.value += value;
    },
  };
}

export function createCounters(): Counters {
  const requests = family("mintgate_requests_total", "Requests by route, model, endpoint, status and cache.");
  const failures = family("mintgate_failures_total", "Requests that failed, by the kind of the failure.");
  const attempts = family("mintgate_attempts_total", "Calls of endpoints, by how they went.");
  const tokens = family("mintgate_tokens_total", "Tokens that providers told of.");
  const cost = family("mintgate_cost_usd_total", "US dollars, where the model's price is known.");
  const seconds = family("mintgate_request_seconds", "Seconds to an answer's last byte.", OPERATION_SECONDS);
  const first = family("mintgate_first_token_seconds", "Seconds to a stream's first token.", TTFT_SECONDS);
  const sent = family("mintgate_answer_bytes_total", "Bytes of answers' bodies.");
  const revocations = family("mintgate_revocations_total", "Revocations that were asked for and done.");
  const sessions = family("mintgate_realtime_sessions_total", "Realtime sessions that are over, by how they closed.");
  const spoken = family("mintgate_realtime_seconds_total", "Seconds of realtime sessions that are over.");
  const voice = family("mintgate_realtime_audio_seconds_total", "Seconds of voice, where it was counted.");
  const realtime = [sessions, spoken, voice];
  const all = [requests, failures, attempts, tokens, cost, seconds, first, sent, revocations, ...realtime];
  return {
    families: all,
    add(record) {
      const { route, status, errorKind, cached = "none", usage, micros, firstTokenMs, answerBytes, session } = record;
      // A model that nobody serves is any text at all.
      const { endpoint = "none" } = record;
      const model = endpoint === "none" ? "none" : (record.model ?? "none");
      const ofModel = { model, endpoint };
      requests.add({ route, ...ofModel, status: String(status), cached }, 1);
      seconds.add({ route, ...ofModel }, answerMs(record) / 1000);
      sent.add({ route }, answerBytes);
      if (errorKind !== undefined) failures.add({ kind: errorKind }, 1);
      for (const attempt of record.attempts)
        attempts.add({ endpoint: attempt.endpoint, outcome: attempt.errorKind ?? "ok" }, 1);
      if (firstTokenMs !== undefined) first.add(ofModel, firstTokenMs / 1000);
      if (usage) {
        const { inputTokens, outputTokens, cachedTokens = 0, reasoningTokens = 0 } = usage;
        const byType = { input: inputTokens, output: outputTokens, cached: cachedTokens, reasoning: reasoningTokens };
        for (const [type, count] of Object.entries(byType)) tokens.add({ ...ofModel, type }, count);
      }
      if (session) {
        const { closeCode, audioInSeconds = 0, audioOutSeconds = 0 } = session;
        sessions.add({ ...ofModel, close_code: String(closeCode) }, 1);
        spoken.add(ofModel, session.seconds);
        if (audioInSeconds > 0) voice.add({ ...ofModel, direction: "in" }, audioInSeconds);
        if (audioOutSeconds > 0) voice.add({ ...ofModel, direction: "out" }, audioOutSeconds);
      }
      if (micros !== undefined) cost.add(ofModel, micros / 1e6);
      if (route.endsWith("/credentials/revoke") && status === 200) revocations.add({}, 1);
    },
  };
}
