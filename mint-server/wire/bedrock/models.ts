/** Models of Anthropic's on Bedrock take what Anthropic's own API takes, under Bedrock's names. */
export function isClaude(model: string): boolean {
  return /(^|[./])anthropic\./.test(model);
}

export function isNova(model: string): boolean {
  return /(^|[./])amazon\.nova/.test(model);
}
