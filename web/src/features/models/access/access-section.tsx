// Who sees which rows and columns of the model. Admins write it; others read why they do not.
import Box from '@mui/material/Box';
import { useMemo } from 'react';
import { useSession } from '@/api/session-slice';
import type { AccessPolicy, FieldProblem, Model } from '@/api/types';
import { SectionCard } from '@/components/section-card';
import { widened } from '@/lib/joins';
import { ItemList } from '../form/item-list';
import { saidAt } from '../state/places';
import { PolicyFields } from './policy-fields';
import { policyText } from './policy-words';
import { useAttributeNames } from './use-attribute-names';

export interface AccessSectionProps {
  model: Model;
  models: readonly Model[];
  columns: readonly string[];
  problems: readonly FieldProblem[];
  onChange: (policies: AccessPolicy[]) => void;
}

const none: AccessPolicy[] = [];

export default function AccessSection(props: AccessSectionProps) {
  const { model, models, columns, problems, onChange } = props;
  const { isAtLeast, viewed } = useSession();
  const policies = model.access_policies ?? none;
  const attributes = useAttributeNames(policies);
  // Rows are seen by what they belong to as well as by what they are.
  const wide = useMemo(() => widened(model, models), [model, models]);
  const ofAll = useMemo(
    () => problems.filter(({ field }) => field === 'access_policies'),
    [problems],
  );
  if (!isAtLeast('admin')) {
    return (
      <SectionCard title="Access">
        <Box sx={{ color: 'text.secondary' }}>
          {viewed !== null
            ? 'It cannot be changed while you view as somebody else.'
            : 'Who sees which rows and columns is set by the admins of your organisation.'}
        </Box>
      </SectionCard>
    );
  }
  const said = saidAt(ofAll, 'access_policies');
  return (
    <>
      <ItemList
        title="Access"
        lead={
          policies.length === 0
            ? 'Everybody sees all rows and columns'
            : 'Who has no policy sees no rows, who has several sees what any of them allows; admins and owners see everything'
        }
        list="access_policies"
        noun="policy"
        items={policies}
        problems={problems}
        nameOf={({ name }) => name}
        summary={(policy) => policyText(policy, wide)}
        fresh={(): AccessPolicy => ({ name: '' })}
        onChange={onChange}
      >
        {(policy, change) => (
          <PolicyFields {...{ policy, columns, attributes }} model={wide} onChange={change} />
        )}
      </ItemList>
      {said && (
        <Box role="alert" sx={{ color: 'error.main' }}>
          {said}
        </Box>
      )}
    </>
  );
}
