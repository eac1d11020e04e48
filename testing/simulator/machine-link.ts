import type { Transport } from '#sync/transports/transport.ts';
import { fateOfMessage } from './fates.ts';
import type { FaultName } from './faults.ts';
import {
  type Direction,
  type Effect,
  type Message,
  type SimulatedLink,
  simulateLink,
} from './simulated-link.ts';
import type { Spells } from './spells.ts';
import type { Surroundings } from './surroundings.ts';

const maxReplayed = 60;
const replayMs = 60_000;

/** How quick a link is. */
export interface Pace {
  readonly latencyMs: number;
  readonly bytesPerSecond: number;
}
const usualPace: Pace = { latencyMs: 40, bytesPerSecond: 1_000_000 };

const faultOf: Readonly<Record<Effect, FaultName>> = {
  'cut-before': 'lost-message',
  'cut-after': 'lost-response',
  duplicate: 'duplicated-message',
  swap: 'reordered-message',
  corrupt: 'corrupted-message',
  swallow: 'one-way-loss',
  slow: 'slow-link',
};
const spellsOf: readonly Effect[] = ['swallow', 'slow'];

/** The way from one machine to the center, with whatever is wrong with it, over all its connections. */
export class MachineLink {
  readonly #name: string;
  readonly #around: Surroundings;
  readonly #spells: Spells;
  #isOnline = true;
  #pace = usualPace;
  #swallows: Direction | undefined;
  #newest: SimulatedLink | undefined;
  #sent: Message[] = [];
  #formerMessages: readonly Message[] = [];

  constructor(name: string, around: Surroundings, spells: Spells) {
    this.#name = name;
    this.#around = around;
    this.#spells = spells;
  }

  /** The machine's own next connection. Rejects if nobody answers. */
  connect(): Promise<Transport> {
    const link = this.#dial(() => {});
    if (link === undefined) return Promise.reject(new Error('no link'));
    this.#newest = link;
    this.#formerMessages = this.#sent;
    this.#sent = [];
    return Promise.resolve(link.client);
  }

  /** Breaks the newest connection: everything under way is lost. */
  cut(): void {
    this.#newest?.cut();
  }

  /** Ends the newest connection; what was sent arrives. */
  hangUp(): void {
    this.#newest?.client.terminate();
  }

  /** No connection holds or comes about from now on, or they do again. */
  partition(isOn: boolean): void {
    this.#isOnline = !isOn;
    this.#turn('partition', isOn);
    if (!isOn) return;
    if (this.#newest?.isOpen === true) this.#spells.feel('partition');
    this.cut();
  }

  /** Whatever is sent in this direction is lost from now on, and neither side told; undefined: nothing is any more. */
  swallow(direction: Direction | undefined): void {
    this.#swallows = direction;
    this.#turn('one-way-loss', direction !== undefined);
  }

  /** From now on as slow as this; undefined: as usual. */
  slowDown(pace: Pace | undefined): void {
    this.#pace = pace ?? usualPace;
    this.#turn('slow-link', pace !== undefined);
  }

  /** Ends every disturbance, and the newest connection with what they did to it. */
  mend(): void {
    this.partition(false);
    this.slowDown(undefined);
    this.swallow(undefined);
    // A link that swallows one direction would only be noticed after its longest silence.
    this.cut();
  }

  /** Sends what an earlier connection sent once more, in another order, on a connection of its own. */
  replayFormer(): void {
    const { faults, time } = this.#around;
    const random = faults.random('replayed-connection');
    const messages = [...this.#formerMessages];
    for (let at = messages.length - 1; at > 0; at -= 1) {
      if (random.chance(0.7)) continue;
      const other = random.below(at + 1);
      const [one, two] = [messages[at], messages[other]];
      if (one !== undefined && two !== undefined) [messages[at], messages[other]] = [two, one];
    }
    let isFelt = false;
    const link = this.#dial((direction) => {
      if (direction === 'to-center' && !isFelt) faults.tookEffect('replayed-connection');
      isFelt ||= direction === 'to-center';
    });
    if (link === undefined) return;
    for (const message of messages) link.client.send(message);
    time.after(replayMs, () => link.cut());
  }

  #turn(name: FaultName, isOn: boolean): void {
    if (isOn) this.#spells.begin(name);
    else this.#spells.end(name);
  }

  #dial(received: (direction: Direction) => void): SimulatedLink | undefined {
    const { center, time, trace, faults } = this.#around;
    if (!this.#isOnline) {
      if (center.isUp) this.#spells.feel('partition');
      return undefined;
    }
    const link = simulateLink(time, {
      latencyMs: () => this.#pace.latencyMs,
      bytesPerSecond: () => this.#pace.bytesPerSecond,
      isSlow: () => this.#pace !== usualPace,
      isSwallowed: (direction) => this.#swallows === direction,
      fate: (_direction, message) => fateOfMessage(faults, message),
      arrived: (direction, message) => {
        trace.note(`${this.#name} ${direction}`, message);
        if (direction === 'to-center' && this.#sent.length < maxReplayed) this.#sent.push(message);
      },
      received,
      felt: (effect) => this.#felt(effect),
    });
    return center.accept(link.center) ? link : undefined;
  }

  #felt(effect: Effect): void {
    if (spellsOf.includes(effect)) this.#spells.feel(faultOf[effect]);
    else this.#around.faults.tookEffect(faultOf[effect]);
  }
}
