// Home: the dashboards, and where to begin when there are none.
import { DashboardList } from '@/features/dashboards/dashboard-list';

export default function HomePage() {
  return <DashboardList />;
}
