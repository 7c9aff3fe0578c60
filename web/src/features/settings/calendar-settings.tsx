// In which zone and when days, weeks and years begin, and which days are worked: for the organisation, and for oneself where that
// is another way.
import Box from '@mui/material/Box';
import FormControlLabel from '@mui/material/FormControlLabel';
import Switch from '@mui/material/Switch';
import { useState } from 'react';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import { useUpdateMeMutation, useUpdateTenantMutation } from '@/api/tenant-api';
import type { Calendar } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { ProblemNotice } from '@/components/problem-notice';
import { SectionCard } from '@/components/section-card';
import { useToasts } from '@/components/toast-slice';
import { formatCount } from '@/lib/format';
import { within } from '@/lib/format/calendar';
import { BusinessFields } from './business-fields';
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
  // What is changed and no more: another admin may have changed the rest since it was read.
  const save = async (change: Partial<Calendar>): Promise<boolean> => {
    const answer = await update({ calendar: change });
    const saved = 'data' in answer;
    if (saved) toasts.show({ tone: 'success', message: 'Calendar saved' });
    return saved;
  };
  const fixed = isLoading || !isAtLeast('admin');
  return (
    <SectionCard
      title="Calendar"
      lead={
        isAtLeast('admin')
          ? 'For everybody of the organisation. Days, weeks, quarters and years in all answers go by it, and so do business days.'
          : 'Kept for the whole organisation by its admins.'
      }
    >
      <CalendarFields
        calendar={calendar}
        zone={tenant?.calendar.timezone ?? null}
        widerZone="UTC"
        fixed={fixed}
        onChange={(change) => void save(change)}
      />
      <BusinessFields calendar={tenant?.calendar ?? {}} fixed={fixed} onChange={save} />
      <Failed error={error} />
    </SectionCard>
  );
}

function OwnCalendar() {
  const { user, tenant, viewed } = useSession();
  const [update, { isLoading, error }] = useUpdateMeMutation();
  const toasts = useToasts();
  const [leaving, setLeaving] = useState(false);
  // Kept apart: the question is still seen for a moment when they are gone.
  const [lost, setLost] = useState(0);
  const own = user?.calendar ?? null;
  const fixed = isLoading || viewed !== null;
  const save = async (calendar: Partial<Calendar> | null): Promise<boolean> => {
    const answer = await update({ calendar });
    const saved = 'data' in answer;
    if (saved) toasts.show({ tone: 'success', message: 'Your calendar is saved' });
    return saved;
  };
  const follow = async (): Promise<void> => {
    await save(null);
    setLeaving(false);
  };
  const turn = (asOrganisation: boolean): void => {
    const holidays = own?.holidays?.length ?? 0;
    if (!asOrganisation) void save(wholeCalendar(tenant?.calendar));
    else if (holidays === 0) void save(null);
    else {
      setLost(holidays);
      setLeaving(true);
    }
  };
  return (
    <SectionCard
      title="Your calendar"
      lead="Where your days, weeks or years begin otherwise, or in another time zone, or other days are off. What you look at goes by it, unless a dashboard or a question says something else."
    >
      <FormControlLabel
        control={
          <Switch
            checked={own === null}
            disabled={fixed}
            onChange={(event) => turn(event.target.checked)}
          />
        }
        label="As the organisation"
      />
      {own !== null && (
        <Box role="group" aria-label="Your calendar" sx={{ mt: 4 }}>
          <CalendarFields
            calendar={wholeCalendar(within(own, tenant?.calendar))}
            zone={own.timezone ?? null}
            widerZone={tenant?.calendar.timezone ?? 'UTC'}
            fixed={fixed}
            onChange={(part) => void save(part)}
          />
          <BusinessFields calendar={own} wider={tenant?.calendar} fixed={fixed} onChange={save} />
        </Box>
      )}
      <ConfirmDialog
        open={leaving}
        title="Give up your calendar?"
        confirmLabel="Give it up"
        busy={isLoading}
        onConfirm={() => void follow()}
        onClose={() => setLeaving(false)}
      >
        {formatCount(lost, 'holiday')} of your own will be gone. The calendar of the organisation
        counts for you then.
      </ConfirmDialog>
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
