// "Where does this number come from": everything that an answer says about itself.
import Box from '@mui/material/Box';
import type { Problem, Provenance, ResultColumn } from '@/api/types';
import { formatNumber } from '@/lib/format';
import { comparedWith, comparisonGroup } from './comparison-words';
import { FactList, PartBar } from './fact-list';
import { Fold } from './fold';
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
  before?: Provenance | Problem | null;
  /** What was read and how long it took is told to who opens it. */
  folded?: boolean;
}

/** What says whose numbers these are; the other groups say what was done for them. */
const first = ['Data', 'The numbers', comparedWith];

export function ProvenancePanel(props: ProvenancePanelProps) {
  const { provenance, confirmedAt, columns, before = null, folded = false } = props;
  const stages = stageParts(provenance.stages);
  const groups = [
    ...provenanceGroups(provenance, confirmedAt, columns),
    ...(before === null ? [] : [comparisonGroup(before, provenance, columns)]),
  ];
  const lists = (wanted: boolean) =>
    groups
      .filter(({ title }) => first.includes(title) === wanted)
      .map((group) => <FactList key={group.title} group={group} />);
  const work = () => (
    <Box sx={{ display: 'grid', gap: 5 }}>
      {lists(false)}
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
  return (
    <Box sx={{ display: 'grid', gap: folded ? 3 : 5 }}>
      {lists(true)}
      {folded ? <Fold title="How it was answered">{work}</Fold> : work()}
    </Box>
  );
}
