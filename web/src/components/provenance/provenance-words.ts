// Where a number comes from, in words: which data answered, how complete and how exact it is, what was read for it. Pure.
import type { Bound, Provenance, ResultColumn, RollupUse, Stage } from '@/api/types';
import { formatAge, formatCount, formatElapsed, formatInstant, formatNumber } from '@/lib/format';
import { reasonOf, restrictedBy } from '@/lib/access-words';
import { rangeLabel } from '@/lib/range-label';
import { calendarFacts } from './calendar-words';

export interface Fact {
  name: string;
  value: string;
  /** What it means, where the value alone leaves a question. */
  hint?: string;
}

export interface FactGroup {
  title: string;
  facts: Fact[];
}

/** A part of a whole, for the bars. */
export interface Part {
  name: string;
  value: number;
  text: string;
}

const count = (value: number): string => formatNumber(value, 'integer', 'full');
const bytes = (value: number): string => formatNumber(value, 'bytes', 'full');
export const microseconds = (us: number): string =>
  us < 1_000 ? `${us}\u00a0µs` : formatElapsed(us / 1_000);

const instants = (range: NonNullable<Provenance['time_range']>, zone: string): string =>
  `${formatInstant(range.from, zone, 'second')} to before ${formatInstant(range.to, zone, 'second')}`;

const versioned = (dataset: string, version: number | null): string =>
  version === null ? dataset : `${dataset}, version ${count(version)}`;

const completeness = (until: string | null, zone: string): string =>
  until === null ? 'not known' : formatInstant(until, zone, 'minute');

/** What was read, each in its version and how far it goes: one dataset, or several, or none. */
export function sourceFacts(provenance: Provenance): Fact[] {
  const { dataset, version, sources = [], complete_until: until, timezone: zone } = provenance;
  if (dataset !== null) {
    return [
      { name: 'Dataset', value: versioned(dataset, version) },
      {
        name: 'Complete until',
        value: completeness(until, zone),
        hint: 'Rows after this may still come.',
      },
    ];
  }
  if (sources.length === 0) return [{ name: 'Dataset', value: 'none was read' }];
  return sources.map((source, place) => ({
    name: place > 0 ? '' : sources.length > 1 ? 'Datasets' : 'Dataset',
    value: versioned(source.dataset, source.version),
    hint: `Complete until: ${completeness(source.complete_until, zone)}`,
  }));
}

/** What was asked for stays beside what that came to: the same words mean other days tomorrow. */
export const withRelative = (absolute: string, relative: string | null | undefined): string =>
  relative ? `${absolute} (${relative})` : absolute;

export function rangeFact(provenance: Provenance): Fact {
  const { time_range: range, relative_range: relative, timezone: zone } = provenance;
  if (!range) return { name: 'Range', value: 'all time' };
  const absolute = rangeLabel(Date.parse(range.from), Date.parse(range.to), zone);
  return { name: 'Range', value: withRelative(absolute, relative), hint: instants(range, zone) };
}

function dataFacts(provenance: Provenance, confirmedAt: number): Fact[] {
  const { timezone: zone } = provenance;
  const facts: Fact[] = [
    ...sourceFacts(provenance),
    { name: 'Checked', value: formatAge(confirmedAt) },
  ];
  if (provenance.retained_from) {
    facts.push({
      name: 'Rows kept from',
      value: formatInstant(provenance.retained_from, zone, 'minute'),
      hint: 'Older rows were deleted, as the settings of the dataset say.',
    });
  }
  facts.push(rangeFact(provenance), { name: 'Time zone', value: zone });
  return [...facts, ...calendarFacts(provenance.calendar)];
}

export function boundText(bound: Bound, columns: readonly ResultColumn[] = []): string {
  const label = columns.find((column) => column.name === bound.measure)?.label ?? bound.measure;
  const off = formatNumber(bound.value, 'percent', 'full');
  return bound.confidence >= 1
    ? `${label} is off by at most ${off}`
    : `${label}: ${formatNumber(bound.confidence, 'percent', 'full')} of such numbers are off by less than ${off}`;
}

export function exactFacts(provenance: Provenance, columns: readonly ResultColumn[]): Fact[] {
  if (provenance.exact) return [{ name: 'Exact', value: 'yes, every number' }];
  const [first, ...others] = provenance.bounds;
  if (!first) return [{ name: 'Exact', value: 'no, an estimate is part of it' }];
  return [
    { name: 'Exact', value: `no: ${boundText(first, columns)}` },
    ...others.map((bound) => ({ name: '', value: boundText(bound, columns) })),
  ];
}

function rowFacts(provenance: Provenance): Fact[] {
  const total = provenance.total_rows;
  return [
    {
      name: 'Rows in the answer',
      value: [
        total === null ? 'not counted' : count(total),
        provenance.truncated ? 'cut at the limit' : null,
      ]
        .filter(Boolean)
        .join(', '),
    },
    {
      name: 'Row filter',
      value: provenance.row_filter_applied ? 'applied' : 'none',
      ...(provenance.row_filter_applied
        ? { hint: 'A rule lets you see a part of the rows; the numbers count that part.' }
        : {}),
    },
    ...accessFacts(provenance),
  ];
}

/** Of every dataset that is not seen as a whole. */
export function accessFacts(provenance: Provenance): Fact[] {
  const { access = [] } = provenance;
  return access.map((use) => ({
    name: access.length > 1 ? `Access to ${use.dataset}` : 'Access',
    value: restrictedBy({ ...provenance, access: [use] }) ?? '',
    hint:
      reasonOf(use) ??
      'You see what one of these policies allows. What they hide is in none of the numbers.',
  }));
}

function readFacts(provenance: Provenance): Fact[] {
  return [
    { name: 'Rows scanned', value: count(provenance.rows_scanned) },
    { name: 'Read from storage', value: bytes(provenance.bytes_read) },
  ];
}

export const rollupFacts = (rollups: readonly RollupUse[]): Fact[] =>
  rollups.map(({ name, segments, lacks }) => ({
    name,
    value:
      segments > 0
        ? `answered ${formatCount(segments, 'segment')}`
        : lacks
          ? `not used: ${lacks}`
          : 'not used',
  }));

export function provenanceGroups(
  provenance: Provenance,
  confirmedAt: number,
  columns: readonly ResultColumn[] = [],
): FactGroup[] {
  return [
    { title: 'Data', facts: dataFacts(provenance, confirmedAt) },
    {
      title: 'The numbers',
      facts: [...exactFacts(provenance, columns), ...rowFacts(provenance)],
    },
    { title: 'Work', facts: readFacts(provenance) },
    ...(provenance.rollups.length > 0
      ? [{ title: 'Rollups', facts: rollupFacts(provenance.rollups) }]
      : []),
  ];
}

/** What became of the segments of the dataset. */
export function segmentParts(provenance: Provenance): Part[] {
  const parts: [string, number][] = [
    ['read', provenance.segments_read],
    ['answered from memory', provenance.segments_reused],
    ['answered by rollups', provenance.segments_rolled],
    ['skipped', provenance.segments_pruned],
  ];
  return parts.map(([name, value]) => ({ name, value, text: count(value) }));
}

export const stageParts = (stages: readonly Stage[]): Part[] =>
  stages.map(({ name, duration_us: us }) => ({ name, value: us, text: microseconds(us) }));

export const totalOf = (parts: readonly Part[]): number =>
  parts.reduce((sum, part) => sum + part.value, 0);
