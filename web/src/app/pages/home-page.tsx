// Home: the dashboards, and where to begin when there are none.
import { useEffect } from 'react';
import { DashboardList } from '@/features/dashboards/dashboard-list';
import { preloadDashboardWhenIdle } from '../page-chunks';

export default function HomePage() {
  useEffect(() => preloadDashboardWhenIdle(), []);
  return <DashboardList />;
}
