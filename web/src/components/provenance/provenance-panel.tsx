// "Where does this number come from": everything that an answer says about itself.
import Box from '@mui/material/Box';
import type { Provenance, ResultColumn } from '@/api/types';
import { formatNumber } from '@/lib/format';
import { FactList, PartBar } from './fact-list';
import {
  microseconds,
  provenanceGroups,
  segmentParts,
  stageParts,
  totalOf,
} from './provenance-words';

export interface ProvenancePanelProps {
  provenance: Provenance;
  confirmedAt: number;
  /** For the names of measures in bounds. */
  columns?: readonly ResultColumn[];
}

export function ProvenancePanel({ provenance, confirmedAt, columns }: ProvenancePanelProps) {
  const stages = stageParts(provenance.stages);
  return (
    <Box sx={{ display: 'grid', gap: 5 }}>
      {provenanceGroups(provenance, confirmedAt, columns).map((group) => (
        <FactList key={group.title} group={group} />
      ))}
      <PartBar
        title="Segments"
        whole={`${formatNumber(provenance.segments_total, 'integer')} in the dataset`}
        parts={segmentParts(provenance)}
      />
      {stages.length > 0 && (
        <PartBar title="Time taken" whole={microseconds(totalOf(stages))} parts={stages} />
      )}
    </Box>
  );
}
