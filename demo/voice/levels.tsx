import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useMedia } from "../components/use-media.ts";
import { levels } from "./state.ts";

/** How loud samples are, 0 to 1: their peak. */
export function loudnessOf(samples: Int16Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return peak / 32_768;
}

const BAR = 3;
const GAP = 2;
/** One bar each 50 ms. */
const STEP_MS = 50;
/** Without motion: how often the two meters are drawn. */
const CALM_MS = 400;

interface Props {
  readonly live: boolean;
  /** What the other side is called. */
  readonly name: string;
}

/** The loudness of both sides: yours grows up from the line, the voice's down. Where motion is reduced, two meters. */
export function Levels({ live, name }: Props): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const calm = useMedia("(prefers-reduced-motion: reduce)");
  useEffect(() => {
    const { current } = canvas;
    if (!current || !live) return;
    const draw = calm ? createMeters(current) : createWave(current);
    draw();
    const timer = setInterval(draw, calm ? CALM_MS : STEP_MS);
    return () => {
      clearInterval(timer);
      clear(current);
    };
  }, [live, calm]);
  return (
    <div class="voice-levels">
      <canvas ref={canvas} role="img" aria-label="How loud both sides are" />
      <span class="voice-level-name">You</span>
      <span class="voice-level-name">{name}</span>
    </div>
  );
}

interface Pen {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly you: string;
  readonly voice: string;
  readonly line: string;
}

/** A canvas as large as it is shown, wiped, with the page's colours of now. */
function penFor(canvas: HTMLCanvasElement): Pen | undefined {
  const context = canvas.getContext("2d");
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!context || width === 0) return undefined;
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  // A canvas knows no `light-dark()`, and a custom property is not resolved: these are, and a canvas has no other use for them.
  const { color: you, outlineColor: voice, textDecorationColor: line } = getComputedStyle(canvas);
  return { context, width, height, you, voice, line };
}

function clear(canvas: HTMLCanvasElement): void {
  canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);
}

/** Speech is quiet for the most part: its square root fills the height better. */
const heightOf = (level: number, most: number): number => Math.min(1, Math.sqrt(level)) * most;

function createWave(canvas: HTMLCanvasElement): () => void {
  const past: { readonly you: number; readonly voice: number }[] = [];
  return () => {
    const pen = penFor(canvas);
    if (!pen) return;
    const { context, width, height, you, voice, line } = pen;
    const middle = height / 2;
    past.unshift({ ...levels });
    past.length = Math.min(past.length, Math.ceil(width / (BAR + GAP)));
    context.fillStyle = line;
    context.fillRect(0, middle - 0.5, width, 1);
    for (const [index, level] of past.entries()) {
      const x = width - (index + 1) * (BAR + GAP);
      const up = heightOf(level.you, middle - 2);
      const down = heightOf(level.voice, middle - 2);
      context.fillStyle = you;
      context.fillRect(x, middle - up, BAR, up);
      context.fillStyle = voice;
      context.fillRect(x, middle, BAR, down);
    }
  };
}

function createMeters(canvas: HTMLCanvasElement): () => void {
  return () => {
    const pen = penFor(canvas);
    if (!pen) return;
    const { context, width, height, you, voice, line } = pen;
    const thick = 10;
    for (const [level, colour, y] of [
      [levels.you, you, height / 2 - thick - 6],
      [levels.voice, voice, height / 2 + 6],
    ] as const) {
      context.globalAlpha = 0.3;
      context.fillStyle = line;
      context.fillRect(0, y, width, thick);
      context.globalAlpha = 1;
      context.fillStyle = colour;
      context.fillRect(0, y, heightOf(level, width), thick);
    }
  };
}
