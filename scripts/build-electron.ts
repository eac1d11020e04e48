// npm run build:electron: bundles the desktop shell into dist/electron.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleElectron } from './electron-bundle.ts';
import { projectFolder } from './steps.ts';

const folder = join(projectFolder, 'dist', 'electron');
await rm(folder, { recursive: true, force: true });
await bundleElectron(folder);
