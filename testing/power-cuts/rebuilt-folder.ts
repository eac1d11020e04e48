import { chownSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Account } from '#center/postgres/account.ts';
import type { CutState } from './cut-disk.ts';

interface LaidFile {
  readonly content: Buffer;
  /** Tells whether anybody touched the file since. */
  readonly print: string;
}

/**
 * A folder in which one cut after the other is laid down. A file that has the same content as in the cut before, and that nobody touched
 * meanwhile, is left where it is: of a database cluster that is nearly all.
 */
export class RebuiltFolder {
  readonly #folder: string;
  readonly #account: Account | undefined;
  #laid = new Map<string, LaidFile>();

  /** `account`: whom everything belongs to, if not to the present user. */
  constructor(folder: string, account: Account | undefined) {
    this.#folder = folder;
    this.#account = account;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#give(folder);
  }

  lay({ files, folders }: CutState): void {
    this.#removeOthers(files, new Set(folders));
    for (const path of folders) this.#makeFolder(join(this.#folder, path));
    const laid = new Map<string, LaidFile>();
    for (const [path, content] of files) {
      const known = this.#laid.get(path);
      const isThere = known?.content === content && known.print === this.#print(path);
      laid.set(path, isThere ? known : this.#write(path, content));
    }
    this.#laid = laid;
  }

  #removeOthers(files: CutState['files'], folders: ReadonlySet<string>): void {
    for (const entry of readdirSync(this.#folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const name = relative(this.#folder, path);
      const isWanted = entry.isDirectory() ? folders.has(name) : entry.isFile() && files.has(name);
      if (!isWanted) rmSync(path, { recursive: true, force: true });
    }
  }

  #makeFolder(path: string): void {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
    mkdirSync(path, { mode: 0o700 });
    this.#give(path);
  }

  #write(path: string, content: Buffer): LaidFile {
    const place = join(this.#folder, path);
    writeFileSync(place, content, { mode: 0o600 });
    this.#give(place);
    return { content, print: this.#print(path) };
  }

  #print(path: string): string {
    const found = lstatSync(join(this.#folder, path), { bigint: true, throwIfNoEntry: false });
    return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
  }

  #give(path: string): void {
    if (this.#account !== undefined) chownSync(path, this.#account.uid, this.#account.gid);
  }
}
