// A view as a form: what it is called, what it takes from which model, and what people see of it.
import Box from '@mui/material/Box';
import type { FieldProblem, Folder, Model, View, ViewInclude } from '@/api/types';
import { chunkComponent } from '@/components/chunk-component';
import { SectionCard } from '@/components/section-card';
import { formatCount } from '@/lib/format';
import { Fields, ReadOnly, Text } from '../form/fields';
import { ItemList } from '../form/item-list';
import { FolderFields } from './folder-fields';
import type { PartFieldsProps } from './part-fields';
import { SeenMembers } from './seen-members';
import { wordsOfFolder } from './state/folders';
import { saidOfAll } from './state/missing';
import { nameWith } from '../state/name-after';
import { follows, listed, seenIn } from './state/part';
import { placesFrom, wordsOfPath } from './state/paths';

const PartFields = chunkComponent<PartFieldsProps>(() => import('./part-fields'));

export interface ViewFormProps {
  view: View;
  models: readonly Model[];
  problems: readonly FieldProblem[];
  readOnly: boolean;
  onEdit: (change: (old: View) => View) => void;
}

/** Another model that the first one leads to, and that is not in the view. */
function nextPart(view: View, models: readonly Model[]): ViewInclude {
  const [root = ''] = view.include[0]?.path.split('.') ?? [];
  const free = placesFrom(root, models).find(
    ({ path }) => !view.include.some((part) => part.path === path),
  );
  return { path: free?.path ?? '', members: [], prefix: true };
}

export function ViewForm({ view, models, problems, readOnly, onEdit }: ViewFormProps) {
  const set = (part: Partial<View>): void => onEdit((old) => ({ ...old, ...part }));
  const isNew = (view.version ?? 0) === 0;
  const seen = seenIn(view, models);
  const general = saidOfAll(problems);
  const summary = (part: ViewInclude): string => {
    if (part.path === '') return '';
    const place = view.include.indexOf(part);
    const count = seen.filter((entry) => entry.part === place).length;
    if (!follows(part)) return formatCount(Math.max(count, listed(part).length), 'member');
    return part.except?.length ? `All but ${part.except.length}` : 'All members';
  };
  return (
    <ReadOnly value={readOnly}>
      <Box sx={{ display: 'grid', gap: 4, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <SectionCard title="General">
          <Box sx={{ display: 'grid', gap: 4 }}>
            <Fields>
              <Text
                label="Label"
                value={view.label}
                onChange={(label) =>
                  onEdit((old) => ({
                    ...old,
                    label,
                    ...nameWith(label, old, !isNew),
                  }))
                }
              />
              <Text
                label="Name"
                value={view.name}
                fixed={!isNew}
                {...(isNew ? { hint: `Questions say ${view.name || 'sales'}.revenue` } : {})}
                onChange={(name) => set({ name })}
              />
            </Fields>
            <Text
              label="Description"
              value={view.description}
              onChange={(description) => set({ description: description || null })}
            />
          </Box>
          {general && (
            <Box role="alert" sx={{ color: 'error.main', mt: 2 }}>
              {general}
            </Box>
          )}
        </SectionCard>
        <ItemList
          title="Models"
          lead="The first one, and those that its joins lead to: what people see of each"
          list="include"
          noun="model"
          items={view.include}
          problems={problems}
          opened={isNew ? 0 : null}
          nameOf={({ path }) => (path === '' ? '' : wordsOfPath(path, models))}
          summary={summary}
          fresh={() => nextPart(view, models)}
          onChange={(include) => set({ include })}
        >
          {(part, change, place) => (
            <PartFields {...{ view, part, place, models }} onChange={change} />
          )}
        </ItemList>
        <ItemList
          title="Folders"
          lead="How people find the members. What lies in none stands beside them"
          list="folders"
          noun="folder"
          items={view.folders ?? []}
          problems={problems}
          nameOf={({ name }) => name}
          summary={wordsOfFolder}
          fresh={(): Folder => ({ name: '', includes: [] })}
          onChange={(folders) => set({ folders })}
        >
          {(folder, change) => <FolderFields folder={folder} members={seen} onChange={change} />}
        </ItemList>
        <SeenMembers members={seen} />
      </Box>
    </ReadOnly>
  );
}
