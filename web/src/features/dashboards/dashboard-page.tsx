// One dashboard: loads it, the models and the views, then reading or editing.
import { useGetDashboardQuery } from '@/api/dashboards-api';
import { toProblem } from '@/api/problem';
import { useAskable } from '@/api/use-askable';
import type { Model } from '@/api/types';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { ErrorBoundary } from '@/components/error-boundary';
import { PageFrame, PageHeader } from '@/components/page-header';
import { EmptyState, ErrorState, LoadingState } from '@/components/states';
import { Link, useParams } from 'react-router';
import { useEffect, useMemo, useState } from 'react';
import { earlyAnswers } from './ask-early';
import { DashboardScreen } from './dashboard-screen';
import { LeaveFullScreen } from './view/leave-full-screen';
import { usePresenting } from './view/use-presenting';
import type { ExplorePath } from './view/dashboard-context';
import { preloadViews } from '@/widgets/registry';

const noModels: readonly Model[] = [];

export default function DashboardPage({ explorePath }: { explorePath?: ExplorePath }) {
  const { id = '' } = useParams();
  const dashboard = useGetDashboardQuery(id);
  const models = useAskable();
  const [early] = useState(() => earlyAnswers(id));
  const [awaiting, setAwaiting] = useState(early !== undefined);
  useEffect(() => {
    // What fails is complained about by the card that shows it.
    early?.catch(() => undefined).finally(() => setAwaiting(false));
  }, [early]);
  const presentation = usePresenting();
  const { incomplete } = models;
  const problem = useMemo(() => (incomplete ? toProblem(incomplete) : null), [incomplete]);
  const widgets = dashboard.data?.definition.widgets;
  useEffect(() => {
    if (widgets) preloadViews(widgets.map((widget) => widget.kind));
  }, [widgets]);
  // Alone on its page there is no other way to the rest of the app.
  const wayOut = presentation.presenting && (
    <Box sx={{ display: 'flex', justifyContent: 'flex-end', mb: 4 }}>
      <LeaveFullScreen onLeave={presentation.stop} />
    </Box>
  );
  if (dashboard.data) {
    return (
      <ErrorBoundary above={wayOut} resetKey={`${id} ${presentation.presenting}`}>
        <DashboardScreen
          dashboard={dashboard.data}
          models={models.data ?? noModels}
          modelsPending={models.isPending}
          modelsProblem={problem}
          onModels={models.refetch}
          explorePath={explorePath}
          cardsAwaited={awaiting}
          presentation={presentation}
        />
      </ErrorBoundary>
    );
  }
  const refusal = dashboard.isError ? toProblem(dashboard.error) : null;
  // Asking again would find nothing, either.
  const isGone = refusal?.code === 'not_found';
  return (
    <PageFrame width={isGone ? undefined : 'full'}>
      {refusal && wayOut}
      {isGone ? (
        <>
          <PageHeader title="Dashboard not found" parent={{ label: 'Dashboards', to: '/' }} />
          <EmptyState
            icon="search"
            title="There is no such dashboard"
            action={
              <Button component={Link} to="/" variant="contained" color="primary">
                Go to dashboards
              </Button>
            }
          >
            It may have been deleted, or the link is not complete.
          </EmptyState>
        </>
      ) : refusal ? (
        <ErrorState problem={refusal} onRetry={() => void dashboard.refetch()} />
      ) : (
        <LoadingState rows={6} label="Loading dashboard" />
      )}
    </PageFrame>
  );
}
