import { connect, type Socket } from 'node:net';

/** A contactless card of software in the reader of vsmartcard's vpcd. */
export interface VirtualCard {
  /** Takes the card away. */
  close(): void;
}

/** Where vpcd listens for a card. */
const vpcdPort = 35_963;
const control = { powerOff: 0, powerOn: 1, reset: 2, answerToReset: 4 } as const;
/** ISO 14443-3 card as PC/SC part 3 describes it: MIFARE Classic 1K. */
const answerToReset = Buffer.from('3b8f8001804f0ca000000306030001000000006a', 'hex');
const readUid = Buffer.from('ffca000000', 'hex');
const notKnown = Buffer.from('6d00', 'hex');

/** Holds a card with this UID to the reader; resolves when vpcd has taken it. */
export async function holdCard(uid: Uint8Array): Promise<VirtualCard> {
  const socket = connect(vpcdPort, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let waiting = Buffer.alloc(0);
  socket.on('data', (piece) => {
    waiting = Buffer.concat([waiting, piece]);
    while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
      const length = waiting.readUInt16BE(0);
      answer(socket, waiting.subarray(2, 2 + length), uid);
      waiting = waiting.subarray(2 + length);
    }
  });
  return { close: () => socket.destroy() };
}

function answer(socket: Socket, message: Buffer, uid: Uint8Array): void {
  if (message.length === 1 && message[0] !== control.answerToReset) return;
  const content = contentOf(message, uid);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(content.length);
  socket.write(Buffer.concat([length, content]));
}

function contentOf(message: Buffer, uid: Uint8Array): Buffer {
  if (message.length === 1) return answerToReset;
  return message.equals(readUid) ? Buffer.concat([uid, Buffer.from('9000', 'hex')]) : notKnown;
}
