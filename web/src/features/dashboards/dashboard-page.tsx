// One dashboard: loads it, the models and the views, then reading or editing.
import { useGetDashboardQuery } from '@/api/dashboards-api';
import { toProblem } from '@/api/problem';
import { useAskable } from '@/api/use-askable';
import type { Model } from '@/api/types';
import { PageFrame } from '@/components/page-header';
import { ErrorState, LoadingState } from '@/components/states';
import { useParams } from 'react-router';
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
  return (
    <PageFrame width="full">
      {dashboard.isError ? (
        <ErrorState problem={toProblem(dashboard.error)} onRetry={() => void dashboard.refetch()} />
      ) : (
        <LoadingState rows={6} label="Loading dashboard" />
      )}
    </PageFrame>
  );
}
