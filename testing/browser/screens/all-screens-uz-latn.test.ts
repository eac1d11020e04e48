import { inspectAllScreens } from './all-screens.ts';

inspectAllScreens('uz-Latn');
