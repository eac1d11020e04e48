import type { CredentialDevice } from '#access/ports.ts';

/** The key that who is at work came in with: pulling it out locks (ACC-10). */
export class KeyInUse {
  readonly #onRemoved: () => void;
  #device: CredentialDevice | null = null;
  #endWatch: () => void = () => undefined;

  constructor(onRemoved: () => void) {
    this.#onRemoved = onRemoved;
  }

  get device(): CredentialDevice | null {
    return this.#device;
  }

  /** She came in with this one; null with none. The one before may go without anything happening. */
  hold(device: CredentialDevice | null): void {
    this.#endWatch();
    this.#device = device;
    this.#endWatch = device?.onRemoved(this.#onRemoved) ?? (() => undefined);
  }
}
