import type { FromPlayer, ToPlayer } from "./player.ts";
import type { WorkletScope } from "./worklet-scope.ts";

const { AudioWorkletProcessor, registerProcessor } = globalThis as unknown as WorkletScope;

/** Sound comes unevenly over a network: so much is waited for, in samples (80 ms), before playing begins. */
const JITTER = 1920;
/** Twenty times a second. */
const REPORT_EVERY = 1200;

interface Piece {
  readonly itemId: string;
  readonly samples: Int16Array;
}

/** Plays what it is given without gaps, and knows how much of each item was heard. */
class Playback extends AudioWorkletProcessor {
  #pieces: Piece[] = [];
  #at = 0;
  #waiting = 0;
  #isPlaying = false;
  #isWhole = false;
  #itemId = "";
  #played = 0;
  #sinceReport = 0;
  #peak = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ToPlayer>) => this.#take(data);
  }

  process(_: readonly (readonly Float32Array[])[], [output]: readonly (readonly Float32Array[])[]): boolean {
    const channel = output?.[0];
    if (!channel) return true;
    if (!this.#isPlaying && this.#waiting > 0 && (this.#isWhole || this.#waiting >= JITTER)) this.#isPlaying = true;
    if (this.#isPlaying) for (let index = 0; index < channel.length; index++) channel[index] = this.#next();
    this.#sinceReport += channel.length;
    if (this.#sinceReport >= REPORT_EVERY) this.#report();
    return true;
  }

  #take(message: ToPlayer): void {
    if (message.type === "play") {
      this.#pieces.push(message);
      this.#waiting += message.samples.length;
      this.#isWhole = false;
    } else if (message.type === "whole") {
      this.#isWhole = true;
    } else {
      const { itemId, playedMs } = this.#position();
      this.#pieces = [];
      this.#at = 0;
      this.#waiting = 0;
      this.#isPlaying = false;
      this.#tell({ type: "cleared", itemId, playedMs });
      this.#report();
    }
  }

  #next(): number {
    const [piece] = this.#pieces;
    if (!piece) {
      this.#isPlaying = false;
      return 0;
    }
    if (piece.itemId !== this.#itemId) {
      this.#itemId = piece.itemId;
      this.#played = 0;
    }
    const sample = (piece.samples[this.#at++] ?? 0) / 32_768;
    this.#played++;
    this.#waiting--;
    this.#peak = Math.max(this.#peak, Math.abs(sample));
    if (this.#at >= piece.samples.length) {
      this.#pieces.shift();
      this.#at = 0;
    }
    return sample;
  }

  #position() {
    const itemId = this.#pieces[0]?.itemId ?? this.#itemId;
    return { itemId, playedMs: itemId === this.#itemId ? Math.floor(this.#played / 24) : 0 };
  }

  #report(): void {
    const { itemId, playedMs } = this.#position();
    this.#tell({ type: "position", itemId, playedMs, level: this.#peak, isPlaying: this.#isPlaying });
    this.#sinceReport = 0;
    this.#peak = 0;
  }

  #tell(message: FromPlayer): void {
    this.port.postMessage(message);
  }
}

registerProcessor("playback", Playback);
