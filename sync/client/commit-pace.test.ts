import { describe, expect, it } from 'vitest';
import { CommitPace } from './commit-pace.ts';

const limits = { commitDocuments: 2000, commitMs: 100 };

describe('CommitPace (FLOW-6)', () => {
  it('begins with a thousand, or with what is allowed', () => {
    expect(new CommitPace(limits).documents).toBe(1000);
    expect(new CommitPace({ ...limits, commitDocuments: 10 }).documents).toBe(10);
  });

  it('commits as many as a tenth of a second takes, by the fastest of the last four', () => {
    const pace = new CommitPace(limits);
    pace.committed(1000, 80);
    expect(pace.documents).toBe(1250);
    for (let count = 0; count < 3; count += 1) pace.committed(1000, 150);
    expect(pace.documents).toBe(1250);
    pace.committed(1000, 150);
    expect(pace.documents).toBe(667);
  });

  it('stays within its bounds, however slow or fast', () => {
    const pace = new CommitPace(limits);
    pace.committed(1000, 86_400_000);
    expect(pace.documents).toBe(500);
    pace.committed(1000, 0);
    expect(pace.documents).toBe(2000);
  });

  it('learns nothing from few, nor from a clock that jumped back', () => {
    const pace = new CommitPace(limits);
    pace.committed(10, 5000);
    pace.committed(1000, -3_600_000);
    pace.committed(1000, Number.NaN);
    expect(pace.documents).toBe(1000);
  });
});
