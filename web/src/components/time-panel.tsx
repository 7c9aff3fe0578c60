// The open time control: typed range with its resolved dates, presets, days, grain. Used in a popover
// and, on phones, in the bottom sheet.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useEffect, useMemo, useState } from 'react';
import type { Calendar, DateRange, Grain, SemanticQuery } from '@/api/types';
import { rangeLabel } from '@/lib/range-label';
import { useQueryResult } from '@/api/use-query-result';
import { grains, parseRange, presetGroups, rangeText, sameRange } from '@/lib/time-ranges';

export interface TimePanelProps {
  range: DateRange;
  grain: string | null;
  zone: string;
  /** By which it is asked; none: as usual for who looks. */
  calendar?: Calendar | null;
  /** What to ask to have a range resolved; null when nothing can be asked. */
  probe: { measure: string; time: string } | null;
  /** Relative ranges are counted from this instant; null: from now. */
  asOf: string | null;
  onRange: (range: DateRange) => void;
  /** Left out where the grain is chosen elsewhere. */
  onGrain?: (grain: Grain | null) => void;
}

const TYPING_PAUSE_MS = 300;

/** Absolute dates of a range, answered by the server, so that both sides mean the same. */
function useResolved(
  probe: TimePanelProps['probe'],
  range: DateRange | null,
  zone: string,
  calendar: Calendar | null,
  asOf: string | null,
): string | null {
  const query = useMemo<SemanticQuery | null>(() => {
    if (!probe || range === null || range === 'all') return null;
    return {
      measures: [probe.measure],
      timeDimensions: [{ dimension: probe.time, dateRange: range }],
      limit: 1,
      timezone: zone,
      ...(calendar ? { calendar } : {}),
      asOf,
    };
  }, [probe, range, zone, calendar, asOf]);
  const answer = useQueryResult(query, query !== null);
  const found = answer.outdated ? null : answer.stored?.result.provenance.time_range;
  if (query === null) return range === 'all' ? 'Everything there is' : null;
  return found ? rangeLabel(Date.parse(found.from), Date.parse(found.to), zone) : null;
}

export function TimePanel(props: TimePanelProps) {
  const { range, grain, zone, calendar = null, probe, asOf, onRange, onGrain } = props;
  const [typed, setTyped] = useState(rangeText(range));
  const [settled, setSettled] = useState(typed);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(typed), TYPING_PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [typed]);
  const parsed = parseRange(typed);
  const settledRange = useMemo(() => {
    const found = parseRange(settled);
    return 'range' in found ? found.range : null;
  }, [settled]);
  const resolved = useResolved(probe, settledRange, zone, calendar, asOf);
  const days = 'range' in parsed && Array.isArray(parsed.range) ? parsed.range : ['', ''];
  const setDay = (place: 0 | 1, day: string): void => {
    const next: [string, string] = [days[0] ?? '', days[1] ?? ''];
    next[place] = day;
    if (next[0] === '') next[0] = day;
    if (next[1] === '') next[1] = day;
    setTyped(next.join(' to '));
  };
  return (
    <Box sx={{ p: 4, width: { xs: '100%', sm: 420 } }}>
      <Box
        component="form"
        onSubmit={(event) => {
          event.preventDefault();
          if ('range' in parsed) onRange(parsed.range);
        }}
      >
        <Box sx={{ display: 'flex', gap: 2, alignItems: 'flex-start' }}>
          <TextField
            label="Range"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            error={'problem' in parsed}
            helperText={'problem' in parsed ? parsed.problem : (resolved ?? ' ')}
            slotProps={{ htmlInput: { spellCheck: false, autoComplete: 'off' } }}
          />
          <Button type="submit" variant="contained" color="primary" disabled={'problem' in parsed}>
            Apply
          </Button>
        </Box>
        <Box sx={{ display: 'flex', gap: 2, mt: 2 }}>
          <TextField
            label="From"
            type="date"
            value={days[0]}
            onChange={(event) => setDay(0, event.target.value)}
            slotProps={{ inputLabel: { shrink: true } }}
          />
          <TextField
            label="To"
            type="date"
            value={days[1]}
            onChange={(event) => setDay(1, event.target.value)}
            slotProps={{ inputLabel: { shrink: true } }}
          />
        </Box>
      </Box>
      {presetGroups.map((group) => (
        <Box key={group.title} role="group" aria-label={group.title} sx={{ mt: 3.5 }}>
          <Box sx={{ typography: 'caption', color: 'text.secondary', mb: 1 }}>{group.title}</Box>
          <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1.5 }}>
            {group.presets.map((preset) => {
              const chosen = sameRange(range, preset.range);
              return (
                <Button
                  key={preset.range}
                  size="small"
                  aria-pressed={chosen}
                  onClick={() => {
                    setTyped(preset.range);
                    onRange(preset.range);
                  }}
                  sx={
                    chosen
                      ? {
                          borderColor: 'primary.main',
                          color: 'primary.main',
                          bgcolor: 'surface.accentSoft',
                        }
                      : {}
                  }
                >
                  {preset.label}
                </Button>
              );
            })}
          </Box>
        </Box>
      ))}
      <Box sx={{ display: 'flex', gap: 3, alignItems: 'center', mt: 4 }}>
        {onGrain && (
          <TextField
            select
            label="Grain"
            value={grain ?? 'auto'}
            onChange={(event) =>
              onGrain(event.target.value === 'auto' ? null : (event.target.value as Grain))
            }
            sx={{ maxWidth: 180 }}
          >
            <MenuItem value="auto">As each card says</MenuItem>
            {grains.map((entry) => (
              <MenuItem key={entry.grain} value={entry.grain}>
                By {entry.label}
              </MenuItem>
            ))}
          </TextField>
        )}
        <Box sx={{ typography: 'body2', color: 'text.secondary' }}>Time zone: {zone}</Box>
      </Box>
    </Box>
  );
}
