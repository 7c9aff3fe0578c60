// One dashboard: loads it and the models, then reading or editing.
import { useGetDashboardQuery } from '@/api/dashboards-api';
import { useListModelsQuery } from '@/api/models-api';
import { toProblem } from '@/api/problem';
import { PageFrame } from '@/components/page-header';
import { ErrorState, LoadingState } from '@/components/states';
import { useParams } from 'react-router';
import { DashboardScreen } from './dashboard-screen';

export default function DashboardPage() {
  const { id = '' } = useParams();
  const dashboard = useGetDashboardQuery(id);
  const models = useListModelsQuery();
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
