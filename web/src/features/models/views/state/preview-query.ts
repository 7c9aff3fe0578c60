// The question that shows what a view is like: a few measures by one dimension, or a few dimensions where it has no
// measures. Pure.
import type { SemanticQuery, ViewDetail } from '@/api/types';

const measuresShown = 3;
export const rowsShown = 5;

/** Whether there is anything to ask for. */
export const hasPreview = ({ measures, dimensions }: ViewDetail): boolean =>
  measures.length + dimensions.length > 0;

export function previewQuery({ definition, measures, dimensions }: ViewDetail): SemanticQuery {
  const member = ({ name }: { name: string }): string => `${definition.name}.${name}`;
  // Names are better to look at than numbers and times, of which each may be there once.
  const first = dimensions.find(({ type }) => type === 'string') ?? dimensions[0];
  const shown = measures.length > 0 ? (first ? [first] : []) : dimensions.slice(0, measuresShown);
  return {
    measures: measures.slice(0, measuresShown).map(member),
    dimensions: shown.map(member),
    limit: rowsShown,
  };
}
