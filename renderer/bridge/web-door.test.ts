import { describe, expect, it } from 'vitest';
import { type Entrance, openDoor } from './web-door.ts';

function entrance(hash: string, pass?: string) {
  const stored = new Map<string, string>(pass === undefined ? [] : [['hamshira-pass', pass]]);
  const shown: string[] = [];
  const listeners: (() => void)[] = [];
  const page = {
    location: { hash, pathname: '/' },
    history: {
      replaceState: (_state: unknown, _title: string, url?: string | URL | null) =>
        void shown.push(String(url)),
    },
    sessionStorage: {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
    },
    addEventListener: (_type: 'hashchange', listener: () => void) => void listeners.push(listener),
  } satisfies Entrance;
  return {
    page,
    stored,
    shown,
    change: (next: string) => {
      page.location.hash = next;
      for (const listener of listeners) listener();
    },
  };
}

describe('the door of the web workstation', () => {
  it('takes the token out of the address bar', () => {
    const { page, shown } = entrance('#token=abc');
    expect(openDoor(page).read()).toBe('abc');
    expect(shown).toEqual(['/']);
  });

  it('shows the pass once the token was exchanged', () => {
    const { page, stored } = entrance('#token=abc');
    const door = openDoor(page);
    door.keep('pass-1');
    expect(door.read()).toBe('pass-1');
    expect([...stored.values()]).toEqual(['pass-1']);
  });

  it('comes back after a reload by the pass, and has nothing without one', () => {
    expect(openDoor(entrance('', 'pass-1').page).read()).toBe('pass-1');
    expect(openDoor(entrance('').page).read()).toBeUndefined();
  });

  it('prefers a new token to an old pass, also one that comes while the page is open', () => {
    const bench = entrance('', 'old');
    const door = openDoor(bench.page);
    let came = 0;
    door.onNewToken(() => {
      came += 1;
    });
    bench.change('#token=fresh');
    expect(door.read()).toBe('fresh');
    bench.change('');
    expect(came).toBe(1);
  });
});
