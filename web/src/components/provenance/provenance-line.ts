// One line under an answer: whose numbers these are. A file of its own, because pages show it that tell the rest only when asked. Pure.
import type { Provenance } from '@/api/types';
import { restrictedBy } from '@/lib/access-words';
import { formatNumber } from '@/lib/format';
import { rangeLabel } from '@/lib/range-label';

/** The dataset in its version; null where there is not one. */
export function stateText({ dataset, version }: Provenance): string | null {
  if (dataset === null || version === null) return dataset;
  return `${dataset} version ${formatNumber(version, 'integer', 'full')}`;
}

/** That some rows are not seen, and by which policies; null where all are. */
export const partText = (provenance: Provenance): string | null =>
  restrictedBy(provenance) ?? (provenance.row_filter_applied ? 'your part of the rows' : null);

export function provenanceLine(provenance: Provenance): string {
  const { exact, timezone: zone, time_range: range } = provenance;
  return [
    stateText(provenance),
    range ? rangeLabel(Date.parse(range.from), Date.parse(range.to), zone) : null,
    zone,
    exact ? null : 'estimated',
    partText(provenance),
  ]
    .filter(Boolean)
    .join(' \u00b7 ');
}
