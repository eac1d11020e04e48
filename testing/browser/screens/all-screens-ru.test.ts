import { inspectAllScreens } from './all-screens.ts';

inspectAllScreens('ru');
