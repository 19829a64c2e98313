import type { ComponentType } from "preact";
import type { IconName } from "./components/icon.tsx";

/** A page beside the chat. */
export interface PageRow {
  /** In the address: `#/<id>`. */
  readonly id: string;
  readonly title: string;
  readonly icon: IconName;
  /** Its code, loaded when it is first opened. */
  readonly load: () => Promise<ComponentType>;
}

/** Every page beside the chat, in the order of the list. */
export const PAGES: readonly PageRow[] = [
  {
    id: "playground",
    title: "Playground",
    icon: "columns",
    load: () => import("./pages/playground.tsx").then(({ PlaygroundPage }) => PlaygroundPage),
  },
  {
    id: "voice",
    title: "Voice",
    icon: "voice",
    load: () => import("./pages/voice.tsx").then(({ VoicePage }) => VoicePage),
  },
  {
    id: "cache",
    title: "Cache",
    icon: "store",
    load: () => import("./pages/cache.tsx").then(({ CachePage }) => CachePage),
  },
  {
    id: "usage",
    title: "Usage",
    icon: "chart",
    load: () => import("./pages/usage.tsx").then(({ UsagePage }) => UsagePage),
  },
  {
    id: "credentials",
    title: "Credentials",
    icon: "key",
    load: () => import("./pages/credentials.tsx").then(({ CredentialsPage }) => CredentialsPage),
  },
  {
    id: "providers",
    title: "AI providers",
    icon: "plug",
    load: () => import("./pages/providers.tsx").then(({ ProvidersPage }) => ProvidersPage),
  },
];
