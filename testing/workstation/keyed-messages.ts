import * as v from 'valibot';

const report = v.object({ type: v.literal('report'), bytes: v.pipe(v.string(), v.base64()) });

/** What a test tells its workstation process: `plug-in` opens the key, `snapshot` writes one of the heap. */
export const KeyedOrderSchema = v.variant('type', [
  v.object({ type: v.literal('plug-in') }),
  v.object({ type: v.literal('snapshot'), file: v.string() }),
  report,
]);
export type KeyedOrder = v.InferOutput<typeof KeyedOrderSchema>;

export const KeyedNewsSchema = v.variant('type', [
  v.object({ type: v.literal('plugged-in') }),
  v.object({ type: v.literal('snapshot-written'), file: v.string() }),
  report,
]);
export type KeyedNews = v.InferOutput<typeof KeyedNewsSchema>;
