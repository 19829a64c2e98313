import type {
  Availability,
  LanguageModelCreateCoreOptions,
  LanguageModelCreateOptions,
  LanguageModelInterface,
  LanguageModelMessage,
  LanguageModelPromptOptions,
} from "../../mint-server/wire/window-api.ts";

/** What a fake browser's built-in model does. Plain data, so that a test can hand it to a page. */
export interface Behaviour {
  readonly availability?: Availability;
  /** Pieces of the answer. */
  readonly says?: readonly string[];
  /** Stays silent after its words, until it is aborted. */
  readonly hangs?: boolean;
  /** Name of the DOMException that ends creation, or the answer after its words. */
  readonly failsToCreate?: string;
  readonly failsToSay?: string;
}

/** What was asked of it. Images and recordings stand as their type and size. */
export interface Asked {
  readonly availability: LanguageModelCreateCoreOptions[];
  readonly initialPrompts: unknown[];
  readonly inputs: unknown[];
  readonly constraints: unknown[];
  readonly aborted: string[];
  destroyed: number;
}

/**
 * Puts a `LanguageModel` in place that keeps to the Prompt API's algorithms: "validate and canonicalize a prompt", expected
 * types, abort signals, monitors. Refers to nothing outside itself, so that a browser can run its text.
 */
export function installLanguageModel(behaviour: Behaviour): Asked {
  const { availability = "available", says = [], hangs, failsToCreate, failsToSay } = behaviour;
  const asked: Asked = { availability: [], initialPrompts: [], inputs: [], constraints: [], aborted: [], destroyed: 0 };
  const fail = (name: string) => new DOMException(name, name);
  const validate = (
    messages: readonly LanguageModelMessage[],
    { expectedInputs }: LanguageModelCreateCoreOptions,
    hasInput: boolean,
  ) => {
    const types = ["text", ...expectedInputs.map(({ type }) => type)];
    return messages.map(({ role, content }, index) => {
      if (role === "system" && (hasInput || index > 0)) throw new TypeError("system must come first");
      if (content.length === 0) throw new TypeError("nothing said");
      return {
        role,
        content: content.map(({ type, value }) => {
          if (!types.includes(type) || (role === "assistant" && type !== "text")) throw fail("NotSupportedError");
          if (type === "text" ? typeof value !== "string" : !(value instanceof Blob)) throw new TypeError(type);
          return typeof value === "string" ? value : `${value.type} of ${value.size} bytes`;
        }),
      };
    });
  };
  const answer = ({ signal }: LanguageModelPromptOptions) => {
    let at = 0;
    return new ReadableStream<string>({
      start(controller) {
        signal.addEventListener("abort", () => {
          asked.aborted.push("answer");
          controller.error(signal.reason);
        });
      },
      pull(controller) {
        const text = says[at++];
        if (text !== undefined) return controller.enqueue(text);
        if (hangs) return new Promise(() => undefined);
        return failsToSay ? controller.error(fail(failsToSay)) : controller.close();
      },
    });
  };
  const languageModel: LanguageModelInterface = {
    async availability(options) {
      asked.availability.push(options);
      return availability;
    },
    async create(options: LanguageModelCreateOptions) {
      options.signal.throwIfAborted();
      if (failsToCreate) throw fail(failsToCreate);
      asked.initialPrompts.push(...validate(options.initialPrompts, options, false));
      const progress = new EventTarget();
      options.monitor?.(progress as never);
      for (const loaded of options.monitor ? [0, 0.5, 1] : []) {
        progress.dispatchEvent(Object.assign(new Event("downloadprogress"), { loaded, total: 1 }));
      }
      return {
        promptStreaming(input, promptOptions) {
          asked.inputs.push(...validate(input, options, options.initialPrompts.length > 0));
          asked.constraints.push(promptOptions.responseConstraint);
          return answer(promptOptions);
        },
        destroy: () => void asked.destroyed++,
      };
    },
  };
  Object.assign(globalThis, { LanguageModel: languageModel, languageModelAsked: asked });
  return asked;
}
