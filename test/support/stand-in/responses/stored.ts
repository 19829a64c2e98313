/** Ids of what was answered, in this process: equal requests get equal ones, so that there are few. */
const ids = new Set<string>();

/** Keeps an answer, which requests may name from then on. */
export function store({
  id,
  output,
}: {
  readonly id: string;
  readonly output: readonly { readonly id?: string | null }[];
}): void {
  for (const one of [id, ...output.map((item) => item.id)]) if (one) ids.add(one);
}

export function isStored(id: string): boolean {
  return ids.has(id);
}
