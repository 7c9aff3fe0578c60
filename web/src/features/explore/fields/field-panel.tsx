// What can be asked: the view or model, and its times, measures and dimensions. A click or Enter adds a field or takes it away;
// arrow keys go through them, and typing finds them.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import TextField from '@mui/material/TextField';
import { useId, useRef, useState } from 'react';
import type { KeyboardEvent, RefObject } from 'react';
import { flushSync } from 'react-dom';
import type { Model } from '@/api/types';
import { formatNumber } from '@/lib/format';
import { Icon } from '@/theme/icons';
import type { ExploreState } from '../state/explore-state';
import { toggleDimension, toggleMeasure, toggleTime, withModel } from '../state/explore-state';
import { timeOf } from '../state/fit';
import { AskedField } from './asked-field';
import { FieldItem } from './field-item';
import { fieldGroups, firstFields } from './fields';
import type { Field } from './fields';

export interface FieldPanelProps {
  models: readonly Model[];
  model: Model;
  state: ExploreState;
  change: (edit: (state: ExploreState) => ExploreState) => void;
  searchRef?: RefObject<HTMLInputElement | null>;
}

export function FieldPanel({ models, model, state, change, searchRef }: FieldPanelProps) {
  const [search, setSearch] = useState('');
  // The groups of which all is shown, of the models that they are in.
  const [opened, setOpened] = useState<readonly string[]>([]);
  // What was taken away here stays where it is, with the focus that it has.
  const [taken, setTaken] = useState<readonly string[]>([]);
  const list = useRef<HTMLDivElement>(null);
  const listId = useId();
  const groups = fieldGroups(model, search);
  const own = model.time_dimension ?? null;
  const time = timeOf(state, model);

  const isChosen = ({ kind, name }: Field): boolean =>
    kind === 'measure'
      ? state.measures.includes(name)
      : kind === 'time'
        ? state.grain !== null && time === name
        : state.dimensions.includes(name);
  const toggle = ({ kind, name }: Field): void =>
    change((old) =>
      kind === 'measure'
        ? toggleMeasure(old, name)
        : kind === 'time'
          ? toggleTime(old, name, own)
          : toggleDimension(old, name),
    );

  const items = (): HTMLButtonElement[] => [
    ...(list.current?.querySelectorAll<HTMLButtonElement>('button[data-field]') ?? []),
  ];
  const go = (event: KeyboardEvent, from: number): void => {
    const all = items();
    const places: Record<string, number> = {
      ArrowDown: Math.min(from + 1, all.length - 1),
      ArrowUp: Math.max(from - 1, 0),
      Home: 0,
      End: all.length - 1,
    };
    const next = places[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all[next]?.focus();
  };

  return (
    <Box sx={{ display: 'flex', flexDirection: 'column', gap: 3, minHeight: 0 }}>
      <AskedField
        models={models}
        model={model}
        onChoose={(name) => change((old) => withModel(old, name))}
      />
      <TextField
        label="Find a field"
        value={search}
        inputRef={searchRef}
        onChange={(event) => setSearch(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') go(event, -1);
          if (event.key === 'Escape' && search !== '') {
            event.stopPropagation();
            setSearch('');
          }
          const first = groups.flatMap((group) => group.fields)[0];
          if (event.key === 'Enter' && search !== '' && first) {
            event.preventDefault();
            toggle(first);
          }
        }}
        slotProps={{
          htmlInput: { 'aria-controls': listId, autoComplete: 'off', spellCheck: false },
          input: {
            startAdornment: (
              <Box component="span" sx={{ display: 'flex', mr: 2, color: 'text.secondary' }}>
                <Icon name="search" size={16} />
              </Box>
            ),
          },
        }}
      />
      <Box
        ref={list}
        id={listId}
        onKeyDown={(event) => {
          const from = items().indexOf(event.target as HTMLButtonElement);
          if (from >= 0) go(event, from);
        }}
        sx={{ overflow: 'auto', minHeight: 0, mx: -1, px: 1 }}
      >
        {groups.map((group) => {
          const key = `${model.name} ${group.id}`;
          const shown =
            search.trim() !== '' || opened.includes(key)
              ? group.fields
              : firstFields(
                  group,
                  (field) => isChosen(field) || taken.includes(`${key} ${field.name}`),
                );
          const more = group.fields.length - shown.length;
          return (
            <Box key={group.id} role="group" aria-label={group.title} sx={{ mb: 3 }}>
              <Box
                aria-hidden="true"
                sx={{
                  // A model may have more measures than fit: what one is among, and how many there are, stays in sight.
                  position: 'sticky',
                  top: 0,
                  zIndex: 1,
                  display: 'flex',
                  justifyContent: 'space-between',
                  gap: 2,
                  bgcolor: 'background.paper',
                  typography: 'caption',
                  color: 'text.secondary',
                  fontWeight: 600,
                  pb: 0.5,
                }}
              >
                <span>{group.title}</span>
                {group.fields.length > 5 && (
                  <Box component="span" sx={{ fontWeight: 400, pr: 2 }}>
                    {formatNumber(group.fields.length, 'integer')}
                  </Box>
                )}
              </Box>
              {shown.map((field) => (
                <FieldItem
                  key={`${field.kind} ${field.name}`}
                  field={field}
                  chosen={isChosen(field)}
                  onToggle={() => {
                    if (isChosen(field)) setTaken((old) => [...old, `${key} ${field.name}`]);
                    toggle(field);
                  }}
                />
              ))}
              {more > 0 && (
                <Button
                  size="small"
                  variant="text"
                  color="primary"
                  aria-label={`${formatNumber(more, 'integer')} more of ${group.title}`}
                  onClick={() => {
                    // The button goes; the focus goes on at the first that was not there.
                    const before = new Set(items());
                    flushSync(() => setOpened((old) => [...old, key]));
                    items()
                      .find((item) => !before.has(item))
                      ?.focus();
                  }}
                  sx={{ mt: 0.5 }}
                >
                  {formatNumber(more, 'integer')} more
                </Button>
              )}
            </Box>
          );
        })}
        {groups.length === 0 && (
          <Box sx={{ color: 'text.secondary', py: 2 }}>No field is called “{search}”.</Box>
        )}
      </Box>
    </Box>
  );
}
