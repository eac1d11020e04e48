import { describe, expect, test, vi } from 'vitest';
import {
  contentSecurityPolicy,
  type GuardedContents,
  type GuardedSession,
  guardContents,
  guardSession,
  isOwnPage,
  isTrustedSender,
  schemePrivileges,
  screenUrl,
  webPreferences,
} from './policy.ts';

test('the scheme is standard and secure and never goes around the page policy', () => {
  expect(schemePrivileges.privileges).toMatchObject({ standard: true, secure: true });
  expect(schemePrivileges.privileges?.bypassCSP).toBeUndefined();
  expect(schemePrivileges.privileges?.allowServiceWorkers).toBeUndefined();
  expect(schemePrivileges.privileges?.allowExtensions).toBeUndefined();
});

test('the window has a sandbox and nothing of Node', () => {
  expect(webPreferences('/preload.cjs')).toMatchObject({
    preload: '/preload.cjs',
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    webviewTag: false,
  });
});

test('the page policy names no origin but its own and no inline script', () => {
  expect(contentSecurityPolicy).toMatch(/^default-src 'none'/);
  expect(contentSecurityPolicy).not.toMatch(/unsafe|data:|blob:|https?:|\*/);
});

describe('own pages', () => {
  test.each([screenUrl, 'hamshira://app/assets/a.js', 'hamshira://app/'])('%s is one', (url) => {
    expect(isOwnPage(url)).toBe(true);
  });
  test.each([
    'https://app/electron.html',
    'hamshira://evil/electron.html',
    'hamshira://app.evil/electron.html',
    'hamshira://user@app/electron.html',
    'hamshira://app:81/electron.html',
    'file:///etc/passwd',
    'about:blank',
    'javascript:alert(1)',
    'not a url',
    '',
  ])('%s is not', (url) => {
    expect(isOwnPage(url)).toBe(false);
  });
});

test.each([
  ['the top frame of an own page', { url: screenUrl, parent: null }, true],
  ['a frame inside of it', { url: screenUrl, parent: {} }, false],
  ['a strange page', { url: 'https://example.org/', parent: null }, false],
  ['a frame that is gone', null, false],
])('%s may speak: %#', (_name, frame, trusted) => {
  expect(isTrustedSender(frame)).toBe(trusted);
});

/** A double of a window's contents that can be told to navigate. */
function makeContents() {
  const listeners = new Map<string, (event: { preventDefault(): void; url?: string }) => void>();
  let windowOpen: unknown;
  const contents: GuardedContents = {
    setWindowOpenHandler(handler) {
      windowOpen = handler({
        url: screenUrl,
        frameName: '',
        features: '',
        disposition: 'new-window',
        referrer: { url: '', policy: 'default' },
      });
    },
    on: (event, listener) => listeners.set(event, listener),
  };
  const isPrevented = (event: string, url: string): boolean => {
    const preventDefault = vi.fn();
    const listener = listeners.get(event);
    if (listener === undefined) throw new Error(`nobody listens to ${event}`);
    listener({ preventDefault, url });
    return preventDefault.mock.calls.length > 0;
  };
  return { contents, isPrevented, windowOpen: () => windowOpen };
}

describe('a window', () => {
  test.each(['will-navigate', 'will-frame-navigate', 'will-redirect'])('%s stays at home', (event) => {
    const { contents, isPrevented } = makeContents();
    guardContents(contents);
    expect(isPrevented(event, 'https://example.org/')).toBe(true);
    expect(isPrevented(event, 'file:///etc/passwd')).toBe(true);
    expect(isPrevented(event, screenUrl)).toBe(false);
  });
  test('opens no other one, not even of an own page', () => {
    const { contents, isPrevented, windowOpen } = makeContents();
    guardContents(contents);
    expect(windowOpen()).toEqual({ action: 'deny' });
    expect(isPrevented('will-attach-webview', screenUrl)).toBe(true);
  });
});

test('a session grants nothing', () => {
  const answers: unknown[] = [];
  const downloads: ((event: { preventDefault(): void }) => void)[] = [];
  const asked = { permission: 'media', details: { requestingUrl: screenUrl, isMainFrame: true } } as const;
  const session: GuardedSession = {
    setPermissionRequestHandler(handler) {
      // The policy must not look at who asks: any contents do.
      if (handler)
        Reflect.apply(handler, null, [
          null,
          asked.permission,
          (granted: boolean) => answers.push(granted),
          asked.details,
        ]);
    },
    setPermissionCheckHandler(handler) {
      if (handler) answers.push(Reflect.apply(handler, null, [null, 'hid', screenUrl, asked.details]));
    },
    setDevicePermissionHandler(handler) {
      if (handler) answers.push(Reflect.apply(handler, null, [{ deviceType: 'hid', origin: screenUrl }]));
    },
    setDisplayMediaRequestHandler(handler) {
      if (handler) Reflect.apply(handler, null, [{}, (streams: unknown) => answers.push(streams)]);
    },
    setSpellCheckerEnabled: (enabled) => answers.push(enabled),
    on: (_event, listener) => downloads.push(listener),
  };
  guardSession(session);
  expect(answers).toEqual([false, false, false, null, false]);
  const preventDefault = vi.fn();
  downloads[0]?.({ preventDefault });
  expect(preventDefault).toHaveBeenCalledOnce();
});
