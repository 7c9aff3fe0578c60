// When days, weeks and years of the organisation begin: questions go by it that say nothing else.
import Box from '@mui/material/Box';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import { useUpdateTenantMutation } from '@/api/tenant-api';
import type { Calendar, Weekday } from '@/api/types';
import { ProblemNotice } from '@/components/problem-notice';
import { SectionCard } from '@/components/section-card';
import { useToasts } from '@/components/toast-slice';
import { weekdays } from '@/lib/format/calendar';

const dayName = (day: Weekday): string => day.charAt(0).toUpperCase() + day.slice(1);
const monthName = (month: number): string =>
  new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(
    Date.UTC(2024, month - 1, 1),
  );

export default function CalendarSettings() {
  const { tenant, isAtLeast } = useSession();
  const [update, { isLoading, error }] = useUpdateTenantMutation();
  const toasts = useToasts();
  const calendar: Required<Calendar> = {
    weekStart: tenant?.calendar.weekStart ?? 'monday',
    yearStart: tenant?.calendar.yearStart ?? 1,
    dayStart: tenant?.calendar.dayStart ?? 0,
  };
  const save = async (change: Partial<Calendar>): Promise<void> => {
    const answer = await update({ calendar: { ...calendar, ...change } });
    if ('data' in answer) toasts.show({ tone: 'success', message: 'Calendar saved' });
  };
  const fixed = isLoading || !isAtLeast('admin');
  return (
    <SectionCard
      title="Calendar"
      lead={
        isAtLeast('admin')
          ? 'For everybody of the organisation. Days, weeks, quarters and years in all answers go by it.'
          : 'Kept for the whole organisation by its admins.'
      }
    >
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 4 }}>
        <TextField
          select
          label="Weeks begin on"
          value={calendar.weekStart}
          disabled={fixed}
          onChange={(event) => void save({ weekStart: event.target.value as Weekday })}
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
          onChange={(event) => void save({ yearStart: Number(event.target.value) })}
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
          onChange={(event) => void save({ dayStart: Number(event.target.value) })}
          sx={{ minWidth: 200, flexGrow: 1 }}
        >
          {Array.from({ length: 24 }, (_none, hour) => (
            <MenuItem key={hour} value={hour}>
              {`${String(hour).padStart(2, '0')}:00`}
            </MenuItem>
          ))}
        </TextField>
      </Box>
      {error && (
        <Box sx={{ mt: 4 }}>
          <ProblemNotice problem={toProblem(error)} />
        </Box>
      )}
    </SectionCard>
  );
}
