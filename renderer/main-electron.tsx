import { receivePorts } from './bridge/message-port-link.ts';
import { startScreen } from './start.tsx';

await startScreen(document, { connect: receivePorts(window), credentials: null });
