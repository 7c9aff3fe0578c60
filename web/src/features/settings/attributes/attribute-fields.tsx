// The rows of a person's attributes: a name and its values each.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import TextField from '@mui/material/TextField';
import { useId, useRef } from 'react';
import { flushSync } from 'react-dom';
import { announce } from '@/components/announcer';
import { ValueChips } from '@/components/value-chips';
import { Icon } from '@/theme/icons';
import { freshRow, MOST_ATTRIBUTES } from './attribute-rows';
import type { AttributeRow, RowProblems } from './attribute-rows';

export interface AttributeFieldsProps {
  rows: readonly AttributeRow[];
  /** What is wrong, once somebody wanted to save. */
  problems: ReadonlyMap<number, RowProblems>;
  /** Names that others have. */
  offers: readonly string[];
  onChange: (rows: AttributeRow[]) => void;
}

export function AttributeFields({ rows, problems, offers, onChange }: AttributeFieldsProps) {
  const offersId = useId();
  const list = useRef<HTMLUListElement>(null);
  const add = useRef<HTMLButtonElement>(null);
  const set = (key: number, part: Partial<AttributeRow>): void =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
  const addRow = (): void => {
    flushSync(() => onChange([...rows, freshRow(rows)]));
    list.current?.lastElementChild?.querySelector('input')?.focus();
  };
  const removeRow = ({ key, name }: AttributeRow): void => {
    flushSync(() => onChange(rows.filter((row) => row.key !== key)));
    announce(`${name || 'The attribute'} was removed`);
    add.current?.focus();
  };
  return (
    <Box role="group" aria-label="Attributes" sx={{ display: 'grid', gap: 3 }}>
      <datalist id={offersId}>
        {offers.map((offer) => (
          <option key={offer} value={offer} />
        ))}
      </datalist>
      {rows.length > 0 && (
        <Box
          component="ul"
          ref={list}
          aria-label="Attributes"
          sx={{ listStyle: 'none', display: 'grid', gap: 4, m: 0, p: 0 }}
        >
          {rows.map((row, place) => {
            const name = row.name || `Attribute ${place + 1}`;
            const wrong = problems.get(row.key);
            return (
              <Box
                component="li"
                key={row.key}
                sx={{
                  display: 'grid',
                  gridTemplateColumns: { xs: '1fr auto', sm: '160px minmax(0, 1fr) auto' },
                  gap: 2,
                  alignItems: 'start',
                }}
              >
                <TextField
                  label="Name"
                  value={row.name}
                  error={wrong?.name !== undefined}
                  helperText={wrong?.name}
                  onChange={(event) => set(row.key, { name: event.target.value.trim() })}
                  sx={{ gridRow: 1, gridColumn: 1 }}
                  slotProps={{
                    htmlInput: {
                      'aria-label': `Name of attribute ${place + 1}`,
                      autoComplete: 'off',
                      autoCapitalize: 'none',
                      spellCheck: false,
                      list: offersId,
                    },
                  }}
                />
                <Box sx={{ gridColumn: { xs: '1 / -1', sm: 2 }, gridRow: { xs: 2, sm: 1 } }}>
                  <ValueChips
                    label="Values"
                    name={`Values of ${name}`}
                    values={row.values}
                    error={wrong?.values}
                    {...(place === 0
                      ? { hint: 'Enter adds a value; a pasted list adds one a line' }
                      : {})}
                    onChange={(values) => set(row.key, { values })}
                  />
                </Box>
                <IconButton
                  aria-label={`Remove ${name}`}
                  onClick={() => removeRow(row)}
                  sx={{ gridRow: 1, gridColumn: { xs: 2, sm: 3 } }}
                >
                  <Icon name="trash" />
                </IconButton>
              </Box>
            );
          })}
        </Box>
      )}
      <Box>
        <Button
          ref={add}
          size="small"
          disabled={rows.length >= MOST_ATTRIBUTES}
          startIcon={<Icon name="add" size={16} />}
          onClick={addRow}
        >
          Add an attribute
        </Button>
      </Box>
    </Box>
  );
}
