/* The same for blocks that are part of a Service Worker. */

declare const echo: import("mintgate/sw").JsModel;
