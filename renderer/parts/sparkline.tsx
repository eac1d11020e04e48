import type { ReactNode } from 'react';

interface SparklineProps {
  /** One or two lines, each oldest first, on one scale. */
  readonly lines: readonly (readonly number[])[];
  readonly width: number;
  readonly height: number;
  readonly label: string;
}

/** Points beyond these make no clearer line at this size. */
const mostPoints = 12;
const margin = 4;

/** A trend at a glance, with the last point marked. The values themselves stand beside it. */
export function Sparkline({ lines, width, height, label }: SparklineProps): ReactNode {
  const shown = lines.map((line) => line.slice(-mostPoints));
  const values = shown.flat();
  if (values.length === 0) return null;
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const longest = Math.max(...shown.map((line) => line.length));
  const x = (at: number, length: number) =>
    width - margin - ((length - 1 - at) * (width - 2 * margin)) / Math.max(1, longest - 1);
  const y = (value: number) => height - margin - ((value - low) / span) * (height - 2 * margin);
  return (
    <svg
      className="sparkline"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      {shown.map((line, index) => {
        const points = line.map((value, at) => `${x(at, line.length).toFixed(1)},${y(value).toFixed(1)}`);
        const last = line.at(-1);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is known by its place
          <g key={index} className={`spark-line-${index}`}>
            <polyline
              points={points.join(' ')}
              fill="none"
              strokeWidth="1.75"
              strokeLinejoin="round"
              strokeLinecap="round"
            />
            {last !== undefined && <circle cx={x(line.length - 1, line.length)} cy={y(last)} r="2.75" />}
          </g>
        );
      })}
    </svg>
  );
}
