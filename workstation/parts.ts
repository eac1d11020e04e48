import type { DerivePassphraseKey } from '#access/argon2.ts';
import type { DeviceShelf } from '#access/ports.ts';
import type { CopyRecords } from '#access/rotation.ts';
import type { Clock, Random, Timers } from '#clinic/ports/clock.ts';
import type { Replica, ReplicaTransaction } from '#clinic/ports/replica.ts';
import type { SyncState } from '#contracts/bridge/views.ts';
import type { DeviceId, Scope } from '#contracts/ids.ts';
import type { Result } from '#contracts/result.ts';
import type { Log } from './log.ts';
import type { ReferenceData } from './reference-data.ts';

/** Where a database lies and what opens it. */
export interface ReplicaPlace {
  /** A private folder that exists. */
  readonly folder: string;
  /** 32 bytes; not kept by whoever opens the replica. */
  readonly dataKey: Uint8Array;
}

/** How the exchange with the center stands; what it counts is read from the outbox. */
export type ExchangeState = Pick<
  SyncState,
  'link' | 'refusal' | 'lastContactAt' | 'isFirstCopy' | 'received' | 'healed'
> & {
  /** The center was not met for longer than it allows. */
  readonly isBeyondOfflineLimit: boolean;
  /** This clock minus the center's, in milliseconds; null before the first contact. */
  readonly clockErrorMs: number | null;
};

/** The running exchange with the center. */
export interface Exchange {
  state(): ExchangeState;
  /** Returns a function that ends it. */
  onChange(told: () => void): () => void;
  /** Tries to reach the center now. */
  hurry(): void;
  stop(): Promise<void>;
}

/** What the center may have this workstation do. */
export interface CenterOrders {
  /** Resolves when nothing can open the records any more. */
  wipe(): Promise<void>;
}

/** What the center answered to an enrolment. */
export interface Enrolment {
  readonly device: DeviceId;
  readonly scope: Scope;
  /** Writes the device's identity where the exchange will look for it. Runs in the first transaction. */
  readonly keep: (transaction: ReplicaTransaction) => void;
}

/** Who the device is, as the exchange kept it. */
export interface DeviceIdentity {
  readonly device: DeviceId;
  readonly scope: Scope;
}

/** Everything a workstation is made of that touches the world. Roots choose. */
export interface WorkstationParts {
  /** The data folder, held by this process alone. */
  readonly folder: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly derivePassphraseKey: DerivePassphraseKey;
  readonly devices: DeviceShelf;
  /** Only development roots say true. */
  readonly hasSimulatedDevices: boolean;
  readonly reference: ReferenceData;
  /** Rejects with a `ReplicaFailure`. */
  readonly openReplica: (place: ReplicaPlace) => Promise<Replica>;
  /** Copies the closed records of one folder to another under another key. */
  readonly copyRecords: CopyRecords;
  /** Fails with the codes of `workstation.enrol`. */
  readonly enrolDevice: (order: {
    readonly center: string;
    readonly code: string;
    readonly label: string;
  }) => Promise<Result<Enrolment>>;
  /** Null when the database holds no identity: a defect. */
  readonly readIdentity: (replica: Replica) => DeviceIdentity | null;
  readonly startExchange: (replica: Replica, orders: CenterOrders) => Exchange;
  readonly idleLockMs: number;
  /** How long a lock keeps the records open behind the locked screen to send what is urgent; {@link usualUrgentSendingMs} if absent. */
  readonly urgentSendingMs?: number;
  /** Clears the memory of the process of what closed records and their keys left in it; absent where nobody looks into it. */
  readonly clearMemory?: () => Promise<void>;
}

/** Five minutes: longer than reading a record takes, shorter than a walk to the next room and back. */
export const usualIdleLockMs = 5 * 60_000;

/** Several round trips on the slowest link that is in contact at all, and not long enough to find the machine unattended. */
export const usualUrgentSendingMs = 10_000;
