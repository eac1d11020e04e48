// The page's only way out: one port per workstation process, handed over and forgotten. Nothing is exposed to the page.
import { ipcRenderer } from 'electron';
import { portForScreen, portMessage, screenReady } from './messages.ts';

ipcRenderer.on(portForScreen, (event) => {
  const [port] = event.ports;
  if (port !== undefined) window.postMessage(portMessage, window.location.origin, [port]);
});

// Module scripts have run by then, so that the page hears the port.
window.addEventListener('DOMContentLoaded', () => ipcRenderer.send(screenReady), { once: true });
