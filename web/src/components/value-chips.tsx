// A list of texts as chips, and the field that adds one: Enter adds, Backspace in the empty field takes the last away, and a
// pasted list adds all of its lines.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Chip from '@mui/material/Chip';
import TextField from '@mui/material/TextField';
import { useId, useRef, useState } from 'react';
import { Icon } from '@/theme/icons';

export interface ValueChipsProps {
  label: string;
  /** What the values are of, for who does not see what stands beside. */
  name?: string;
  values: readonly string[];
  onChange: (values: string[]) => void;
  error?: string | undefined;
  hint?: string;
  disabled?: boolean;
  /** Offered while typing; anything else may be typed too. */
  offers?: readonly string[];
}

/** More are behind a button: a thousand chips take long to draw, and nobody reads them. */
const SHOWN = 30;

const linesOf = (text: string): string[] =>
  text
    .split(/[\n\r\t]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

export function ValueChips(props: ValueChipsProps) {
  const { label, name = label, values, onChange, error, hint, disabled = false, offers } = props;
  const [typed, setTyped] = useState('');
  const [all, setAll] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const listId = useId();
  const shown = all ? values : values.slice(0, SHOWN);
  const add = (added: readonly string[]): void => {
    setTyped('');
    const fresh = added.map((value) => value.trim()).filter(Boolean);
    if (fresh.length === 0) return;
    const next = [...new Set([...values, ...fresh])];
    if (next.length !== values.length) onChange(next);
  };
  const remove = (value: string): void => {
    onChange(values.filter((entry) => entry !== value));
    field.current?.focus();
  };
  return (
    <Box role="group" aria-label={name} sx={{ minWidth: 0 }}>
      {values.length > 0 && (
        <Box
          component="ul"
          aria-label={`${name}: ${values.length}`}
          sx={{
            listStyle: 'none',
            display: 'flex',
            flexWrap: 'wrap',
            gap: 1,
            m: 0,
            mb: 2,
            p: 0,
            maxHeight: 180,
            overflow: 'auto',
          }}
        >
          {shown.map((value) => (
            <Box component="li" key={value} sx={{ maxWidth: '100%' }}>
              <Chip
                size="small"
                label={value}
                disabled={disabled}
                {...(disabled
                  ? {}
                  : {
                      onDelete: () => remove(value),
                      deleteIcon: (
                        <Box component="span" role="button" aria-label={`Remove ${value}`}>
                          <Icon name="close" size={14} />
                        </Box>
                      ),
                    })}
              />
            </Box>
          ))}
          {values.length > shown.length && (
            <li>
              <Button size="small" variant="text" onClick={() => setAll(true)}>
                {values.length - shown.length} more
              </Button>
            </li>
          )}
        </Box>
      )}
      {!disabled && (
        <TextField
          label={label}
          value={typed}
          error={error !== undefined}
          helperText={error ?? hint}
          inputRef={field}
          onChange={(event) => setTyped(event.target.value)}
          // What is typed and not entered would be lost when somebody goes on to Save.
          onBlur={() => add([typed])}
          onKeyDown={(event) => {
            if (event.key === 'Enter') {
              // In an empty field it is the form's, as everywhere.
              if (typed.trim() === '') return;
              event.preventDefault();
              add([typed]);
            } else if (event.key === 'Backspace' && typed === '' && values.length > 0) {
              event.preventDefault();
              onChange(values.slice(0, -1));
            }
          }}
          onPaste={(event) => {
            const lines = linesOf(event.clipboardData.getData('text'));
            if (lines.length < 2) return;
            event.preventDefault();
            add(lines);
          }}
          slotProps={{
            htmlInput: {
              'aria-label': name,
              autoComplete: 'off',
              spellCheck: false,
              ...(offers ? { list: listId } : {}),
            },
          }}
        />
      )}
      {offers && (
        <datalist id={listId}>
          {offers
            .filter((offer) => !values.includes(offer))
            .map((offer) => (
              <option key={offer} value={offer} />
            ))}
        </datalist>
      )}
    </Box>
  );
}
