import type { FunctionDeclaration, GenerationConfig, Part, Schema, Tool } from "@google/genai";

// A field that the SDK adds or drops no longer compiles.

export const ROOT = [
  "contents",
  "tools",
  "toolConfig",
  "safetySettings",
  "systemInstruction",
  "generationConfig",
  "cachedContent",
  "labels",
  "model",
  "modelArmorConfig",
  "serviceTier",
  "store",
];

const CONFIG_FIELDS = {
  modelSelectionConfig: 1,
  responseJsonSchema: 1,
  audioTranscriptionConfig: 1,
  audioTimestamp: 1,
  candidateCount: 1,
  enableAffectiveDialog: 1,
  frequencyPenalty: 1,
  logprobs: 1,
  maxOutputTokens: 1,
  mediaResolution: 1,
  presencePenalty: 1,
  responseFormat: 1,
  responseLogprobs: 1,
  responseMimeType: 1,
  responseModalities: 1,
  responseSchema: 1,
  routingConfig: 1,
  seed: 1,
  speechConfig: 1,
  stopSequences: 1,
  temperature: 1,
  thinkingConfig: 1,
  topK: 1,
  topP: 1,
  enableEnhancedCivicAnswers: 1,
  translationConfig: 1,
} satisfies Record<keyof GenerationConfig, 1>;

const TOOL_FIELDS = {
  retrieval: 1,
  googleMaps: 1,
  mcpServers: 1,
  codeExecution: 1,
  computerUse: 1,
  enterpriseWebSearch: 1,
  exaAiSearch: 1,
  functionDeclarations: 1,
  googleSearch: 1,
  googleSearchRetrieval: 1,
  parallelAiSearch: 1,
  urlContext: 1,
  fileSearch: 1,
} satisfies Record<keyof Tool, 1>;

const DECLARATION_FIELDS = {
  behavior: 1,
  description: 1,
  name: 1,
  parameters: 1,
  parametersJsonSchema: 1,
  response: 1,
  responseJsonSchema: 1,
} satisfies Record<keyof FunctionDeclaration, 1>;

/** Google's own kind of schema: of JSON Schema's words, those it has. */
const SCHEMA_FIELDS = {
  anyOf: 1,
  default: 1,
  description: 1,
  enum: 1,
  example: 1,
  format: 1,
  items: 1,
  maxItems: 1,
  maxLength: 1,
  maxProperties: 1,
  maximum: 1,
  minItems: 1,
  minLength: 1,
  minProperties: 1,
  minimum: 1,
  nullable: 1,
  pattern: 1,
  properties: 1,
  propertyOrdering: 1,
  required: 1,
  title: 1,
  type: 1,
} satisfies Record<keyof Schema, 1>;

const PART_FIELDS = {
  mediaResolution: 1,
  toolCall: 1,
  toolResponse: 1,
  audioTranscription: 1,
  codeExecutionResult: 1,
  executableCode: 1,
  fileData: 1,
  functionCall: 1,
  functionResponse: 1,
  inlineData: 1,
  text: 1,
  thought: 1,
  thoughtSignature: 1,
  videoMetadata: 1,
  partMetadata: 1,
  mediaProcessing: 1,
  speechMetadata: 1,
} satisfies Record<keyof Part, 1>;

export const CALL = ["id", "name", "args", "partialArgs", "willContinue"];
export const RESPONSE = ["id", "name", "response", "parts", "scheduling", "willContinue"];

export const CONFIG = [...Object.keys(CONFIG_FIELDS), "imageConfig"];
export const TOOL = Object.keys(TOOL_FIELDS);
export const DECLARATION = Object.keys(DECLARATION_FIELDS);
export const SCHEMA = Object.keys(SCHEMA_FIELDS);
export const PART = Object.keys(PART_FIELDS);
export const THINKING = ["includeThoughts", "thinkingBudget", "thinkingLevel"];
export const TOOL_CONFIG = ["functionCallingConfig", "retrievalConfig", "includeServerSideToolInvocations"];
export const EMBEDDING = [
  "model",
  "content",
  "taskType",
  "title",
  "outputDimensionality",
  "embedContentConfig",
  "autoTruncate",
];

/** Names that have a second spelling. */
export const NAMES: ReadonlySet<string> = new Set([
  ...ROOT,
  ...CONFIG,
  ...TOOL,
  ...DECLARATION,
  ...SCHEMA,
  ...PART,
  ...CALL,
  ...RESPONSE,
  ...THINKING,
  ...TOOL_CONFIG,
  ...EMBEDDING,
  "generateContentRequest",
  "allowedFunctionNames",
]);
