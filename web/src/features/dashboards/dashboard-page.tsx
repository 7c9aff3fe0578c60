// One dashboard: loads it and the models, then reading or editing.
import { useGetDashboardQuery } from '@/api/dashboards-api';
import { useListModelsQuery } from '@/api/models-api';
import { toProblem } from '@/api/problem';
import { PageFrame } from '@/components/page-header';
import { ErrorState, LoadingState } from '@/components/states';
import { useParams } from 'react-router';
import { useEffect } from 'react';
import { DashboardScreen } from './dashboard-screen';
import { preloadViews } from './widgets/registry';

export default function DashboardPage() {
  const { id = '' } = useParams();
  const dashboard = useGetDashboardQuery(id);
  const models = useListModelsQuery();
  const widgets = dashboard.data?.definition.widgets;
  useEffect(() => {
    if (widgets) preloadViews(widgets.map((widget) => widget.kind));
  }, [widgets]);
  if (dashboard.data) {
    return (
      <DashboardScreen
        dashboard={dashboard.data}
        models={models.data ?? []}
        modelsPending={models.isLoading}
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
