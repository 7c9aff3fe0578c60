// When days, weeks and years begin: for the organisation, and for oneself where that is another way.
import Box from '@mui/material/Box';
import FormControlLabel from '@mui/material/FormControlLabel';
import Switch from '@mui/material/Switch';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import { useUpdateMeMutation, useUpdateTenantMutation } from '@/api/tenant-api';
import type { Calendar } from '@/api/types';
import { ProblemNotice } from '@/components/problem-notice';
import { SectionCard } from '@/components/section-card';
import { useToasts } from '@/components/toast-slice';
import { CalendarFields, wholeCalendar } from './calendar-fields';

export default function CalendarSettings() {
  return (
    <>
      <OrganisationCalendar />
      <OwnCalendar />
    </>
  );
}

function OrganisationCalendar() {
  const { tenant, isAtLeast } = useSession();
  const [update, { isLoading, error }] = useUpdateTenantMutation();
  const toasts = useToasts();
  const calendar = wholeCalendar(tenant?.calendar);
  const save = async (change: Partial<Calendar>): Promise<void> => {
    const answer = await update({ calendar: { ...calendar, ...change } });
    if ('data' in answer) toasts.show({ tone: 'success', message: 'Calendar saved' });
  };
  return (
    <SectionCard
      title="Calendar"
      lead={
        isAtLeast('admin')
          ? 'For everybody of the organisation. Days, weeks, quarters and years in all answers go by it.'
          : 'Kept for the whole organisation by its admins.'
      }
    >
      <CalendarFields
        calendar={calendar}
        fixed={isLoading || !isAtLeast('admin')}
        onChange={(change) => void save(change)}
      />
      <Failed error={error} />
    </SectionCard>
  );
}

function OwnCalendar() {
  const { user, tenant, viewed } = useSession();
  const [update, { isLoading, error }] = useUpdateMeMutation();
  const toasts = useToasts();
  const own = user?.calendar ?? null;
  const fixed = isLoading || viewed !== null;
  const save = async (calendar: Calendar | null): Promise<void> => {
    const answer = await update({ calendar });
    if ('data' in answer) toasts.show({ tone: 'success', message: 'Your calendar is saved' });
  };
  return (
    <SectionCard
      title="Your calendar"
      lead="Where your days, weeks or years begin otherwise. What you look at goes by it, unless a dashboard or a question says something else."
    >
      <FormControlLabel
        control={
          <Switch
            checked={own === null}
            disabled={fixed}
            onChange={(event) =>
              void save(event.target.checked ? null : wholeCalendar(tenant?.calendar))
            }
          />
        }
        label="As the organisation"
      />
      {own !== null && (
        <Box role="group" aria-label="Your calendar" sx={{ mt: 4 }}>
          <CalendarFields
            calendar={wholeCalendar(own)}
            fixed={fixed}
            onChange={(change) => void save({ ...wholeCalendar(own), ...change })}
          />
        </Box>
      )}
      <Failed error={error} />
    </SectionCard>
  );
}

const Failed = ({ error }: { error: unknown }) =>
  error ? (
    <Box sx={{ mt: 4 }}>
      <ProblemNotice problem={toProblem(error)} />
    </Box>
  ) : null;
