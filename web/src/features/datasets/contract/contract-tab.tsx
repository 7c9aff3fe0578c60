// What a dataset asks of the rows that come in. Everybody who sees the whole dataset reads it, an admin changes it.
import Box from '@mui/material/Box';
import { useGetContractQuery } from '@/api/contracts-api';
import { toProblem } from '@/api/problem';
import { useSession } from '@/api/session-slice';
import type { ContractRule, DatasetDetail } from '@/api/types';
import { SectionCard } from '@/components/section-card';
import { ErrorState, LoadingState } from '@/components/states';
import { plainList, sideBySide } from '../drafts/layout';
import { ByColumn } from './by-column';
import { ContractEditor } from './contract-editor';
import { lead, noRules } from './contract-words';
import { isRounded } from './rule-draft';
import { labelOf } from './rule-kinds';
import { outcomeOf, ruleText } from './rule-words';

export default function ContractTab({ dataset }: { dataset: DatasetDetail }) {
  const contract = useGetContractQuery(dataset.name);
  const mayChange = useSession().isAtLeast('admin');
  if (contract.data === undefined) {
    return contract.isError ? (
      <ErrorState problem={toProblem(contract.error)} onRetry={() => void contract.refetch()} />
    ) : (
      <LoadingState rows={6} label="Loading contract" />
    );
  }
  const { rules } = contract.data;
  const rounded = rules.some((rule) => isRounded(rule, dataset.columns));
  if (mayChange && !rounded) return <ContractEditor dataset={dataset} saved={contract.data} />;
  return (
    <Box sx={sideBySide}>
      <SectionCard title="Contract" lead={lead} flush>
        <RuleList rules={rules} />
        <Box sx={{ p: 4, borderTop: 1, borderColor: 'divider', color: 'text.secondary' }}>
          {rounded
            ? 'A rule has a number with more digits than this page can write, so the contract is changed through the API.'
            : 'An admin can change this.'}
        </Box>
      </SectionCard>
      <ByColumn columns={dataset.columns} rules={rules} />
    </Box>
  );
}

function RuleList({ rules }: { rules: readonly ContractRule[] }) {
  if (rules.length === 0) {
    return (
      <Box sx={{ p: 4, borderTop: 1, borderColor: 'divider', color: 'text.secondary' }}>
        {noRules}
      </Box>
    );
  }
  return (
    <Box component="ol" aria-label="Rules" sx={plainList}>
      {rules.map((rule, place) => (
        <Box
          component="li"
          key={place}
          sx={{ borderTop: 1, borderColor: 'divider', px: 4, py: 2.5, overflowWrap: 'anywhere' }}
        >
          <Box sx={{ fontWeight: 600 }}>
            {place + 1}. {labelOf(rule.check)}
          </Box>
          <Box sx={{ color: 'text.secondary', fontSize: '0.75rem' }}>
            {ruleText(rule)}, {outcomeOf(rule)}
          </Box>
        </Box>
      ))}
    </Box>
  );
}
