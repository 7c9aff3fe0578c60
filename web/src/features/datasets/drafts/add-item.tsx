// Adds a step or a rule: its kind is chosen among all that there are, each with what it does.
import Box from '@mui/material/Box';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import type { Ref } from 'react';
import type { Kind } from './field';

export interface AddItemProps {
  label: string;
  /** Stands where a value would. */
  prompt: string;
  kinds: Readonly<Record<string, Pick<Kind, 'label' | 'does'>>>;
  focusRef: Ref<{ focus: () => void }>;
  onAdd: (kind: string) => void;
}

export function AddItem({ label, prompt, kinds, focusRef, onAdd }: AddItemProps) {
  return (
    <TextField
      select
      label={label}
      value=""
      inputRef={focusRef}
      onChange={(event) => onAdd(event.target.value)}
      slotProps={{
        inputLabel: { shrink: true },
        select: { displayEmpty: true, renderValue: () => prompt },
        input: { notched: true },
      }}
    >
      {Object.entries(kinds).map(([kind, { label: name, does }]) => (
        <MenuItem key={kind} value={kind} sx={{ whiteSpace: 'normal' }}>
          <div>
            <div>{name}</div>
            <Box sx={{ color: 'text.secondary', fontSize: '0.75rem' }}>{does}</Box>
          </div>
        </MenuItem>
      ))}
    </TextField>
  );
}
