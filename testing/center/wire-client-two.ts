import type { Lane } from '#contracts/records/record.ts';
import type { Outcome } from '#contracts/wire/center-messages.ts';
import type { Packing } from '#contracts/wire/client-messages.ts';
import { createPacker } from '#sync/packing/packer.ts';
import { type Identity, type MessageOf, openWire, proofFor, type WireClient } from './wire-client.ts';

/** A connection of version 2 that was welcomed. */
export interface WelcomedTwo extends WireClient {
  readonly welcome: MessageOf<'welcome'>;
  /** Offers rows and waits for their outcomes. */
  offer(rows: readonly unknown[], waitMs?: number): Promise<readonly Outcome[]>;
  /** Begins a flow; returns its number. */
  follow(lane: Lane, since: number, credit?: number, portionBytes?: number): number;
  /** Takes portions of a flow, granting one credit for each, until one reaches `through`. */
  readThrough(flow: number, through: number): Promise<readonly MessageOf<'portion'>[]>;
  digest(): Promise<MessageOf<'digests'>>;
}

/** How a version 2 workstation introduces itself. */
export interface Introduction {
  /** 2 unless told otherwise. */
  readonly protocol?: number;
  readonly packings?: readonly Packing[];
  readonly dictionaries?: readonly { readonly version: number; readonly bytes: Uint8Array }[];
}

/** Says hello in version 2 and waits for the challenge. */
export async function greetTwo(
  client: WireClient,
  { protocol = 2, packings = [], dictionaries = [] }: Introduction = {},
) {
  const versions = dictionaries.map(({ version }) => version);
  client.send({ type: 'hello', protocol, program: 'wire client', packings, dictionaries: versions });
  return await client.next('challenge');
}

/** Connects as `identity` in version 2 and confirms the new ticket. */
export async function connectTwo(
  url: string,
  identity: Identity,
  introduction: Introduction = {},
): Promise<WelcomedTwo> {
  const client = await openWire(url);
  client.send(proofFor(identity, await greetTwo(client, introduction)));
  const welcome = await nextWelcome(client, introduction);
  identity.ticket = welcome.ticket;
  client.send({ type: 'confirm-ticket', ticket: welcome.ticket });
  let batch = 0;
  let flows = 0;
  let requests = 0;
  const portionBytesByFlow = new Map<number, number>();
  return {
    ...client,
    welcome,
    offer: async (rows, waitMs) => {
      batch += 1;
      client.send({ type: 'offer', batch, rows });
      const answer = await client.next('outcomes', waitMs);
      if (answer.batch !== batch) throw new Error(`outcomes of batch ${answer.batch} instead of ${batch}`);
      if (answer.outcomes.length !== rows.length) throw new Error('not one outcome per row');
      return answer.outcomes;
    },
    follow: (lane, since, credit = 4, portionBytes = 100_000) => {
      flows += 1;
      portionBytesByFlow.set(flows, portionBytes);
      client.send({ type: 'follow', flow: flows, scope: identity.scope, lane, since, credit, portionBytes });
      return flows;
    },
    readThrough: async (flow, through) => {
      const portions: MessageOf<'portion'>[] = [];
      for (;;) {
        const portion = await client.next('portion');
        if (portion.flow !== flow) continue;
        portions.push(portion);
        if (portion.through >= through) return portions;
        client.send({ type: 'grant', flow, credit: 1, portionBytes: portionBytesByFlow.get(flow) });
      }
    },
    digest: async () => {
      requests += 1;
      client.send({ type: 'digest', request: requests, scope: identity.scope });
      return await client.next('digests');
    },
  };
}

/** The packer has to be there before the message that follows the welcome at once. */
async function nextWelcome(client: WireClient, introduction: Introduction): Promise<MessageOf<'welcome'>> {
  const welcome = client.next('welcome');
  client.onMessage((message) => {
    if (message.type !== 'welcome') return;
    const { packing = 'none', dictionary } = message;
    const known = introduction.dictionaries?.find(({ version }) => version === dictionary);
    if (packing !== 'none') client.packWith(createPacker(packing, known?.bytes ?? null));
  });
  return await welcome;
}
