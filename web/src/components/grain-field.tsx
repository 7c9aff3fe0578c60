// How wide the buckets of a time are: a unit, a name that the model has for some, or any width that is typed.
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import type { TextFieldProps } from '@mui/material/TextField';
import { Suspense, useState } from 'react';
import type { NamedGranularity } from '@/api/types';
import { grains } from '@/lib/time-ranges';
import { chunkComponent } from './chunk-component';
import type { GrainEntryProps } from './grain-entry';

const GrainEntry = chunkComponent<GrainEntryProps>(() => import('./grain-entry'));

export interface GrainFieldProps {
  label: string;
  /** null: not over time. */
  value: string | null;
  /** What no grain is called; null: there has to be one. */
  none: string | null;
  named: readonly NamedGranularity[];
  problem?: string | undefined;
  onChoose: (grain: string | null) => void;
  sx?: TextFieldProps['sx'];
}

/** No grain is called so. */
const OTHER = '…';

export function GrainField(props: GrainFieldProps) {
  const { label, value, none, named, problem, onChoose, sx } = props;
  const [typing, setTyping] = useState(false);
  const choices = [
    ...grains,
    ...named.map((entry) => ({ grain: entry.name, label: entry.label.toLowerCase() })),
  ];
  if (value !== null && !choices.some(({ grain }) => grain === value))
    choices.push({ grain: value, label: value });
  if (typing) {
    return (
      <Suspense fallback={null}>
        <GrainEntry
          label={label}
          value={named.some(({ name }) => name === value) ? '' : (value ?? '')}
          onSettle={(grain) => {
            setTyping(false);
            if (grain !== value) onChoose(grain);
          }}
          onCancel={() => setTyping(false)}
          sx={sx}
        />
      </Suspense>
    );
  }
  return (
    <TextField
      select
      label={label}
      value={value ?? ''}
      onChange={({ target }) => {
        if (target.value === OTHER) setTyping(true);
        else onChoose(target.value || null);
      }}
      error={problem !== undefined}
      helperText={problem}
      sx={sx ?? {}}
      slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
    >
      {none !== null && <MenuItem value="">{none}</MenuItem>}
      {choices.map((entry) => (
        <MenuItem key={entry.grain} value={entry.grain}>
          By {entry.label}
        </MenuItem>
      ))}
      <MenuItem value={OTHER}>Another width…</MenuItem>
    </TextField>
  );
}
