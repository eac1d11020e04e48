import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestImage } from './guest-image.ts';

/** What a guest did. */
export interface GuestRun {
  /** All it wrote to its console: of the script, and few lines of the kernel. */
  readonly output: string;
  /** How its script ended; undefined if it never did. */
  readonly exitCode: number | undefined;
}

export interface GuestOrder {
  /** Empty folder of the host that the guest has as /mnt, and may write to. */
  readonly folder: string;
  /** Shell script. It finds the host's files read-only where they are, and /tmp and /run with nothing but `project` in them. */
  readonly script: string;
  /** Absolute path of the host's folder that the script works with, which may lie in /tmp. */
  readonly project: string;
  readonly limitMs: number;
  readonly memoryMiB?: number;
}

const longestOutput = 4 * 1024 * 1024;

/**
 * Starts Linux under QEMU without hardware help, which runs the script as root and switches off. Nothing of the guest reaches
 * a network. Killed after `limitMs`.
 */
export async function runInGuest(image: GuestImage, order: GuestOrder): Promise<GuestRun> {
  await mkdir(order.folder, { recursive: true });
  await writeFile(join(order.folder, 'run.sh'), order.script);
  await writeFile(join(order.folder, 'project'), order.project);
  const qemu = spawn('qemu-system-x86_64', argumentsFor(image, order), { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (piece: Buffer) => {
    if (output.length < longestOutput) output += piece.toString('utf8');
  };
  qemu.stdout.on('data', keep);
  qemu.stderr.on('data', keep);
  const limit = setTimeout(() => qemu.kill('SIGKILL'), order.limitMs);
  try {
    await new Promise<void>((resolve, reject) => {
      qemu.once('error', reject);
      qemu.once('close', () => resolve());
    });
  } finally {
    clearTimeout(limit);
  }
  const [, code] = /guest: ended with (\d+)/.exec(output) ?? [];
  return { output, exitCode: code === undefined ? undefined : Number(code) };
}

function argumentsFor(
  { kernel, initialFiles }: GuestImage,
  { folder, memoryMiB = 1_536 }: GuestOrder,
): string[] {
  const share = (id: string, path: string, isReadOnly: boolean) => [
    '-fsdev',
    `local,id=${id},path=${path},security_model=none,multidevs=remap${isReadOnly ? ',readonly=on' : ''}`,
    '-device',
    `virtio-9p-pci,fsdev=${id},mount_tag=${id}`,
  ];
  return [
    ...['-accel', 'tcg', '-cpu', 'max', '-smp', '1', '-m', String(memoryMiB)],
    ...['-nographic', '-no-reboot', '-nic', 'none'],
    ...['-kernel', kernel, '-initrd', initialFiles],
    ...['-append', 'console=ttyS0 quiet panic=-1 mitigations=off'],
    ...share('host', '/', true),
    ...share('work', folder, false),
  ];
}
