// A view as it is compared, sent and written: without what says nothing, in one order. Pure.
import type { View, ViewInclude } from '@/api/types';
import { asMember, asNamed } from './part';

const partOf = (part: ViewInclude): ViewInclude => ({
  path: part.path,
  members: part.members === '*' ? '*' : part.members.map((member) => asMember(asNamed(member))),
  ...(part.except?.length ? { except: part.except } : {}),
  ...(part.prefix ? { prefix: true } : {}),
  ...(part.alias ? { alias: part.alias } : {}),
});

export const writtenView = (view: View): Omit<View, 'version'> => ({
  name: view.name,
  label: view.label,
  ...(view.description ? { description: view.description } : {}),
  include: view.include.map(partOf),
});

export const sameView = (a: View, b: View): boolean =>
  JSON.stringify(writtenView(a)) === JSON.stringify(writtenView(b));

/** What the address of a new view has in place of a name. */
export const newName = 'new';

export const newView: View = {
  name: '',
  label: '',
  version: 0,
  include: [{ path: '', members: [] }],
};
