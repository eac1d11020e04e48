/**
 * A two-way pipe of JSON values between a screen and the workstation: a MessagePort in Electron, a WebSocket for the web
 * workstation, two functions in tests. In order, at most once; it may close at any moment.
 */
export interface Link {
  send(message: unknown): void;
  /** At most one receiver; messages that came before it was set are kept and delivered first. */
  onMessage(receive: (message: unknown) => void): void;
  onClose(closed: () => void): void;
  close(): void;
}
