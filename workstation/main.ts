// Root of the web workstation: this machine's disk, clock and network, served to a browser of this computer.
import { fileURLToPath } from 'node:url';
import { composeWorkstation } from './main-composition.ts';
import { openMachineDevices } from './main-devices.ts';
import { readWebArguments, startWebWorkstation } from './web-start.ts';

// Whatever a library creates in the data folder is closed to other accounts too.
process.umask(0o077);
const builtRenderer = fileURLToPath(new URL('../dist/renderer', import.meta.url));
const start = readWebArguments(process.argv.slice(2), builtRenderer, process);
if (start !== null) {
  const compose = () =>
    composeWorkstation({
      folder: start.data,
      writeLog: (line) => console.error(line),
      openDevices: openMachineDevices,
    });
  await startWebWorkstation(compose, start, process, { checksOutput: false });
}
