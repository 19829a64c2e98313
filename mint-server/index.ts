import worker, {
  Answers,
  Calls,
  configOf,
  createHandler,
  Directory,
  type Env,
  type Handler,
  Ledger,
} from "./worker.ts";

export { Answers, Calls, Directory, Ledger };

/** The same Worker where one process alone serves, as with `npm start`. */
export const onlyInstance: Handler<Env> = createHandler(configOf, { isOnlyInstance: true });

// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default worker;
