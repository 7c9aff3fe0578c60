// The fields of the form. Who may not edit reads them: they are disabled, and there.
import Box from '@mui/material/Box';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { createContext, useContext, useId } from 'react';
import type { ReactNode } from 'react';
import { twoColumns } from '@/components/two-columns';

export const ReadOnly = createContext(false);

export interface TextProps {
  label: string;
  value: string | null | undefined;
  onChange: (text: string) => void;
  hint?: string;
  /** Offered while typing; anything else may be typed too. */
  offers?: readonly string[];
  /** Code: written in one width. */
  code?: boolean;
  /** Several lines of prose. */
  lines?: boolean;
  type?: 'number';
  fixed?: boolean;
}

export function Text(props: TextProps) {
  const {
    label,
    value,
    onChange,
    hint,
    offers,
    code = false,
    lines = false,
    type,
    fixed = false,
  } = props;
  const readOnly = useContext(ReadOnly);
  const listId = useId();
  return (
    <>
      <TextField
        label={label}
        value={value ?? ''}
        disabled={readOnly || fixed}
        multiline={code || lines}
        helperText={hint}
        {...(type ? { type } : {})}
        onChange={(event) => onChange(event.target.value)}
        slotProps={{
          htmlInput: {
            autoComplete: 'off',
            spellCheck: !code,
            ...(offers ? { list: listId } : {}),
            ...(type ? { step: 'any' } : {}),
            ...(code ? { style: { fontFamily: 'ui-monospace, monospace' } } : {}),
          },
        }}
      />
      {offers && (
        <datalist id={listId}>
          {offers.map((offer) => (
            <option key={offer} value={offer} />
          ))}
        </datalist>
      )}
    </>
  );
}

export interface Option {
  value: string;
  label: string;
}

export const optionsOf = (names: readonly string[]): Option[] =>
  names.map((value) => ({ value, label: value }));

export interface ChoiceProps {
  label: string;
  value: string | null | undefined;
  options: readonly Option[];
  onChange: (value: string) => void;
  /** What no value is called; absent: one has to be chosen. */
  none?: string;
  fixed?: boolean;
}

export function Choice({ label, value, options, onChange, none, fixed = false }: ChoiceProps) {
  const readOnly = useContext(ReadOnly);
  const known = options.some((option) => option.value === value);
  return (
    <TextField
      select
      label={label}
      value={value ?? ''}
      disabled={readOnly || fixed}
      onChange={(event) => onChange(event.target.value)}
      slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
    >
      {none !== undefined && <MenuItem value="">{none}</MenuItem>}
      {none === undefined && !value && (
        <MenuItem value="" disabled>
          Choose…
        </MenuItem>
      )}
      {/* What is not there any more stands as it is. */}
      {value && !known && <MenuItem value={value}>{value} (not there)</MenuItem>}
      {options.map((option) => (
        <MenuItem key={option.value} value={option.value}>
          {option.label}
        </MenuItem>
      ))}
    </TextField>
  );
}

export interface SeveralProps {
  label: string;
  hint?: string;
  values: readonly string[];
  options: readonly Option[];
  onChange: (values: string[]) => void;
}

export function Several({ label, hint, values, options, onChange }: SeveralProps) {
  const readOnly = useContext(ReadOnly);
  return (
    <TextField
      select
      label={label}
      value={[...values]}
      disabled={readOnly}
      helperText={hint}
      onChange={(event) => {
        const chosen: unknown = event.target.value;
        onChange(Array.isArray(chosen) ? chosen.map(String) : String(chosen).split(','));
      }}
      slotProps={{ select: { multiple: true } }}
    >
      {[
        ...options,
        ...optionsOf(values.filter((name) => !options.some((o) => o.value === name))),
      ].map((option) => (
        <MenuItem key={option.value} value={option.value}>
          {option.label}
        </MenuItem>
      ))}
    </TextField>
  );
}

/** Fields beside each other where there is room. */
export function Fields({ children }: { children: ReactNode }) {
  return <Box sx={{ ...twoColumns, alignItems: 'start' }}>{children}</Box>;
}
