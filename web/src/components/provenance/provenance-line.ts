// One line under an answer: whose numbers these are. A file of its own, because pages show it that tell the rest only when asked. Pure.
import type { Provenance } from '@/api/types';
import { restrictedBy } from '@/lib/access-words';
import { formatNumber } from '@/lib/format';
import { rangeLabel } from '@/lib/range-label';

export function provenanceLine(provenance: Provenance): string {
  const { dataset, version, exact, timezone: zone, time_range: range } = provenance;
  return [
    dataset === null
      ? null
      : version === null
        ? dataset
        : `${dataset} version ${formatNumber(version, 'integer', 'full')}`,
    range ? rangeLabel(Date.parse(range.from), Date.parse(range.to), zone) : null,
    zone,
    exact ? null : 'estimated',
    restrictedBy(provenance) ?? (provenance.row_filter_applied ? 'your part of the rows' : null),
  ]
    .filter(Boolean)
    .join(' \u00b7 ');
}
