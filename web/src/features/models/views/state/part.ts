// What a part of a view takes from its model, and what each change of the form makes of it. Pure.
import type { ColumnType, Model, View, ViewInclude, ViewMember } from '@/api/types';
import { without } from '@/lib/without';
import { moved } from '../../form/moved';
import { placeAt } from './paths';
import type { Place } from './paths';

export type MemberKind = 'dimension' | 'measure' | 'segment';

/** A member of a model, as it is offered. */
export interface Offer {
  name: string;
  label: string;
  kind: MemberKind;
  type: ColumnType | 'measure' | 'segment';
}

export function offersOf(model: Model): Offer[] {
  const offers: Offer[] = [
    ...model.dimensions.map(({ name, label, type }): Offer => ({
      name,
      label,
      kind: 'dimension',
      type,
    })),
    ...model.measures.map(({ name, label }): Offer => ({
      name,
      label,
      kind: 'measure',
      type: 'measure',
    })),
  ];
  const segments = (model.segments ?? []).map(({ name, label }): Offer => ({
    name,
    label,
    kind: 'segment',
    type: 'segment',
  }));
  // A name of both goes together: a view takes the two by one name.
  return [
    ...offers,
    ...segments.filter(({ name }) => !offers.some((offer) => offer.name === name)),
  ];
}

export interface Named {
  name: string;
  alias?: string | null;
  label?: string | null;
  description?: string | null;
  format?: string | null;
  meta?: object | null;
}

export const asNamed = (member: ViewMember): Named =>
  typeof member === 'string' ? { name: member } : member;

/** The short form, where nothing is said of the member. */
export function asMember({ name, alias, label, description, format, meta }: Named): ViewMember {
  const said = {
    ...(alias ? { alias } : {}),
    ...(label ? { label } : {}),
    ...(description ? { description } : {}),
    ...(format ? { format } : {}),
    ...(meta ? { meta } : {}),
  };
  return Object.keys(said).length === 0 ? name : { name, ...said };
}

/** Whether the view says something of it beside that it is there. */
export const isMade = (member: Named): boolean => typeof asMember(member) !== 'string';

/** Everything of the model, also what comes later, but for what is left out. */
export const follows = (part: ViewInclude): boolean => part.members === '*';

export const listed = (part: ViewInclude): Named[] =>
  part.members === '*' ? [] : part.members.map(asNamed);

export const isTaken = (part: ViewInclude, name: string): boolean =>
  follows(part)
    ? !(part.except ?? []).includes(name)
    : listed(part).some((entry) => entry.name === name);

const withMembers = (part: ViewInclude, members: readonly Named[]): ViewInclude => ({
  ...part,
  members: members.map(asMember),
});

export function take(part: ViewInclude, name: string, wanted: boolean): ViewInclude {
  if (isTaken(part, name) === wanted) return part;
  if (follows(part)) {
    const except = part.except ?? [];
    return {
      ...part,
      except: wanted ? except.filter((entry) => entry !== name) : [...except, name],
    };
  }
  const members = listed(part);
  return withMembers(
    part,
    wanted ? [...members, { name }] : members.filter((entry) => entry.name !== name),
  );
}

export const takeAll = (
  part: ViewInclude,
  names: readonly string[],
  wanted: boolean,
): ViewInclude => names.reduce((next, name) => take(next, name, wanted), part);

/** The same members as a list, or as all of the model less those that are not taken. Names of their own are lost by that. */
export function withFollowing(
  part: ViewInclude,
  following: boolean,
  names: readonly string[],
): ViewInclude {
  if (following === follows(part)) return part;
  const taken = names.filter((name) => isTaken(part, name));
  if (!following) return { ...without(part, 'except'), members: taken };
  const except = names.filter((name) => !taken.includes(name));
  return { ...part, members: '*', ...(except.length > 0 ? { except } : {}) };
}

export const renamed = (part: ViewInclude, member: Named): ViewInclude =>
  withMembers(
    part,
    listed(part).map((entry) => (entry.name === member.name ? member : entry)),
  );

export const withOrder = (part: ViewInclude, from: number, to: number): ViewInclude =>
  withMembers(part, moved(listed(part), from, to));

/** What names of this part begin with. */
export const beginningOf = (part: ViewInclude): string =>
  part.prefix ? `${part.alias || (part.path.split('.').at(-1) ?? '')}_` : '';

/** A member as people see it in the view. */
export interface Seen extends Offer {
  /** `orders.revenue`, as the models have it. */
  member: string;
  /** The part that it comes from. */
  part: number;
}

const seenOf = (part: ViewInclude, index: number, { model, aliased }: Place): Seen[] => {
  const beginning = beginningOf(part);
  const prefix = part.path.split('.').at(-1) ?? '';
  const offers = offersOf(model).filter(({ kind }) => !(aliased && kind === 'measure'));
  const asSeen = (offer: Offer, { alias, label }: Partial<Named>): Seen => ({
    ...offer,
    name: `${beginning}${alias || offer.name}`,
    label: label || offer.label,
    member: `${prefix}.${offer.name}`,
    part: index,
  });
  if (follows(part))
    return offers.filter(({ name }) => isTaken(part, name)).map((offer) => asSeen(offer, {}));
  return listed(part).flatMap((entry) => {
    const offer = offers.find(({ name }) => name === entry.name);
    return offer ? [asSeen(offer, entry)] : [];
  });
};

/** All that people see of a view, in its order. */
export const seenIn = (view: View, models: readonly Model[]): Seen[] =>
  view.include.flatMap((part, index) => {
    const place = placeAt(part.path, models);
    return place === null ? [] : seenOf(part, index, place);
  });
