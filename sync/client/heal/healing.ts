import type { SyncStateReader } from '#clinic/ports/replica.ts';
import type { Scope } from '#contracts/ids.ts';
import { lanes } from '#contracts/records/record.ts';
import { digestBuckets, maxRecordsPerFetch } from '#contracts/wire/protocol.ts';
import { bucketOf } from '../../merge/digest.ts';
import type { Conversation, MessageOf } from '../conversation.ts';
import { parseReceivedRecord } from '../received-record.ts';
import { type RecordRef, recordKey } from '../record-key.ts';
import type { SyncContext } from '../sync-context.ts';
import { noteHealed } from '../sync-memory.ts';
import { noteUnreadable } from '../unreadable.ts';
import { healFromCenter, healMissingAtCenter } from './heal-record.ts';
import { type KnownVersions, readKnownVersions } from './known-versions.ts';
import {
  type CountedVersion,
  digestReplica,
  type ScanEnvironment,
  versionsInBuckets,
} from './scan-replica.ts';

/** How often a comparison begins again because somebody wrote meanwhile. */
const maxAttempts = 5;
/** Buckets gone through at once, which bounds the memory: an eighth of the replica. */
const bucketsAtOnce = 8;

/** What a comparison came to. `unfinished`: something moved too often, or too much is unsent; try again later. */
export type HealingOutcome =
  | { readonly kind: 'equal' }
  | { readonly kind: 'healed'; readonly records: number }
  | { readonly kind: 'unfinished' };

/** What the connection says about the moment. */
export interface HealingMoment {
  /** Changes whenever the replica or what is on its way does. */
  readonly generation: () => number;
  /** Everything is sent and every feed of the scope is committed through `seq`. */
  readonly isAtRest: (scope: Scope, seq: number) => boolean;
}

/** A record that differs, and the revision it counts with here; null if it does not. */
interface Difference extends RecordRef {
  readonly local: CountedVersion | null;
  /** Null if the center does not have it. */
  readonly center: CountedVersion | null;
}

/** What was known when the replica was compared. */
interface Compared {
  readonly known: KnownVersions;
  /** How far its feeds were committed. */
  readonly positions: string;
}

/**
 * Compares the replica with the center by digest and heals what differs (DIG-1 to DIG-6). One comparison per object. Ends with
 * a `SessionEnd` when the connection does; every step is durable by itself.
 */
export class Healing {
  readonly #context: SyncContext;
  readonly #conversation: Conversation;
  readonly #scope: Scope;
  readonly #moment: HealingMoment;
  /** Copies that were passed over because the feed went on while they were asked for. */
  #passedOver = 0;

  constructor(context: SyncContext, conversation: Conversation, scope: Scope, moment: HealingMoment) {
    this.#context = context;
    this.#conversation = conversation;
    this.#scope = scope;
    this.#moment = moment;
  }

  async run(): Promise<HealingOutcome> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const outcome = await this.#compare();
      if (outcome !== undefined) return outcome;
    }
    return { kind: 'unfinished' };
  }

  /** Undefined when something moved: begin again. */
  async #compare(): Promise<HealingOutcome | undefined> {
    const generation = this.#moment.generation();
    const digests = await this.#askDigests();
    if (!this.#moment.isAtRest(this.#scope, digests.seq)) return { kind: 'unfinished' };
    const known = readKnownVersions(this.#context.replica);
    if (known === undefined) return { kind: 'unfinished' };
    const positions = this.#positions(this.#context.replica.sync);
    const environment = this.#environment(generation);
    if (environment.isStale()) return undefined;
    const own = await digestReplica(this.#context.replica, known, environment);
    if (own === undefined) return undefined;
    const differing = digests.buckets.flatMap((digest, bucket) => (digest === own[bucket] ? [] : [bucket]));
    if (differing.length === 0) return { kind: 'equal' };
    const differences = await this.#differences(differing, digests.seq, known, environment);
    if (differences === undefined) return undefined;
    const records = await this.#heal(differences, { known, positions });
    return this.#passedOver > 0 ? { kind: 'unfinished' } : { kind: 'healed', records };
  }

  #askDigests(): Promise<MessageOf<'digests'>> {
    return this.#conversation.ask(
      { type: 'digest', request: this.#conversation.nextRequest(), scope: this.#scope },
      ['digests'],
      this.#context.limits.answerMs,
    );
  }

  async #differences(
    buckets: readonly number[],
    seq: number,
    known: KnownVersions,
    environment: ScanEnvironment,
  ): Promise<readonly Difference[] | undefined> {
    const differences: Difference[] = [];
    for (let from = 0; from < buckets.length; from += bucketsAtOnce) {
      const some = buckets.slice(from, from + bucketsAtOnce);
      const center = await this.#list(some, seq);
      if (center === undefined || environment.isStale()) return undefined;
      const local = await versionsInBuckets(this.#context.replica, known, new Set(some), environment);
      if (local === undefined) return undefined;
      differences.push(...differencesOf(local, center));
    }
    return differences.filter((difference) => !known.unsent.has(recordKey(difference)));
  }

  /** The center's versions in some buckets by key; undefined if its feed went on meanwhile. */
  async #list(
    buckets: readonly number[],
    seq: number,
  ): Promise<ReadonlyMap<string, CountedVersion> | undefined> {
    const versions = new Map<string, CountedVersion>();
    for (const bucket of buckets) {
      const messages = await this.#conversation.askInventory(
        { type: 'list', request: this.#conversation.nextRequest(), scope: this.#scope, bucket },
        this.#context.limits.answerMs,
      );
      if (messages.some((message) => message.seq !== seq)) return undefined;
      for (const [collection, id, rev] of messages.flatMap((message) => message.records)) {
        if (bucketOf(id) % digestBuckets === bucket)
          versions.set(recordKey({ collection, id }), { collection, id, rev });
      }
    }
    return versions;
  }

  async #heal(differences: readonly Difference[], compared: Compared): Promise<number> {
    let healed = 0;
    for (let from = 0; from < differences.length; from += maxRecordsPerFetch) {
      healed += await this.#healSome(differences.slice(from, from + maxRecordsPerFetch), compared);
    }
    return healed;
  }

  /** Asks for the newest versions, also of what the center did not list: it may have come meanwhile. */
  async #healSome(differences: readonly Difference[], compared: Compared): Promise<number> {
    let healed = 0;
    let open = new Map(differences.map((difference) => [recordKey(difference), difference]));
    while (open.size > 0) {
      const fetched = await this.#fetch([...open.values()]);
      const answered = new Set(
        [
          ...fetched.documents.map(({ collection, record }) => keyOf(collection, record)),
          ...fetched.absent.map(recordKey),
        ].filter((key) => open.has(key)),
      );
      // An answer about nothing that was asked for would be asked for again for ever.
      if (answered.size === 0) return healed;
      healed += await this.#apply(fetched, open, compared);
      open = new Map([...open].filter(([key]) => !answered.has(key)));
    }
    return healed;
  }

  #fetch(differences: readonly Difference[]): Promise<MessageOf<'fetched'>> {
    const records = differences.map(({ collection, id }) => ({ collection, id }));
    return this.#conversation.ask(
      { type: 'fetch', request: this.#conversation.nextRequest(), scope: this.#scope, records },
      ['fetched'],
      this.#context.limits.answerMs,
    );
  }

  #apply(
    fetched: MessageOf<'fetched'>,
    open: ReadonlyMap<string, Difference>,
    { known, positions }: Compared,
  ): Promise<number> {
    const { replica, clock, identity, random } = this.#context;
    return replica.transact((transaction) => {
      const hasFeedMoved = this.#positions(transaction.sync) !== positions;
      const context = { device: identity.device, scope: identity.scope, now: clock.now(), random };
      let healed = 0;
      for (const { collection, record } of fetched.documents) {
        const difference = open.get(keyOf(collection, record));
        const received = parseReceivedRecord(collection, record);
        if (difference === undefined) continue;
        if (!received.isUsable) {
          noteUnreadable(transaction, [{ collection, record }]);
          continue;
        }
        // What the center has taken since it was listed comes by the feed.
        if (received.record.rev !== difference.center?.rev) continue;
        // It may have been withdrawn since, and that would not be told again (SHR-6).
        if (difference.local === null && hasFeedMoved) {
          this.#passedOver += 1;
          continue;
        }
        const compared = difference.local?.rev ?? null;
        healed += healFromCenter(transaction, collection, received.record, compared, context) ? 1 : 0;
      }
      for (const absent of fetched.absent) {
        const local = open.get(recordKey(absent))?.local ?? null;
        if (local === null || known.quarantined.has(local.rev)) continue;
        const isOwn = (scope: string) => scope === this.#scope;
        healed += healMissingAtCenter(transaction, local, isOwn, context) ? 1 : 0;
      }
      noteHealed(transaction, healed);
      return healed;
    });
  }

  /** How far the feeds of the scope are committed, in one text. */
  #positions(sync: SyncStateReader): string {
    return lanes.map((lane) => sync.checkpoint(this.#scope, lane)?.seq ?? 0).join();
  }

  #environment(generation: number): ScanEnvironment {
    const { timers } = this.#context;
    return {
      pause: async () => {
        await new Promise<void>((resolve) => {
          timers.after(0, resolve);
        });
        this.#conversation.throwIfEnded();
      },
      isStale: () => this.#moment.generation() !== generation,
    };
  }
}

const keyOf = (collection: string, record: unknown): string =>
  `${collection}/${typeof record === 'object' && record !== null && 'id' in record ? String(record.id) : ''}`;

function differencesOf(
  local: ReadonlyMap<string, CountedVersion>,
  center: ReadonlyMap<string, CountedVersion>,
): readonly Difference[] {
  const missingOrOther = [...center].flatMap(([key, version]) => {
    const here = local.get(key) ?? null;
    const { collection, id } = version;
    return here?.rev === version.rev ? [] : [{ collection, id, local: here, center: version }];
  });
  const onlyHere = [...local].flatMap(([key, version]) => {
    const { collection, id } = version;
    return center.has(key) ? [] : [{ collection, id, local: version, center: null }];
  });
  return [...missingOrOther, ...onlyHere];
}
