// Root of the web workstation for development and training: as main.ts, with simulated devices and checked answers.
import { fileURLToPath } from 'node:url';
import { openSimulatedShelf } from '#access/simulated/simulated-shelf.ts';
import { composeWorkstation } from './main-composition.ts';
import { systemRandom } from './system-effects.ts';
import { readWebArguments, startWebWorkstation } from './web-start.ts';

process.umask(0o077);
const builtRenderer = fileURLToPath(new URL('../dist/renderer', import.meta.url));
const start = readWebArguments(process.argv.slice(2), builtRenderer, process);
if (start !== null) {
  const compose = () =>
    composeWorkstation({
      folder: start.data,
      writeLog: (line) => console.error(line),
      openSimulatedShelf: (folder) => openSimulatedShelf(folder, systemRandom),
    });
  await startWebWorkstation(compose, start, process, { checksOutput: true });
}
