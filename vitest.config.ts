import { defineConfig } from 'vitest/config';

const shared = { environment: 'node', testTimeout: 20_000, hookTimeout: 60_000, pool: 'forks' } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: [
            '{contracts,clinic,store,sync,access,workstation,electron,renderer,center,scripts}/**/*.test.{ts,tsx}',
            'testing/{house,mutations}/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          ...shared,
          name: 'system',
          include: ['testing/**/*.test.ts'],
          exclude: ['testing/browser/**', 'testing/{house,mutations}/**', 'testing/guest/**'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...shared,
          name: 'guest',
          include: ['testing/guest/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...shared,
          name: 'browser',
          include: ['testing/browser/**/*.test.ts'],
          exclude: ['testing/browser/screens/**'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...shared,
          // Screens with a scripted workstation behind them: two at once do not get in each other's way.
          name: 'screens',
          include: ['testing/browser/screens/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
