// Makes or changes one filter: dimension, operator, values. Values come from a query on the dimension,
// searched on the server; charts never wait for it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import InputAdornment from '@mui/material/InputAdornment';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useEffect, useMemo, useState } from 'react';
import type { AsOf, Cell, ColumnType, MemberFilter, Model, SemanticQuery } from '@/api/types';
import { nothingSeen } from '@/lib/access-words';
import { formatNumber } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { useQueryResult } from '@/api/use-query-result';
import { toMember } from '@/lib/members';
import { countedBy } from '@/lib/views';
import { parseRange } from '@/lib/time-ranges';
import { dayOperators, measureOperators, operatorsFor, valueText } from '@/lib/filter-words';

export interface FilterEditorProps {
  models: readonly Model[];
  filter: MemberFilter | null;
  /** Values are those of this state; null: of now. */
  asOf: AsOf | null;
  /** Also measures and the ranges of times, beside the dimensions; without it times are chosen by business days alone. */
  everything?: boolean;
  /** What is chosen to begin with, where there is no filter yet. */
  startWith?: string | undefined;
  /** Values that are always in the list, whatever the data has. */
  offers?: readonly string[];
  onApply: (filter: MemberFilter) => void;
  onRemove?: (() => void) | undefined;
}

const SHOWN_VALUES = 50;
const TYPING_PAUSE_MS = 250;

interface MemberChoice {
  member: string;
  label: string;
  type: ColumnType;
  isMeasure: boolean;
}

const isTime = (type: ColumnType): boolean => type === 'timestamp' || type === 'date';

/** Whether a filter that is changed is one on this time, but not by business days. */
const isOther = (filter: MemberFilter | null, member: string): boolean =>
  filter?.member === member && !dayOperators.some(({ operator }) => operator === filter.operator);

function choicesOf(models: readonly Model[], everything: boolean): MemberChoice[] {
  const several = models.length > 1;
  return models.flatMap((model) => {
    const choice = (name: string, label: string, type: ColumnType, isMeasure: boolean) => ({
      member: toMember(name, model.name),
      label: several ? `${model.label}: ${label}` : label,
      type,
      isMeasure,
    });
    const dimensions = model.dimensions.map(({ name, label, type }) =>
      choice(name, label, type, false),
    );
    // Whoever filters has another control for ranges of time, so times come last.
    if (!everything)
      return [false, true].flatMap((times) =>
        dimensions.filter(({ type }) => isTime(type) === times),
      );
    return [
      ...dimensions,
      ...model.measures.map(({ name, label }) => choice(name, label, 'float', true)),
    ];
  });
}

/** Most frequent values first, found by the server; `limit + 1` tells whether there are more. */
export function valuesQuery(
  choice: { member: string; type: ColumnType },
  models: readonly Model[],
  search: string,
): SemanticQuery {
  // A dimension of a joined model is counted by the model that has the join.
  const model =
    models.find((entry) => choice.member.startsWith(`${entry.name}.`)) ??
    models.find((entry) => entry.dimensions.some(({ name }) => name === choice.member));
  const counts = model ? countedBy(model) : [];
  const count = counts.find((measure) => measure.kind === 'count') ?? counts[0];
  const measures = count && model ? [toMember(count.name, model.name)] : [];
  const query: SemanticQuery = { measures, dimensions: [choice.member], limit: SHOWN_VALUES + 1 };
  if (measures[0] !== undefined) query.order = [[measures[0], 'desc']];
  if (search !== '') {
    query.filters =
      choice.type === 'string'
        ? [{ member: choice.member, operator: 'contains', values: [search] }]
        : [{ member: choice.member, operator: 'equals', values: [Number(search)] }];
  }
  return query;
}

export function FilterEditor(props: FilterEditorProps) {
  const { models, filter, asOf, everything = false, offers = [], onApply, onRemove } = props;
  const choices = useMemo(() => choicesOf(models, everything), [models, everything]);
  const [memberName, setMember] = useState(
    filter?.member ?? props.startWith ?? choices[0]?.member ?? '',
  );
  const choice = choices.find((entry) => entry.member === memberName) ?? null;
  const operators = choice?.isMeasure
    ? measureOperators
    : choice && !everything && isTime(choice.type) && !isOther(filter, choice.member)
      ? dayOperators
      : operatorsFor(choice?.type ?? 'string');
  const [operatorName, setOperator] = useState(filter?.operator ?? 'equals');
  const operator = operators.find((entry) => entry.operator === operatorName) ?? operators[0];
  const [values, setValues] = useState<Cell[]>(filter?.values ?? []);
  const [rangeTyped, setRangeTyped] = useState(values.join(' to '));
  const [search, setSearch] = useState('');
  const [settled, setSettled] = useState('');
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(search.trim()), TYPING_PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [search]);
  const listed = operator?.input === 'list';
  const numeric = choice?.type === 'integer' || choice?.type === 'float';
  const query = useMemo(() => {
    if (!choice || !listed) return null;
    const usable = numeric && Number.isNaN(Number(settled)) ? '' : settled;
    return { ...valuesQuery(choice, models, usable), asOf };
  }, [choice, listed, models, settled, numeric, asOf]);
  const answer = useQueryResult(query, query !== null);
  const result = answer.stored?.result;
  const found = result?.data[0] ?? [];
  const counts = result?.data[1] ?? [];
  // Chosen values stay on top, whatever is searched.
  const shown = [
    ...values,
    ...offers.filter((offer) => !values.includes(offer) && offer.includes(search.trim())),
    ...found
      .slice(0, SHOWN_VALUES)
      .filter((value) => !values.includes(value) && !offers.some((offer) => offer === value)),
  ];

  const toggle = (value: Cell): void =>
    setValues((old) =>
      old.includes(value) ? old.filter((entry) => entry !== value) : [...old, value],
    );
  const paste = (text: string): boolean => {
    const parts = text
      .split(/[\n\t;,]+/)
      .map((part) => part.trim())
      .filter(Boolean);
    if (parts.length < 2) return false;
    const added = parts.map((part): Cell => (numeric ? Number(part) : part));
    setValues((old) => [...new Set([...old, ...added])]);
    return true;
  };
  const needed = operator?.input === 'none' ? 0 : operator?.input === 'numbers' ? 2 : 1;
  const complete =
    choice !== null && values.length >= needed && !values.some((value) => value === '');
  const apply = (): void => {
    if (!operator || !complete) return;
    const base: MemberFilter = { member: memberName, operator: operator.operator };
    onApply(operator.input === 'none' ? base : { ...base, values });
  };
  const setNumber = (place: number, text: string): void =>
    setValues((old) => {
      const next = [...old];
      next[place] = text === '' ? '' : Number(text);
      return next;
    });

  if (choices.length === 0) return <Box sx={{ p: 4 }}>There is no dimension to filter by.</Box>;
  return (
    <Box
      component="form"
      aria-label="Filter"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
      sx={{
        p: 4,
        width: { xs: '100%', sm: 340 },
        display: 'flex',
        flexDirection: 'column',
        gap: 3,
      }}
    >
      <TextField
        select
        label={everything ? 'Field' : 'Dimension'}
        value={memberName}
        onChange={(event) => {
          setMember(event.target.value);
          setValues([]);
          setSearch('');
          setOperator('equals');
          setRangeTyped('');
        }}
      >
        {choices.map((entry) => (
          <MenuItem key={entry.member} value={entry.member}>
            {entry.label}
          </MenuItem>
        ))}
      </TextField>
      <TextField
        select
        label="Condition"
        value={operator?.operator ?? 'equals'}
        onChange={(event) => {
          setOperator(event.target.value as MemberFilter['operator']);
          setValues([]);
          setRangeTyped('');
        }}
      >
        {operators.map((entry) => (
          <MenuItem key={entry.operator} value={entry.operator}>
            {entry.label}
          </MenuItem>
        ))}
      </TextField>
      {operator?.input === 'text' && (
        <TextField
          label="Text"
          value={values[0] ?? ''}
          onChange={(event) => setValues(event.target.value === '' ? [] : [event.target.value])}
        />
      )}
      {(operator?.input === 'number' || operator?.input === 'numbers') && (
        <Box sx={{ display: 'flex', gap: 2 }}>
          {(operator.input === 'numbers' ? ['From', 'To'] : ['Number']).map((label, place) => (
            <TextField
              key={label}
              label={label}
              type="number"
              value={values[place] ?? ''}
              onChange={(event) => setNumber(place, event.target.value)}
              slotProps={{ htmlInput: { step: 'any' } }}
            />
          ))}
        </Box>
      )}
      {operator?.input === 'day' && (
        <TextField
          label="Day"
          type="date"
          value={values[0] ?? ''}
          onChange={(event) => setValues(event.target.value === '' ? [] : [event.target.value])}
          slotProps={{ inputLabel: { shrink: true } }}
        />
      )}
      {operator?.input === 'range' && (
        <TextField
          label="Range"
          value={rangeTyped}
          onChange={(event) => {
            setRangeTyped(event.target.value);
            const parsed = parseRange(event.target.value);
            setValues('range' in parsed ? [parsed.range].flat() : []);
          }}
          error={rangeTyped !== '' && values.length === 0}
          helperText="For example “last 30 days of data” or “2013-01-01 to 2013-06-30”"
        />
      )}
      {listed && (
        <Box>
          <TextField
            label="Search values"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
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
            aria-label="Values"
            aria-busy={answer.pending}
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
              const at = found.indexOf(value);
              const count = at >= 0 ? counts[at] : null;
              return (
                <li key={String(value)}>
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
                    <Checkbox
                      size="small"
                      checked={values.includes(value)}
                      onChange={() => toggle(value)}
                      sx={{ p: 0.5 }}
                    />
                    <Box
                      component="span"
                      sx={{
                        flex: 1,
                        overflow: 'hidden',
                        textOverflow: 'ellipsis',
                        whiteSpace: 'nowrap',
                      }}
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
            })}
            {shown.length === 0 && (
              <Box component="li" sx={{ p: 3, color: 'text.secondary' }}>
                {answer.problem
                  ? answer.problem.title
                  : answer.pending
                    ? 'Looking…'
                    : ((result && nothingSeen(result)) ?? 'No value matches')}
              </Box>
            )}
          </Box>
          <Box role="status" sx={{ typography: 'caption', color: 'text.secondary', mt: 1 }}>
            {values.length > 0 ? `${values.length} chosen` : 'None chosen'}
            {found.length > SHOWN_VALUES
              ? `, first ${SHOWN_VALUES} shown: type to find others`
              : ''}
          </Box>
        </Box>
      )}
      <Box sx={{ display: 'flex', gap: 2 }}>
        <Button type="submit" variant="contained" color="primary" disabled={!complete}>
          Apply filter
        </Button>
        {onRemove && (
          <Button variant="text" onClick={onRemove}>
            Remove
          </Button>
        )}
      </Box>
    </Box>
  );
}
