// The names that a time has for buckets: sprints, shifts, fiscal years. Loaded when a time is opened.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import { useContext, useRef } from 'react';
import { flushSync } from 'react-dom';
import type { Grain, NamedGranularity } from '@/api/types';
import { announce } from '@/components/announcer';
import { without } from '@/lib/without';
import { Icon } from '@/theme/icons';
import {
  asUnit,
  countsOf,
  intervalWords,
  mostOf,
  originHint,
  readInterval,
  units,
  writeInterval,
} from '../state/intervals';
import { isSavedName, nameWith } from '../state/name-after';
import { Choice, Fields, optionsOf, ReadOnly, Text } from './fields';

export interface GranularitiesFieldProps {
  granularities: readonly NamedGranularity[];
  /** Names that are saved stay as they are. */
  saved: readonly NamedGranularity[];
  /** `timestamp` or `date`: days have no hours. */
  type: string;
  onChange: (granularities: NamedGranularity[]) => void;
}

export default function GranularitiesField(props: GranularitiesFieldProps) {
  const { granularities, saved, type, onChange } = props;
  const readOnly = useContext(ReadOnly);
  const add = useRef<HTMLButtonElement>(null);
  const remove = (place: number, name: string): void => {
    flushSync(() => onChange(granularities.filter((_, index) => index !== place)));
    announce(`${name} was removed`);
    // The button that had the focus is gone.
    add.current?.focus();
  };
  if (readOnly && granularities.length === 0) return null;
  return (
    <Box role="group" aria-label="Buckets with names" sx={{ display: 'grid', gap: 3 }}>
      <Box sx={{ typography: 'body2', color: 'text.secondary' }}>
        Buckets with names: what people choose beside day, week and month
      </Box>
      {granularities.map((granularity, place) => {
        const name = granularity.label || granularity.name || `Buckets ${place + 1}`;
        return (
          <Box
            key={place}
            role="group"
            aria-label={name}
            sx={{ border: 1, borderColor: 'divider', borderRadius: 1, p: 3 }}
          >
            <Box sx={{ display: 'flex', alignItems: 'flex-start', gap: 2, mb: 4, minWidth: 0 }}>
              <Box sx={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere' }}>
                <Box component="span" sx={{ fontWeight: 500 }}>
                  {name}
                </Box>
                <Box role="status" sx={{ color: 'text.secondary' }}>
                  {intervalWords(granularity)}
                </Box>
              </Box>
              {!readOnly && (
                <IconButton
                  size="small"
                  aria-label={`Remove ${name}`}
                  onClick={() => remove(place, name)}
                >
                  <Icon name="close" size={16} />
                </IconButton>
              )}
            </Box>
            <GranularityFields
              granularity={granularity}
              saved={isSavedName(granularities, place, saved)}
              type={type}
              onChange={(next) =>
                onChange(granularities.map((entry, index) => (index === place ? next : entry)))
              }
            />
          </Box>
        );
      })}
      {!readOnly && (
        <Box>
          <Button
            ref={add}
            size="small"
            variant="text"
            startIcon={<Icon name="add" size={16} />}
            onClick={() =>
              onChange([...granularities, { name: '', label: '', interval: '2 weeks' }])
            }
          >
            Add buckets
          </Button>
        </Box>
      )}
    </Box>
  );
}

interface GranularityFieldsProps {
  granularity: NamedGranularity;
  saved: boolean;
  type: string;
  onChange: (granularity: NamedGranularity) => void;
}

function GranularityFields({ granularity, saved, type, onChange }: GranularityFieldsProps) {
  const { name, label, interval, origin } = granularity;
  const [width = '', inside] = interval.split(' from ');
  const read = readInterval(width);
  const unit = read?.unit ?? 'week';
  const set = (part: Partial<NamedGranularity>): void => onChange({ ...granularity, ...part });
  const setWidth = (next: string): void =>
    set({ interval: inside === undefined ? next : `${next} from ${inside}` });
  const listed = countsOf(unit);
  const mayBe = units.filter(
    (entry) => type === 'timestamp' || !['second', 'minute', 'hour'].includes(entry),
  );
  const count = String(read?.count ?? '');
  const setCount = (text: string): void => {
    const wanted = Math.min(Math.max(1, Math.round(Number(text)) || 1), mostOf(unit));
    setWidth(writeInterval({ count: wanted, unit }));
  };
  return (
    <Fields>
      <Text
        label="Label"
        value={label}
        onChange={(next) => set({ label: next, ...nameWith(next, granularity, saved) })}
      />
      <Text label="Name" value={name} fixed={saved} onChange={(next) => set({ name: next })} />
      {listed === null ? (
        <Text
          label="How many"
          type="number"
          value={count}
          hint={`1 to ${mostOf(unit)}`}
          onChange={setCount}
        />
      ) : (
        <Choice
          label="How many"
          value={count}
          options={optionsOf(listed.map(String))}
          onChange={setCount}
        />
      )}
      <Choice
        label="Unit"
        value={unit}
        options={mayBe.map((value) => ({ value, label: `${value}s` }))}
        onChange={(next) =>
          setWidth(writeInterval(asUnit(read ?? { count: 1, unit }, next as Grain)))
        }
      />
      {inside === undefined && (
        <Text
          label="Counted from"
          value={origin}
          hint={`${originHint(unit)}; left empty: as the calendar says`}
          onChange={(text) =>
            onChange(
              text === '' ? without(granularity, 'origin') : { ...granularity, origin: text },
            )
          }
        />
      )}
    </Fields>
  );
}
