// The desktop shell: policy, one window, one workstation process. No medicine, no records, no keys.
import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  protocol,
  safeStorage,
  session,
  utilityProcess,
} from 'electron';
import { checkMachineSeal, sealMachine } from './machine-seal.ts';
import { screenReady } from './messages.ts';
import { copiedFolder, type Notice, workstationFailed } from './notices.ts';
import {
  guardContents,
  guardSession,
  isTrustedSender,
  scheme,
  schemePrivileges,
  screenUrl,
  webPreferences,
} from './policy.ts';
import { serveScreenFiles } from './screen-files.ts';
import { hostWorkstation, type WorkstationHost } from './workstation-host.ts';

const programFolder = join(import.meta.dirname, '..');
const dataFolder = join(app.getPath('userData'), 'records');

let host: WorkstationHost<Electron.MessagePortMain> | undefined;
let isQuitting = false;

protocol.registerSchemesAsPrivileged([schemePrivileges]);
app.enableSandbox();
app.on('web-contents-created', (_event, contents) => guardContents(contents));
app.on('window-all-closed', () => app.quit());
app.on('second-instance', () => showWindow());
app.on('before-quit', (event) => closeFirst(event));

if (app.requestSingleInstanceLock()) app.whenReady().then(start, stop);
else app.quit();

async function start(): Promise<void> {
  Menu.setApplicationMenu(null);
  guardSession(session.defaultSession);
  protocol.handle(scheme, serveScreenFiles(join(programFolder, 'renderer')));
  if (!(await mayUseFolder())) return app.quit();
  host = hostWorkstation({
    fork: () =>
      utilityProcess.fork(join(import.meta.dirname, 'workstation-process.js'), [`--data=${dataFolder}`], {
        serviceName: 'Hamshira workstation',
      }),
    makeChannel: () => new MessageChannelMain(),
    now: Date.now,
    after: (waitMs, run) => {
      const timer = setTimeout(run, waitMs);
      return () => clearTimeout(timer);
    },
    onGivenUp: () => void tell(workstationFailed).then(() => app.quit()),
  });
  ipcMain.on(screenReady, (event) => {
    if (event.senderFrame && isTrustedSender(event.senderFrame)) host?.connect(event.senderFrame);
  });
  await openWindow();
}

/** The key store says whether this folder was copied here; a person decides whether to go on. */
async function mayUseFolder(): Promise<boolean> {
  if ((await checkMachineSeal(app.getPath('userData'), safeStorage)) !== 'elsewhere') return true;
  if ((await tell(copiedFolder)) === 0) return false;
  await sealMachine(app.getPath('userData'), safeStorage);
  return true;
}

async function openWindow(): Promise<void> {
  const window = new BrowserWindow({
    width: 1366,
    height: 768,
    minWidth: 1024,
    minHeight: 600,
    show: false,
    title: 'Hamshira',
    webPreferences: webPreferences(join(import.meta.dirname, 'preload.cjs')),
  });
  window.once('ready-to-show', () => window.show());
  await window.loadURL(screenUrl);
}

function showWindow(): void {
  const [window] = BrowserWindow.getAllWindows();
  if (window?.isMinimized()) window.restore();
  window?.focus();
}

/** The database is closed before the program ends. */
function closeFirst(event: Electron.Event): void {
  if (isQuitting || host === undefined) return;
  isQuitting = true;
  event.preventDefault();
  host.close().finally(() => app.quit());
}

async function tell({ title, message, buttons }: Notice): Promise<number> {
  const answer = await dialog.showMessageBox({
    type: 'warning',
    title,
    message,
    buttons: [...buttons],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  });
  return answer.response;
}

/** A start that failed is a defect: the stack goes to the log, the program ends. */
function stop(error: unknown): void {
  console.error(error instanceof Error ? error.stack : 'start failed');
  app.exit(1);
}
