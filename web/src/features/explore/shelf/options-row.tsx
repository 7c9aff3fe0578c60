// Time, grain, what is shown in times without rows, comparison, what stands across, how many rows, and the zone in which days begin.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { lazy, useMemo, useState } from 'react';
import type { Model, SemanticQuery } from '@/api/types';
import { FillField } from '@/components/fill-field';
import { GrainField } from '@/components/grain-field';
import { AnchoredPanel } from '@/components/anchored-panel';
import { SettledField } from '@/components/settled-field';
import { ZoneField } from '@/components/zone-field';
import { readLimit } from '@/lib/asked-state';
import { calendarWords } from '@/lib/calendar-text';
import { countsBusinessDays } from '@/lib/comparison';
import { toMember } from '@/lib/members';
import { rangeName } from '@/lib/time-ranges';
import { Icon } from '@/theme/icons';
import { fillObstacle } from '../query/around';
import type { PlacedProblems } from '../query/field-places';
import { limitOf } from '../query/to-query';
import type { ExploreState } from '../state/explore-state';
import { timeOf } from '../state/fit';
import { titleOf } from '../state/title';
import { ClosableChip } from './closable-chip';
import { ExplainButton } from './explain-button';
import { FieldError } from './field-error';
import { ToggleChip } from './toggle-chip';

const TimePanel = lazy(() =>
  import('@/components/time-panel').then((module) => ({ default: module.TimePanel })),
);

export interface OptionsRowProps {
  model: Model;
  state: ExploreState;
  /** What is asked, once that is something. */
  query: SemanticQuery | null;
  problems: PlacedProblems;
  /** The dates of the range, once an answer has told them. */
  resolved: string | null;
  change: (edit: (state: ExploreState) => ExploreState) => void;
}

const limitProblem = (text: string): string | null =>
  text === '' || readLimit(text) !== null ? null : '1 to 50,000';

export function OptionsRow(props: OptionsRowProps) {
  const { model, state, query, problems, resolved, change } = props;
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const time = timeOf(state, model);
  const labelOf = (name: string): string =>
    model.dimensions.find((entry) => entry.name === name)?.label ?? name;
  const probe = useMemo(() => {
    const measure = state.measures[0] ?? model.measures[0]?.name;
    return measure === undefined || time === null
      ? null
      : { measure: toMember(measure, model.name), time: toMember(time, model.name) };
  }, [state.measures, model, time]);
  const turnable = [...(state.grain !== null && time !== null ? [time] : []), ...state.dimensions];
  const set = (part: Partial<ExploreState>): void => change((old) => ({ ...old, ...part }));
  const worked = countsBusinessDays(state.range);
  const comparable = state.range !== 'all' && !worked;

  return (
    <Box
      role="group"
      aria-label="Time and options"
      sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'flex-start', columnGap: 2, rowGap: 3 }}
    >
      {time !== null && (
        <>
          <Box>
            <Button
              aria-haspopup="dialog"
              aria-expanded={anchor !== null}
              onClick={(event) => setAnchor(event.currentTarget)}
              startIcon={<Icon name="calendar" size={16} />}
              endIcon={<Icon name="down" size={14} />}
              data-testid="time-control"
              sx={problems.at('range') ? { borderColor: 'error.main' } : {}}
            >
              {resolved !== null && Array.isArray(state.range) ? resolved : rangeName(state.range)}
            </Button>
            {resolved !== null && !Array.isArray(state.range) && (
              <Box
                data-testid="resolved-range"
                sx={{ typography: 'caption', color: 'text.secondary', mt: 0.5, ml: 1 }}
              >
                {resolved}
              </Box>
            )}
            <FieldError>{problems.at('range')}</FieldError>
          </Box>
          <GrainField
            label="Over time"
            value={state.grain}
            none="No"
            named={model.dimensions.find(({ name }) => name === time)?.granularities ?? []}
            problem={problems.at('grain')}
            onChoose={(grain) => set({ grain })}
            sx={{ width: 148 }}
          />
          {state.grain !== null && state.measures.length > 0 && (
            <FillField
              value={state.fill}
              obstacle={fillObstacle(state, model)}
              problem={problems.at('fill')}
              onChoose={(fill) => set({ fill })}
              sx={{ width: 132 }}
            />
          )}
        </>
      )}
      <TextField
        select
        label="Across"
        value={state.pivot ?? ''}
        disabled={turnable.length === 0 || state.measures.length === 0}
        onChange={(event) => set({ pivot: event.target.value === '' ? null : event.target.value })}
        sx={{ width: 120 }}
        slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
      >
        <MenuItem value="">Nothing</MenuItem>
        {turnable.map((name) => (
          <MenuItem key={name} value={name}>
            {labelOf(name)}
          </MenuItem>
        ))}
      </TextField>
      <SettledField
        label="Rows"
        value={state.limit === null ? '' : String(state.limit)}
        placeholder={String(limitOf(state))}
        check={limitProblem}
        problem={problems.at('limit')}
        onSettle={(text) => set({ limit: text === '' ? null : Number(text) })}
        inputProps={{ inputMode: 'numeric' }}
        sx={{ width: 96 }}
      />
      <ZoneField
        zone={state.zone}
        problem={problems.at('zone')}
        onSettle={(zone) => zone !== null && set({ zone })}
        sx={{ width: 140 }}
      />
      {state.calendar !== null && (
        <Box data-removals>
          <ClosableChip
            label={calendarWords(state.calendar)}
            removal="Ask by the usual calendar"
            onRemove={() => set({ calendar: null })}
          />
        </Box>
      )}
      {time !== null && (
        <ToggleChip
          label="Compare with the previous period"
          pressed={state.compare && comparable}
          disabled={!comparable}
          onToggle={() => set({ compare: !state.compare })}
          hint={
            comparable
              ? 'Against as many months or days right before; of what still goes on, against as much'
              : worked
                ? 'A range of business days is not compared: before it other days are off'
                : 'Choose a range of time: all time has nothing before it'
          }
        />
      )}
      {query !== null && <ExplainButton title={titleOf(state, model)} query={query} />}
      <AnchoredPanel label="Time" anchor={anchor} onClose={() => setAnchor(null)}>
        {anchor !== null && (
          <TimePanel
            range={state.range}
            grain={state.grain}
            zone={state.zone}
            calendar={state.calendar}
            probe={probe}
            asOf={typeof state.asOf === 'string' ? state.asOf : null}
            onRange={(range) => {
              set({ range });
              setAnchor(null);
            }}
          />
        )}
      </AnchoredPanel>
    </Box>
  );
}
