// One dashboard, followed over the live channel.
import { useParams } from 'react-router';
import Dashboard from '@/features/dashboards/dashboard-page';
import { LiveProvider } from '@/features/live/live-provider';

export default function DashboardPage() {
  const { id = '' } = useParams();
  // A new key starts afresh: nothing of one dashboard's state may leak into the next.
  return (
    <LiveProvider>
      <Dashboard key={id} />
    </LiveProvider>
  );
}
