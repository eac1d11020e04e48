/** Keys of an object in their order. */
export interface Shape {
  readonly keys: readonly string[];
  /** Places of the keys in their slot; -1 for those that share the place of their parent. */
  readonly places: readonly number[];
  /** Tells shapes apart in contexts. */
  readonly number: number;
}

/** Most strings and shapes remembered in one place. */
export const stringsPerSlot = 127;
export const shapesPerSlot = 63;
const keysPerSlot = 255;
const longestShape = 64;
/** Lists up to this long do without a map, which takes more memory than the texts. */
const searchedInOrder = 24;
/** What one direction of a connection may remember; each text counts as its length and what keeping it takes. */
const keptCharacters = 16 * 1024;
const keepingTakes = 24;

/** Texts by place and places by text: a ring of the last ones. Shares those of its origin until it differs. */
class SharedList {
  #texts: string[] | undefined;
  #places: Map<string, number> | undefined;
  #next: number;
  #isOwn = false;

  constructor(origin?: SharedList) {
    this.#texts = origin?.texts;
    this.#places = origin?.places;
    this.#next = origin?.next ?? 0;
  }

  get texts(): string[] | undefined {
    return this.#texts;
  }

  get places(): Map<string, number> | undefined {
    return this.#places;
  }

  get next(): number {
    return this.#next;
  }

  get length(): number {
    return this.#texts?.length ?? 0;
  }

  /** What the next text takes the place of, if it is not put at the end. */
  get oldest(): string | undefined {
    return this.#texts?.[this.#next % Math.max(1, this.length)];
  }

  at(place: number): string | undefined {
    return this.#texts?.[place];
  }

  placeOf(text: string): number {
    if (this.#places !== undefined) return this.#places.get(text) ?? -1;
    return this.#texts === undefined ? -1 : this.#texts.indexOf(text);
  }

  /** Puts a text that is not there at the end, or in place of the oldest; returns its place. */
  add(text: string, atEnd: boolean): number {
    const texts = this.#isOwn && this.#texts !== undefined ? this.#texts : [...(this.#texts ?? [])];
    const place = atEnd ? texts.length : this.#next % Math.max(1, texts.length);
    const replaced = texts[place];
    texts[place] = text;
    if (texts.length > searchedInOrder) {
      const isOwn = this.#isOwn && this.#places !== undefined;
      const places = isOwn ? this.#places : new Map(texts.map((each, index) => [each, index]));
      if (replaced !== undefined) places?.delete(replaced);
      this.#places = places?.set(text, place);
    }
    this.#texts = texts;
    this.#isOwn = true;
    if (!atEnd) this.#next = place + 1;
    return place;
  }
}

/** What the slots of one direction may hold in all, so that no peer fills the memory. */
export class SlotBudget {
  #slots: number;
  #characters: number;

  constructor(slots = 400, characters = keptCharacters) {
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
    // What was learned of the dictionary is shared by all connections that began with it.
    return new SlotBudget(Math.max(0, this.#slots), keptCharacters);
  }
}

/**
 * What is remembered of the values at one place of the messages, such as `rows[].record.body.entries[].kind`: both ends keep
 * the same, from the messages of one direction alone. A fork shares with its origin what it has not changed.
 */
export class Slot {
  readonly number: number;
  /** Never changes once it was forked. */
  readonly #origin: Slot | undefined;
  readonly #keys: SharedList;
  readonly #strings: SharedList;
  #members: (Slot | undefined)[] | undefined;
  #items: Slot | undefined;
  #shapes: readonly Shape[];
  #nextShape: number;
  lastKind: number;
  /** Place of the last string plus one; 0 for none. */
  lastString: number;
  /** Number of the last shape of this list. */
  lastShape: number;
  lastBase: number;
  /** Decimals numbers here are written with. */
  scale: number;
  lastNumber: number;
  /** Running averages that tell counters from measurements. */
  size: number;
  step: number;

  constructor(number: number, origin?: Slot) {
    this.number = number;
    this.#origin = origin;
    this.#keys = new SharedList(origin?.keyList);
    this.#strings = new SharedList(origin?.stringList);
    this.#shapes = origin?.shapes ?? [];
    this.#nextShape = origin?.nextShape ?? 0;
    this.lastKind = origin?.lastKind ?? 0;
    this.lastString = origin?.lastString ?? 0;
    this.lastShape = origin?.lastShape ?? 0;
    this.lastBase = origin?.lastBase ?? 0;
    this.scale = origin?.scale ?? 0;
    this.lastNumber = origin?.lastNumber ?? 0;
    this.size = origin?.size ?? 0;
    this.step = origin?.step ?? 0;
  }

  /** A slot that remembers the same. This one must not change any more. */
  fork(): Slot {
    return new Slot(this.number, this);
  }

  get keyList(): SharedList {
    return this.#keys;
  }

  get stringList(): SharedList {
    return this.#strings;
  }

  get shapes(): readonly Shape[] {
    return this.#shapes;
  }

  get nextShape(): number {
    return this.#nextShape;
  }

  /** Remembers a member, if there is room. Returns its place, or -1: it shares the place of its parent. */
  addKey(key: string, budget: SlotBudget): number {
    const known = this.#keys.placeOf(key);
    if (known >= 0) return known;
    if (this.#keys.length >= keysPerSlot || !budget.take(key.length + 16) || !budget.takeSlot()) return -1;
    return this.#keys.add(key, true);
  }

  /** The place of a member. */
  member(place: number): Slot {
    if (place < 0) return this;
    this.#members ??= [];
    const known = this.#members[place];
    if (known !== undefined) return known;
    const member = this.#origin?.knownMember(place)?.fork() ?? new Slot(numberWithin(this.number, place + 2));
    this.#members[place] = member;
    return member;
  }

  knownMember(place: number): Slot | undefined {
    return this.#members?.[place] ?? this.#origin?.knownMember(place);
  }

  /** The place of the items of a list. */
  items(budget: SlotBudget): Slot {
    if (this.#items !== undefined) return this.#items;
    const known = this.#origin?.knownItems();
    if (known === undefined && !budget.takeSlot()) return this;
    this.#items = known?.fork() ?? new Slot(numberWithin(this.number, 1));
    return this.#items;
  }

  knownItems(): Slot | undefined {
    return this.#items ?? this.#origin?.knownItems();
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
    const places = keys.map((key) => this.addKey(key, budget));
    const shape = { keys: [...keys], places, number: numberWithin(this.number, 300 + place) };
    const replaced = this.#shapes[place]?.keys.length ?? 0;
    if (keys.length <= longestShape && budget.take(8 * (keys.length - replaced))) {
      this.#shapes = replacedAt(this.#shapes, place, shape);
      this.#nextShape = (place + 1) % shapesPerSlot;
    }
    return shape;
  }

  key(place: number): string | undefined {
    return this.#keys.at(place);
  }

  placeOfKey(key: string): number {
    return this.#keys.placeOf(key);
  }

  string(place: number): string | undefined {
    return this.#strings.at(place);
  }

  /** Place of a string remembered here, or -1. */
  placeOfString(text: string): number {
    // Most places hold few strings, one of them again and again.
    if (this.lastString > 0 && this.#strings.at(this.lastString - 1) === text) return this.lastString - 1;
    return this.#strings.placeOf(text);
  }

  /** Remembers a string in place of the oldest. */
  addString(text: string, budget: SlotBudget): void {
    if (this.#strings.placeOf(text) >= 0) return;
    // Without room for one more, the oldest here makes room.
    const hasGrown = this.#strings.length < stringsPerSlot && budget.take(text.length + keepingTakes);
    const replaced = hasGrown ? undefined : this.#strings.oldest;
    if (!hasGrown && (replaced === undefined || !budget.take(text.length - replaced.length))) return;
    this.#strings.add(text, hasGrown);
  }
}

const replacedAt = <Item>(items: readonly Item[], place: number, item: Item): readonly Item[] =>
  place < items.length ? items.with(place, item) : [...items, item];

const numberWithin = (parent: number, place: number): number =>
  (Math.imul(parent ^ (place << 7), 0x9e37_79b1) + place) >>> 4;

function isSameKeys(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false;
  for (let index = left.length - 1; index >= 0; index -= 1) if (left[index] !== right[index]) return false;
  return true;
}
