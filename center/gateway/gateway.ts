import type { DeviceId } from '#contracts/ids.ts';
import type { News } from '../feed/bus.ts';
import { shareReads } from '../feed/shared-reads.ts';
import { readEpoch } from '../identity.ts';
import { announceHeads } from './announcements.ts';
import type { Connection } from './connection.ts';
import type { GatewayContext } from './conversation.ts';
import type { Line } from './line.ts';
import { runConnection } from './run-connection.ts';

/** Holds the conversations with workstations. */
export interface Gateway {
  /** Takes a fresh line of a workstation. */
  accept(line: Line): void;
  /** Ends all connections and waits until their last messages are dealt with. */
  close(): Promise<void>;
}

/** Everything a gateway needs, from its root. */
export type GatewayParts = Omit<GatewayContext, 'readFeed' | 'epoch' | 'mayEnrol' | 'enrolmentFailed'>;

const busyClose = 1013;
const goingAway = 1001;
const minuteMs = 60_000;

/** Opens the gateway; `epoch` is the present one. */
export function createGateway(parts: GatewayParts, startEpoch: string): Gateway {
  let epoch = startEpoch;
  const connections = new Set<Connection>();
  const lines = new Set<Line>();
  const running = new Set<Promise<void>>();
  const readFeed = shareReads(parts.database);
  const context: GatewayContext = { ...parts, ...countEnrolments(parts), readFeed, epoch: () => epoch };
  const accept = (line: Line) => {
    if (lines.size >= parts.limits.connections) return line.close(busyClose, '');
    lines.add(line);
    let connection: Connection | undefined;
    const run = runConnection(line, context, (opened) => {
      connection = opened;
      connections.add(opened);
    });
    running.add(run);
    void run.finally(() => {
      if (connection !== undefined) connections.delete(connection);
      lines.delete(line);
      running.delete(run);
    });
  };
  const lookAtEpoch = async () => {
    const next = await readEpoch(parts.database).catch(() => undefined);
    if (next === undefined) return parts.effects.log('The epoch could not be read.');
    if (next === epoch) return;
    epoch = next;
    for (const connection of connections) connection.refuse('sync.overloaded', true);
  };
  const stopAnnouncing = announceHeads(connections, context);
  const stopListening = parts.bus.listen((news) => {
    if (news.kind === 'epoch') void lookAtEpoch();
    else if (news.kind === 'head') {
      for (const { stage } of connections) {
        if (stage.kind === 'welcomed' && stage.scope === news.scope) stage.flows?.hear(news);
      }
    } else endConnections(news, connections);
  });
  const stopPings = keepAlive(connections, context, lookAtEpoch);
  return {
    accept,
    close: async () => {
      stopPings();
      stopListening();
      stopAnnouncing();
      for (const line of lines) line.close(goingAway, '');
      const stopWaiting = parts.effects.timers.after(1_000, () => {
        for (const line of lines) line.terminate();
      });
      await Promise.all(running);
      stopWaiting();
    },
  };
}

function endConnections(news: News, connections: ReadonlySet<Connection>): void {
  if (news.kind !== 'device-out' && news.kind !== 'device-in' && news.kind !== 'device-wipe') return;
  for (const connection of connectionsOf(news.device, connections)) {
    if (news.kind === 'device-out') connection.refuse(news.code, false);
    else if (news.kind === 'device-wipe') connection.terminate();
    else if (connection.id !== news.connection) connection.terminate();
  }
}

const connectionsOf = (device: DeviceId, connections: ReadonlySet<Connection>) =>
  [...connections].filter(({ stage }) => 'device' in stage && stage.device === device);

/** Pings everyone, ends the silent ones, looks for lost news now and then, and notes who was heard of. */
function keepAlive(
  connections: ReadonlySet<Connection>,
  context: GatewayContext,
  lookAtEpoch: () => Promise<void>,
): () => void {
  const { effects, limits, devices, bus } = context;
  let cancel: () => void = () => undefined;
  let refreshedAt = effects.clock.now();
  const round = () => {
    const now = effects.clock.now();
    const isToRefresh = Math.abs(now - refreshedAt) >= limits.refreshMs;
    if (isToRefresh) refreshedAt = now;
    const heard: DeviceId[] = [];
    for (const connection of connections) {
      if (now - connection.heardAt > limits.silenceMs) connection.terminate();
      else connection.ping();
      const { stage } = connection;
      if (isToRefresh && stage.kind === 'welcomed') stage.flows?.refresh();
      if (stage.kind === 'welcomed' && now - connection.heardAt <= limits.pingMs * 1.5)
        heard.push(stage.device);
    }
    if (heard.length > 0) {
      devices.touch(heard).then(
        () => bus.publish({ kind: 'page' }),
        () => effects.log('Last contacts could not be noted.'),
      );
    }
    if (isToRefresh) void Promise.all([endBarred(connections, context), lookAtEpoch()]);
    cancel = effects.timers.after(limits.pingMs, round);
  };
  cancel = effects.timers.after(limits.pingMs, round);
  return () => cancel();
}

/** News of a revocation may have been lost: whoever connects anew is told what became of the device. */
async function endBarred(connections: ReadonlySet<Connection>, context: GatewayContext): Promise<void> {
  const welcomed = [...connections].flatMap(({ stage }) => (stage.kind === 'welcomed' ? [stage.device] : []));
  if (welcomed.length === 0) return;
  try {
    const barred = new Set(await context.devices.barred(welcomed));
    for (const connection of connections) {
      const { stage } = connection;
      if (stage.kind === 'welcomed' && barred.has(stage.device)) connection.terminate();
    }
  } catch {
    context.effects.log('The standing of connected devices could not be read.');
  }
}

/** Guessing codes is hopeless at 50 bits; this keeps it from being cheap as well. */
function countEnrolments({ effects, limits }: GatewayParts) {
  let failures: number[] = [];
  return {
    mayEnrol: () => {
      const since = effects.clock.now() - minuteMs;
      failures = failures.filter((at) => at > since);
      return failures.length < limits.failedEnrolmentsPerMinute;
    },
    enrolmentFailed: () => {
      failures.push(effects.clock.now());
    },
  };
}
