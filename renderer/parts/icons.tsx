import type { ReactNode } from 'react';

/** Strokes of each icon on a 24 by 24 grid. */
const strokes = {
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm9.5 3-4.8-4.8',
  home: 'M4 11.5 12 4l8 7.500M6 10v9.500h12V10M10 19.500v-5h4v5',
  'user-plus':
    'M10 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM3.5 20c.5-3.5 3-5.5 6.5-5.500s6 2 6.5 5.500M19 8v6M16 11h6',
  users:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c.5-3.5 3-5.5 6.5-5.500s6 2 6.5 5.500M16 4.500a3.5 3.5 0 0 1 0 6.300M18 14.800c2 .8 3.2 2.6 3.5 5.2',
  user: 'M12 11.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.500c.6-4 3.4-6 7.5-6s6.9 2 7.5 6',
  calendar: 'M5 6h14v14H5zM5 10.500h14M9 3.500V8M15 3.500V8M9 15l2 2 4-4',
  upload: 'M12 16V5M7.5 9 12 4.5 16.5 9M5 15v4.500h14V15',
  inbox: 'M4 13.5 6.5 5h11l2.5 8.500V19H4zM4 13.500h5c0 4 6 4 6 0h5',
  computer: 'M4 5h16v10.500H4zM9 20h6M12 15.500V20',
  center: 'M4.5 20V9L12 4.5 19.5 9v11M4 20h16M12 10v5M9.5 12.500h5',
  check: 'm5 12.5 4.5 4.500L19 7.5',
  'check-circle': 'M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM8.3 12.300l2.6 2.6 4.8-5',
  alert: 'M12 4 2.8 19.500h18.400L12 4ZM12 10v4.500M12 17v.1',
  stop: 'M8.5 3.500h7l5 5v7l-5 5h-7l-5-5v-7l5-5ZM12 8v5M12 16v.1',
  info: 'M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 11v5M12 8v.1',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.500v2',
  key: 'M8 16.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 12.500h9M18 12.500v3.500M15 12.500V15',
  fingerprint:
    'M6 17c1.5-2 1.5-3.5 1.5-5a4.5 4.5 0 0 1 9 0c0 3-.3 5-1.3 7M12 11.500c0 3.5-.5 6-2.2 8.500M4.5 12.500A7.5 7.5 0 0 1 12 4.500c3 0 5.3 1.5 6.5 3.500M19.5 12c0 2 0 3.5-.5 5.5',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2.500V5M12 19v2.500M2.5 12H5M19 12h2.500M5.3 5.3 7 7M17 17l1.7 1.700M5.3 18.7 7 17M17 7l1.7-1.7',
  moon: 'M19.5 14.500A8 8 0 0 1 9.5 4.500a8 8 0 1 0 10 10Z',
  contrast: 'M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 3.500v17M15 6v12M18 8.500v7',
  'arrow-left': 'M19 12H5M11 6l-6 6 6 6',
  'arrow-right': 'M5 12h14M13 6l6 6-6 6',
  'chevron-down': 'm6 9.5 6 6 6-6',
  'chevron-right': 'm9.5 6 6 6-6 6',
  plus: 'M12 5v14M5 12h14',
  clock: 'M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 7.500V12l3 2',
  phone:
    'M6 4h3.500l1.5 4.5-2 1.500a11 11 0 0 0 5 5l1.5-2 4.5 1.500V18c0 1.5-1 2.5-2.5 2.500A14.5 14.5 0 0 1 3.5 6.500C3.5 5 4.5 4 6 4Z',
  pin: 'M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11ZM12 12.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  close: 'M6 6l12 12M18 6 6 18',
  undo: 'M8.5 5 4 9.5 8.5 14M4 9.500h10a5.5 5.5 0 0 1 0 11h-3',
  pencil: 'M4.5 19.500l1-4L16 5l3 3L8.5 18.500l-4 1ZM13.5 7.500l3 3',
  strike:
    'M4 12h16M16.5 8c-.5-2-2-3-4.5-3s-4.5 1.2-4.5 3.300c0 1 .4 1.7 1 2.200M7.5 16c.5 2 2 3 4.5 3s4.5-1.2 4.5-3.300c0-.6-.1-1-.3-1.4',
  heart: 'M3.5 12H8l1.7-4 3.3 8.5 2.2-4.500h5.3',
  note: 'M6 3.500h8.500L19 8v12.500H6zM14 3.500V8.500h5M9 12.500h6.500M9 16h4.5',
  bubble: 'M4 5h16v11H11l-4.5 4v-4H4z',
  diagnosis:
    'M6 4v5a4 4 0 0 0 8 0V4M6 4H4.500M14 4h1.500M10 13v2.500a4.5 4.5 0 0 0 9 0V14M19 14a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.400Z',
  swap: 'M7 4 3.5 7.5 7 11M3.5 7.500H17M17 13l3.5 3.500L17 20M20.5 16.500H7',
  keyboard: 'M3 6.500h18v11H3zM6.5 10v.1M10 10v.1M13.5 10v.1M17 10v.1M8 14h8',
  play: 'M8 5.500v13l10.5-6.500L8 5.500Z',
  star: 'm12 4 2.5 5.2 5.7.8-4.1 4 1 5.7-5.1-2.7-5.1 2.7 1-5.7-4.1-4 5.7-.8L12 4Z',
  'arrow-up': 'M12 19V5M6 11l6-6 6 6',
  'arrow-down': 'M12 5v14M6 13l6 6 6-6',
  'double-up': 'm6 12 6-6 6 6M6 18l6-6 6 6',
  'double-down': 'm6 6 6 6 6-6M6 12l6 6 6-6',
  link: 'M9.5 14.500l5-5M8 11 5.5 13.500a3.5 3.5 0 0 0 5 5L13 16M16 13l2.5-2.500a3.5 3.5 0 0 0-5-5L11 8',
  card: 'M3.5 6h17v12h-17zM3.5 10h17M7 14.500h4',
  printer: 'M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z',
  eye: 'M2.5 12C5 7.500 8.3 5.500 12 5.500s7 2 9.5 6.500c-2.5 4.500-5.800 6.500-9.5 6.500S5 16.500 2.5 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  shield: 'M12 3.500l7.5 2.500v6c0 4.500-3 7.500-7.5 9-4.5-1.500-7.5-4.500-7.5-9V6L12 3.500Z',
  unlink: 'M8 11 5.5 13.500a3.5 3.5 0 0 0 5 5L13 16M16 13l2.5-2.500a3.5 3.5 0 0 0-5-5L11 8M4 4l16 16',
} as const;

export type IconName = keyof typeof strokes;

/** A small line icon. It is decoration: the words beside it say what it means. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }): ReactNode {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        d={strokes[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.75"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

/** The mark of the product. */
export function Logo({ size = 32 }: { readonly size?: number }): ReactNode {
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" className="logo-ground" />
      <path className="logo-line" d="M9 6.500v19M23 6.500v19M9 17h4.200l2-4.5 3 8 2-3.500H23" />
    </svg>
  );
}
