// The question that shows what a view is like: a few measures of one model by one of its dimensions, or a few dimensions
// where it has no measures. Of one model, because not every measure can be told apart by what is in another. Pure.
import type { SemanticQuery, ViewDetail } from '@/api/types';

const membersShown = 3;
const rowsShown = 5;

const modelOf = ({ member }: { member: string }): string => member.split('.')[0] ?? '';

/** null: there is nothing to ask for. */
export function previewQuery({
  definition,
  measures,
  dimensions,
}: ViewDetail): SemanticQuery | null {
  const lead = measures[0] ?? dimensions[0];
  if (lead === undefined) return null;
  const ofModel = <T extends { member: string }>(members: readonly T[]): T[] =>
    members.filter((entry) => modelOf(entry) === modelOf(lead));
  const own = ofModel(dimensions);
  // Names are better to look at than numbers and times, of which each may be there once.
  const best = own.find(({ type }) => type === 'string') ?? own[0];
  const shown = measures.length === 0 ? own.slice(0, membersShown) : best ? [best] : [];
  const named = ({ name }: { name: string }): string => `${definition.name}.${name}`;
  return {
    measures: ofModel(measures).slice(0, membersShown).map(named),
    dimensions: shown.map(named),
    limit: rowsShown,
  };
}
