import type { WorkletScope } from "./worklet-scope.ts";

const { AudioWorkletProcessor, registerProcessor } = globalThis as unknown as WorkletScope;

/** 20 ms. */
const FRAME = 480;

/** Cuts the microphone's sound into frames of 16 bits. */
class Capture extends AudioWorkletProcessor {
  #frame = new Int16Array(FRAME);
  #filled = 0;

  process([input]: readonly (readonly Float32Array[])[]): boolean {
    for (const sample of input?.[0] ?? []) {
      this.#frame[this.#filled++] = Math.max(-1, Math.min(1, sample)) * 32_767;
      if (this.#filled < FRAME) continue;
      this.port.postMessage(this.#frame, [this.#frame.buffer]);
      this.#frame = new Int16Array(FRAME);
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor("capture", Capture);
