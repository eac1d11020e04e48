// Root of Electron's utility process: the workstation on this machine's disk, served over ports that the main process hands in.
import { parseArgs } from 'node:util';
import type * as Electron from 'electron';
import { serveMessagePort } from '#workstation/hosts/message-port-host.ts';
import { composeWorkstation } from '#workstation/main-composition.ts';
import { openMachineDevices } from '#workstation/main-devices.ts';
import { closeDown, screenConnected } from './messages.ts';

const { values } = parseArgs({ options: { data: { type: 'string' } } });
if (values.data === undefined) throw new Error('started without --data');

const parent: Pick<Electron.ParentPort, 'on'> = process.parentPort;
const early: Electron.MessageEvent[] = [];
let hear = (message: Electron.MessageEvent): void => void early.push(message);
parent.on('message', (message) => hear(message));

const composed = await composeWorkstation({
  folder: values.data,
  writeLog: (line) => console.error(line),
  openDevices: openMachineDevices,
});
if (!composed.ok) {
  // The main process tries again; a folder that another process is leaving is free by then.
  console.error(`the workstation did not open: ${composed.error.code}`);
  process.exit(1);
}
const { workstation, close } = composed.value;

hear = ({ data, ports }): void => {
  const [port] = ports;
  if (data === screenConnected && port !== undefined)
    serveMessagePort(port, workstation, { checksOutput: false });
  if (data === closeDown) void close().finally(() => process.exit(0));
};
for (const message of early.splice(0)) hear(message);
