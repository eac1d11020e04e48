import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as v from 'valibot';
import { readMessage } from '#center/gateway/connection.ts';
import type { Gateway } from '#center/gateway/gateway.ts';
import {
  type CenterMessage,
  CenterMessageSchema,
  ChallengeSchema,
  WelcomeSchema,
} from '#contracts/wire/center-messages.ts';
import { oldestProtocolVersion, protocolVersion } from '#contracts/wire/protocol.ts';
import { createPacker, type Packer } from '#sync/packing/packer.ts';
import { type MemoryLine, memoryLine } from './memory-line.ts';
import { type Identity, proofFor } from './wire-client.ts';

setFlagsFromString('--expose_gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Bytes in use after everything unused was collected. */
export const heap = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
};

export const helloWith = (packing: 'zstd' | 'deflate') =>
  ({ type: 'hello', protocol: 2, program: 'fuzz', packings: [packing], dictionaries: [] }) as const;

/** A workstation's end of one line to the gateway; what comes is unpacked in its order. */
export interface FuzzLine {
  readonly line: MemoryLine;
  /** Packs and sends a message. */
  tell(message: unknown): void;
  /** The next message of the center, undefined once the line is closed and everything was read. */
  next(): Promise<CenterMessage | undefined>;
  /** Skips news until one of these, or a refusal, comes. */
  answer(...types: readonly CenterMessage['type'][]): Promise<CenterMessage | undefined>;
}

/** One line to the gateway. */
export function dial(gateway: Gateway, packing: 'zstd' | 'deflate' = 'zstd'): FuzzLine {
  const line = memoryLine();
  gateway.accept(line.line);
  let packer: Packer | undefined;
  const packerOf = () => {
    packer ??= createPacker(packing, null);
    return packer;
  };
  const next = async () => {
    await line.changed();
    const message = line.sent.shift();
    if (message === undefined) return undefined;
    const text = typeof message === 'string' ? message : packerOf().unpack(message);
    return v.parse(CenterMessageSchema, JSON.parse(text));
  };
  return {
    line,
    tell: (message) => line.send(packerOf().pack(JSON.stringify(message))),
    next,
    answer: async (...types) => {
      for (;;) {
        const message = await next();
        if (message === undefined || message.type === 'refused' || types.includes(message.type))
          return message;
      }
    },
  };
}

/** Says hello and waits for the challenge. */
export async function challenged(gateway: Gateway, packing: 'zstd' | 'deflate' = 'zstd') {
  const dialled = dial(gateway, packing);
  dialled.line.send(JSON.stringify(helloWith(packing)));
  return { ...dialled, challenge: v.parse(ChallengeSchema, await dialled.next()) };
}

/** Proves itself; the center's word, and the proof. */
export async function proven(gateway: Gateway, identity: Identity, packing: 'zstd' | 'deflate' = 'zstd') {
  const stage = await challenged(gateway, packing);
  const proof = proofFor(identity, stage.challenge);
  stage.line.send(JSON.stringify(proof));
  return { ...stage, proof, word: await stage.next() };
}

/** A line that was welcomed, whose ticket is not confirmed yet: what is told next is the first that is packed. */
export async function welcomed(gateway: Gateway, identity: Identity, packing: 'zstd' | 'deflate' = 'zstd') {
  const stage = await proven(gateway, identity, packing);
  const welcome = v.parse(WelcomeSchema, stage.word);
  identity.ticket = welcome.ticket;
  return { ...stage, welcome };
}

/** What the answer is known by: the code of a refusal, otherwise its type. */
export const wordOf = (answer: CenterMessage | undefined): string =>
  answer?.type === 'refused' ? answer.code : (answer?.type ?? 'nothing');

/** The words that may answer a message without packing before the welcome (docs/specs/center.md GAT-1, GAT-2, DEV-1). */
export function wordsBeforeWelcome(message: string | Uint8Array, isChallenged: boolean): readonly string[] {
  const read = typeof message === 'string' ? readMessage(message) : undefined;
  if (read?.type === 'hello' && !isChallenged) {
    const isServed = read.protocol >= oldestProtocolVersion && read.protocol <= protocolVersion;
    return [isServed ? 'challenge' : 'sync.protocol-mismatch'];
  }
  if (read?.type === 'enrol' && isChallenged) return ['enrolment.code-unknown', 'sync.proof-refused'];
  if (read?.type === 'prove' && isChallenged) return ['sync.device-unknown', 'sync.proof-refused'];
  return ['sync.unknown-message'];
}
