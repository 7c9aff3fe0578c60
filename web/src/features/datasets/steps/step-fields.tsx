// The parameters of one step as fields, each as its kind says.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import IconButton from '@mui/material/IconButton';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useListDatasetsQuery } from '@/api/datasets-api';
import { Icon } from '@/theme/icons';
import type { Pair, StepDraft, Value } from './step-draft';
import { kindOf } from './step-kinds';
import type { Field } from './step-kinds';

export interface StepFieldsProps {
  draft: StepDraft;
  problems: Readonly<Record<string, string>>;
  /** The columns that come to this step. */
  columns: readonly string[];
  onChange: (parameter: string, value: Value) => void;
}

const shrunk = { inputLabel: { shrink: true } };
const code = { htmlInput: { spellCheck: false, autoComplete: 'off', autoCapitalize: 'none' } };

export function StepFields({ draft, problems, columns, onChange }: StepFieldsProps) {
  const fields = Object.entries(kindOf(draft.op)?.fields ?? {});
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 4,
        gridTemplateColumns: { xs: 'minmax(0, 1fr)', sm: 'repeat(2, minmax(0, 1fr))' },
        alignItems: 'start',
      }}
    >
      {fields.map(([name, field]) => (
        <OneField
          key={name}
          field={field}
          value={draft.values[name] ?? ''}
          problem={problems[name] ?? null}
          columns={columns}
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

function ColumnChoice(props: OneFieldProps) {
  const { field, value, columns, onChange } = props;
  const multiple = field.asked === 'columns';
  const chosen = (multiple ? value : [value]) as readonly string[];
  // What a step before took away stays visible, so that it can be taken out here too.
  const gone = chosen.filter((name) => name !== '' && !columns.includes(name));
  return (
    <TextField
      select
      label={field.label}
      value={value}
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
          {name} (does not come to this step)
        </MenuItem>
      ))}
    </TextField>
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

/** Texts, one a line. Empty lines are not kept, but can be typed: the text is the field's, the list is the step's. */
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
      helperText={field.hint ?? 'One a line.'}
      slotProps={{ ...shrunk, ...code }}
    />
  );
}

function Pairs(props: OneFieldProps & { pairs: readonly Pair[] }) {
  const { field, pairs, problem, onChange } = props;
  const [leftLabel, rightLabel] = field.sides ?? ['', ''];
  const change = (place: number, pair: Pair): void =>
    onChange(pairs.map((old, index) => (index === place ? pair : old)));
  return (
    <Box
      role="group"
      aria-label={field.label}
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
            onClick={() => onChange(pairs.filter((_, index) => index !== place))}
          >
            <Icon name="close" size={16} />
          </IconButton>
        </Box>
      ))}
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 3 }}>
        <Button
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
