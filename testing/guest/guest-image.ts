import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  access,
  chmod,
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A kernel and an initial file system that QEMU can start. */
export interface GuestImage {
  readonly kernel: string;
  readonly initialFiles: string;
}

/** Programs of the host that build and run a guest, and the Debian packages they come from. */
const programs = {
  'qemu-system-x86_64': 'qemu-system-x86',
  'apt-get': 'apt',
  'dpkg-deb': 'dpkg',
  busybox: 'busybox-static',
} as const;

/** Debian's kernel cannot be fetched from here. */
export class NoKernel extends Error {}

/** What this machine lacks to run a guest; undefined if nothing. */
export async function missingForGuest(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'guests run on linux-x64 only';
  for (const [program, comesFrom] of Object.entries(programs)) {
    const isThere = await run('sh', ['-c', `command -v ${program}`]).then(
      () => true,
      () => false,
    );
    if (!isThere) return `${program} is not installed (Debian package ${comesFrom})`;
  }
  return undefined;
}

/** Kernel modules a guest needs; those that they need are found. */
const modules = [
  'virtio_pci',
  '9pnet_virtio',
  '9p',
  'hid_generic',
  'uhid',
  // A USB device inside the guest: a host controller and a gadget that are wired to each other.
  'usbhid',
  'configfs',
  'usb_f_hid',
  'dummy_hcd',
] as const;

const firstProgram = join(import.meta.dirname, 'guest-init.sh');

/**
 * Unpacks Debian's kernel and packs the initial files of a guest into `folder`; uses what it finds there from an earlier time
 * with the same first program.
 * The kernel's package is fetched with `apt-get download`, nothing is installed. Rejects with {@link NoKernel} if it cannot be had.
 */
export async function prepareGuest(folder: string): Promise<GuestImage> {
  const init = await readFile(firstProgram);
  const image = join(folder, `image-${hash('sha256', init, 'hex').slice(0, 8)}`);
  const ready = { kernel: join(image, 'vmlinuz'), initialFiles: join(image, 'initrd') };
  if (await exists(ready.initialFiles)) return ready;
  const made = join(folder, `made-${process.pid}`);
  await rm(made, { recursive: true, force: true });
  await mkdir(join(made, 'image'), { recursive: true });
  await unpackKernel(made);
  await packInitialFiles(made);
  await rm(image, { recursive: true, force: true });
  await rename(join(made, 'image'), image);
  await rm(made, { recursive: true, force: true });
  return ready;
}

async function unpackKernel(made: string): Promise<void> {
  const { stdout } = await run('apt-cache', ['depends', 'linux-image-amd64']);
  const [, kernelPackage] = /Depends: (linux-image-\S+)/.exec(stdout) ?? [];
  if (kernelPackage === undefined) throw new NoKernel('Debian names no kernel: run apt-get update.');
  await run('apt-get', ['download', kernelPackage], { cwd: made }).catch((error) => {
    throw new NoKernel(`${kernelPackage} cannot be downloaded`, { cause: error });
  });
  const [archive] = (await readdir(made)).filter((name) => name.endsWith('.deb'));
  if (archive === undefined) throw new Error('The kernel was not downloaded.');
  await run('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: made });
  const [kernel] = (await readdir(join(made, 'unpacked/boot'))).filter((name) => name.startsWith('vmlinuz'));
  if (kernel === undefined) throw new Error('The package holds no kernel.');
  await copyFile(join(made, 'unpacked/boot', kernel), join(made, 'image', 'vmlinuz'));
}

async function packInitialFiles(made: string): Promise<void> {
  const root = join(made, 'root');
  for (const folder of ['bin', 'modules', 'proc', 'sys', 'dev', 'host']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await copyFile(await pathOf('busybox'), join(root, 'bin/busybox'));
  await chmod(join(root, 'bin/busybox'), 0o755);
  const files = await modulesIn(join(made, 'unpacked/lib/modules'));
  const order = await inOrder(files, modules);
  for (const name of order) await cp(files.get(name) ?? '', join(root, 'modules', `${name}.ko`));
  await copyFile(firstProgram, join(root, 'init'));
  await chmod(join(root, 'init'), 0o755);
  await writeFile(join(root, 'modules/order'), `${order.join('\n')}\n`);
  await run('sh', ['-c', 'find . | busybox cpio -o -H newc | gzip -1 > ../image/initrd'], { cwd: root });
}

/** Modules by name: in names a hyphen is an underscore. */
async function modulesIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = await readdir(folder, { recursive: true });
  return new Map(
    files
      .filter((file) => file.endsWith('.ko'))
      .map((file) => [basename(file, '.ko').replaceAll('-', '_'), join(folder, file)]),
  );
}

/** The modules and all they need, each behind what it needs. What the kernel holds itself is no file, and is passed over. */
async function inOrder(
  files: ReadonlyMap<string, string>,
  wanted: readonly string[],
): Promise<readonly string[]> {
  const ordered = new Set<string>();
  const add = async (name: string): Promise<void> => {
    const file = files.get(name);
    if (file === undefined || ordered.has(name)) return;
    // In the section .modinfo: `depends=` and the names with commas in between.
    const [, needed = ''] = /\0depends=([^\0]*)\0/.exec(await readFile(file, 'latin1')) ?? [];
    for (const other of needed.split(',')) await add(other.replaceAll('-', '_'));
    ordered.add(name);
  };
  for (const name of wanted) await add(name);
  return [...ordered];
}

async function pathOf(program: string): Promise<string> {
  const { stdout } = await run('sh', ['-c', `command -v ${program}`]);
  return stdout.trim();
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
