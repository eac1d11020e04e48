import type * as Electron from 'electron';

/** Own scheme: files of the program, and nothing else, at one fixed host. */
export const scheme = 'hamshira';
export const screenUrl = `${scheme}://app/electron.html`;

/** Standard and secure, so that the page has an origin, IndexedDB and WebCrypto. Never around the page's own policy. */
export const schemePrivileges: Electron.CustomScheme = {
  scheme,
  privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
};

/** Sent with every file. The page repeats what it may; `frame-ancestors` only works as a header. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** What the window may: nothing of Node, its own process sandboxed, one preload. */
export const webPreferences = (preload: string): Electron.WebPreferences => ({
  preload,
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
  safeDialogs: true,
});

/** Whether a URL is one of the program's own pages. */
export function isOwnPage(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host, username, password } = new URL(url);
  return protocol === `${scheme}:` && host === 'app' && username === '' && password === '';
}

/** The part of a frame that the sender check looks at. */
export interface SenderFrame {
  readonly url: string;
  readonly parent: object | null;
}

/** Only the top frame of an own page may speak to the main process. A frame that is gone may not. */
export function isTrustedSender(frame: SenderFrame | null): boolean {
  return frame !== null && frame.parent === null && isOwnPage(frame.url);
}

/** The parts of a window's contents that the policy takes hold of. */
export type GuardedContents = Pick<Electron.WebContents, 'setWindowOpenHandler'> & {
  on(event: GuardedEvent, listener: (event: PreventableEvent) => void): unknown;
};
type GuardedEvent = 'will-navigate' | 'will-frame-navigate' | 'will-redirect' | 'will-attach-webview';
interface PreventableEvent {
  preventDefault(): void;
  readonly url?: string;
}

/** No other pages, no new windows, no embedded ones. Reloading the own page stays possible. */
export function guardContents(contents: GuardedContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  const events = ['will-navigate', 'will-frame-navigate', 'will-redirect'] as const;
  for (const name of events) {
    contents.on(name, (event) => {
      if (event.url === undefined || !isOwnPage(event.url)) event.preventDefault();
    });
  }
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

/** The parts of a session that the policy takes hold of. */
export type GuardedSession = Pick<
  Electron.Session,
  | 'setPermissionRequestHandler'
  | 'setPermissionCheckHandler'
  | 'setDevicePermissionHandler'
  | 'setDisplayMediaRequestHandler'
  | 'setSpellCheckerEnabled'
> & {
  on(event: 'will-download', listener: (event: { preventDefault(): void }) => void): unknown;
};

/** Every permission is refused: readers and keys belong to the workstation process, not to the page. */
export function guardSession(session: GuardedSession): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, answer) => answer(null));
  session.setSpellCheckerEnabled(false);
  session.on('will-download', (event) => event.preventDefault());
}
