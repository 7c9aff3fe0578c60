// In which zone and when days, weeks and years begin: four choices.
import Box from '@mui/material/Box';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import type { Calendar, Weekday } from '@/api/types';
import { ZoneField } from '@/components/zone-field';
import { weekdays } from '@/lib/format/calendar';

const dayName = (day: Weekday): string => day.charAt(0).toUpperCase() + day.slice(1);
const monthName = (month: number): string =>
  new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(
    Date.UTC(2024, month - 1, 1),
  );

interface Beginnings {
  weekStart: Weekday;
  yearStart: number;
  dayStart: number;
}

/** When days, weeks and years begin, with what nobody has said. */
export const wholeCalendar = (calendar: Calendar | null | undefined): Beginnings => ({
  weekStart: calendar?.weekStart ?? 'monday',
  yearStart: calendar?.yearStart ?? 1,
  dayStart: calendar?.dayStart ?? 0,
});

export interface CalendarFieldsProps {
  calendar: Beginnings;
  /** null: that of the next wider calendar. */
  zone: string | null;
  widerZone: string;
  fixed: boolean;
  onChange: (change: Partial<Calendar>) => void;
}

interface ChoiceProps<T extends string | number> {
  label: string;
  value: T;
  choices: readonly { value: T; label: string }[];
  fixed: boolean;
  onChoose: (value: T) => void;
}

function Choice<T extends string | number>(props: ChoiceProps<T>) {
  return (
    <TextField
      select
      label={props.label}
      value={props.value}
      disabled={props.fixed}
      onChange={(event) => props.onChoose(event.target.value as T)}
    >
      {props.choices.map(({ value, label }) => (
        <MenuItem key={value} value={value}>
          {label}
        </MenuItem>
      ))}
    </TextField>
  );
}

const days = weekdays.map((value) => ({ value, label: dayName(value) }));
const months = Array.from({ length: 12 }, (_none, index) => index + 1).map((value) => ({
  value,
  label: monthName(value),
}));
const hours = Array.from({ length: 24 }, (_none, value) => ({
  value,
  label: `${String(value).padStart(2, '0')}:00`,
}));

export function CalendarFields(props: CalendarFieldsProps) {
  const { calendar, zone, widerZone, fixed, onChange } = props;
  return (
    <Box
      sx={{
        display: 'grid',
        gridTemplateColumns: 'repeat(auto-fit, minmax(180px, 1fr))',
        gap: 4,
        mt: 2,
      }}
    >
      <ZoneField
        zone={zone}
        otherwise={widerZone}
        disabled={fixed}
        onSettle={(timezone) => onChange({ timezone })}
      />
      <Choice
        label="Weeks begin on"
        value={calendar.weekStart}
        choices={days}
        fixed={fixed}
        onChoose={(weekStart) => onChange({ weekStart })}
      />
      <Choice
        label="Years begin with"
        value={calendar.yearStart}
        choices={months}
        fixed={fixed}
        onChoose={(yearStart) => onChange({ yearStart })}
      />
      <Choice
        label="Days begin at"
        value={calendar.dayStart}
        choices={hours}
        fixed={fixed}
        onChoose={(dayStart) => onChange({ dayStart })}
      />
    </Box>
  );
}
