import type { RawData, WebSocket } from 'ws';

/**
 * One connection to a workstation, whatever carries it: messages in order, text or bytes, each at most once. It may end at any
 * moment, and messages under way are lost then.
 */
export interface Line {
  /** False from the moment either side began to close. */
  readonly isOpen: boolean;
  /** Bytes of sent messages that were not handed on yet. */
  readonly unsentBytes: number;
  /** Sends one message. Silently nothing once closed. */
  send(message: string | Uint8Array): void;
  /** At most one receiver, set before the first message can come. */
  onMessage(receive: (message: string | Uint8Array) => void): void;
  /** At most one listener, told once, when nothing comes any more. */
  onClose(closed: () => void): void;
  /** At most one listener, told whenever `unsentBytes` became less. */
  onDrain(drained: () => void): void;
  /** Stops reading; a few messages may come nevertheless. */
  pause(): void;
  resume(): void;
  ping(): void;
  /** At most one listener, told for every answer to a `ping`. */
  onPong(heard: () => void): void;
  /** Sends what is under way, then closes; `reason` is an error code or empty. */
  close(code: number, reason: string): void;
  /** Ends it at once. */
  terminate(): void;
}

/** A line over one WebSocket. */
export function webSocketLine(socket: WebSocket): Line {
  let drained: () => void = () => undefined;
  socket.on('error', () => socket.terminate());
  return {
    get isOpen() {
      return socket.readyState === socket.OPEN;
    },
    get unsentBytes() {
      return socket.bufferedAmount;
    },
    send: (message) => {
      if (socket.readyState === socket.OPEN) socket.send(message, () => drained());
    },
    onMessage: (receive) => {
      socket.on('message', (data, isBinary) => receive(isBinary ? bytesOf(data) : textOf(data)));
    },
    onClose: (closed) => {
      socket.once('close', closed);
    },
    onDrain: (told) => {
      drained = told;
    },
    pause: () => {
      if (!socket.isPaused) socket.pause();
    },
    resume: () => {
      if (socket.isPaused) socket.resume();
    },
    ping: () => {
      if (socket.readyState === socket.OPEN) socket.ping();
    },
    onPong: (heard) => {
      socket.on('pong', heard);
    },
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}

const textOf = (data: RawData) => bufferOf(data).toString('utf8');
const bytesOf = (data: RawData): Uint8Array => bufferOf(data);

function bufferOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
