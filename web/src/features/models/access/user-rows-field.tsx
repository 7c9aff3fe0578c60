// The condition that most policies are made for: a dimension is what an attribute of whoever asks says.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { MemberFilter, Model } from '@/api/types';
import { toMember } from '@/lib/members';
import { Choice, Fields, Text } from '../form/fields';
import { ofUser } from './policy-words';

export interface UserRowsFieldProps {
  model: Model;
  attributes: readonly string[];
  onAdd: (filter: MemberFilter) => void;
}

const nameForm = /^[a-z0-9_]{1,64}$/;

export function UserRowsField({ model, attributes, onAdd }: UserRowsFieldProps) {
  const [open, setOpen] = useState(false);
  const [dimension, setDimension] = useState('');
  const [attribute, setAttribute] = useState('');
  const dimensions = model.dimensions.filter(
    ({ type }) => !['timestamp', 'date', 'struct', 'list'].includes(type),
  );
  const opener = useRef<HTMLButtonElement>(null);
  const group = useRef<HTMLDivElement>(null);
  // What opens it and it are never there together: the focus goes from one to the other.
  const show = (): void => {
    flushSync(() => setOpen(true));
    group.current?.querySelector<HTMLElement>('[role="combobox"]')?.focus();
  };
  const close = (added?: MemberFilter): void => {
    flushSync(() => {
      if (added) onAdd(added);
      setOpen(false);
      setDimension('');
      setAttribute('');
    });
    opener.current?.focus();
  };
  if (!open) {
    return (
      <Box>
        <Button ref={opener} size="small" variant="text" onClick={show}>
          Rows of their own…
        </Button>
      </Box>
    );
  }
  return (
    <Box
      ref={group}
      role="group"
      aria-label="Rows of their own"
      sx={{
        display: 'grid',
        gap: 3,
        p: 3,
        border: 1,
        borderColor: 'divider',
        borderRadius: 1,
        bgcolor: 'surface.sunken',
      }}
    >
      <Fields>
        <Choice
          label="Dimension"
          value={dimension}
          options={dimensions.map(({ name, label }) => ({ value: name, label }))}
          onChange={(name) => {
            setDimension(name);
            // Mostly both are called the same.
            if (attribute === '' && attributes.includes(name)) setAttribute(name);
          }}
        />
        <Text
          label="Is their"
          value={attribute}
          offers={attributes}
          hint="An attribute; who does not have it sees no rows"
          onChange={(name) => setAttribute(name.trim())}
        />
      </Fields>
      <Box sx={{ display: 'flex', gap: 2 }}>
        <Button
          size="small"
          disabled={dimension === '' || !nameForm.test(attribute)}
          onClick={() =>
            close({
              member: toMember(dimension, model.name),
              operator: 'equals',
              values: [ofUser(attribute)],
            })
          }
        >
          Add these rows
        </Button>
        <Button size="small" variant="text" onClick={() => close()}>
          Cancel
        </Button>
      </Box>
    </Box>
  );
}
