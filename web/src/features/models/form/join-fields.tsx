// The fields of a join: to which model, how many to how many, and which columns are equal.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import { useContext, useRef } from 'react';
import type { Join, Model, Relationship } from '@/api/types';
import { announce } from '@/components/announcer';
import { removeBeside } from '@/components/way-back';
import { targetOf } from '@/lib/joins';
import { Icon } from '@/theme/icons';
import { Choice, Fields, optionsOf, ReadOnly, Text } from './fields';

const relationshipOptions = [
  { value: 'many_to_one', label: 'Many of these to one of those' },
  { value: 'one_to_one', label: 'One to one' },
  { value: 'one_to_many', label: 'One of these to many of those' },
];

export interface JoinFieldsProps {
  join: Join;
  model: Model;
  models: readonly Model[];
  columns: readonly string[];
  onChange: (join: Join) => void;
}

export default function JoinFields({ join, model, models, columns, onChange }: JoinFieldsProps) {
  const readOnly = useContext(ReadOnly);
  const target = models.find((entry) => entry.name === targetOf(join));
  const others = [
    ...new Set(
      (target?.dimensions ?? [])
        .filter((dimension) => dimension.expression == null)
        .map((dimension) => dimension.column ?? dimension.name),
    ),
  ];
  const set = (part: Partial<Join>): void => onChange({ ...join, ...part });
  const setPair = (place: number, part: Partial<Join['on'][number]>): void =>
    set({ on: join.on.map((pair, index) => (index === place ? { ...pair, ...part } : pair)) });
  const add = useRef<HTMLButtonElement>(null);
  const removePair = (button: HTMLElement, place: number): void => {
    removeBeside(
      button,
      () => set({ on: join.on.filter((_, index) => index !== place) }),
      // One pair alone cannot be removed.
      () => add.current,
    );
    announce(`Pair ${place + 1} was removed`);
  };
  return (
    <Box data-removals sx={{ display: 'grid', gap: 4 }}>
      <Fields>
        <Text
          label="Name"
          value={join.name}
          hint="What the other model is called from here"
          // The other model stays the one that it is, also where only the name said which.
          onChange={(name) => set({ name, model: targetOf(join) })}
        />
        <Choice
          label="Model"
          value={targetOf(join)}
          options={models
            .filter((entry) => entry.name !== model.name)
            .map(({ name, label }) => ({ value: name, label }))}
          onChange={(value) => set({ model: value, name: join.name || value })}
        />
        <Choice
          label="Relationship"
          value={join.relationship ?? 'many_to_one'}
          options={relationshipOptions}
          onChange={(value) => set({ relationship: value as Relationship })}
        />
      </Fields>
      {join.on.map((pair, place) => (
        <Box
          key={place}
          role="group"
          aria-label={`Pair of columns ${place + 1}`}
          sx={{
            display: 'flex',
            gap: 2,
            alignItems: 'center',
            '& > .MuiTextField-root': { flex: 1, minWidth: 0 },
          }}
        >
          <Choice
            label="Column here"
            value={pair.column}
            options={optionsOf(columns)}
            onChange={(column) => setPair(place, { column })}
          />
          <Box aria-hidden="true">=</Box>
          <Choice
            label="Column there"
            value={pair.other}
            options={optionsOf(others)}
            onChange={(other) => setPair(place, { other })}
          />
          {!readOnly && join.on.length > 1 && (
            <IconButton
              size="small"
              aria-label={`Remove pair ${place + 1}`}
              data-removal
              onClick={({ currentTarget }) => removePair(currentTarget, place)}
            >
              <Icon name="close" size={16} />
            </IconButton>
          )}
        </Box>
      ))}
      {!readOnly && (
        <Box>
          <Button
            ref={add}
            size="small"
            variant="text"
            startIcon={<Icon name="add" size={16} />}
            onClick={() => set({ on: [...join.on, { column: '', other: '' }] })}
          >
            Add pair of columns
          </Button>
        </Box>
      )}
    </Box>
  );
}
