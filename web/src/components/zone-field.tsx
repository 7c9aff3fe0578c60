// A time zone by its name, out of a list that is offered while it is typed. It counts when the field is left.
import type { TextFieldProps } from '@mui/material/TextField';
import { useId } from 'react';
import { isZone, localZone } from '@/lib/format';
import { SettledField } from './settled-field';

export interface ZoneFieldProps {
  /** null: none is named. */
  zone: string | null;
  /** What holds where none is named; without it one has to be. */
  otherwise?: string | undefined;
  problem?: string | undefined;
  disabled?: boolean;
  onSettle: (zone: string | null) => void;
  sx?: TextFieldProps['sx'];
}

export function ZoneField(props: ZoneFieldProps) {
  const listId = useId();
  const { otherwise } = props;
  const check = (text: string): string | null => {
    if (text === '') return otherwise === undefined ? 'Not a time zone' : null;
    return isZone(text) ? null : 'Not a time zone';
  };
  return (
    <>
      <SettledField
        label="Time zone"
        value={props.zone ?? ''}
        placeholder={otherwise ?? ''}
        check={check}
        problem={props.problem}
        onSettle={(text) => props.onSettle(text === '' ? null : text)}
        disabled={props.disabled ?? false}
        inputProps={{ list: listId }}
        sx={props.sx}
      />
      <datalist id={listId}>
        {[...new Set(['UTC', localZone(), ...Intl.supportedValuesOf('timeZone')])].map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}
