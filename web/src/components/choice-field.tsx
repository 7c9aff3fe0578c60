// One of a few values, each in words, chosen from a list.
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';

export interface ChoiceFieldProps<Value extends string | number> {
  label: string;
  value: Value;
  choices: readonly (readonly [value: Value, words: string])[];
  disabled?: boolean;
  onChange: (value: Value) => void;
}

export function ChoiceField<Value extends string | number>(props: ChoiceFieldProps<Value>) {
  return (
    <TextField
      select
      label={props.label}
      value={props.value}
      disabled={props.disabled ?? false}
      onChange={(event) => props.onChange(event.target.value as Value)}
      // That nothing is chosen may be a choice with words of its own.
      slotProps={{
        inputLabel: { shrink: true },
        input: { notched: true },
        select: { displayEmpty: true },
      }}
    >
      {props.choices.map(([value, words]) => (
        <MenuItem key={value} value={value}>
          {words}
        </MenuItem>
      ))}
    </TextField>
  );
}
