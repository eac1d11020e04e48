import type { CredentialSlots } from '#access/credential-slots.ts';
import { openStaffCards, type StaffCards } from '#access/staff-cards.ts';
import { scanOfCard } from '#clinic/scanning/scan.ts';
import type { Door } from '#contracts/bridge/access.ts';
import type { Scan } from '#contracts/bridge/scans.ts';
import { appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, type Result } from '#contracts/result.ts';
import type { Change } from './change.ts';
import { layoutOf } from './folder-layout.ts';
import { createKeyOperations, type KeyOperations } from './key-operations.ts';
import { PaperDraft } from './paper-draft.ts';
import type { WorkstationParts } from './parts.ts';
import { type ScanNews, watchScans } from './scan-watch.ts';

/** What somebody held to a reader last. Kept in memory until the next one, and forgotten at lock. */
interface LastScan {
  readonly reading: number;
  readonly scan: Scan;
  /** Null once the card was taken off it. */
  readonly reader: string | null;
}

/** What of the workstation the desk is told and asks. */
export interface DoorSurroundings {
  readonly tell: (change: Change) => void;
  /** The card that its owner came in with was taken off its reader. */
  readonly onCardTaken: () => void;
}

/** What comes in by readers, scanners and keys of this computer, and whose card is whose. */
export class DoorDesk {
  readonly operations: KeyOperations;
  /** The paper key that who is at work is writing down. */
  readonly paper: PaperDraft;
  readonly #parts: WorkstationParts;
  readonly #surroundings: DoorSurroundings;
  readonly #endings: readonly (() => void)[];
  #cards: StaffCards | null = null;
  #readings = 0;
  #last: LastScan | null = null;
  /** Reader of the card by which the present person was picked. */
  #cardInUse: string | null = null;

  constructor(parts: WorkstationParts, surroundings: DoorSurroundings) {
    this.#parts = parts;
    this.#surroundings = surroundings;
    const tell = () => surroundings.tell({ kind: 'door' });
    this.paper = new PaperDraft(parts.random);
    this.operations = createKeyOperations(parts.timers, tell);
    this.#endings = [
      parts.devices.onChange(tell),
      watchScans(parts.devices, parts.clock, (news) => this.#hear(news)),
    ];
  }

  /** Reads whose card is whose, once there is a folder for it. */
  async load(): Promise<void> {
    this.#cards ??= await openStaffCards(layoutOf(this.#parts.folder).current, this.#parts.random);
  }

  /** What the lock screen shows beside the state. `renewal`: 0 to 1 while the data key is being replaced. */
  door(slots: CredentialSlots | null, renewal: number | null): Door {
    return {
      operation: this.operations.current(),
      touchesAsked: this.operations.touchesAsked(),
      devices: [...this.#parts.devices.devices()],
      roads: [...this.#parts.devices.roads()],
      card: this.#cardShown(),
      hasPaperKey: (slots?.paperKeyMadeAt() ?? null) !== null,
      holders: [...(slots?.breakGlassHolders() ?? [])],
      rotation: renewal,
    };
  }

  /** What was scanned last, for who is at work. */
  lastScan(): { readonly reading: number; readonly scan: Scan } | null {
    return this.#last && { reading: this.#last.reading, scan: this.#last.scan };
  }

  /** A reader that types gave `text` to the screen: a card as on any other reader, but nobody sees when it is taken away. */
  typed(text: string): void {
    const scan = scanOfCard(text);
    if (scan === undefined) return;
    this.#readings += 1;
    this.#last = { reading: this.#readings, scan, reader: null };
    this.#surroundings.tell({ kind: 'door' });
  }

  hasCard(person: PersonId): boolean {
    return this.#cards?.hasCard(person) ?? false;
  }

  /** The card read as the `reading`th is this person's; null takes hers away. */
  async bindCard(person: PersonId, reading: number | null): Promise<Result<true>> {
    const number = reading === null || this.#last?.reading !== reading ? null : numberOf(this.#last.scan);
    if (this.#cards === null || (reading !== null && number === null)) {
      return fail(appError('record.not-found', { part: 'card' }));
    }
    const bound = await this.#cards.bind(person, number);
    this.#surroundings.tell({ kind: 'door' });
    return bound;
  }

  /** Somebody came in: the card that picked her, if it did, has to stay. */
  begin(person: PersonId): void {
    this.#cardInUse = this.#cardShown()?.person === person ? (this.#last?.reader ?? null) : null;
    this.#forget();
  }

  /** Nobody is at work for a while, then the same person again. Her card has to stay. */
  pause(): void {
    this.#forget();
    this.operations.cancel();
  }

  /** Nobody is at work any more: what was scanned is nobody's business. */
  end(): void {
    this.#cardInUse = null;
    this.pause();
  }

  close(): void {
    this.operations.cancel();
    for (const end of this.#endings) end();
  }

  #forget(): void {
    this.paper.forget();
    this.#last = null;
    this.#surroundings.tell({ kind: 'door' });
  }

  #cardShown(): Door['card'] {
    if (this.#last === null) return null;
    const number = numberOf(this.#last.scan);
    if (number === null) return null;
    return { person: this.#cards?.personOf(number) ?? null, reading: this.#last.reading };
  }

  #hear(news: ScanNews): void {
    if (news.kind === 'scan') {
      this.#readings += 1;
      this.#last = { reading: this.#readings, scan: news.scan, reader: news.reader };
      this.#surroundings.tell({ kind: 'door' });
    } else if (news.kind === 'card-taken') {
      // It still picks its owner, who may come in without it; another card on this reader is not hers.
      if (this.#last?.reader === news.reader) this.#last = { ...this.#last, reader: null };
      if (this.#cardInUse !== news.reader) return;
      this.#cardInUse = null;
      this.#surroundings.onCardTaken();
    }
  }
}

/** The number by which a card is somebody's; null for what is no card. */
function numberOf(scan: Scan): string | null {
  if (scan.kind === 'staff-card') return scan.number;
  return scan.kind === 'unknown' ? scan.text.slice(0, 128) : null;
}
