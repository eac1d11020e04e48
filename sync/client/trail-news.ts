import type * as v from 'valibot';
import type { Replica } from '#clinic/ports/replica.ts';
import type { AuditHead, StatusSchema } from '#contracts/wire/client-messages.ts';
import { headToTell } from '../kept-head.ts';
import { type NewStaffKey, staffKeysToTell } from '../staff-keys.ts';

/** What a status says beyond its numbers. */
export type TrailStatus = Pick<v.InferOutput<typeof StatusSchema>, 'audit' | 'staffKeys'>;

/**
 * What of the audit trail and of new signing keys one connection has not told yet. The head is told with the first status and
 * then once per {@link due}: it moves with every look at a patient, and a slow link has better things to carry.
 */
export class TrailNews {
  readonly #replica: Replica;
  #isDue = true;
  #toldHead: number | undefined;
  #toldKeys: ReadonlySet<string> = new Set();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** It is time to tell the head again. */
  due(): void {
    this.#isDue = true;
  }

  get hasKeys(): boolean {
    return this.#newKeys().length > 0;
  }

  get isThere(): boolean {
    return this.hasKeys || (this.#isDue && this.#replica.auditTrail.head()?.seq !== this.#toldHead);
  }

  /** What is to be told now; `kept` is the head that the center named at the welcome. */
  take(kept: AuditHead | undefined): TrailStatus {
    if (!this.isThere) return {};
    const keys = this.#newKeys();
    const audit = headToTell(this.#replica.auditTrail, kept);
    this.#isDue = false;
    this.#toldHead = audit?.seq;
    this.#toldKeys = new Set([...this.#toldKeys, ...keys.map(({ id }) => id)]);
    return {
      ...(audit === undefined ? {} : { audit }),
      ...(keys.length === 0 ? {} : { staffKeys: [...keys] }),
    };
  }

  #newKeys(): readonly NewStaffKey[] {
    return staffKeysToTell(this.#replica).filter(({ id }) => !this.#toldKeys.has(id));
  }
}
