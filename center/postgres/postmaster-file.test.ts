import { describe, expect, it } from 'vitest';
import { parsePostmasterFile } from './postmaster-file.ts';

describe('POS-3: postmaster.pid', () => {
  it('is read', () => {
    const text = '4711\n/data/cluster\n1760000000\n40123\n\n127.0.0.1\n  5 7\nready   \n';
    expect(parsePostmasterFile(text)).toEqual({ pid: 4711, dataFolder: '/data/cluster', port: 40_123 });
  });

  it.each(['', '4711', '4711\n/data\n1\n', 'x\n/data\n1\n5432\n', '4711\n\n1\n5432\n', '-1\n/d\n1\n5432'])(
    '%j says nothing',
    (text) => {
      expect(parsePostmasterFile(text)).toBeUndefined();
    },
  );
});
