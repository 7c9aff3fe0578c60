// A view as it is compared, sent and written: without what says nothing, in one order. Pure.
import type { Folder, View, ViewInclude } from '@/api/types';
import { asMember, asNamed } from './part';

const partOf = (part: ViewInclude): ViewInclude => ({
  path: part.path,
  members: part.members === '*' ? '*' : part.members.map((member) => asMember(asNamed(member))),
  ...(part.except?.length ? { except: part.except } : {}),
  ...(part.prefix ? { prefix: true } : {}),
  ...(part.alias ? { alias: part.alias } : {}),
});

const folderOf = ({ name, includes }: Folder): Folder => ({
  name,
  includes:
    includes === '*'
      ? '*'
      : includes.map((item) =>
          typeof item === 'object' && 'includes' in item ? folderOf(item) : item,
        ),
});

export const writtenView = (view: View): Omit<View, 'version'> => ({
  name: view.name,
  label: view.label,
  ...(view.description ? { description: view.description } : {}),
  include: view.include.map(partOf),
  ...(view.folders?.length ? { folders: view.folders.map(folderOf) } : {}),
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
