declare global {
  /** What the page complained of: errors that nobody caught, and messages of level error. */
  var complaints: string[];
}

/** Takes away what the address says that this browser lacks, as in a web view or with storage switched off. */
export function takeAway(): void {
  const lacking = new URLSearchParams(location.search).getAll("without");
  if (lacking.includes("workers")) Object.defineProperty(navigator, "serviceWorker", { value: undefined });
  if (lacking.includes("indexedDB")) Object.defineProperty(globalThis, "indexedDB", { value: undefined });
}

/** Keeps what the page complains of. */
export function keepComplaints(): void {
  globalThis.complaints = [];
  addEventListener("error", ({ message }) => void complaints.push(message));
  addEventListener("unhandledrejection", ({ reason }) => void complaints.push(String(reason)));
  const { error } = console;
  console.error = (...said: unknown[]) => {
    complaints.push(said.join(" "));
    error(...said);
  };
}
