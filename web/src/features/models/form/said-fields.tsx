// What is said of a model or a member beside its names: what it is, in as many lines as it takes, and whether people are offered it.
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import { useContext } from 'react';
import { isOffered } from '@/lib/offered';
import { ReadOnly, Text } from './fields';

export interface Said {
  description?: string | null;
  public?: boolean;
}

export interface SaidFieldsProps {
  of: Said;
  onChange: (part: Said) => void;
}

export function SaidFields({ of, onChange }: SaidFieldsProps) {
  const readOnly = useContext(ReadOnly);
  return (
    <>
      <Text
        lines
        label="Description"
        value={of.description}
        onChange={(description) => onChange({ description: description || null })}
      />
      <FormControlLabel
        control={
          <Checkbox
            size="small"
            checked={isOffered(of)}
            disabled={readOnly}
            onChange={(event) => onChange({ public: event.target.checked })}
          />
        }
        label="Offered in lists"
      />
    </>
  );
}
