// What could not be read of an address: said once, and the rest of the page works.
import { WarningList } from '@/components/warning-list';

export interface ComplaintsProps {
  complaints: readonly string[];
}

export default function Complaints({ complaints }: ComplaintsProps) {
  return (
    <WarningList
      role="alert"
      title="Parts of this link could not be used and were left out"
      items={complaints}
      below={3}
    />
  );
}
