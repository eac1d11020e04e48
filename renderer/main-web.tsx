import { openDoor } from './bridge/web-door.ts';
import { connectWebSocket } from './bridge/websocket-link.ts';
import { startScreen } from './start.tsx';

const door = openDoor(window);
const address = new URL('./link', window.location.href);
address.protocol = window.location.protocol === 'https:' ? 'wss:' : 'ws:';
address.hash = '';

const screen = await startScreen(document, {
  connect: () => connectWebSocket(address.href),
  credentials: door,
});
// A newly printed address opened in this tab only changes the fragment.
door.onNewToken(() => screen.retry());
