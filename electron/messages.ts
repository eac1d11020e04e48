/** Names of the three messages between page, preload, main and workstation process. */

/** Preload to main: the page listens and wants a port. */
export const screenReady = 'hamshira-screen-ready';
/** Main to preload, with one port. */
export const portForScreen = 'hamshira-port-for-screen';
/** Preload to the page, with the same port. The renderer's bridge waits for this. */
export const portMessage = 'hamshira-port';
/** Main to the workstation process, with the other end of the port. */
export const screenConnected = 'hamshira-screen-connected';
/** Main to the workstation process: close what is open and end. */
export const closeDown = 'hamshira-close-down';
