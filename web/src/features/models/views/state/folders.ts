// What lies in the folders of a view, what each change of the form makes of it, and what they lack. Pure.
import type { FieldProblem, Folder, FolderItem, Model, View } from '@/api/types';
import { formatCount } from '@/lib/format';
import { nearest } from '@/lib/near-name';
import { seenIn } from './part';

const itemsOf = ({ includes }: Folder): readonly FolderItem[] => (includes === '*' ? [] : includes);

const isFolder = (item: FolderItem): item is Folder =>
  typeof item === 'object' && 'includes' in item;

/** The members that are named one by one. */
export const namesIn = (folder: Folder): string[] =>
  itemsOf(folder).filter((item) => typeof item === 'string');

/** The same folder with these members in it. What else lies in it, and the order of what stays, is kept. */
export const withNames = (folder: Folder, names: readonly string[]): Folder => {
  const before = namesIn(folder);
  return {
    ...folder,
    includes: [
      ...itemsOf(folder).filter((item) => typeof item !== 'string' || names.includes(item)),
      ...names.filter((name) => !before.includes(name)),
    ],
  };
};

/** What lies in a folder beside members, in words. */
export const othersIn = (folder: Folder): string[] =>
  itemsOf(folder).flatMap((item) => {
    if (typeof item === 'string') return [];
    return isFolder(item) ? `the folder “${item.name}”` : `all members of ${item.path}`;
  });

export const wordsOfFolder = (folder: Folder): string =>
  folder.includes === '*'
    ? 'All members'
    : [formatCount(namesIn(folder).length, 'member'), ...othersIn(folder)].join(', ');

/** Folders beside each other, at the place of the outermost. */
function missingBeside(
  folders: readonly Folder[],
  placeOf: (index: number) => string,
  names: readonly string[],
): FieldProblem[] {
  const seen = new Set<string>();
  return folders.flatMap((folder, index): FieldProblem[] => {
    const field = placeOf(index);
    const found: FieldProblem[] = [];
    const say = (detail: string): void => void found.push({ field, detail });
    if (!folder.name.trim()) say('A folder needs a name.');
    else if (seen.has(folder.name)) say(`“${folder.name}” stands twice.`);
    seen.add(folder.name);
    if (folder.includes !== '*' && folder.includes.length === 0)
      say('Choose what lies in the folder.');
    for (const name of namesIn(folder).filter((entry) => !names.includes(entry))) {
      const near = nearest(name, names);
      const hint = near === null ? '.' : `; did you mean “${near}”?`;
      say(`There is no member “${name}” in the view${hint}`);
    }
    const within = itemsOf(folder).filter(isFolder);
    return [...found, ...missingBeside(within, () => field, names)];
  });
}

/** What folders lack before the server is asked. `models`: none are known while they are loaded. */
export function missingInFolders(view: View, models: readonly Model[]): FieldProblem[] {
  if (models.length === 0) return [];
  const names = seenIn(view, models).map(({ name }) => name);
  return missingBeside(view.folders ?? [], (index) => `folders[${index}]`, names);
}
