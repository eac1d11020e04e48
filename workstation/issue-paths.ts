import * as v from 'valibot';

/** Field paths of what did not parse: names of fields, never values. At most 20, each at most 200 characters. */
export const pathsOf = (issues: readonly v.BaseIssue<unknown>[]): readonly string[] =>
  issues.slice(0, 20).map((issue) => (v.getDotPath(issue) ?? '').slice(0, 200));
