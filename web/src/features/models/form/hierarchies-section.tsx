// Hierarchies of a model: which dimensions lie one within the other, the widest first. Loaded beside the form.
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import { useContext, useMemo, useRef } from 'react';
import type { FieldProblem, Hierarchy, Model } from '@/api/types';
import { announce } from '@/components/announcer';
import { removeBeside } from '@/components/way-back';
import { widened } from '@/lib/joins';
import { Icon } from '@/theme/icons';
import { isSavedName, nameWith } from '../state/name-after';
import { Choice, Fields, ReadOnly, Text } from './fields';
import type { Option } from './fields';
import { ItemList } from './item-list';
import { MoveButtons } from './move-buttons';
import { moved } from './moved';

export interface HierarchiesSectionProps {
  model: Model;
  models: readonly Model[];
  /** Names that are saved stay as they are. */
  saved: readonly Hierarchy[];
  problems: readonly FieldProblem[];
  onChange: (hierarchies: Hierarchy[]) => void;
}

export default function HierarchiesSection(props: HierarchiesSectionProps) {
  const { model, models, saved, problems, onChange } = props;
  const all = model.hierarchies ?? [];
  const options = useMemo(
    (): Option[] =>
      widened(model, models)
        .dimensions.filter(({ name }) => name !== '')
        .map(({ name, label }) => ({ value: name, label: label || name })),
    [model, models],
  );
  const labelOf = (level: string): string =>
    options.find(({ value }) => value === level)?.label ?? level;
  const words = (levels: readonly string[]): string => levels.map(labelOf).join(' \u2192 ');
  return (
    <ItemList
      title="Hierarchies"
      lead="Dimensions that lie one within the other, so that people can go from one to the next"
      list="hierarchies"
      noun="hierarchy"
      items={all}
      problems={problems}
      nameOf={({ label, name }) => label || name}
      summary={({ levels }) => words(levels)}
      fresh={(): Hierarchy => ({ name: '', label: '', levels: [] })}
      onChange={onChange}
    >
      {(hierarchy, change, place) => (
        <>
          <Fields>
            <Text
              label="Label"
              value={hierarchy.label}
              onChange={(label) =>
                change({
                  ...hierarchy,
                  label,
                  ...nameWith(label, hierarchy, isSavedName(all, place, saved)),
                })
              }
            />
            <Text
              label="Name"
              value={hierarchy.name}
              fixed={isSavedName(all, place, saved)}
              onChange={(name) => change({ ...hierarchy, name })}
            />
          </Fields>
          <Levels
            levels={hierarchy.levels}
            options={options}
            labelOf={labelOf}
            onChange={(levels) => change({ ...hierarchy, levels })}
          />
          {hierarchy.levels.length > 1 && (
            <Box sx={{ color: 'text.secondary' }}>
              From {words(hierarchy.levels)}: the widest comes first.
            </Box>
          )}
        </>
      )}
    </ItemList>
  );
}

interface LevelsProps {
  levels: readonly string[];
  options: readonly Option[];
  labelOf: (level: string) => string;
  onChange: (levels: string[]) => void;
}

function Levels({ levels, options, labelOf, onChange }: LevelsProps) {
  const readOnly = useContext(ReadOnly);
  const group = useRef<HTMLDivElement>(null);
  const free = options.filter(({ value }) => !levels.includes(value));
  const remove = (button: HTMLElement, place: number): void => {
    const level = levels[place] ?? '';
    removeBeside(
      button,
      () => onChange(levels.filter((_, index) => index !== place)),
      () => group.current?.querySelector<HTMLElement>('[role="combobox"]'),
    );
    announce(`${labelOf(level)} was removed`);
  };
  return (
    <Box
      ref={group}
      role="group"
      aria-label="Levels"
      data-removals
      sx={{ display: 'grid', gap: 4 }}
    >
      <Box component="ol" aria-label="Levels" sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {levels.map((level, place) => {
          const known = options.some(({ value }) => value === level);
          return (
            <Box
              component="li"
              key={level}
              sx={{
                display: 'flex',
                alignItems: 'center',
                gap: 2,
                minHeight: 36,
                px: 3,
                border: 1,
                borderColor: 'divider',
                borderRadius: 1,
                '& + &': { mt: 1 },
              }}
            >
              <Box sx={{ color: 'text.secondary', fontVariantNumeric: 'tabular-nums' }}>
                {place + 1}
              </Box>
              <Box sx={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere' }}>
                {labelOf(level)}
                {!known && ' (not there)'}
              </Box>
              {!readOnly && (
                <Box sx={{ display: 'flex', flexShrink: 0, mr: -1.5 }}>
                  <MoveButtons
                    name={labelOf(level)}
                    place={place}
                    count={levels.length}
                    onMove={(to) => onChange(moved(levels, place, to))}
                  />
                  <IconButton
                    size="small"
                    aria-label={`Remove ${labelOf(level)}`}
                    data-removal
                    onClick={({ currentTarget }) => remove(currentTarget, place)}
                  >
                    <Icon name="close" size={14} />
                  </IconButton>
                </Box>
              )}
            </Box>
          );
        })}
      </Box>
      {!readOnly && free.length > 0 && (
        <Fields>
          <Choice
            label={levels.length === 0 ? 'Widest level' : 'Add the next level'}
            value=""
            options={free}
            onChange={(level) => onChange([...levels, level])}
          />
        </Fields>
      )}
    </Box>
  );
}
