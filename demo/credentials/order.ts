import type { Feature, Limits } from "../../mint-server/contract/credential.ts";
import type { Option } from "../components/fields.tsx";

/** The form, as it was entered. Empty: not restricted. */
export interface OrderEntries {
  /** Separated by commas. */
  readonly models: string;
  readonly ttlMinutes: string;
  readonly subject: string;
  readonly origins: string;
  readonly project: string;
  readonly endpoints: readonly string[];
  readonly features: readonly string[];
  readonly limits: Readonly<Partial<Record<LimitName, string>>>;
  readonly per: NonNullable<Limits["per"]>;
}

export type LimitName = Exclude<keyof Limits, "per">;

export const EMPTY_ORDER: OrderEntries = {
  models: "",
  ttlMinutes: "10",
  subject: "",
  origins: "",
  project: "",
  endpoints: [],
  features: [],
  limits: {},
  per: "credential",
};

/** What can be limited: its field, its words, and whether it may be a fraction. */
export const LIMITS: readonly { readonly name: LimitName; readonly label: string; readonly step: number | "any" }[] = [
  { name: "usd", label: "US dollars", step: "any" },
  { name: "tokens", label: "Tokens", step: 1 },
  { name: "requests", label: "Requests", step: 1 },
  { name: "requestsPerMinute", label: "Requests a minute", step: 1 },
  { name: "maxTokensPerRequest", label: "Tokens a request", step: 1 },
  { name: "realtimeSeconds", label: "Seconds of voice", step: 1 },
];

export const SPANS: readonly Option[] = [
  ["credential", "this credential’s life"],
  ["hour", "an hour of the subject"],
  ["day", "a day of the subject"],
  ["month", "a month of the subject"],
  ["total", "all time of the subject"],
];

const FEATURE_WORDS: Readonly<Record<Feature, string>> = {
  hosted_tools: "tools that run at the provider",
  store: "storing at the provider",
  background: "background answers",
  multiple_choices: "several answers at once",
  service_tier: "other service tiers",
};

export const FEATURE_OPTIONS: readonly Option[] = Object.entries(FEATURE_WORDS);

/** A grant's features in words. */
export function featureWords(features: readonly Feature[]): string[] {
  return features.map((feature) => FEATURE_WORDS[feature] ?? feature);
}

/** The body of `POST /credentials`. */
export function orderOf(entries: OrderEntries): Readonly<Record<string, unknown>> {
  const { ttlMinutes, subject, project, endpoints, features, per } = entries;
  const models = listOf(entries.models);
  const origins = listOf(entries.origins);
  const limits = Object.entries(entries.limits).filter(([, value]) => value !== "");
  return {
    ...(models.length > 0 && { models }),
    ttl_seconds: Math.round(Number(ttlMinutes) * 60),
    ...(subject.trim() && { subject: subject.trim() }),
    ...(origins.length > 0 && { origins }),
    ...(endpoints.length > 0 && { endpoints }),
    ...(features.length > 0 && { features }),
    ...(limits.length > 0 && {
      limits: { ...Object.fromEntries(limits.map(([name, value]) => [name, Number(value)])), per },
    }),
    ...(project.trim() && { logging: { project_name: project.trim() } }),
  };
}

function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}
