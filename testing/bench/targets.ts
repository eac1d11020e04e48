/** A limit that a figure of a benchmark has to keep. Its first word is the benchmark that reports it. */
export interface Target {
  readonly name: string;
  readonly direction: 'at-least' | 'at-most';
  readonly limit: number;
  readonly unit: string;
}

const atLeast = (name: string, limit: number, unit: string): Target => ({
  name,
  direction: 'at-least',
  limit,
  unit,
});
const atMost = (name: string, limit: number, unit: string): Target => ({
  name,
  direction: 'at-most',
  limit,
  unit,
});

/** Ratios compare with bare SQLCipher in the same run: speed for speed, or time for time. */
export const targets: readonly Target[] = [
  atLeast('store.insert.ratio', 0.4, 'ratio'),
  atLeast('store.read.ratio', 0.4, 'ratio'),
  atLeast('store.range.ratio', 0.4, 'ratio'),
  atMost('store.live.p95', 20, 'ms'),
  atMost('store.save.ratio', 3, 'ratio'),
  atMost('store.open', 300, 'ms'),
  atMost('store.revisions.p50', 10, 'ms'),
  atMost('search.keystroke.p95', 50, 'ms'),
  atLeast('sync.push.ratio', 4, 'x'),
  atLeast('sync.pull.ratio', 4, 'x'),
  atLeast('sync.ingest.ratio', 0.5, 'x'),
  atMost('sync.bytes_per_doc', 82, 'bytes'),
  atMost('sync.visit_bytes', 700, 'bytes'),
  atMost('link.10k', 106, 's'),
  atMost('link.visit.p50', 700, 'ms'),
  atMost('link.overtake.p95', 5, 's'),
  atMost('link.cut.missing', 0, 'documents'),
  atMost('link.cut.twice', 0, 'documents'),
  atMost('access.unlock.p95', 1_500, 'ms'),
  atMost('access.switch.p95', 1_000, 'ms'),
  atMost('renderer.initial_js', 180, 'KB'),
  atMost('renderer.first_paint_x4', 800, 'ms'),
];
