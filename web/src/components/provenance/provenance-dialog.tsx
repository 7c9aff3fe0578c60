// The panel in a dialog: what an answer is made of, whether the rows say the same, and everything that it says about itself.
// Every widget and every result opens it, and so does a single number.
import Box from '@mui/material/Box';
import { useMemo, useState } from 'react';
import { queryKey } from '@/api/query-key';
import { useAskable } from '@/api/use-askable';
import type {
  Cell,
  Model,
  Problem,
  Provenance,
  ResultColumn,
  SemanticQuery,
  SqlQuery,
} from '@/api/types';
import { groupQuery } from '@/lib/result-group';
import type { CellGroup } from '@/lib/result-group';
import { Dialog } from '../dialog';
import { ExplanationSection } from './explanation';
import { CodeBlock } from './fact-list';
import { Fold } from './fold';
import { GroupField } from './group-field';
import { LineageSection } from './lineage-section';
import { ProvenancePanel } from './provenance-panel';
import { StatementLineageSection } from './statement-lineage';
import { VerifySection } from './verify-section';

export interface ProvenanceDialogProps {
  /** Of which result; left out where there is only one. */
  title?: string;
  provenance: Provenance;
  columns?: readonly ResultColumn[];
  /** The answer itself, one list a column: its groups can be looked at one by one. */
  data?: readonly (readonly Cell[])[];
  /** Which of its numbers is looked at first: those of a group, or one measure of it. */
  number?: { group: CellGroup; measure: string | null };
  /** What was asked: a query of a model, or a statement: either can be traced, verified and explained. */
  query: SemanticQuery | SqlQuery;
  confirmedAt: number;
  requestId: string | null;
  /** What the answer is compared with, or why that is not there. */
  before?: Provenance | Problem | null;
  onClose: () => void;
}

const noModels: readonly Model[] = [];
const noColumns: readonly ResultColumn[] = [];

export function ProvenanceDialog(props: ProvenanceDialogProps) {
  const { query } = props;
  return (
    <Dialog
      title="Where does this number come from?"
      subtitle={props.title}
      size="text"
      onClose={props.onClose}
    >
      <div>
        {'sql' in query ? (
          <>
            <Box sx={{ pt: 2, mb: 5 }}>
              <StatementLineageSection query={query} />
            </Box>
            <ProvenancePanel {...props} />
            <Box sx={{ mt: 5 }}>
              <VerifySection query={query} columns={props.columns ?? noColumns} />
            </Box>
            <Box component="h3" sx={{ typography: 'h3', mt: 5, mb: 1 }}>
              Statement
            </Box>
            <CodeBlock title="Statement">{query.sql}</CodeBlock>
            <Box sx={{ mt: 3 }}>
              <ExplanationSection query={query} />
            </Box>
          </>
        ) : (
          <OfQuery {...props} query={query} />
        )}
        {props.requestId && (
          <Box sx={{ typography: 'caption', color: 'text.secondary', mt: 3 }}>
            Request {props.requestId}
          </Box>
        )}
      </div>
    </Dialog>
  );
}

function OfQuery(props: ProvenanceDialogProps & { query: SemanticQuery }) {
  const { query, provenance, columns = noColumns, data, number } = props;
  const zone = provenance.timezone;
  const { data: models = noModels } = useAskable();
  const [group, setGroup] = useState<CellGroup | null>(number?.group ?? null);
  // Another group is looked at in all of its measures.
  const measure = group === number?.group ? (number?.measure ?? null) : null;
  const narrowed = useMemo(
    () => (group === null ? query : groupQuery(query, group, models, zone, measure)),
    [group, query, models, zone, measure],
  );
  const asked = narrowed ?? query;
  const key = queryKey(asked);
  return (
    <Box sx={{ display: 'grid', gap: 5, pt: 2 }}>
      {data && !query.ungrouped && (
        <GroupField columns={columns} data={data} zone={zone} group={group} onGroup={setGroup} />
      )}
      {narrowed === null && (
        <Box role="note" sx={{ color: 'text.secondary' }}>
          This number depends on other groups or times, too: what follows is about the whole answer.
        </Box>
      )}
      <LineageSection key={`made of ${key}`} query={asked} models={models} />
      <VerifySection key={`verify ${key}`} query={asked} columns={columns} />
      <ProvenancePanel {...props} folded />
      <Box>
        <Fold title="Query">
          {() => <CodeBlock title="Query">{JSON.stringify(asked, null, 2)}</CodeBlock>}
        </Fold>
        <ExplanationSection key={key} query={asked} />
      </Box>
    </Box>
  );
}
