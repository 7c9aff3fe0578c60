// How the rows came in, newest first.
import type { DatasetLoad } from '@/api/types';
import { EmptyState } from '@/components/states';
import { formatInstant, formatNumber, localZone } from '@/lib/format';
import { PlainTable } from './plain-table';

export function LoadsTab({ loads }: { loads: DatasetLoad[] }) {
  const zone = localZone();
  if (loads.length === 0) {
    return (
      <EmptyState icon="upload" title="No loads yet">
        Uploads and pushed rows are listed here.
      </EmptyState>
    );
  }
  return (
    <PlainTable
      label="Loads"
      rows={loads}
      rowKey={(load) => `${load.load_id} ${load.version}`}
      columns={[
        {
          label: `When (${zone})`,
          cell: (load) => formatInstant(load.committed_at, zone, 'second'),
        },
        { label: 'Source', cell: (load) => load.source },
        { label: 'Rows', align: 'right', cell: (load) => formatNumber(load.rows, 'integer') },
        {
          label: 'Rejected',
          align: 'right',
          cell: (load) => formatNumber(load.rejected, 'integer'),
        },
        { label: 'Version', align: 'right', cell: (load) => formatNumber(load.version, 'integer') },
      ]}
    />
  );
}
