// Of which number an answer is looked at: all of them, or those of one group. Ranks and shares depend on the other groups.
import Autocomplete from '@mui/material/Autocomplete';
import TextField from '@mui/material/TextField';
import { useMemo } from 'react';
import type { Cell, ResultColumn } from '@/api/types';
import { formatCount } from '@/lib/format';
import { groupOfRow, groupTitle } from '@/lib/result-group';
import type { CellGroup } from '@/lib/result-group';

const offered = 50;

interface Choice {
  title: string;
  group: CellGroup | null;
}

export const everything: Choice = { title: 'All numbers', group: null };

/** Each group of an answer once; none where it has one row alone. */
export function choicesOf(
  columns: readonly ResultColumn[],
  data: readonly (readonly Cell[])[],
  zone: string,
): Choice[] {
  const heads = columns
    .map((column, index) => ({ column, values: [...(data[index] ?? [])] }))
    .filter(({ column }) => column.role !== 'measure');
  const rows = heads[0]?.values.length ?? 0;
  if (rows < 2) return [];
  const found = new Map<string, Choice>();
  for (let row = 0; row < rows; row += 1) {
    const group = groupOfRow(heads, row);
    const title = groupTitle(group, zone);
    if (!found.has(title)) found.set(title, { title, group });
  }
  return [everything, ...found.values()];
}

export interface GroupFieldProps {
  columns: readonly ResultColumn[];
  data: readonly (readonly Cell[])[];
  zone: string;
  group: CellGroup | null;
  onGroup: (group: CellGroup | null) => void;
}

export function GroupField({ columns, data, zone, group, onGroup }: GroupFieldProps) {
  const choices = useMemo(() => choicesOf(columns, data, zone), [columns, data, zone]);
  if (choices.length === 0) return null;
  const title = group === null ? everything.title : groupTitle(group, zone);
  return (
    <Autocomplete
      size="small"
      disableClearable
      options={choices}
      value={choices.find((choice) => choice.title === title) ?? { title, group }}
      onChange={(_event, choice) => onGroup(choice.group)}
      getOptionLabel={(choice) => choice.title}
      isOptionEqualToValue={(a, b) => a.title === b.title}
      filterOptions={(all, { inputValue }) => {
        const wanted = inputValue.trim().toLowerCase();
        const matching =
          wanted === '' || wanted === title.toLowerCase()
            ? all
            : all.filter((choice) => choice.title.toLowerCase().includes(wanted));
        return matching.slice(0, offered);
      }}
      renderInput={(params) => (
        <TextField
          {...params}
          label="Which number"
          helperText={
            choices.length > offered + 1
              ? `${formatCount(choices.length - 1, 'group')}; type to find one`
              : undefined
          }
        />
      )}
    />
  );
}
