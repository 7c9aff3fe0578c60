// One dashboard, followed over the live channel.
import { useParams } from 'react-router';
import Dashboard from '@/features/dashboards/dashboard-page';
import type { ExplorePath } from '@/features/dashboards/view/dashboard-context';
import { LiveProvider } from '@/features/live/live-provider';

// What a card asks is seldom gone on with.
const explorePath: ExplorePath = async (...asked) =>
  (await import('@/features/explore/state/from-query')).explorePath(...asked);

export default function DashboardPage() {
  const { id = '' } = useParams();
  // A new key starts afresh: nothing of one dashboard's state may leak into the next.
  return (
    <LiveProvider>
      <Dashboard key={id} explorePath={explorePath} />
    </LiveProvider>
  );
}
