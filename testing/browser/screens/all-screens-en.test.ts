import { inspectAllScreens } from './all-screens.ts';

inspectAllScreens('en');
