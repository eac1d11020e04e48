import { fail, ok, type Result } from '#contracts/result.ts';
import type { DeviceProgress, Verification } from '../ports.ts';
import { type CborMap, encodeCbor } from './cbor.ts';
import { decodeCbor } from './cbor-decode.ts';
import { asMap } from './cbor-fields.ts';
import type { HidChannel } from './hid-channel.ts';
import { longestMessage } from './hid-frames.ts';
import { type CtapFailure, channelFailure, ctapStatus, statusFailure } from './status.ts';

/** CTAP2 commands (CTAP 2.1, 6). The preview command is that of keys older than CTAP 2.1. */
export const ctapCommand = {
  makeCredential: 0x01,
  getAssertion: 0x02,
  getInfo: 0x04,
  clientPin: 0x06,
  reset: 0x07,
  bioEnrolment: 0x09,
  bioEnrolmentPreview: 0x40,
} as const;

/** One operation as its owner sees it: may be cancelled, tells what the key waits for. */
export interface Asking {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DeviceProgress) => void;
  /** How the owner proves presence, where the question is about that. */
  readonly method?: Verification['method'] | undefined;
}

/** What CTAP 2.1 says of a key that does not say it: 6.4, maxMsgSize. */
export const usualLongestRequest = 1_024;

/** Questions to a key, in CTAP2: parameters as a map, answers as a map, failures as the port's. Throws never. */
export class Conversation {
  readonly #channel: HidChannel;
  /** The longest request the key takes: from its getInfo. */
  longestRequest = usualLongestRequest;

  constructor(channel: HidChannel) {
    this.#channel = channel;
  }

  get isClosed(): boolean {
    return this.#channel.isClosed;
  }

  /** The answer's map; empty where the key answers with nothing but "done". */
  async ask(
    command: number,
    parameters: CborMap | undefined,
    asking: Asking,
  ): Promise<Result<CborMap, CtapFailure>> {
    const body = parameters === undefined ? new Uint8Array() : encodeCbor(parameters);
    const payload = Uint8Array.from([command, ...body]);
    if (payload.length > Math.min(this.longestRequest, longestMessage)) {
      return fail({ failure: 'refused', status: ctapStatus.invalidParameter });
    }
    const { signal, onProgress, method } = asking;
    let waitsForTouch = false;
    const answer = await this.#channel.transact({
      payload,
      signal,
      onKeepAlive: (needsTouch) => {
        waitsForTouch = needsTouch;
        onProgress(needsTouch ? 'touch-now' : 'processing');
      },
    });
    // The next question may want another touch at once: without this nobody could tell it from the one before.
    if (waitsForTouch) onProgress('processing');
    payload.fill(0);
    if (!answer.ok) return fail(channelFailure(answer.error));
    const [status = ctapStatus.ok] = answer.value;
    if (status !== ctapStatus.ok) return fail(statusFailure(status, method));
    return readMap(answer.value.subarray(1));
  }
}

function readMap(bytes: Uint8Array): Result<CborMap, CtapFailure> {
  if (bytes.length === 0) return ok(new Map());
  const decoded = decodeCbor(bytes);
  const map = decoded.ok ? asMap(decoded.value) : undefined;
  return map === undefined ? fail({ failure: 'garbled' }) : ok(map);
}

/** For questions that wait for nobody and must not be cut short: attempts left, tidying up after a cancel. */
export const withoutOwner = (): Asking => ({
  signal: new AbortController().signal,
  onProgress: () => undefined,
});
