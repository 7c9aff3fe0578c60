// Which days are worked: the days off in each week, and holidays as a list that is pasted. The list is read while it is
// typed and saved as a whole.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import TextField from '@mui/material/TextField';
import { useMemo, useState } from 'react';
import type { Calendar, Weekday } from '@/api/types';
import { formatDate } from '@/lib/format';
import { weekdays } from '@/lib/format/calendar';
import { holidayLines, nextHolidays, readHolidays } from './holiday-lines';
import type { LineProblem } from './holiday-lines';

const PROBLEMS_SHOWN = 5;
const usualWeekend: readonly Weekday[] = ['saturday', 'sunday'];

export interface BusinessFieldsProps {
  calendar: Calendar;
  /** Whose days off hold where this one says nothing. */
  wider?: Calendar | null | undefined;
  fixed: boolean;
  /** Whether it was saved. */
  onChange: (change: Partial<Calendar>) => Promise<boolean>;
}

const counted = (count: number): string =>
  count === 0 ? 'No holidays' : count === 1 ? '1 holiday' : `${count} holidays`;

export function BusinessFields({ calendar, wider, fixed, onChange }: BusinessFieldsProps) {
  return (
    <>
      <WeekendField
        weekend={calendar.weekend ?? wider?.weekend ?? usualWeekend}
        fixed={fixed}
        onChange={(weekend) => void onChange({ weekend })}
      />
      <HolidaysField calendar={calendar} wider={wider} fixed={fixed} onChange={onChange} />
    </>
  );
}

interface WeekendFieldProps {
  weekend: readonly Weekday[];
  fixed: boolean;
  onChange: (weekend: Weekday[]) => void;
}

function WeekendField({ weekend, fixed, onChange }: WeekendFieldProps) {
  return (
    <Box component="fieldset" sx={{ border: 0, m: 0, mt: 4, p: 0, minWidth: 0 }}>
      <Box component="legend" sx={{ p: 0, typography: 'body2', color: 'text.secondary' }}>
        Weekend
      </Box>
      <Box sx={{ display: 'flex', flexWrap: 'wrap' }}>
        {weekdays.map((day) => {
          const off = weekend.includes(day);
          return (
            <FormControlLabel
              key={day}
              // One day is worked at least.
              disabled={fixed || (!off && weekend.length >= weekdays.length - 1)}
              control={
                <Checkbox
                  size="small"
                  checked={off}
                  onChange={() =>
                    onChange(
                      weekdays.filter((other) => (other === day ? !off : weekend.includes(other))),
                    )
                  }
                />
              }
              label={day.charAt(0).toUpperCase() + day.slice(1)}
            />
          );
        })}
      </Box>
    </Box>
  );
}

function HolidaysField({ calendar, wider, fixed, onChange }: BusinessFieldsProps) {
  const saved = holidayLines(calendar.holidays ?? []);
  const [draft, setDraft] = useState<string | null>(null);
  const [today] = useState(() => new Date().toISOString().slice(0, 10));
  const text = draft ?? saved;
  const { holidays, problems } = useMemo(() => readHolidays(text), [text]);
  const inherited = holidays.length === 0 ? (wider?.holidays ?? []) : [];
  const next = nextHolidays(holidays.length > 0 ? holidays : inherited, today);
  const save = async (): Promise<void> => {
    // Nothing is said of holidays where there are none.
    const done = await onChange({ holidays: holidays.length === 0 ? null : holidays });
    if (done) setDraft(null);
  };
  return (
    <Box sx={{ mt: 3, display: 'flex', flexDirection: 'column', gap: 2, alignItems: 'flex-start' }}>
      <TextField
        label="Holidays"
        placeholder="2026-12-25 Christmas"
        multiline
        fullWidth
        minRows={3}
        maxRows={12}
        value={text}
        disabled={fixed}
        error={problems.length > 0}
        onChange={(event) => setDraft(event.target.value)}
        helperText="A line each: a date, and a name if you like."
        slotProps={{ htmlInput: { spellCheck: false } }}
      />
      {problems.length > 0 && <Problems problems={problems} />}
      <Box role="status" sx={{ typography: 'body2', color: 'text.secondary' }}>
        {inherited.length > 0
          ? `Those of the organisation: ${counted(inherited.length).toLowerCase()}`
          : counted(holidays.length)}
        {next.length > 0 &&
          `. Next: ${next.map(({ date, name }) => [formatDate(date), name].filter(Boolean).join(' ')).join(', ')}`}
      </Box>
      {draft !== null && draft !== saved && (
        <Box sx={{ display: 'flex', gap: 2 }}>
          <Button
            variant="contained"
            disabled={fixed || problems.length > 0}
            onClick={() => void save()}
          >
            Save holidays
          </Button>
          <Button variant="text" onClick={() => setDraft(null)}>
            Undo
          </Button>
        </Box>
      )}
    </Box>
  );
}

function Problems({ problems }: { problems: readonly LineProblem[] }) {
  const more = problems.length - PROBLEMS_SHOWN;
  return (
    <Box
      component="ul"
      role="alert"
      aria-label="Lines that cannot be read"
      sx={{ m: 0, pl: 5, typography: 'body2', color: 'error.main', overflowWrap: 'anywhere' }}
    >
      {problems.slice(0, PROBLEMS_SHOWN).map(({ line, text }) => (
        <li key={`${line} ${text}`}>{`Line ${line}: ${text}`}</li>
      ))}
      {more > 0 && <li>{`And ${more} more`}</li>}
    </Box>
  );
}
