import type { Finding } from './verify-trail.ts';

/** A finding in words, with the entry it is about. */
export function describeFinding(finding: Finding): string {
  switch (finding.kind) {
    case 'changed':
      return `entry ${finding.seq} (line ${finding.line}) was changed, inserted or moved`;
    case 'missing':
      return finding.seq === finding.through
        ? `entry ${finding.seq} is missing`
        : `entries ${finding.seq} to ${finding.through} are missing`;
    case 'unreadable':
      return `line ${finding.line} is no entry; entry ${finding.seq} should be there`;
    case 'other-device':
      return 'this is not the trail of the workstation it names';
    case 'center':
      return `entry ${finding.seq} is not the one the center was told: something from entry ${finding.holdsThrough + 1} on was replaced`;
    case 'ending':
      return 'the last line does not fit: entries at the end are missing, or were added';
  }
}
