// The finder: one field that leads to every dashboard, dataset, model, measure, dimension and page, and to the theme. Arrow keys
// choose, Enter goes there; the focus stays in the field. Loads when it is first opened.
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import TextField from '@mui/material/TextField';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { useNavigate } from 'react-router';
import { useListDashboardsQuery } from '@/api/dashboards-api';
import { useListDatasetsQuery } from '@/api/datasets-api';
import { useListModelsQuery } from '@/api/models-api';
import { useSession } from '@/api/session-slice';
import { useListViewsQuery } from '@/api/views-api';
import { announce } from '@/components/announcer';
import { DialogFrame } from '@/components/dialog';
import { LoadingState } from '@/components/states';
import { Icon } from '@/theme/icons';
import { useThemeChoice, useThemeMode } from '@/theme/theme-mode';
import { entriesOf, findEntries } from './finder-entries';
import type { FinderEntry } from './finder-entries';

const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };

const THEME = 'theme';
const HELP = 'shortcuts';

interface Props {
  onClose: () => void;
  onHelp: () => void;
}

export default function Finder({ onClose, onHelp }: Props) {
  const dashboards = useListDashboardsQuery();
  const datasets = useListDatasetsQuery();
  const models = useListModelsQuery();
  const views = useListViewsQuery();
  const mayEdit = useSession().isAtLeast('editor');
  const dark = useThemeMode() === 'dark';
  const [, setTheme] = useThemeChoice();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [place, setPlace] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const listId = useId();

  const lists = [dashboards, datasets, models, views];
  const waiting = lists.some(({ isLoading }) => isLoading);
  const missing = lists.some(({ isError, data }) => isError && data === undefined);
  const entries = useMemo<FinderEntry[]>(
    () => [
      ...entriesOf(
        {
          dashboards: dashboards.data ?? [],
          datasets: datasets.data ?? [],
          models: models.data ?? [],
          views: views.data ?? [],
        },
        mayEdit,
      ),
      {
        key: THEME,
        label: dark ? 'Light theme' : 'Dark theme',
        kind: 'Appearance',
        icon: dark ? 'sun' : 'moon',
        to: null,
      },
      { key: HELP, label: 'Keyboard shortcuts', kind: 'Help', icon: 'keyboard', to: null },
    ],
    [dashboards.data, datasets.data, models.data, views.data, mayEdit, dark],
  );
  const found = useMemo(() => findEntries(entries, text), [entries, text]);
  const chosen = Math.min(place, found.length - 1);
  const idOf = (at: number): string => `${listId}-${at}`;

  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }, [chosen, text]);

  const open = (entry: FinderEntry | undefined): void => {
    if (!entry) return;
    onClose();
    if (entry.to !== null) void navigate(entry.to);
    else if (entry.key === THEME) setTheme(dark ? 'light' : 'dark');
    else onHelp();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      open(found[chosen]);
      return;
    }
    const step = steps[event.key];
    if (step === undefined || found.length === 0) return;
    event.preventDefault();
    setPlace((chosen + step + found.length) % found.length);
  };

  return (
    <DialogFrame label="Find" size="sm" onClose={onClose}>
      <Box
        sx={{
          display: 'flex',
          alignItems: 'center',
          gap: 2,
          p: 4,
          pb: 3,
          borderBottom: 1,
          borderColor: 'divider',
        }}
      >
        <TextField
          label="Find a dashboard, measure or page"
          value={text}
          onChange={(event) => {
            const next = event.target.value;
            setText(next);
            setPlace(0);
            if (!waiting && findEntries(entries, next).length === 0) announce('Nothing found');
          }}
          onKeyDown={onKeyDown}
          slotProps={{
            htmlInput: {
              role: 'combobox',
              'aria-autocomplete': 'list',
              'aria-expanded': found.length > 0,
              'aria-controls': found.length > 0 ? listId : undefined,
              'aria-activedescendant': found.length > 0 ? idOf(chosen) : undefined,
              autoComplete: 'off',
              spellCheck: false,
            },
            input: {
              startAdornment: (
                <Box component="span" sx={{ display: 'flex', mr: 2, color: 'text.secondary' }}>
                  <Icon name="search" size={16} />
                </Box>
              ),
            },
          }}
        />
        {/* Without keys there is no Escape, and a phone has hardly a place beside it. */}
        <IconButton
          aria-label="Close"
          onClick={onClose}
          sx={{
            mr: -2,
            color: 'text.secondary',
            display: { xs: 'inline-flex', sm: 'none' },
            '@media (pointer: coarse)': { display: 'inline-flex' },
          }}
        >
          <Icon name="close" />
        </IconButton>
      </Box>
      {/* As high with few as with many, so that nothing jumps while somebody types. */}
      <Box sx={{ height: 'min(440px, 56dvh)', display: 'flex', flexDirection: 'column' }}>
        {found.length > 0 && (
          <Box
            component="ul"
            ref={list}
            id={listId}
            role="listbox"
            aria-label="Found"
            // What scrolls is the list itself: the field goes through it.
            sx={{ listStyle: 'none', m: 0, p: 2, minHeight: 0, overflow: 'auto' }}
          >
            {found.map((entry, at) => (
              <Box
                component="li"
                key={entry.key}
                id={idOf(at)}
                role="option"
                aria-selected={at === chosen}
                onMouseMove={({ movementX, movementY }) => {
                  // A list that moves below a pointer that stands still chooses nothing.
                  if (movementX !== 0 || movementY !== 0) setPlace(at);
                }}
                onClick={() => open(entry)}
                sx={{
                  display: 'flex',
                  alignItems: 'center',
                  gap: 3,
                  px: 3,
                  minHeight: 36,
                  borderRadius: 1,
                  cursor: 'pointer',
                  '@media (pointer: coarse)': { minHeight: 44 },
                  '&[aria-selected="true"]': {
                    bgcolor: 'surface.accentSoft',
                    color: 'primary.main',
                  },
                }}
              >
                <Icon name={entry.icon} size={16} />
                <Box component="span" sx={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere' }}>
                  {entry.label}
                </Box>
                <Box
                  component="span"
                  sx={{ typography: 'body2', color: 'text.secondary', textAlign: 'right' }}
                >
                  {entry.kind}
                </Box>
              </Box>
            ))}
          </Box>
        )}
        {found.length === 0 &&
          (waiting ? (
            <Box sx={{ p: 4 }}>
              <LoadingState rows={4} label="Loading what there is" />
            </Box>
          ) : (
            <Box sx={{ px: 5, py: 4, color: 'text.secondary' }}>
              Nothing is called “{text.trim()}”.
            </Box>
          ))}
        {missing && (
          <Box sx={{ px: 5, py: 2, color: 'warning.main' }}>
            Some of what there is could not be asked for, and is not in this list.
          </Box>
        )}
      </Box>
    </DialogFrame>
  );
}
