import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, normalize, relative } from 'node:path';
import type { SeededRandom } from '../doubles/seeded-random.ts';
import { FileContent } from './file-content.ts';
import type { Survival } from './survival.ts';
import type { TraceEvent } from './trace-log.ts';

/** What a cut left: content by path relative to the traced folder, and the folders. */
export interface CutState {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly folders: readonly string[];
}

type Node = FileContent | Folder;

interface Folder {
  readonly entries: Map<string, Node>;
  /** The names that are on the disk for certain. */
  readonly durable: Map<string, Node>;
}

interface NameEdit {
  readonly folder: Folder;
  readonly name: string;
  readonly node: Node | undefined;
}

/** One change of names: all of its edits survive, or none does. */
interface NameChange {
  readonly order: number;
  readonly edits: readonly NameEdit[];
}

interface SnapshotEntry {
  readonly path: string;
  readonly inode: bigint;
  /** Undefined for a folder. */
  readonly content: Buffer | undefined;
}

/** What a folder holds at one moment; folders before what is in them. */
export interface Snapshot {
  readonly root: string;
  readonly inode: bigint;
  readonly entries: readonly SnapshotEntry[];
}

/** Reads a folder that nothing writes to. `root`: absolute, without links. */
export function takeSnapshot(root: string): Snapshot {
  const inodeOf = (path: string) => statSync(path, { bigint: true }).ino;
  const entries = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isFile())
    .map((entry) => ({ path: join(entry.parentPath, entry.name), isFolder: entry.isDirectory() }))
    .sort((left, right) => (left.path < right.path ? -1 : 1))
    .map(({ path, isFolder }) => ({
      path,
      inode: inodeOf(path),
      content: isFolder ? undefined : readFileSync(path),
    }));
  return { root, inode: inodeOf(root), entries };
}

const newFolder = (): Folder => ({ entries: new Map(), durable: new Map() });
const isFolder = (node: Node | undefined): node is Folder => node !== undefined && 'entries' in node;

/**
 * A disk as the trace changes it, that can lose its power at any moment.
 *
 * Content: what was written before a sync of the file began is there once the sync has ended; of the rest any part may be,
 * in any order (see {@link Survival}).
 *
 * Names: by the letter of POSIX (`strict`) a change of a folder lasts once that folder was synced, and of the changes before
 * any subset may. With `ordered`, as ext4 does with its journal, changes of names last in their order, and the sync of any
 * file makes all before it last.
 */
export class CutDisk {
  readonly #root: string;
  readonly #folder = newFolder();
  readonly #byInode = new Map<bigint, Node>();
  /** When the syncs under way of a file began, oldest first. */
  readonly #begun = new Map<bigint, number[]>();
  readonly #names: 'strict' | 'ordered';
  #changes: NameChange[] = [];
  #order = 0;

  /** A disk that holds `snapshot` for certain. */
  constructor(snapshot: Snapshot, names: 'strict' | 'ordered') {
    this.#root = snapshot.root;
    this.#names = names;
    this.#byInode.set(snapshot.inode, this.#folder);
    for (const entry of snapshot.entries) this.#load(entry);
  }

  apply(event: TraceEvent): void {
    this.#order += 1;
    switch (event.kind) {
      case 'opened':
        this.#make(event.path, event.inode, new FileContent());
        break;
      case 'written':
        this.#fileOf(event).change({ order: this.#order, offset: event.offset, data: event.data });
        break;
      case 'truncated':
        this.#fileOf(event).change({ order: this.#order, length: event.length });
        break;
      case 'extended':
        this.#fileOf(event).change({ order: this.#order, atLeast: event.length });
        break;
      case 'sync-begun':
        this.#begun.set(event.inode, [...(this.#begun.get(event.inode) ?? []), this.#order]);
        break;
      case 'synced':
        this.#sync(this.#nodeOf(event), this.#begun.get(event.inode)?.shift() ?? 0);
        break;
      case 'renamed':
        this.#rename(event.from, event.to);
        break;
      case 'unlinked':
      case 'folder-removed':
        this.#edit([{ ...this.#place(event.path), node: undefined }]);
        break;
      case 'folder-made':
        this.#edit([{ ...this.#place(event.path), node: newFolder() }]);
        break;
      case 'mark':
        break;
    }
  }

  /** The disk as a cut at this moment may leave it. */
  cut(survival: Survival, random: SeededRandom): CutState {
    const names = new Map<Folder, Map<string, Node>>();
    const namesOf = (folder: Folder) => {
      const present = names.get(folder) ?? new Map(folder.durable);
      names.set(folder, present);
      return present;
    };
    for (const { edits } of this.#survivingNames(survival, random)) {
      for (const { folder, name, node } of edits) setName(namesOf(folder), name, node);
    }
    return collect(this.#folder, namesOf, (file) => file.cut(survival, this.#order, random));
  }

  /** The disk as it is while the power is on. */
  whole(): CutState {
    return collect(
      this.#folder,
      ({ entries }) => entries,
      (file) => file.whole(),
    );
  }

  #survivingNames(survival: Survival, random: SeededRandom): readonly NameChange[] {
    if (this.#names === 'ordered') return this.#changes.slice(0, random.below(this.#changes.length + 1));
    return this.#changes.filter(() => random.chance(survival.names));
  }

  #load({ path, inode, content }: SnapshotEntry): void {
    const node = content === undefined ? newFolder() : new FileContent(Buffer.from(content));
    const { folder, name } = this.#place(path);
    folder.entries.set(name, node);
    folder.durable.set(name, node);
    this.#byInode.set(inode, node);
  }

  #make(path: string, inode: bigint, node: Node): void {
    this.#byInode.set(inode, node);
    this.#edit([{ ...this.#place(path), node }]);
  }

  #rename(from: string, to: string): void {
    const source = this.#place(from);
    // A file that was made unseen (requireSameAsDisk says which may be) is taken to be lost in every cut.
    const node = source.folder.entries.get(source.name);
    this.#edit([
      { ...source, node: undefined },
      { ...this.#place(to), node },
    ]);
  }

  #edit(edits: readonly NameEdit[]): void {
    for (const { folder, name, node } of edits) setName(folder.entries, name, node);
    this.#changes.push({ order: this.#order, edits });
  }

  #sync(node: Node, begun: number): void {
    if (!isFolder(node)) node.sync(begun);
    const lasts = ({ order, edits }: NameChange) =>
      order < begun && (this.#names === 'ordered' || edits.at(-1)?.folder === node);
    for (const { edits } of this.#changes.filter(lasts)) {
      for (const { folder, name, node: named } of edits) setName(folder.durable, name, named);
    }
    this.#changes = this.#changes.filter((change) => !lasts(change));
  }

  #fileOf(event: { readonly path: string; readonly inode: bigint }): FileContent {
    const node = this.#nodeOf(event);
    if (isFolder(node)) throw new Error(`the trace writes into the folder ${event.path}`);
    return node;
  }

  /** Folders are found by path: they are made without a descriptor that would tell the inode. */
  #nodeOf({ path, inode }: { readonly path: string; readonly inode: bigint }): Node {
    const node = this.#find(path);
    if (isFolder(node)) return node;
    const known = this.#byInode.get(inode) ?? node;
    if (known === undefined) throw new Error(`the trace names ${path}, which was never made`);
    return known;
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#folder;
    for (const name of this.#steps(path)) node = isFolder(node) ? node.entries.get(name) : undefined;
    return node;
  }

  #place(path: string): { readonly folder: Folder; readonly name: string } {
    const steps = this.#steps(path);
    const name = steps.pop();
    const folder = this.#find(join(this.#root, ...steps));
    if (name === undefined || !isFolder(folder))
      throw new Error(`the trace names ${path}, in no known folder`);
    return { folder, name };
  }

  #steps(path: string): string[] {
    return relative(this.#root, normalize(path))
      .split('/')
      .filter((step) => step !== '');
  }
}

function setName(names: Map<string, Node>, name: string, node: Node | undefined): void {
  if (node === undefined) names.delete(name);
  else names.set(name, node);
}

function collect(
  root: Folder,
  namesOf: (folder: Folder) => ReadonlyMap<string, Node>,
  contentOf: (file: FileContent) => Buffer,
): CutState {
  const files = new Map<string, Buffer>();
  const folders: string[] = [];
  const walk = (folder: Folder, path: string) => {
    for (const [name, node] of namesOf(folder)) {
      const child = join(path, name);
      if (isFolder(node)) {
        folders.push(child);
        walk(node, child);
      } else {
        files.set(child, contentOf(node));
      }
    }
  };
  walk(root, '');
  return { files, folders };
}
