// The kinds of measures, and which fields each of them takes (docs/models.md). Pure.
import type { MeasureKind, ModelMeasure } from '@/api/types';

export type MeasureField =
  | 'source'
  | 'quantile'
  | 'by'
  | 'formula'
  | 'measure'
  | 'denominator'
  | 'span'
  | 'within'
  | 'filters';

export interface KindOfMeasure {
  kind: MeasureKind;
  label: string;
  fields: readonly MeasureField[];
}

const overRows: readonly MeasureField[] = ['source', 'filters'];

export const measureKinds: readonly KindOfMeasure[] = [
  { kind: 'count', label: 'Count', fields: overRows },
  { kind: 'sum', label: 'Sum', fields: overRows },
  { kind: 'avg', label: 'Average', fields: overRows },
  { kind: 'min', label: 'Least', fields: overRows },
  { kind: 'max', label: 'Greatest', fields: overRows },
  { kind: 'count_distinct', label: 'Distinct values', fields: overRows },
  { kind: 'count_distinct_approx', label: 'Distinct values, estimated', fields: overRows },
  { kind: 'quantile', label: 'Quantile', fields: ['source', 'quantile', 'filters'] },
  { kind: 'first', label: 'Earliest value', fields: overRows },
  { kind: 'last', label: 'Latest value', fields: overRows },
  { kind: 'balance', label: 'Balance', fields: ['source', 'by', 'filters'] },
  { kind: 'number', label: 'Formula over measures', fields: ['formula'] },
  { kind: 'ratio', label: 'Ratio of two measures', fields: ['measure', 'denominator'] },
  { kind: 'share_of_total', label: 'Share of the total', fields: ['measure', 'within'] },
  { kind: 'rank', label: 'Rank', fields: ['measure', 'within'] },
  { kind: 'cumulative', label: 'Cumulative', fields: ['measure'] },
  { kind: 'rolling', label: 'Rolling', fields: ['measure', 'span'] },
  { kind: 'time_shift', label: 'As it was before', fields: ['measure', 'span'] },
];

export const kindOfMeasure = (kind: MeasureKind): KindOfMeasure =>
  measureKinds.find((entry) => entry.kind === kind) ?? { kind, label: kind, fields: overRows };

export const takes = (kind: MeasureKind, field: MeasureField): boolean =>
  kindOfMeasure(kind).fields.includes(field);

/** The same measure as another kind: what that does not take is dropped. `others` are names of measures. */
export function asKind(
  measure: ModelMeasure,
  kind: MeasureKind,
  others: readonly string[],
): ModelMeasure {
  const { name, label, description, meta, format, lower_is_better, drill } = measure;
  const { column, expression, filters } = measure;
  const first = others.find((other) => other !== name);
  const rows = takes(kind, 'source');
  const wasRows = takes(measure.kind, 'source');
  return {
    name,
    label,
    ...(description ? { description } : {}),
    ...(meta ? { meta } : {}),
    ...(measure.public === false ? { public: false } : {}),
    kind,
    ...(rows && wasRows && column ? { column } : {}),
    ...((rows && wasRows && expression) || takes(kind, 'formula')
      ? { expression: wasRows === rows || measure.kind === 'number' ? (expression ?? '') : '' }
      : {}),
    ...(takes(kind, 'quantile') ? { quantile: measure.quantile ?? 0.5 } : {}),
    ...(takes(kind, 'by') ? { by: measure.by ?? [] } : {}),
    ...(takes(kind, 'by') && measure.carry ? { carry: true } : {}),
    ...(takes(kind, 'measure') && (measure.measure ?? first)
      ? { measure: measure.measure ?? first }
      : {}),
    ...(takes(kind, 'denominator') && (measure.denominator ?? first)
      ? { denominator: measure.denominator ?? first }
      : {}),
    ...(takes(kind, 'span') ? { span: measure.span ?? { count: 1, unit: 'month' as const } } : {}),
    ...(takes(kind, 'within') && measure.within?.length ? { within: measure.within } : {}),
    ...(takes(kind, 'filters') && filters?.length ? { filters } : {}),
    ...(format ? { format } : {}),
    ...(lower_is_better ? { lower_is_better } : {}),
    ...(drill?.length ? { drill } : {}),
  };
}
