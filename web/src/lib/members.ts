// Names of members: `flights.carrier` is the member `carrier` of the model `flights`. Pure.
import type { Filter, MemberFilter, Model, SemanticQuery } from '@/api/types';

/** `flights` of `flights.carrier`. */
export const modelOf = (member: string): string =>
  member.slice(0, Math.max(0, member.indexOf('.')));

export function membersOf(query: SemanticQuery): string[] {
  return [
    ...(query.measures ?? []),
    ...(query.dimensions ?? []),
    ...(query.timeDimensions ?? []).map((entry) => entry.dimension),
  ];
}

export const isMemberFilter = (filter: Filter): filter is MemberFilter => 'member' in filter;

export function filterMembers(filter: Filter): string[] {
  if (isMemberFilter(filter)) return [filter.member];
  return ('or' in filter ? filter.or : filter.and).flatMap(filterMembers);
}

export function memberLabel(member: string, models: readonly Model[]): string {
  const model = models.find((entry) => entry.name === modelOf(member));
  const name = member.slice(member.indexOf('.') + 1);
  const found = [...(model?.dimensions ?? []), ...(model?.measures ?? [])].find(
    (entry) => entry.name === name,
  );
  return found?.label ?? name.replaceAll('_', ' ');
}
