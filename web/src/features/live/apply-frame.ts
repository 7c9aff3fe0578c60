// Pure application of live frames to a stored result. A frame that does not continue the version at
// hand is refused, and the caller asks for a snapshot.
import type { StoredResult } from '@/api/result-store';
import type { Cell, LiveServerFrame, QueryResult } from '@/api/types';
import { versionRead } from '@/api/version-read';

export type DataFrame = Extract<LiveServerFrame, { type: 'snapshot' | 'patch' | 'unchanged' }>;
export type Patch = Extract<LiveServerFrame, { type: 'patch' }>;

export type Applied =
  | { kind: 'stored'; entry: StoredResult }
  /** An HTTP answer was quicker: the step is taken, the newer columns stay. */
  | { kind: 'ahead'; version: number }
  | { kind: 'resubscribe'; reason: string };

/** Sets the changed rows and cuts or grows every column; null when the patch does not fit. */
export function applyPatch(result: QueryResult, patch: Patch): QueryResult | null {
  const { indices, data } = patch.changed;
  if (data.length !== result.columns.length) return null;
  if (data.some((column) => column.length !== indices.length)) return null;
  if (indices.some((index) => index < 0 || index >= patch.row_count)) return null;
  const columns: Cell[][] = result.data.map((column, at) => {
    const next = column.slice(0, patch.row_count);
    const changes = data[at] ?? [];
    indices.forEach((row, place) => {
      next[row] = changes[place] ?? null;
    });
    return next;
  });
  // A row that is neither kept nor sent would be a hole; the server never does this.
  for (const column of columns) {
    if (column.length !== patch.row_count) return null;
    for (let row = result.row_count; row < patch.row_count; row += 1) {
      if (!(row in column)) return null;
    }
  }
  return {
    ...result,
    ...(patch.totals && { totals: patch.totals }),
    ...(patch.others && { others: patch.others }),
    data: columns,
    row_count: patch.row_count,
    provenance: patch.provenance,
  };
}

// The same rows of the same version; how long it took to read them may differ.
function sameAnswer(a: QueryResult, b: QueryResult): boolean {
  return (
    a.row_count === b.row_count &&
    versionRead(a.provenance) === versionRead(b.provenance) &&
    a.provenance.time_range?.from === b.provenance.time_range?.from &&
    a.provenance.time_range?.to === b.provenance.time_range?.to &&
    // Other policies may let through other rows, and say why there are none.
    JSON.stringify(a.provenance.access) === JSON.stringify(b.provenance.access) &&
    JSON.stringify([a.totals, a.others]) === JSON.stringify([b.totals, b.others]) &&
    a.columns.length === b.columns.length &&
    a.columns.every((column, at) => column.name === b.columns[at]?.name) &&
    a.data.every((column, at) => column.every((value, row) => value === b.data[at]?.[row]))
  );
}

export function applyFrame(
  key: string,
  current: StoredResult | undefined,
  liveVersion: number | null,
  frame: DataFrame,
  now: number,
): Applied {
  if (frame.type === 'snapshot') {
    // The first snapshot mostly repeats what HTTP has just brought: the same object draws nothing.
    if (current && sameAnswer(current.result, frame.result)) {
      return {
        kind: 'stored',
        entry: { ...current, version: frame.version, confirmedAt: now, source: 'live' },
      };
    }
    return {
      kind: 'stored',
      entry: {
        key,
        result: frame.result,
        version: frame.version,
        confirmedAt: now,
        source: 'live',
      },
    };
  }
  if (!current || liveVersion === null || frame.from !== liveVersion) {
    return {
      kind: 'resubscribe',
      reason: `expected version ${liveVersion ?? 'none'}, got ${frame.from}`,
    };
  }
  if (current.source === 'http' && current.version >= frame.to && frame.type === 'patch') {
    return { kind: 'ahead', version: frame.to };
  }
  if (frame.type === 'unchanged') {
    // The columns stay the same objects, so nothing is drawn again.
    const result = { ...current.result, provenance: frame.provenance };
    return {
      kind: 'stored',
      entry: { ...current, result, version: frame.to, confirmedAt: now, source: 'live' },
    };
  }
  const result = applyPatch(current.result, frame);
  if (!result) return { kind: 'resubscribe', reason: 'the patch does not fit' };
  return {
    kind: 'stored',
    entry: { key, result, version: frame.to, confirmedAt: now, source: 'live' },
  };
}
