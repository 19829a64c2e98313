import { type RTCDataChannel, RTCPeerConnection } from "werift";

/** The provider's end of a WebRTC connection. */
export interface Peer {
  /** Its SDP answer. */
  readonly answer: string;
  /** Sends over the data channel, as soon as it is open. */
  send(text: string): void;
  voicePackets(): number;
  close(): Promise<void>;
}

export interface PeerOptions {
  readonly onEvent: (text: string) => void;
  /** What was told before the data channel opened. */
  readonly history: () => readonly object[];
}

/** Answers an offer with a peer that takes voice and one data channel, and sends the voice back. */
export async function answerOffer(offer: string, { onEvent, history }: PeerOptions): Promise<Peer> {
  const connection = new RTCPeerConnection({ iceUseIpv6: false, iceAdditionalHostAddresses: ["127.0.0.1"] });
  let channel: RTCDataChannel | undefined;
  let packets = 0;
  connection.onDataChannel.subscribe((opened) => {
    channel = opened;
    opened.onMessage.subscribe((data) => onEvent(data.toString()));
    for (const event of history()) opened.send(JSON.stringify(event));
  });
  connection.onRemoteTransceiverAdded.subscribe((transceiver) => {
    transceiver.setDirection("sendrecv");
    transceiver.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe((packet) => {
        packets += 1;
        void transceiver.sender.sendRtp(packet);
      });
    });
  });
  await connection.setRemoteDescription({ type: "offer", sdp: offer });
  await connection.setLocalDescription(await connection.createAnswer());
  await gathered(connection);
  return {
    answer: connection.localDescription?.sdp ?? "",
    send: (text) => {
      if (channel?.readyState === "open") channel.send(text);
    },
    voicePackets: () => packets,
    close: () => connection.close(),
  };
}

/** Candidates stand in the SDP itself: there is nobody to trickle them to. */
export async function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === "complete") return;
  await connection.iceGatheringStateChange.watch((state) => state === "complete");
}
