// When days, weeks and years begin: three choices.
import Box from '@mui/material/Box';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import type { Calendar, Weekday } from '@/api/types';
import { weekdays } from '@/lib/format/calendar';

const dayName = (day: Weekday): string => day.charAt(0).toUpperCase() + day.slice(1);
const monthName = (month: number): string =>
  new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(
    Date.UTC(2024, month - 1, 1),
  );

/** With what nobody has said. */
export const wholeCalendar = (calendar: Calendar | null | undefined): Required<Calendar> => ({
  weekStart: calendar?.weekStart ?? 'monday',
  yearStart: calendar?.yearStart ?? 1,
  dayStart: calendar?.dayStart ?? 0,
});

export interface CalendarFieldsProps {
  calendar: Required<Calendar>;
  fixed: boolean;
  onChange: (change: Partial<Calendar>) => void;
}

export function CalendarFields({ calendar, fixed, onChange }: CalendarFieldsProps) {
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 4 }}>
      <TextField
        select
        label="Weeks begin on"
        value={calendar.weekStart}
        disabled={fixed}
        onChange={(event) => onChange({ weekStart: event.target.value as Weekday })}
        sx={{ minWidth: 200, flexGrow: 1 }}
      >
        {weekdays.map((day) => (
          <MenuItem key={day} value={day}>
            {dayName(day)}
          </MenuItem>
        ))}
      </TextField>
      <TextField
        select
        label="Years begin with"
        value={calendar.yearStart}
        disabled={fixed}
        onChange={(event) => onChange({ yearStart: Number(event.target.value) })}
        sx={{ minWidth: 200, flexGrow: 1 }}
      >
        {Array.from({ length: 12 }, (_none, index) => index + 1).map((month) => (
          <MenuItem key={month} value={month}>
            {monthName(month)}
          </MenuItem>
        ))}
      </TextField>
      <TextField
        select
        label="Days begin at"
        value={calendar.dayStart}
        disabled={fixed}
        onChange={(event) => onChange({ dayStart: Number(event.target.value) })}
        sx={{ minWidth: 200, flexGrow: 1 }}
      >
        {Array.from({ length: 24 }, (_none, hour) => (
          <MenuItem key={hour} value={hour}>
            {`${String(hour).padStart(2, '0')}:00`}
          </MenuItem>
        ))}
      </TextField>
    </Box>
  );
}
