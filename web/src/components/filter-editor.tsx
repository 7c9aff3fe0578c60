// Makes or changes one filter: dimension, operator, values.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useMemo, useState } from 'react';
import type { AsOf, Cell, ColumnType, MemberFilter, Model } from '@/api/types';
import { toMember } from '@/lib/members';
import { isOffered } from '@/lib/offered';
import { parseRange } from '@/lib/time-ranges';
import { dayOperators, measureOperators, operatorsFor } from '@/lib/filter-words';
import { ValueField } from './values/value-field';

export interface FilterEditorProps {
  models: readonly Model[];
  filter: MemberFilter | null;
  /** Values are those of this state; null: of now. */
  asOf: AsOf | null;
  /** Also measures and the ranges of times, beside the dimensions; without it times are chosen by business days alone. */
  everything?: boolean;
  /** What is chosen to begin with, where there is no filter yet. */
  startWith?: string | undefined;
  /** Values that are always in the list, whatever the data has; without them a missing value, which no list of values has. */
  offers?: readonly string[];
  onApply: (filter: MemberFilter) => void;
  onRemove?: (() => void) | undefined;
}

interface MemberChoice {
  member: string;
  label: string;
  type: ColumnType;
  isMeasure: boolean;
}

const missing: readonly Cell[] = [null];

const isTime = (type: ColumnType): boolean => type === 'timestamp' || type === 'date';

/** Whether a filter that is changed is one on this time, but not by business days. */
const isOther = (filter: MemberFilter | null, member: string): boolean =>
  filter?.member === member && !dayOperators.some(({ operator }) => operator === filter.operator);

/** `named` is the member of a filter that is there already, which stays in the list. */
function choicesOf(
  models: readonly Model[],
  everything: boolean,
  named: string | undefined,
): MemberChoice[] {
  const several = models.length > 1;
  return models.flatMap((model) => {
    const isListed = (entry: { name: string; public?: boolean }): boolean =>
      isOffered(entry) || toMember(entry.name, model.name) === named;
    const choice = (name: string, label: string, type: ColumnType, isMeasure: boolean) => ({
      member: toMember(name, model.name),
      label: several ? `${model.label}: ${label}` : label,
      type,
      isMeasure,
    });
    const dimensions = model.dimensions
      .filter(isListed)
      .map(({ name, label, type }) => choice(name, label, type, false));
    // Whoever filters has another control for ranges of time, so times come last.
    if (!everything)
      return [false, true].flatMap((times) =>
        dimensions.filter(({ type }) => isTime(type) === times),
      );
    return [
      ...dimensions,
      ...model.measures
        .filter(isListed)
        .map(({ name, label }) => choice(name, label, 'float', true)),
    ];
  });
}

export function FilterEditor(props: FilterEditorProps) {
  const { models, filter, asOf, everything = false, offers = missing, onApply, onRemove } = props;
  const named = filter?.member ?? props.startWith;
  const choices = useMemo(() => choicesOf(models, everything, named), [models, everything, named]);
  const [memberName, setMember] = useState(named ?? choices[0]?.member ?? '');
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
      {operator?.input === 'list' && choice && (
        <ValueField
          // Another dimension has other values, which are searched anew.
          key={choice.member}
          choice={choice}
          models={models}
          asOf={asOf}
          offers={offers}
          values={values}
          onValues={setValues}
        />
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
