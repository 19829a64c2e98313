import { aiSdkAnthropic, aiSdkOpenAI, aiSdkOpenAIChat } from "./ai-sdk.ts";
import { anthropicMessages } from "./anthropic.ts";
import type { Client } from "./client.ts";
import { googleChats, googleModels } from "./google-genai.ts";
import { langchainAnthropic, langchainOpenAI, langchainResponses } from "./langchain.ts";
import { openaiChat } from "./openai-chat.ts";
import { openaiResponses } from "./openai-responses.ts";

/** Six libraries, in all the ways in which they speak to their providers. */
export const CLIENTS: readonly Client[] = [
  openaiChat,
  openaiResponses,
  anthropicMessages,
  googleModels,
  googleChats,
  aiSdkOpenAI,
  aiSdkOpenAIChat,
  aiSdkAnthropic,
  langchainOpenAI,
  langchainResponses,
  langchainAnthropic,
];
