import pg from 'pg';
import * as v from 'valibot';
import { DeviceIdSchema, ScopeSchema } from '#contracts/ids.ts';
import { LaneSchema, lanes } from '#contracts/records/record.ts';
import type { Effects } from '../ports.ts';
import { bigint, type Database, type Statement } from '../postgres/database.ts';

/** What the processes of one center tell each other. All of it is a hint: whoever misses one reads the tables later. */
export const NewsSchema = v.variant('kind', [
  /** A scope has new positions, `from` + 1 to `head`, in these lanes. */
  v.object({
    kind: v.literal('head'),
    scope: ScopeSchema,
    from: bigint,
    head: bigint,
    lanes: v.array(LaneSchema),
  }),
  /** The backup watermark moved. */
  v.object({ kind: v.literal('durable') }),
  /** The device may not stay connected. */
  v.object({
    kind: v.literal('device-out'),
    device: DeviceIdSchema,
    code: v.picklist(['sync.device-revoked', 'sync.device-cloned']),
  }),
  /** The device connected anew; its older connections are dead. */
  v.object({ kind: v.literal('device-in'), device: DeviceIdSchema, connection: v.string() }),
  /** The device has to connect anew, to be told that it is to erase its records. */
  v.object({ kind: v.literal('device-wipe'), device: DeviceIdSchema }),
  v.object({ kind: v.literal('epoch') }),
  /** A packing dictionary was published. */
  v.object({ kind: v.literal('dictionaries') }),
  /** Something that only the center's page shows. */
  v.object({ kind: v.literal('page') }),
]);
export type News = v.InferOutput<typeof NewsSchema>;

/** Carries news between the processes on one database. */
export interface NewsBus {
  /** Tells the listeners of this process at once, the other processes soon. */
  publish(news: News): void;
  /** Returns a function that ends it. */
  listen(hear: (news: News) => void): () => void;
  /** Resolves when the news of other processes come in. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

const channel = 'hamshira_news';
const EnvelopeSchema = v.object({ from: v.string(), news: NewsSchema });
const notify: Statement = {
  name: 'bus-notify',
  text: `select pg_notify('${channel}', payload) from unnest($1::text[]) as payload`,
};
const maxWaiting = 1_000;
const longestPauseMs = 10_000;

/**
 * The bus by LISTEN and NOTIFY. Notified after the commits it tells of, in a statement of its own: a NOTIFY inside a
 * transaction would make all commits of the database wait for each other.
 */
export function createNewsBus(database: Database, url: string, effects: Effects): NewsBus {
  const me = Buffer.from(effects.random.bytes(8)).toString('hex');
  const listeners = new Set<(news: News) => void>();
  const tell = (news: News) => {
    for (const hear of listeners) hear(news);
  };
  const outgoing = createOutgoing(database, me, effects);
  const incoming = createIncoming(url, effects, (payload) => {
    const envelope = readEnvelope(payload);
    if (envelope !== undefined && envelope.from !== me) tell(envelope.news);
  });
  return {
    publish: (news) => {
      tell(news);
      outgoing.add(news);
    },
    listen: (hear) => {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
    ready: incoming.ready,
    close: async () => {
      await incoming.close();
      await outgoing.idle();
    },
  };
}

function readEnvelope(payload: string): v.InferOutput<typeof EnvelopeSchema> | undefined {
  try {
    const envelope = v.safeParse(EnvelopeSchema, JSON.parse(payload));
    return envelope.success ? envelope.output : undefined;
  } catch {
    return undefined;
  }
}

const slotOf = (news: News) => (news.kind === 'head' ? `head ${news.scope}` : JSON.stringify(news));

/** Several heads of one scope become one; positions between them may be in any lane. */
export function mergeNews(earlier: News | undefined, later: News): News {
  if (earlier?.kind !== 'head' || later.kind !== 'head') return later;
  const isGapless = later.from <= earlier.head && earlier.from <= later.head;
  return {
    ...later,
    from: Math.min(earlier.from, later.from),
    head: Math.max(earlier.head, later.head),
    lanes: isGapless ? [...new Set([...earlier.lanes, ...later.lanes])] : [...lanes],
  };
}

function createOutgoing(database: Database, me: string, effects: Effects) {
  const waiting = new Map<string, News>();
  let sending: Promise<void> | undefined;
  const sendAll = async () => {
    while (waiting.size > 0) {
      const payloads = [...waiting.values()].map((news) => JSON.stringify({ from: me, news }));
      waiting.clear();
      await database
        .run(notify, [payloads])
        .catch(() => effects.log('Other center processes could not be told.'));
    }
    sending = undefined;
  };
  return {
    add: (news: News) => {
      const slot = slotOf(news);
      const earlier = waiting.get(slot);
      if (earlier !== undefined || waiting.size < maxWaiting) waiting.set(slot, mergeNews(earlier, news));
      sending ??= sendAll();
    },
    idle: async () => {
      await sending;
    },
  };
}

function createIncoming(url: string, effects: Effects, receive: (payload: string) => void) {
  let isClosed = false;
  let client: pg.Client | undefined;
  let told: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    told = resolve;
  });
  const connect = async (pauseMs: number): Promise<void> => {
    if (isClosed) return;
    const next = new pg.Client({
      connectionString: url,
      application_name: 'hamshira center news',
      keepAlive: true,
    });
    client = next;
    let isLost = false;
    const again = () => {
      if (isLost || isClosed) return;
      isLost = true;
      next.end().catch(() => undefined);
      effects.timers.after(pauseMs, () => void connect(Math.min(pauseMs * 2, longestPauseMs)));
    };
    next.on('notification', ({ payload }) => receive(payload ?? ''));
    next.on('error', again);
    next.on('end', again);
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
      told();
    } catch {
      again();
    }
  };
  void connect(200);
  return {
    ready: () => ready,
    close: async () => {
      isClosed = true;
      await client?.end().catch(() => undefined);
    },
  };
}
