// Values of a dimension to tick, searched on the server and read page by page; a list that is pasted is taken as a whole.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import InputAdornment from '@mui/material/InputAdornment';
import TextField from '@mui/material/TextField';
import { useEffect, useRef, useState } from 'react';
import type { AsOf, Cell, Model } from '@/api/types';
import { valueText } from '@/lib/filter-words';
import { formatNumber } from '@/lib/format';
import { pastedValues } from '@/lib/pasted-values';
import { Icon } from '@/theme/icons';
import { ErrorState } from '../states';
import type { ListedDimension } from './asked-values';
import { useFoundValues } from './use-found-values';
import type { FoundValues } from './use-found-values';

export interface ValueFieldProps {
  choice: ListedDimension;
  models: readonly Model[];
  asOf: AsOf | null;
  /** Always in the list, whatever the data has. */
  offers: readonly Cell[];
  values: readonly Cell[];
  onValues: (values: Cell[]) => void;
}

const TYPING_PAUSE_MS = 250;

/** Said again with every page: whoever asked for more is told how many there are now. */
function extentOf({ values, more, pending, problem }: FoundValues, search: string): string {
  const listed = formatNumber(values.length, 'integer', 'full');
  if (more !== null)
    return `, first ${listed} shown${more === 'search' ? ': type to find others' : ''}`;
  if (pending || problem !== null) return '';
  if (search !== '') return `, ${listed} found`;
  return values.length > 0 ? `, all ${listed} shown` : '';
}

export function ValueField(props: ValueFieldProps) {
  const { choice, models, asOf, offers, values, onValues } = props;
  const [search, setSearch] = useState('');
  const [settled, setSettled] = useState('');
  const [refused, setRefused] = useState<string | null>(null);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(search.trim()), TYPING_PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [search]);
  const found = useFoundValues(choice, models, asOf, settled);
  // What is missing has no text to be found by.
  const offered = offers.filter((offer) => String(offer ?? '').includes(search.trim()));
  // Chosen values stay on top, whatever is searched.
  const shown = [...new Set([...values, ...offered, ...found.values])];

  const list = useRef<HTMLUListElement>(null);
  // What was there when somebody asked for more: the focus goes to the first that was not, because the button moves away or is
  // gone. Chosen values are drawn before their page comes, so that it may bring nothing new.
  const seen = useRef<ReadonlySet<Cell> | null>(null);
  useEffect(() => {
    const before = seen.current;
    if (before === null || found.pending) return;
    seen.current = null;
    const boxes = list.current?.querySelectorAll<HTMLElement>('input[type="checkbox"]') ?? [];
    const first = shown.findIndex((value) => !before.has(value));
    if (first >= 0) boxes[first]?.focus();
    else if (document.activeElement === document.body) list.current?.focus();
  });
  const readOn = (): void => {
    seen.current = new Set(shown);
    found.readOn();
  };
  const retry = (): void => {
    seen.current = new Set(shown);
    // The button is gone at once.
    list.current?.focus();
    found.retry();
  };

  const toggle = (value: Cell): void =>
    onValues(
      values.includes(value) ? values.filter((entry) => entry !== value) : [...values, value],
    );
  const numeric = choice.type === 'integer' || choice.type === 'float';
  const paste = (text: string): boolean => {
    const pasted = pastedValues(text, numeric);
    setRefused(pasted?.wrong ?? null);
    if (pasted === null) return false;
    if (pasted.wrong === null) onValues([...new Set([...values, ...pasted.values])]);
    return true;
  };
  const isEmpty = found.values.length === 0 && offered.every((offer) => offer === null);
  const empty = found.pending ? 'Looking…' : (found.hidden ?? 'No value matches');

  return (
    <Box>
      <TextField
        label="Search values"
        value={search}
        onChange={(event) => {
          seen.current = null;
          setRefused(null);
          setSearch(event.target.value);
        }}
        onPaste={(event) => {
          if (paste(event.clipboardData.getData('text'))) event.preventDefault();
        }}
        error={refused !== null}
        helperText={
          refused === null
            ? 'Paste a list, a value on each line, to add many at once'
            : `Nothing was added: \u201c${refused}\u201d is not a number`
        }
        slotProps={{
          input: {
            startAdornment: (
              <InputAdornment position="start">
                <Icon name="search" size={16} />
              </InputAdornment>
            ),
          },
        }}
      />
      <Box
        component="ul"
        ref={list}
        tabIndex={-1}
        aria-label="Values"
        aria-busy={found.pending}
        sx={{
          listStyle: 'none',
          m: 0,
          mt: 1.5,
          p: 0,
          height: 216,
          overflow: 'auto',
          border: 1,
          borderColor: 'divider',
          borderRadius: 1,
        }}
      >
        {shown.map((value) => {
          const at = found.values.indexOf(value);
          return (
            <ValueRow
              // A value may be the word that another is written as.
              key={`${typeof value} ${value}`}
              value={value}
              count={at >= 0 ? (found.counts[at] ?? null) : null}
              checked={values.includes(value)}
              onToggle={() => toggle(value)}
            />
          );
        })}
        {found.more === 'page' && (
          <Box component="li" sx={{ p: 1 }}>
            <Button size="small" variant="text" fullWidth onClick={readOn}>
              {found.pending ? 'Looking…' : 'More values'}
            </Button>
          </Box>
        )}
        {found.problem !== null && !found.pending ? (
          <li>
            <ErrorState dense problem={found.problem} onRetry={retry} />
          </li>
        ) : (
          isEmpty && (
            <Box component="li" sx={{ p: 3, color: 'text.secondary' }}>
              {empty}
            </Box>
          )
        )}
      </Box>
      <Box role="status" sx={{ typography: 'caption', color: 'text.secondary', mt: 1 }}>
        {values.length > 0 ? `${values.length} chosen` : 'None chosen'}
        {extentOf(found, settled)}
      </Box>
    </Box>
  );
}

interface ValueRowProps {
  value: Cell;
  count: Cell;
  checked: boolean;
  onToggle: () => void;
}

function ValueRow({ value, count, checked, onToggle }: ValueRowProps) {
  return (
    <li>
      <Box
        component="label"
        sx={{
          display: 'flex',
          alignItems: 'center',
          gap: 1,
          px: 1,
          minHeight: 32,
          cursor: 'pointer',
          '&:hover': { bgcolor: 'surface.sunken' },
          '@media (pointer: coarse)': { minHeight: 44 },
        }}
      >
        <Checkbox size="small" checked={checked} onChange={onToggle} sx={{ p: 0.5 }} />
        <Box
          component="span"
          sx={{ flex: 1, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}
        >
          {valueText(value)}
        </Box>
        {typeof count === 'number' && (
          <Box
            component="span"
            sx={{
              typography: 'caption',
              color: 'text.secondary',
              pr: 1,
              fontVariantNumeric: 'tabular-nums',
            }}
          >
            {formatNumber(count, 'integer', 'compact')}
          </Box>
        )}
      </Box>
    </li>
  );
}
