import type { CustomModel, EndpointConfig } from "./admin.ts";
import { providerRow } from "./provider-rows.ts";

/** A custom model, as it is entered. */
export interface ModelEntries {
  readonly id: string;
  readonly flavor: string;
  readonly format: string;
  readonly multimodal: boolean;
  /** US dollars per million tokens. */
  readonly inputCost: string;
  readonly outputCost: string;
}

/** The form of an endpoint, as it is entered. */
export interface EndpointEntries {
  readonly name: string;
  readonly provider: string;
  /** By the field's path. A secret is empty: what is stored is not shown. */
  readonly values: Readonly<Record<string, string>>;
  /** Separated by commas or lines. */
  readonly models: string;
  readonly weight: string;
  readonly customModels: readonly ModelEntries[];
}

export const NEW_MODEL: ModelEntries = {
  id: "",
  flavor: "chat",
  format: "openai",
  multimodal: false,
  inputCost: "",
  outputCost: "",
};

export const NEW_ENDPOINT: EndpointEntries = {
  name: "openai",
  provider: "openai",
  values: {},
  models: "",
  weight: "",
  customModels: [],
};

/** What a form begins with for an endpoint that is there already. */
export function entriesOf(endpoint: EndpointConfig): EndpointEntries {
  const { name, provider, models = [], weight, customModels = {} } = endpoint;
  const open = providerRow(provider).fields.filter(({ secret }) => !secret);
  return {
    name,
    provider,
    values: Object.fromEntries(open.map(({ path }) => [path, String(valueAt(endpoint, path) ?? "")])),
    models: models.join("\n"),
    weight: weight === undefined ? "" : String(weight),
    customModels: Object.entries(customModels).map(([id, model]) => ({
      id,
      flavor: model.flavor,
      format: model.format,
      multimodal: model.multimodal === true,
      inputCost: String(model.inputCostPerMillionTokens ?? ""),
      outputCost: String(model.outputCostPerMillionTokens ?? ""),
    })),
  };
}

export function valueAt(endpoint: EndpointConfig, path: string): unknown {
  const [group = "", member] = path.split(".");
  const value = endpoint[group];
  return member === undefined ? value : (value as Readonly<Record<string, unknown>> | undefined)?.[member];
}

/** Members that belong to one provider. */
const OWN = ["apiKey", "azure", "aws", "google"];

/** The endpoint that a form describes. What it does not ask for stays as it was; so does a secret that was not given anew. */
export function endpointOf(entries: EndpointEntries, before: EndpointConfig | undefined): EndpointConfig {
  const { name, provider, values, weight } = entries;
  const isSame = before?.provider === provider;
  const kept = Object.entries(before ?? {}).filter(([member]) => isSame || !OWN.includes(member));
  const made: Record<string, unknown> = { ...structuredClone(Object.fromEntries(kept)), name, provider };
  for (const { path, secret } of providerRow(provider).fields) {
    const value = values[path]?.trim() ?? "";
    if (value !== "" || !secret) putAt(made, path, value);
  }
  const models = entries.models.split(/[\s,]+/).filter(Boolean);
  const custom = entries.customModels.filter(({ id }) => id.trim() !== "");
  for (const member of ["models", "weight", "customModels"]) delete made[member];
  return {
    ...made,
    name,
    provider,
    ...(models.length > 0 && { models }),
    ...(weight !== "" && { weight: Number(weight) }),
    ...(custom.length > 0 && {
      customModels: Object.fromEntries(
        custom.map((model) => [model.id.trim(), customModelOf(model, before?.customModels?.[model.id.trim()])]),
      ),
    }),
  };
}

/** Puts a value in its place; an empty one leaves it. */
function putAt(made: Record<string, unknown>, path: string, value: string): void {
  const [group = "", member] = path.split(".");
  const holder = member === undefined ? made : { ...(made[group] as object | undefined) };
  const last = member ?? group;
  if (value === "") delete (holder as Record<string, unknown>)[last];
  else (holder as Record<string, unknown>)[last] = value;
  if (member === undefined) return;
  if (Object.keys(holder).length > 0) made[group] = holder;
  else delete made[group];
}

function customModelOf(entries: ModelEntries, before: CustomModel | undefined): CustomModel {
  const { flavor, format, multimodal, inputCost, outputCost } = entries;
  const { inputCostPerMillionTokens: _in, outputCostPerMillionTokens: _out, ...rest } = before ?? {};
  return {
    ...rest,
    flavor,
    format,
    multimodal,
    ...(inputCost !== "" && { inputCostPerMillionTokens: Number(inputCost) }),
    ...(outputCost !== "" && { outputCostPerMillionTokens: Number(outputCost) }),
  };
}
