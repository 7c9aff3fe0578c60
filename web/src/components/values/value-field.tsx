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
import { Icon } from '@/theme/icons';
import type { ListedDimension } from './asked-values';
import { useFoundValues } from './use-found-values';

export interface ValueFieldProps {
  choice: ListedDimension;
  models: readonly Model[];
  asOf: AsOf | null;
  /** Always in the list, whatever the data has. */
  offers: readonly string[];
  values: readonly Cell[];
  onValues: (values: Cell[]) => void;
}

const TYPING_PAUSE_MS = 250;

export function ValueField(props: ValueFieldProps) {
  const { choice, models, asOf, offers, values, onValues } = props;
  const [search, setSearch] = useState('');
  const [settled, setSettled] = useState('');
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(search.trim()), TYPING_PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [search]);
  const found = useFoundValues(choice, models, asOf, settled);
  // Chosen values stay on top, whatever is searched.
  const ahead = [
    ...values,
    ...offers.filter((offer) => !values.includes(offer) && offer.includes(search.trim())),
  ];
  const shown = [...new Set([...ahead, ...found.values])];

  const list = useRef<HTMLUListElement>(null);
  // Where the next page begins, once somebody has asked for it: the focus goes there, because the button moves away or is gone.
  const readFrom = useRef<number | null>(null);
  const count = found.values.length;
  useEffect(() => {
    const from = readFrom.current;
    if (from === null || count <= from) return;
    readFrom.current = null;
    const boxes = list.current?.querySelectorAll<HTMLElement>('input[type="checkbox"]') ?? [];
    boxes[boxes.length - (count - from)]?.focus();
  }, [count]);

  const toggle = (value: Cell): void =>
    onValues(
      values.includes(value) ? values.filter((entry) => entry !== value) : [...values, value],
    );
  const numeric = choice.type === 'integer' || choice.type === 'float';
  const paste = (text: string): boolean => {
    const parts = text
      .split(/[\n\t;,]+/)
      .map((part) => part.trim())
      .filter(Boolean);
    if (parts.length < 2) return false;
    onValues([...new Set([...values, ...parts.map((part) => (numeric ? Number(part) : part))])]);
    return true;
  };
  const empty = found.problem
    ? found.problem.title
    : found.pending
      ? 'Looking…'
      : (found.hidden ?? 'No value matches');

  return (
    <Box>
      <TextField
        label="Search values"
        value={search}
        onChange={(event) => {
          readFrom.current = null;
          setSearch(event.target.value);
        }}
        onPaste={(event) => {
          if (paste(event.clipboardData.getData('text'))) event.preventDefault();
        }}
        helperText="Paste a list to add many at once"
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
              key={String(value)}
              value={value}
              count={at >= 0 ? (found.counts[at] ?? null) : null}
              checked={values.includes(value)}
              onToggle={() => toggle(value)}
            />
          );
        })}
        {found.more === 'page' && (
          <Box component="li" sx={{ p: 1 }}>
            <Button
              size="small"
              variant="text"
              fullWidth
              onClick={() => {
                readFrom.current = count;
                found.readOn();
              }}
            >
              {found.pending ? 'Looking…' : 'More values'}
            </Button>
          </Box>
        )}
        {(shown.length === 0 || found.problem !== null) && (
          <Box component="li" sx={{ p: 3, color: 'text.secondary' }}>
            {empty}
          </Box>
        )}
      </Box>
      <Box role="status" sx={{ typography: 'caption', color: 'text.secondary', mt: 1 }}>
        {values.length > 0 ? `${values.length} chosen` : 'None chosen'}
        {found.more === null
          ? ''
          : `, first ${formatNumber(count, 'integer', 'full')} shown: type to find others`}
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
