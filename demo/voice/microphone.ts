import worklet from "./capture.worklet.ts?worker&url";

export interface Microphone {
  stop(): void;
}

export interface MicrophoneParts {
  readonly context: AudioContext;
  /** Is given 20 ms at a time. */
  readonly onFrame: (samples: Int16Array<ArrayBuffer>) => void;
  /** The device was pulled out, or taken away. */
  readonly onLost: () => void;
}

/** Opens the microphone, for which the browser asks the person. Rejects with `getUserMedia`'s error. */
export async function openMicrophone({ context, onFrame, onLost }: MicrophoneParts): Promise<Microphone> {
  // Not there in pages that were opened over an insecure connection.
  const { mediaDevices }: { readonly mediaDevices?: MediaDevices } = navigator;
  if (!mediaDevices) throw new DOMException("no microphones here", "SecurityError");
  const audio = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const stream = await mediaDevices.getUserMedia({ audio });
  const stop = (): void => {
    for (const track of stream.getTracks()) track.stop();
  };
  try {
    await context.audioWorklet.addModule(worklet);
  } catch (error) {
    stop();
    throw error;
  }
  const source = context.createMediaStreamSource(stream);
  const node = new AudioWorkletNode(context, "capture", {
    numberOfOutputs: 0,
    channelCount: 1,
    channelCountMode: "explicit",
  });
  node.port.onmessage = ({ data }: MessageEvent<Int16Array<ArrayBuffer>>) => onFrame(data);
  source.connect(node);
  for (const track of stream.getTracks()) track.addEventListener("ended", onLost);
  return {
    stop() {
      source.disconnect();
      stop();
    },
  };
}
