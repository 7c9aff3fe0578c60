// Where the rows go: a new dataset with a name, or one that exists.
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useListDatasetsQuery } from '@/api/datasets-api';
import { nameProblem } from './wizard-state';
import type { ReviewChoices } from './wizard-state';

interface Props {
  choices: ReviewChoices;
  onChange: (change: Partial<ReviewChoices>) => void;
}

const shrunk = { inputLabel: { shrink: true }, input: { notched: true } };

export function TargetFields({ choices, onChange }: Props) {
  const { data: datasets = [] } = useListDatasetsQuery();
  const taken = datasets.some((dataset) => dataset.name === choices.dataset);
  const creating = choices.mode === 'create';
  const problem =
    nameProblem(choices.dataset) ??
    (taken ? 'This name is taken. Choose another, or add to the existing dataset.' : null);

  const changeMode = (mode: string) => {
    const target = datasets.find((dataset) => dataset.name === choices.dataset) ?? datasets[0];
    if (mode === 'existing' && target) {
      onChange({ mode: 'append', dataset: target.name, label: target.label });
    } else onChange({ mode: 'create' });
  };

  return (
    <>
      {datasets.length > 0 && (
        <TextField
          select
          label="Rows go to"
          value={creating ? 'create' : 'existing'}
          onChange={(event) => changeMode(event.target.value)}
          slotProps={shrunk}
        >
          <MenuItem value="create">A new dataset</MenuItem>
          <MenuItem value="existing">A dataset that exists</MenuItem>
        </TextField>
      )}
      {creating ? (
        <>
          <TextField
            label="Title"
            value={choices.label}
            onChange={(event) => onChange({ label: event.target.value })}
            helperText="What people see."
            slotProps={shrunk}
          />
          <TextField
            label="Name"
            value={choices.dataset}
            onChange={(event) => onChange({ dataset: event.target.value })}
            error={problem !== null}
            helperText={problem ?? 'What queries and addresses use.'}
            slotProps={{ ...shrunk, htmlInput: { spellCheck: false, autoCapitalize: 'none' } }}
          />
        </>
      ) : (
        <TextField
          select
          label="Dataset"
          value={choices.dataset}
          onChange={(event) => {
            const target = datasets.find((dataset) => dataset.name === event.target.value);
            if (target) onChange({ dataset: target.name, label: target.label });
          }}
          helperText="Columns are matched by name; new ones are added."
          slotProps={shrunk}
        >
          {datasets.map((dataset) => (
            <MenuItem key={dataset.name} value={dataset.name}>
              {dataset.label || dataset.name}
            </MenuItem>
          ))}
        </TextField>
      )}
    </>
  );
}
