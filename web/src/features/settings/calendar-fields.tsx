// In which zone and when days, weeks and years begin: four choices.
import Box from '@mui/material/Box';
import type { Calendar, Weekday } from '@/api/types';
import { ChoiceField } from '@/components/choice-field';
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

const days = weekdays.map((day) => [day, dayName(day)] as const);
const months = Array.from({ length: 12 }, (_none, index) => index + 1).map(
  (month) => [month, monthName(month)] as const,
);
const hours = Array.from(
  { length: 24 },
  (_none, hour) => [hour, `${String(hour).padStart(2, '0')}:00`] as const,
);

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
      <ChoiceField
        label="Weeks begin on"
        value={calendar.weekStart}
        choices={days}
        disabled={fixed}
        onChange={(weekStart) => onChange({ weekStart })}
      />
      <ChoiceField
        label="Years begin with"
        value={calendar.yearStart}
        choices={months}
        disabled={fixed}
        onChange={(yearStart) => onChange({ yearStart })}
      />
      <ChoiceField
        label="Days begin at"
        value={calendar.dayStart}
        choices={hours}
        disabled={fixed}
        onChange={(dayStart) => onChange({ dayStart })}
      />
    </Box>
  );
}
