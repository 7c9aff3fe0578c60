// The parameters of one step or rule as fields, each as its kind says.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import IconButton from '@mui/material/IconButton';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useRef } from 'react';
import { useGetDatasetQuery, useListDatasetsQuery } from '@/api/datasets-api';
import { twoColumns } from '@/components/two-columns';
import { removeBeside } from '@/components/way-back';
import { Icon } from '@/theme/icons';
import type { Field, Pair, Value, Values } from './field';

export interface FieldListProps {
  fields: Readonly<Record<string, Field>>;
  values: Values;
  problems: Readonly<Record<string, string>>;
  /** The columns to choose among. */
  columns: readonly string[];
  /** What is said of a column that was chosen and is not among them. */
  gone: string;
  onChange: (parameter: string, value: Value) => void;
}

const shrunk = { inputLabel: { shrink: true } };
const code = { htmlInput: { spellCheck: false, autoComplete: 'off', autoCapitalize: 'none' } };

export function FieldList(props: FieldListProps) {
  const { fields, values, problems, columns, gone, onChange } = props;
  return (
    <Box sx={{ ...twoColumns, alignItems: 'start' }}>
      {Object.entries(fields).map(([name, field]) => (
        <OneField
          key={name}
          field={field}
          value={values[name] ?? ''}
          problem={problems[name] ?? null}
          columns={columns}
          gone={gone}
          of={field.of === undefined ? '' : String(values[field.of] ?? '')}
          onChange={(value) => onChange(name, value)}
        />
      ))}
    </Box>
  );
}

interface OneFieldProps {
  field: Field;
  value: Value;
  problem: string | null;
  columns: readonly string[];
  gone: string;
  /** The dataset that a key is of. */
  of: string;
  onChange: (value: Value) => void;
}

function OneField(props: OneFieldProps) {
  const { field, value, onChange } = props;
  if (typeof value === 'boolean') {
    return (
      <FormControlLabel
        control={
          <Checkbox
            size="small"
            checked={value}
            onChange={(event) => onChange(event.target.checked)}
          />
        }
        label={field.label}
      />
    );
  }
  if (field.asked === 'pairs') return <Pairs {...props} pairs={value as readonly Pair[]} />;
  if (field.asked === 'lines' || field.asked === 'names') {
    return <Lines {...props} lines={value as readonly string[]} />;
  }
  if (field.asked === 'column' || field.asked === 'columns') return <ColumnChoice {...props} />;
  if (field.asked === 'key') return <KeyChoice {...props} />;
  if (field.asked === 'dataset') return <DatasetChoice {...props} />;
  return (
    <TextField
      label={field.label}
      value={value as string}
      onChange={(event) => onChange(event.target.value)}
      {...helped(props)}
      {...(field.options
        ? { select: true, slotProps: { ...shrunk, select: { displayEmpty: true } } }
        : {
            slotProps: {
              ...shrunk,
              htmlInput: {
                ...code.htmlInput,
                ...(field.asked === 'code' && { style: { fontFamily: 'ui-monospace, monospace' } }),
              },
            },
          })}
    >
      {field.options?.map(([option, label]) => (
        <MenuItem key={option} value={option}>
          {label}
        </MenuItem>
      ))}
    </TextField>
  );
}

/** What is only missing is told quietly, because nobody can have typed it yet. */
function helped({ field, value, problem }: OneFieldProps) {
  const empty = typeof value !== 'boolean' && value.length === 0;
  return {
    error: problem !== null && !empty,
    helperText: (empty ? (field.hint ?? problem) : (problem ?? field.hint)) ?? undefined,
    required: field.required === true && field.mayBeEmpty !== true,
  };
}

function ColumnChoice(props: OneFieldProps & { disabled?: boolean }) {
  const { field, value, columns, gone: why, onChange } = props;
  const multiple = field.asked === 'columns';
  const chosen = (multiple ? value : [value]) as readonly string[];
  // What a step before took away stays visible, so that it can be taken out here too.
  const gone = chosen.filter((name) => name !== '' && !columns.includes(name));
  return (
    <TextField
      select
      label={field.label}
      value={value}
      disabled={props.disabled}
      onChange={(event) => onChange(event.target.value as unknown as Value)}
      {...helped(props)}
      slotProps={{ ...shrunk, select: { multiple } }}
    >
      {columns.map((name) => (
        <MenuItem key={name} value={name}>
          {name}
        </MenuItem>
      ))}
      {gone.map((name) => (
        <MenuItem key={name} value={name}>
          {name} ({why})
        </MenuItem>
      ))}
    </TextField>
  );
}

/** A column of another dataset, once that is chosen. */
function KeyChoice(props: OneFieldProps) {
  const other = useGetDatasetQuery(props.of, { skip: props.of === '' });
  const columns = other.currentData?.columns.map(({ name }) => name) ?? [];
  const value = props.value as string;
  const gone = other.isFetching ? '\u2026' : `not in ${props.of || 'a dataset'}`;
  return (
    <ColumnChoice
      {...props}
      value={value}
      columns={columns}
      gone={gone}
      disabled={props.of === ''}
    />
  );
}

function DatasetChoice(props: OneFieldProps) {
  const { data: datasets = [] } = useListDatasetsQuery();
  const names = datasets.map(({ name }) => name);
  const value = props.value as string;
  const all = value === '' || names.includes(value) ? names : [...names, value];
  return (
    <TextField
      select
      label={props.field.label}
      value={value}
      onChange={(event) => props.onChange(event.target.value)}
      {...helped(props)}
      slotProps={shrunk}
    >
      {all.map((name) => (
        <MenuItem key={name} value={name}>
          {name}
        </MenuItem>
      ))}
    </TextField>
  );
}

/** Texts, one a line. Empty lines are not kept, but can be typed: the text is the field's, the list is what is kept. */
function Lines(props: OneFieldProps & { lines: readonly string[] }) {
  const { field, lines, onChange } = props;
  return (
    <TextField
      label={field.label}
      multiline
      minRows={2}
      maxRows={8}
      value={lines.join('\n')}
      onChange={(event) => {
        const { value } = event.target;
        onChange(value === '' ? [] : value.split('\n'));
      }}
      {...helped(props)}
      helperText={(lines.length > 0 && props.problem) || (field.hint ?? 'One a line.')}
      slotProps={{ ...shrunk, ...code }}
    />
  );
}

function Pairs(props: OneFieldProps & { pairs: readonly Pair[] }) {
  const { field, pairs, problem, onChange } = props;
  const [leftLabel, rightLabel] = field.sides ?? ['', ''];
  const add = useRef<HTMLButtonElement>(null);
  const change = (place: number, pair: Pair): void =>
    onChange(pairs.map((old, index) => (index === place ? pair : old)));
  return (
    <Box
      role="group"
      aria-label={field.label}
      data-removals
      sx={{ gridColumn: '1 / -1', display: 'grid', gap: 2 }}
    >
      <Box sx={{ fontSize: '0.75rem', color: 'text.secondary' }}>{field.label}</Box>
      {pairs.map(([left, right], place) => (
        <Box
          key={place}
          sx={{
            display: 'grid',
            gap: 2,
            gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr) auto',
            alignItems: 'center',
          }}
        >
          <TextField
            label={leftLabel}
            value={left}
            onChange={(event) => change(place, [event.target.value, right])}
            slotProps={{ ...shrunk, ...code }}
          />
          <TextField
            label={rightLabel}
            value={right}
            onChange={(event) => change(place, [left, event.target.value])}
            slotProps={{ ...shrunk, ...code }}
          />
          <IconButton
            size="small"
            aria-label={`Remove ${left || `line ${place + 1}`} from ${field.label}`}
            disabled={pairs.length === 1}
            data-removal
            onClick={({ currentTarget }) =>
              removeBeside(
                currentTarget,
                () => onChange(pairs.filter((_, index) => index !== place)),
                () => add.current,
              )
            }
          >
            <Icon name="close" size={16} />
          </IconButton>
        </Box>
      ))}
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 3 }}>
        <Button
          ref={add}
          size="small"
          variant="text"
          startIcon={<Icon name="add" size={16} />}
          onClick={() => onChange([...pairs, ['', '']])}
        >
          One more
        </Button>
        <Box sx={{ fontSize: '0.75rem', color: 'text.secondary' }}>{problem}</Box>
      </Box>
    </Box>
  );
}
