// What becomes of the rows that the chosen dataset has: kept, or replaced as a whole, by key or for some days.
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import type { ExistingRows, ReviewChoices } from './wizard-state';
import { replacementProblem } from './wizard-state';

interface Props {
  columns: string[];
  choices: ReviewChoices;
  onChange: (change: Partial<ReviewChoices>) => void;
}

const shrunk = { inputLabel: { shrink: true }, input: { notched: true } };

const options: [ExistingRows, string][] = [
  ['append', 'Keep them and add these'],
  ['upsert', 'Replace those with the same key'],
  ['replace_range', 'Replace those of some days'],
  ['replace', 'Replace all of them'],
];

export function ExistingRowsFields({ columns, choices, onChange }: Props) {
  const problem = replacementProblem(choices);
  return (
    <>
      <TextField
        select
        label="Rows that are there"
        value={choices.mode}
        onChange={(event) => onChange({ mode: event.target.value as ExistingRows })}
        helperText={
          choices.mode === 'append'
            ? undefined
            : 'One step for all who look; earlier versions still have what goes.'
        }
        slotProps={shrunk}
      >
        {options.map(([mode, text]) => (
          <MenuItem key={mode} value={mode}>
            {text}
          </MenuItem>
        ))}
      </TextField>
      {choices.mode === 'upsert' && (
        <TextField
          select
          label="Key"
          value={choices.key}
          onChange={(event) => onChange({ key: event.target.value as unknown as string[] })}
          helperText={problem ?? 'Every row of the file needs a key of its own.'}
          error={problem !== null}
          slotProps={{ ...shrunk, select: { multiple: true } }}
        >
          {columns.map((column) => (
            <MenuItem key={column} value={column}>
              {column}
            </MenuItem>
          ))}
        </TextField>
      )}
      {choices.mode === 'replace_range' && (
        <>
          <TextField
            type="date"
            label="From"
            value={choices.from}
            onChange={(event) => onChange({ from: event.target.value })}
            helperText="The first day, in UTC."
            slotProps={shrunk}
          />
          <TextField
            type="date"
            label="Up to, without"
            value={choices.to}
            onChange={(event) => onChange({ to: event.target.value })}
            helperText={problem ?? 'The file may have rows of these days only.'}
            error={problem !== null}
            slotProps={shrunk}
          />
        </>
      )}
    </>
  );
}
