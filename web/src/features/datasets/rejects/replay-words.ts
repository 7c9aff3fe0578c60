// What became of corrected rows, in words. Pure.
import type { LoadReport, Problem } from '@/api/types';

/** `3 rows were loaded, 1 row was rejected again`. */
export function replayInWords(
  report: Pick<LoadReport, 'rows' | 'rejected' | 'left_out' | 'nulled' | 'replayed'>,
): string {
  const said = (count: number, one: string, words: string): string | null =>
    count === 0 ? null : `${count} ${count === 1 ? `${one} was` : `${one}s were`} ${words}`;
  return [
    said(report.rows, 'row', report.replayed ? 'loaded before' : 'loaded'),
    said(report.rejected, 'row', 'rejected again'),
    said(report.left_out, 'row', 'left out by a step'),
    said(report.nulled, 'value', 'made missing by the contract'),
  ]
    .filter(Boolean)
    .join(', ');
}

/** Why nothing was loaded, without what is said to who loads files. */
export function refusalInWords({ detail, title }: Problem): string {
  const said = (detail ?? '')
    .replace(/^corrected rows of \S+\.ndjson: /, '')
    .replace(/\. Correct the file, or choose other column types, and load it again$/, '.');
  return said === '' ? title : said.charAt(0).toUpperCase() + said.slice(1);
}
