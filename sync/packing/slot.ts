/** Keys of an object in their order, and where the value of each is remembered. */
export interface Shape {
  readonly keys: readonly string[];
  readonly slots: readonly Slot[];
  /** Tells shapes apart in contexts. */
  readonly number: number;
}

/** Most strings and shapes remembered in one place. */
export const stringsPerSlot = 255;
export const shapesPerSlot = 63;
const keysPerSlot = 255;
const longestShape = 64;

/** What the slots of one direction may hold in all, so that no peer fills the memory. */
export class SlotBudget {
  #slots: number;
  #characters: number;

  constructor(slots = 400, characters = 48 * 1024) {
    this.#slots = slots;
    this.#characters = characters;
  }

  takeSlot(): boolean {
    this.#slots -= 1;
    return this.#slots >= 0;
  }

  /** Whether there is room for so many more characters (negative: they are given back). */
  take(characters: number): boolean {
    if (characters > this.#characters) return false;
    this.#characters -= characters;
    return true;
  }

  fork(): SlotBudget {
    return new SlotBudget(Math.max(0, this.#slots), this.#characters);
  }
}

/**
 * What is remembered of the values at one place of the messages, such as `rows[].record.body.entries[].kind`: both ends keep
 * the same, from the messages of one direction alone.
 */
export class Slot {
  readonly number: number;
  readonly #children = new Map<string, Slot>();
  readonly #keys: string[] = [];
  #items: Slot | undefined;
  #shapes: Shape[] = [];
  #nextShape = 0;
  #strings: string[] = [];
  #places = new Map<string, number>();
  #nextString = 0;
  lastKind = 0;
  /** Place of the last string plus one; 0 for none. */
  lastString = 0;
  /** Number of the last shape of this list. */
  lastShape = 0;
  lastBase = 0;
  /** Decimals numbers here are written with. */
  scale = 0;
  lastNumber = 0;
  /** Running averages that tell counters from measurements. */
  size = 0;
  step = 0;

  constructor(number: number) {
    this.number = number;
  }

  /** The place of a member. Once no more can be remembered, unknown members share the place of their parent. */
  child(key: string, budget: SlotBudget): Slot {
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    if (this.#keys.length >= keysPerSlot || !budget.take(key.length + 16)) return this;
    if (!budget.takeSlot()) return this;
    const child = new Slot(numberWithin(this.number, this.#keys.length + 2));
    this.#children.set(key, child);
    this.#keys.push(key);
    return child;
  }

  /** The place of the items of a list. */
  items(budget: SlotBudget): Slot {
    if (this.#items === undefined) {
      if (!budget.takeSlot()) return this;
      this.#items = new Slot(numberWithin(this.number, 1));
    }
    return this.#items;
  }

  get keys(): readonly string[] {
    return this.#keys;
  }

  shape(place: number): Shape | undefined {
    return this.#shapes[place];
  }

  /** Place of the shape with exactly these keys, or -1. */
  placeOfShape(keys: readonly string[]): number {
    for (let place = 0; place < this.#shapes.length; place += 1) {
      const shape = this.#shapes[place];
      if (shape !== undefined && isSameKeys(shape.keys, keys)) return place;
    }
    return -1;
  }

  /** Makes a shape and remembers it in place of the oldest, if it is short enough. */
  addShape(keys: readonly string[], budget: SlotBudget): Shape {
    const place = this.#nextShape;
    const slots = keys.map((key) => this.child(key, budget));
    const shape = { keys: [...keys], slots, number: numberWithin(this.number, 300 + place) };
    const replaced = this.#shapes[place]?.keys.length ?? 0;
    if (keys.length <= longestShape && budget.take(8 * (keys.length - replaced))) {
      this.#shapes[place] = shape;
      this.#nextShape = (place + 1) % shapesPerSlot;
    }
    return shape;
  }

  string(place: number): string | undefined {
    return this.#strings[place];
  }

  /** Place of a string remembered here, or -1. */
  placeOfString(text: string): number {
    // Most places hold few strings, one of them again and again.
    if (this.lastString > 0 && this.#strings[this.lastString - 1] === text) return this.lastString - 1;
    return this.#strings.length === 0 ? -1 : (this.#places.get(text) ?? -1);
  }

  /** Remembers a string in place of the oldest. */
  addString(text: string, budget: SlotBudget): void {
    const place = this.#nextString;
    const replaced = this.#strings[place];
    if (this.#places.has(text) || !budget.take(text.length - (replaced?.length ?? 0))) return;
    if (replaced !== undefined) this.#places.delete(replaced);
    this.#strings[place] = text;
    this.#places.set(text, place);
    this.#nextString = (place + 1) % stringsPerSlot;
  }

  /** A copy with all below it. */
  fork(): Slot {
    const copy = new Slot(this.number);
    const forks = new Map<Slot, Slot>([[this, copy]]);
    for (const [key, child] of this.#children) {
      const fork = child.fork();
      copy.#children.set(key, fork);
      forks.set(child, fork);
    }
    copy.#keys.push(...this.#keys);
    copy.#items = this.#items?.fork();
    copy.#shapes = this.#shapes.map((shape) => ({
      ...shape,
      slots: shape.slots.map((slot) => forks.get(slot) ?? copy),
    }));
    copy.#nextShape = this.#nextShape;
    copy.#strings = [...this.#strings];
    copy.#places = new Map(this.#places);
    copy.#nextString = this.#nextString;
    copy.lastKind = this.lastKind;
    copy.lastString = this.lastString;
    copy.lastShape = this.lastShape;
    copy.lastBase = this.lastBase;
    copy.scale = this.scale;
    copy.lastNumber = this.lastNumber;
    copy.size = this.size;
    copy.step = this.step;
    return copy;
  }
}

const numberWithin = (parent: number, place: number): number =>
  (Math.imul(parent ^ (place << 7), 0x9e37_79b1) + place) >>> 4;

function isSameKeys(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false;
  for (let index = left.length - 1; index >= 0; index -= 1) if (left[index] !== right[index]) return false;
  return true;
}
