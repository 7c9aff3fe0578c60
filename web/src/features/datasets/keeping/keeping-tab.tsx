// How long the dataset keeps its rows and its versions, and what upkeep did about it.
import Box from '@mui/material/Box';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import type { DatasetDetail } from '@/api/types';
import { useGetSettingsQuery } from '@/api/versions-api';
import { ErrorState, LoadingState } from '@/components/states';
import { UpkeepOrders } from '../upkeep/upkeep-orders';
import { UpkeepReport } from '../upkeep/upkeep-report';
import { KeepingForm } from './keeping-form';

export default function KeepingTab({ dataset }: { dataset: DatasetDetail }) {
  const settings = useGetSettingsQuery(dataset.name);
  const isAdmin = useSession().isAtLeast('admin');
  return (
    <Box sx={{ display: 'grid', gap: 5, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      {settings.data === undefined ? (
        settings.isError ? (
          <ErrorState problem={toProblem(settings.error)} onRetry={() => void settings.refetch()} />
        ) : (
          <LoadingState rows={6} label="Loading settings" />
        )
      ) : (
        <KeepingForm dataset={dataset} settings={settings.data} mayChange={isAdmin} />
      )}
      {isAdmin && <UpkeepOrders dataset={dataset.name} />}
      {isAdmin && <UpkeepReport dataset={dataset.name} />}
    </Box>
  );
}
