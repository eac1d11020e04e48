import { inspectAllScreens } from './all-screens.ts';

inspectAllScreens('uz-Cyrl');
