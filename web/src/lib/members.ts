// Names of members: `flights.carrier` is the member `carrier` of the model `flights`. Pure.
import type { Filter, MemberFilter, Model, SemanticQuery } from '@/api/types';
import { widened } from './joins';

/** `flights` of `flights.carrier`. */
export const modelOf = (member: string): string =>
  member.slice(0, Math.max(0, member.indexOf('.')));

/** The member that a name says in a model; a name with a dot, that of a joined model, is one already. */
export const toMember = (name: string, model: string): string =>
  name.includes('.') ? name : `${model}.${name}`;

/** The other way: what a member is called where its model is known. */
export const fromMember = (member: string, model: string): string =>
  member.startsWith(`${model}.`) ? member.slice(model.length + 1) : member;

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

/** A dimension of a model that another one calls by a name of its own. */
function joinedLabel(member: string, models: readonly Model[]): string | undefined {
  return [...models, ...models.map((model) => widened(model, models))]
    .flatMap(({ dimensions }) => dimensions)
    .find(({ name }) => name === member)?.label;
}

export function memberLabel(member: string, models: readonly Model[]): string {
  const model = models.find((entry) => entry.name === modelOf(member));
  const name = member.slice(member.indexOf('.') + 1);
  const found = [...(model?.dimensions ?? []), ...(model?.measures ?? [])].find(
    (entry) => entry.name === name,
  );
  return found?.label ?? joinedLabel(member, models) ?? name.replaceAll('_', ' ');
}
