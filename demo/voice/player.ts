import worklet from "./playback.worklet.ts?worker&url";

export type ToPlayer =
  | { readonly type: "play"; readonly itemId: string; readonly samples: Int16Array }
  /** The item is complete: what waits may be played. */
  | { readonly type: "whole" }
  | { readonly type: "clear" };

export type FromPlayer =
  | {
      readonly type: "position";
      readonly itemId: string;
      readonly playedMs: number;
      readonly level: number;
      readonly isPlaying: boolean;
    }
  | { readonly type: "cleared"; readonly itemId: string; readonly playedMs: number };

/** Plays a voice. */
export interface Player {
  play(itemId: string, samples: Int16Array<ArrayBuffer>): void;
  /** No more of it comes. */
  whole(): void;
  isPlaying(): boolean;
  /** Falls silent; tells what was being played and how much of it was heard, `undefined` if nothing was. */
  interrupt(): Promise<{ readonly itemId: string; readonly playedMs: number } | undefined>;
}

/** @param onPosition is told twenty times a second how loud it is, 0 to 1, and whether anything is played */
export async function createPlayer(
  context: AudioContext,
  onPosition: (level: number, isPlaying: boolean) => void,
): Promise<Player> {
  await context.audioWorklet.addModule(worklet);
  const node = new AudioWorkletNode(context, "playback", { numberOfInputs: 0, outputChannelCount: [1] });
  node.connect(context.destination);
  const cleared: ((what: Extract<FromPlayer, { type: "cleared" }>) => void)[] = [];
  // What was sent and not yet heard of counts as playing.
  let isPlaying = false;
  node.port.onmessage = ({ data }: MessageEvent<FromPlayer>) => {
    if (data.type === "cleared") return cleared.shift()?.(data);
    isPlaying = data.isPlaying;
    onPosition(data.level, data.isPlaying);
  };
  const send = (message: ToPlayer, transfer: Transferable[] = []): void => node.port.postMessage(message, transfer);
  return {
    play(itemId, samples) {
      isPlaying = true;
      send({ type: "play", itemId, samples }, [samples.buffer]);
    },
    whole: () => send({ type: "whole" }),
    isPlaying: () => isPlaying,
    async interrupt() {
      if (!isPlaying) return undefined;
      isPlaying = false;
      const what = await new Promise<Extract<FromPlayer, { type: "cleared" }>>((resolve) => {
        cleared.push(resolve);
        send({ type: "clear" });
      });
      return what.itemId === "" ? undefined : what;
    },
  };
}
