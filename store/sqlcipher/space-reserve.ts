import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Room for some thousand acknowledgements: each changes a handful of pages of 4 KiB in the log. */
export const reserveBytes = 8 * 1024 * 1024;

/**
 * Disk space set aside so that a full disk never stops records from leaving (STO-7). It is a file of zeros beside the
 * database; giving it up frees its blocks at once.
 */
export class SpaceReserve {
  readonly #path: string;
  readonly #bytes: number;

  constructor(databaseFile: string, bytes: number = reserveBytes) {
    this.#path = `${databaseFile}-reserve`;
    this.#bytes = bytes;
  }

  get isHeld(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false })?.size === this.#bytes;
  }

  /** Sets the space aside if it is not. Gives false, and leaves nothing behind, if the disk has no room for it. */
  hold(): boolean {
    if (this.isHeld) return true;
    if (!this.#fits()) return false;
    try {
      fillWithZeros(this.#path, this.#bytes);
      return true;
    } catch {
      this.release();
      return false;
    }
  }

  /** Gives the space up. */
  release(): void {
    rmSync(this.#path, { force: true });
  }

  /** Twice the reserve, so that taking it back does not fill the disk by itself. */
  #fits(): boolean {
    const disk = statfsSync(dirname(this.#path));
    return disk.bavail * disk.bsize > 2 * this.#bytes;
  }
}

function fillWithZeros(path: string, bytes: number): void {
  const file = openSync(path, 'w', 0o600);
  try {
    const zeros = Buffer.alloc(1024 * 1024);
    let written = 0;
    while (written < bytes) written += writeSync(file, zeros, 0, Math.min(zeros.length, bytes - written));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
