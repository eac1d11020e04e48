// A workstation in a process of its own, which does what its parent asks over the process channel. Argument: its folder.
import { serveCalls } from './calls.ts';
import { deskCalls } from './desk-calls.ts';

const [folder = ''] = process.argv.slice(2);
const calls = deskCalls(folder);
serveCalls({ ...calls, close: async () => calls['desk.close']?.(null) });
process.once('disconnect', () => process.exit());
