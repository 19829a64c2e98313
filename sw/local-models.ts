import type { JsModel } from "../mint-server/providers/js-model.ts";

export type { JsMessage, JsModel, JsModelRequest } from "../mint-server/providers/js-model.ts";

/** A model that answers in the page: a function, or `window`, which is the browser's built-in model (Prompt API). */
export type LocalModel = JsModel | "window";

/** By the name that requests call them by. */
export type LocalModels = Readonly<Record<string, LocalModel>>;
