import type { Token } from "marked";
import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { renderBlock, splitBlocks } from "../markdown.ts";
import { copyText } from "./copy-button.tsx";

interface Props {
  readonly text: string;
  readonly growing: boolean;
}

export function Markdown({ text, growing }: Props): JSX.Element {
  const blocks = useMemo(() => splitBlocks(text), [text]);
  return (
    <div class="markdown" data-growing={growing || undefined}>
      {blocks.map(({ source, token }, at) => (
        // A growing text changes only at its end, so a block keeps its place.
        <BlockView key={at} source={source} token={token} />
      ))}
    </div>
  );
}

function BlockView({ source, token }: { readonly source: string; readonly token: Token }): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => ref.current?.replaceChildren(renderBlock(token, copyText)), [source]);
  return <div class="block" ref={ref} />;
}
