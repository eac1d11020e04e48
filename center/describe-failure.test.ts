import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { describeFailure } from './describe-failure.ts';

describe('POS-4: what is logged of a failure', () => {
  it('says where and never what', () => {
    const thrown: unknown[] = [
      Object.assign(new Error('Key (name)=(Qodirova) exists'), { code: '23505' }),
      'Qodirova',
    ];
    try {
      v.parse(v.picklist(['x']), 'Qodirova');
    } catch (error) {
      thrown.push(error);
    }
    const described = thrown.map(describeFailure);
    expect(described.join()).not.toContain('Qodirova');
    expect(described[0]).toMatch(/^Error 23505 at .*describe-failure.test.ts/);
    expect(described[2]).toContain('ValiError');
  });
});
