import { crc32 } from 'node:zlib';
import type { Revision, Scope } from '#contracts/ids.ts';
import type { Lane } from '#contracts/records/record.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import type { ClientMessage } from '#contracts/wire/client-messages.ts';
import { maxDocumentsPerFrame } from '#contracts/wire/protocol.ts';
import { itemsAfter, type ScopeState } from './memory-center-state.ts';

type MessageOf<Type extends ClientMessage['type']> = Extract<ClientMessage, { readonly type: Type }>;

interface Flow {
  readonly number: number;
  readonly scope: Scope;
  readonly lane: Lane;
  through: number;
  credit: number;
  portionBytes: number;
  /** Whether its client is told of the head although the lane holds nothing more (FLOW-1). */
  mustTellHead: boolean;
}

export interface FlowsSource {
  readonly epoch: () => string;
  readonly scope: (scope: Scope) => ScopeState;
  readonly send: (message: CenterMessage) => void;
  /** Bytes the line has not taken yet. */
  readonly unsentBytes: () => number;
  /** Runs something a little later, unless the connection has ended. */
  readonly later: (run: () => void) => void;
}

/** Most bytes given to a line ahead of what it has taken: about one small portion. */
const maxUnsentBytes = 1500;

/** The flows of one connection (FLOW-1 to FLOW-5). */
export class MemoryFlows {
  readonly #source: FlowsSource;
  readonly #flows = new Map<string, Flow>();
  /** What this device sent on this connection: not sent back to it. */
  readonly #own = new Set<Revision>();
  #willPump = false;

  constructor(source: FlowsSource) {
    this.#source = source;
  }

  follow({ flow, scope, lane, since, credit, portionBytes }: MessageOf<'follow'>): void {
    const number = flow;
    this.#flows.set(`${scope}/${lane}`, {
      number,
      scope,
      lane,
      through: since,
      credit,
      portionBytes,
      mustTellHead: true,
    });
    this.pump();
  }

  grant({ flow, credit, portionBytes }: MessageOf<'grant'>): void {
    for (const each of this.#flows.values()) {
      if (each.number !== flow) continue;
      each.credit += credit;
      each.portionBytes = portionBytes;
    }
    this.pump();
  }

  took(rev: Revision): void {
    this.#own.add(rev);
  }

  /** Brings every flow of the scope to the head, so that a digest read now can be compared. */
  tellHeads(scope: Scope): void {
    for (const flow of this.#flows.values()) if (flow.scope === scope) flow.mustTellHead = true;
    this.pump();
  }

  /** Sends what may be sent, the lowest lane first. */
  pump(): void {
    for (;;) {
      const ready = [...this.#flows.values()]
        .sort((left, right) => left.lane - right.lane)
        .find((flow) => flow.credit > 0 && this.#hasSomething(flow));
      if (ready === undefined) return;
      if (this.#source.unsentBytes() > maxUnsentBytes) {
        this.#pumpLater();
        return;
      }
      this.#send(ready);
    }
  }

  #pumpLater(): void {
    if (this.#willPump) return;
    this.#willPump = true;
    this.#source.later(() => {
      this.#willPump = false;
      this.pump();
    });
  }

  #hasSomething(flow: Flow): boolean {
    const state = this.#source.scope(flow.scope);
    if (flow.through >= state.head) flow.mustTellHead = false;
    if (flow.mustTellHead) return true;
    return itemsAfter(state, flow.lane, flow.through, this.#own).next().done !== true;
  }

  #send(flow: Flow): void {
    const state = this.#source.scope(flow.scope);
    const documents = [];
    let bytes = 0;
    let isCut = false;
    for (const item of itemsAfter(state, flow.lane, flow.through, this.#own)) {
      isCut =
        documents.length > 0 && (bytes >= flow.portionBytes || documents.length >= maxDocumentsPerFrame);
      if (isCut) break;
      documents.push(item);
      bytes += JSON.stringify(item).length;
    }
    const { head } = state;
    const since = flow.through;
    const through = isCut ? (documents.at(-1)?.seq ?? head) : head;
    flow.through = through;
    flow.credit -= 1;
    flow.mustTellHead = flow.mustTellHead && isCut;
    const crc = crc32(JSON.stringify(documents));
    const epoch = this.#source.epoch();
    this.#source.send({ type: 'portion', flow: flow.number, epoch, since, through, head, documents, crc });
  }
}
