import { describe, expect, it } from 'vitest';
import type { Link } from '#contracts/bridge/link.ts';
import { bridgeVersion, maxOpenRequests } from '#contracts/bridge/messages.ts';
import { type BridgeClient, openBridgeClient } from './client.ts';
import { backOffMs, type Credentials } from './connection.ts';
import type { ViewReport } from './opened-views.ts';

type Message = Record<string, unknown> & { type: string; id?: number };

/** The workstation's end of one link, by hand. */
class Workstation {
  readonly received: Message[] = [];
  #receive: (message: unknown) => void = () => {};
  #closed: () => void = () => {};
  isClosed = false;

  readonly link: Link = {
    send: (message) => {
      // As every real link does: only JSON passes.
      this.received.push(JSON.parse(JSON.stringify(message)));
    },
    onMessage: (receive) => {
      this.#receive = receive;
    },
    onClose: (closed) => {
      this.#closed = closed;
    },
    close: () => {
      this.isClosed = true;
    },
  };

  tell(message: unknown) {
    this.#receive(message);
  }

  welcome(pass?: string) {
    this.tell({ type: 'welcome', bridge: bridgeVersion, ...(pass === undefined ? {} : { pass }) });
  }

  die() {
    this.#closed();
  }

  of(type: string) {
    return this.received.filter((message) => message.type === type);
  }

  lastId(type: string): number {
    return this.of(type).at(-1)?.id ?? -1;
  }
}

/** Timers that run when told to. */
class ManualTimers {
  #timers: { at: number; run: () => void }[] = [];
  #now = 0;

  after(waitMs: number, run: () => void) {
    const timer = { at: this.#now + waitMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  async advance(ms: number) {
    this.#now += ms;
    const due = this.#timers.filter((timer) => timer.at <= this.#now);
    this.#timers = this.#timers.filter((timer) => timer.at > this.#now);
    for (const timer of due) timer.run();
    await settled();
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

interface Bench {
  readonly client: BridgeClient;
  readonly timers: ManualTimers;
  readonly workstations: Workstation[];
  latest(): Workstation;
  isReachable: boolean;
  readonly kept: string[];
}

async function openBench(credentials: 'token' | 'none' = 'token'): Promise<Bench> {
  const timers = new ManualTimers();
  const workstations: Workstation[] = [];
  const kept: string[] = [];
  const door: Credentials = { read: () => kept.at(-1) ?? 'one-time', keep: (pass) => kept.push(pass) };
  const bench = { isReachable: true };
  const client = openBridgeClient({
    connect: async () => {
      if (!bench.isReachable) throw new Error('refused');
      const workstation = new Workstation();
      workstations.push(workstation);
      return workstation.link;
    },
    credentials: credentials === 'none' ? null : door,
    timers,
    random: () => 0.5,
  });
  await settled();
  return Object.assign(bench, {
    client,
    timers,
    workstations,
    kept,
    latest: () => {
      const latest = workstations.at(-1);
      if (latest === undefined) throw new Error('nothing connected');
      return latest;
    },
  });
}

async function openWelcomed(): Promise<Bench> {
  const bench = await openBench();
  bench.latest().welcome('pass-1');
  return bench;
}

const syncState = {
  link: 'offline',
  refusal: null,
  unsent: 3,
  oldestUnsentAt: 5,
  quarantined: 0,
  openReviews: 0,
  waitingRequests: 0,
  lastContactAt: null,
  isFirstCopy: false,
  received: 0,
} as const;

describe('greeting', () => {
  it('shows the token, keeps the pass and shows that on the next link', async () => {
    const bench = await openBench();
    expect(bench.latest().received).toEqual([{ type: 'hello', bridge: bridgeVersion, token: 'one-time' }]);
    bench.latest().welcome('pass-1');
    expect(bench.client.connection().status).toBe('connected');
    bench.latest().die();
    await bench.timers.advance(1_000);
    expect(bench.latest().received[0]).toMatchObject({ token: 'pass-1' });
  });

  it('stops at a refused token, and tries again when asked', async () => {
    const bench = await openBench();
    bench.latest().tell({ type: 'failure', id: 0, error: { code: 'bridge.token-invalid' } });
    expect(bench.client.connection()).toEqual({ status: 'refused', error: { code: 'bridge.token-invalid' } });
    await bench.timers.advance(60_000);
    expect(bench.workstations).toHaveLength(1);
    bench.client.retry();
    await settled();
    expect(bench.workstations).toHaveLength(2);
  });

  it('refuses a workstation of another bridge version', async () => {
    const bench = await openBench();
    bench.latest().tell({ type: 'welcome', bridge: bridgeVersion + 1 });
    expect(bench.client.connection()).toMatchObject({ error: { code: 'bridge.unknown-message' } });
  });

  it('greets nobody on a trusted port', async () => {
    const bench = await openBench('none');
    expect(bench.client.connection().status).toBe('connected');
    expect(bench.latest().received).toEqual([]);
  });
});

describe('requests', () => {
  it('parses the answer and leaves out what the contract does not name', async () => {
    const { client, latest } = await openWelcomed();
    const asked = client.request('mahallas.search', { text: 'boʻston', limit: 5 });
    latest().tell({
      type: 'answer',
      id: latest().lastId('request'),
      value: { hits: [{ code: '17332555', name: 'Boʻston', secret: 1 }] },
    });
    expect(await asked).toEqual({ ok: true, value: { hits: [{ code: '17332555', name: 'Boʻston' }] } });
  });

  it('turns an answer that breaks the contract into an error', async () => {
    const { client, latest } = await openWelcomed();
    const asked = client.request('mahallas.search', { text: '', limit: 5 });
    latest().tell({ type: 'answer', id: latest().lastId('request'), value: { hits: 'none' } });
    expect(await asked).toMatchObject({ ok: false, error: { code: 'bridge.unknown-message' } });
  });

  it('never sends input that breaks the contract, and names the fields only', async () => {
    const { client, latest } = await openWelcomed();
    const outcome = await client.request('mahallas.search', { text: 'x'.repeat(100), limit: 5 });
    expect(outcome).toEqual({
      ok: false,
      error: { code: 'bridge.invalid-input', detail: { fields: ['text'] } },
    });
    expect(latest().of('request')).toEqual([]);
  });

  it('hands on the failure the workstation named', async () => {
    const { client, latest } = await openWelcomed();
    const asked = client.request('sync.now', {});
    latest().tell({ type: 'failure', id: latest().lastId('request'), error: { code: 'access.locked' } });
    expect(await asked).toEqual({ ok: false, error: { code: 'access.locked' } });
  });

  it('BRI-3: fails what was sent when the link is lost, and never repeats it', async () => {
    const bench = await openWelcomed();
    const asked = bench.client.request('sync.now', {});
    bench.latest().die();
    expect(await asked).toMatchObject({ error: { code: 'bridge.link-lost' } });
    await bench.timers.advance(1_000);
    bench.latest().welcome();
    expect(bench.latest().of('request')).toEqual([]);
  });

  it('holds what was never sent until the link is back', async () => {
    const bench = await openWelcomed();
    bench.latest().die();
    const asked = bench.client.request('sync.now', {});
    await bench.timers.advance(1_000);
    bench.latest().welcome();
    expect(bench.latest().of('request')).toHaveLength(1);
    bench.latest().tell({ type: 'answer', id: bench.latest().lastId('request'), value: {} });
    expect(await asked).toEqual({ ok: true, value: {} });
  });

  it('gives up unsent requests after some seconds without a link', async () => {
    const bench = await openWelcomed();
    bench.isReachable = false;
    bench.latest().die();
    const asked = bench.client.request('sync.now', {});
    await bench.timers.advance(10_000);
    expect(await asked).toMatchObject({ error: { code: 'bridge.link-lost' } });
  });

  it('refuses more open requests than the workstation takes', async () => {
    const { client } = await openWelcomed();
    for (let count = 0; count < maxOpenRequests; count += 1) void client.request('sync.now', {});
    expect(await client.request('sync.now', {})).toMatchObject({ error: { code: 'bridge.busy' } });
  });
});

describe('live views', () => {
  it('BRI-7: acknowledges a snapshot only when the screen says it is seen', async () => {
    const { client, latest } = await openWelcomed();
    const reports: ViewReport<unknown>[] = [];
    client.openView('sync.state', {}, (report) => reports.push(report));
    const id = latest().lastId('open');
    latest().tell({ type: 'snapshot', id, seq: 1, value: syncState });
    expect(latest().of('seen')).toEqual([]);
    const [first] = reports;
    if (first?.kind === 'snapshot') first.seen();
    expect(latest().of('seen')).toEqual([{ type: 'seen', id, seq: 1 }]);
  });

  it('opens every view again on a new link and ignores what was seen on the old one', async () => {
    const bench = await openWelcomed();
    const reports: ViewReport<unknown>[] = [];
    bench.client.openView('sync.state', {}, (report) => reports.push(report));
    bench.latest().tell({ type: 'snapshot', id: bench.latest().lastId('open'), seq: 7, value: syncState });
    bench.latest().die();
    await bench.timers.advance(1_000);
    bench.latest().welcome();
    expect(bench.latest().of('open')).toMatchObject([{ name: 'sync.state', input: {} }]);
    const [old] = reports;
    if (old?.kind === 'snapshot') old.seen();
    expect(bench.latest().of('seen')).toEqual([]);
    bench.latest().tell({ type: 'snapshot', id: bench.latest().lastId('open'), seq: 1, value: syncState });
    expect(reports).toHaveLength(2);
  });

  it('tells a closed view nothing more and closes it at the workstation', async () => {
    const { client, latest } = await openWelcomed();
    const reports: unknown[] = [];
    const view = client.openView('sync.state', {}, (report) => reports.push(report));
    const id = latest().lastId('open');
    view.close();
    latest().tell({ type: 'snapshot', id, seq: 1, value: syncState });
    expect(reports).toEqual([]);
    expect(latest().of('close')).toEqual([{ type: 'close', id }]);
  });

  it('reports an ending that will not pass, and tries again after one that may', async () => {
    const bench = await openWelcomed();
    const reports: ViewReport<unknown>[] = [];
    bench.client.openView('sync.state', {}, (report) => reports.push(report));
    bench.latest().tell({ type: 'ended', id: bench.latest().lastId('open'), error: { code: 'bridge.busy' } });
    expect(reports).toEqual([]);
    await bench.timers.advance(600);
    expect(bench.latest().of('open')).toHaveLength(2);
    bench
      .latest()
      .tell({ type: 'ended', id: bench.latest().lastId('open'), error: { code: 'access.forbidden' } });
    expect(reports).toEqual([{ kind: 'ended', error: { code: 'access.forbidden' } }]);
  });

  it('opens a view again when one session follows another, and not once the screen has gone', async () => {
    const { client, latest, timers } = await openWelcomed();
    const reports: ViewReport<unknown>[] = [];
    const view = client.openView('sync.state', {}, (report) => reports.push(report));
    latest().tell({ type: 'ended', id: latest().lastId('open'), error: { code: 'access.locked' } });
    await timers.advance(600);
    expect(latest().of('open')).toHaveLength(2);
    latest().tell({ type: 'snapshot', id: latest().lastId('open'), seq: 1, value: syncState });
    expect(reports).toMatchObject([{ kind: 'snapshot' }]);
    latest().tell({ type: 'ended', id: latest().lastId('open'), error: { code: 'access.locked' } });
    view.close();
    await timers.advance(10_000);
    expect(latest().of('open')).toHaveLength(2);
  });

  it('ends a view whose snapshot breaks the contract', async () => {
    const { client, latest } = await openWelcomed();
    const reports: ViewReport<unknown>[] = [];
    client.openView('sync.state', {}, (report) => reports.push(report));
    latest().tell({ type: 'snapshot', id: latest().lastId('open'), seq: 1, value: { link: 'sideways' } });
    expect(reports).toMatchObject([{ kind: 'ended', error: { code: 'bridge.unknown-message' } }]);
  });
});

describe('reconnecting', () => {
  it('says that the link is lost while it waits, and is bounded in haste and in patience', async () => {
    const bench = await openWelcomed();
    bench.isReachable = false;
    bench.latest().die();
    expect(bench.client.connection().status).toBe('lost');
    bench.isReachable = true;
    await bench.timers.advance(5_000);
    bench.latest().welcome();
    expect(bench.client.connection().status).toBe('connected');
    expect(backOffMs(0, () => 0)).toBeGreaterThanOrEqual(150);
    expect(backOffMs(500, () => 1)).toBeLessThanOrEqual(6_250);
  });

  it('takes a link that never greets for lost', async () => {
    const bench = await openBench();
    await bench.timers.advance(10_000);
    await bench.timers.advance(1_000);
    expect(bench.workstations.length).toBe(2);
  });

  it('stays closed once closed', async () => {
    const bench = await openWelcomed();
    bench.client.close();
    await bench.timers.advance(60_000);
    expect(bench.workstations).toHaveLength(1);
    expect(bench.latest().isClosed).toBe(true);
  });
});
