// One dashboard: loads it, the models and the views, then reading or editing.
import { useGetDashboardQuery } from '@/api/dashboards-api';
import { toProblem } from '@/api/problem';
import { useAskable } from '@/api/use-askable';
import type { Model } from '@/api/types';
import Button from '@mui/material/Button';
import { PageFrame, PageHeader } from '@/components/page-header';
import { EmptyState, ErrorState, LoadingState } from '@/components/states';
import { Link, useParams } from 'react-router';
import { useEffect, useMemo, useState } from 'react';
import { earlyAnswers } from './ask-early';
import { DashboardScreen } from './dashboard-screen';
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
  const { incomplete } = models;
  const problem = useMemo(() => (incomplete ? toProblem(incomplete) : null), [incomplete]);
  const widgets = dashboard.data?.definition.widgets;
  useEffect(() => {
    if (widgets) preloadViews(widgets.map((widget) => widget.kind));
  }, [widgets]);
  if (dashboard.data) {
    return (
      <DashboardScreen
        dashboard={dashboard.data}
        models={models.data ?? noModels}
        modelsPending={models.isPending}
        modelsProblem={problem}
        onModels={models.refetch}
        explorePath={explorePath}
        cardsAwaited={awaiting}
      />
    );
  }
  const refusal = dashboard.isError ? toProblem(dashboard.error) : null;
  // Asking again would find nothing, either.
  if (refusal?.code === 'not_found') {
    return (
      <PageFrame>
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
      </PageFrame>
    );
  }
  return (
    <PageFrame width="full">
      {refusal ? (
        <ErrorState problem={refusal} onRetry={() => void dashboard.refetch()} />
      ) : (
        <LoadingState rows={6} label="Loading dashboard" />
      )}
    </PageFrame>
  );
}
