// Thins a dense line to what a pixel column can show: first, lowest, highest and last point of each
// column. Spikes survive, order is kept, gaps stay gaps.

export interface Vertex {
  x: number;
  /** null breaks the line. */
  y: number | null;
}

/** Keeps at most four vertices and one break per pixel column. Short lines come back unchanged. */
export function decimate(points: readonly Vertex[], width: number): Vertex[] {
  const columns = Math.max(1, Math.floor(width));
  if (points.length <= columns * 4) return [...points];
  const first = points[0];
  const last = points[points.length - 1];
  if (!first || !last) return [];
  const span = last.x - first.x || 1;
  const kept: Vertex[] = [];
  let column = -1;
  let run: Vertex[] = [];

  const flush = (): void => {
    if (run.length <= 4) {
      kept.push(...run);
    } else {
      let low = 0;
      let high = 0;
      run.forEach((point, index) => {
        const y = point.y ?? 0;
        if (y < (run[low]?.y ?? 0)) low = index;
        if (y > (run[high]?.y ?? 0)) high = index;
      });
      const picks = [...new Set([0, low, high, run.length - 1])].sort((a, b) => a - b);
      for (const pick of picks) {
        const point = run[pick];
        if (point) kept.push(point);
      }
    }
    run = [];
  };

  for (const point of points) {
    if (point.y === null) {
      flush();
      if (kept.length > 0 && kept[kept.length - 1]?.y !== null) kept.push(point);
      continue;
    }
    const at = Math.min(columns - 1, Math.floor(((point.x - first.x) / span) * columns));
    if (at !== column) {
      flush();
      column = at;
    }
    run.push(point);
  }
  flush();
  return kept;
}
