// What lies in a folder of a view: its name and its members. Folders within it are written as text.
import Box from '@mui/material/Box';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import { useContext, useRef } from 'react';
import type { Folder } from '@/api/types';
import { Fields, ReadOnly, Several, Text } from '../form/fields';
import { namesIn, othersIn, withNames } from './state/folders';
import type { Seen } from './state/part';

export interface FolderFieldsProps {
  folder: Folder;
  /** All that people see of the view. */
  members: readonly Seen[];
  onChange: (folder: Folder) => void;
}

export function FolderFields({ folder, members, onChange }: FolderFieldsProps) {
  const readOnly = useContext(ReadOnly);
  const all = folder.includes === '*';
  const others = othersIn(folder);
  // What was chosen before all was, for who takes that back.
  const chosen = useRef<Folder['includes']>([]);
  const takeAll = (wanted: boolean): void => {
    if (wanted) chosen.current = folder.includes;
    onChange({ ...folder, includes: wanted ? '*' : chosen.current });
  };
  // A dimension and a named filter of one name go together.
  const options = members.filter(
    ({ name }, index) => members.findIndex((entry) => entry.name === name) === index,
  );
  return (
    <>
      <Fields>
        <Text label="Name" value={folder.name} onChange={(name) => onChange({ ...folder, name })} />
        {!all && (
          <Several
            label="Members"
            values={namesIn(folder)}
            options={options.map(({ name, label }) => ({ value: name, label: label || name }))}
            onChange={(names) => onChange(withNames(folder, names))}
          />
        )}
      </Fields>
      <FormControlLabel
        control={
          <Checkbox
            size="small"
            checked={all}
            // What lies in it beside members would be lost.
            disabled={readOnly || others.length > 0}
            onChange={(event) => takeAll(event.target.checked)}
          />
        }
        label="All members of the view"
      />
      {others.length > 0 && (
        <Box sx={{ typography: 'body2', color: 'text.secondary' }}>
          Also in it, and changed as text: {others.join(', ')}.
        </Box>
      )}
    </>
  );
}
