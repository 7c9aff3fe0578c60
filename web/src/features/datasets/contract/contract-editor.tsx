// The rules of a contract: a list to add to, order and change, beside it what each column has to hold to then, and saving.
// What the server has against a rule stands at that rule.
import Box from '@mui/material/Box';
import { useMemo } from 'react';
import { useDispatch } from 'react-redux';
import { contractsApi, useUpdateContractMutation } from '@/api/contracts-api';
import type { Contract, ContractRule, DatasetDetail } from '@/api/types';
import type { AppDispatch } from '@/app/store';
import { SectionCard } from '@/components/section-card';
import { AddItem } from '../drafts/add-item';
import type { ItemDraft } from '../drafts/draft';
import { DraftItem } from '../drafts/draft-item';
import type { Value } from '../drafts/field';
import { belowList, plainFieldset, plainList, sideBySide } from '../drafts/layout';
import { LeaveDialog } from '@/components/leave-dialog';
import { SaveBar } from '../drafts/save-bar';
import { useDraftList } from '../drafts/use-draft-list';
import { ByColumn } from './by-column';
import { lead, noRules } from './contract-words';
import { ruleDrafts } from './rule-draft';
import { fits, kindOf, labelOf, ruleKinds } from './rule-kinds';
import { outcomeOf, ruleText } from './rule-words';

export interface ContractEditorProps {
  dataset: DatasetDetail;
  saved: Contract;
}

const rulesOf = ({ rules }: Contract): readonly ContractRule[] => rules;

export function ContractEditor({ dataset, saved }: ContractEditorProps) {
  const { name, columns } = dataset;
  const drafts = useMemo(() => ruleDrafts(columns), [columns]);
  const [update] = useUpdateContractMutation();
  const send = useDispatch<AppDispatch>();
  const { listRef, addRef, ...list } = useDraftList({
    noun: 'rule',
    drafts,
    labelOf,
    saved,
    itemsOf: rulesOf,
    reread: () =>
      send(
        contractsApi.endpoints.getContract.initiate(name, { forceRefetch: true, subscribe: false }),
      ),
  });

  const save = (): Promise<void> =>
    list.save(
      (rules) => update({ name, contract: { rules: [...rules] } }),
      'Saved; later loads are held to it',
    );
  const change = ({ id, kind }: ItemDraft<ContractRule>, parameter: string, value: Value): void => {
    list.change({ type: 'changed', id, parameter, value });
    // The type that it has is the only one that a rule can ask of it.
    const type = columns.find((column) => column.name === value)?.type;
    if (kind === 'type' && parameter === 'column' && type !== undefined) {
      list.change({ type: 'changed', id, parameter: 'type', value: type });
    }
    if (kind === 'reference' && parameter === 'dataset') {
      list.change({ type: 'changed', id, parameter: 'key', value: '' });
    }
  };

  return (
    <Box sx={sideBySide}>
      <SectionCard title="Contract" lead={lead} flush>
        {/* A select is no form control, so it takes both. */}
        <Box component="fieldset" disabled={list.busy} inert={list.busy} sx={plainFieldset}>
          <Box component="ol" ref={listRef} aria-label="Rules" sx={plainList}>
            {list.draftItems.map((item, place) => {
              const rule = drafts.toItem(item);
              return (
                <DraftItem
                  key={item.id}
                  {...list.itemProps(item, place)}
                  kind={kindOf(item.kind)}
                  summary={`${ruleText(rule)}, ${outcomeOf(rule)}`}
                  columns={columns
                    .filter(({ type }) => fits(item.kind, type))
                    .map((column) => column.name)}
                  gone="not for this rule"
                  onChange={(parameter, value) => change(item, parameter, value)}
                />
              );
            })}
          </Box>
          <Box sx={belowList}>
            {list.items.length === 0 && <Box sx={{ color: 'text.secondary' }}>{noRules}</Box>}
            <AddItem
              label="Add a rule"
              prompt="Choose what it asks"
              kinds={ruleKinds}
              focusRef={addRef}
              onAdd={list.add}
            />
          </Box>
        </Box>
        <SaveBar list={list} what="contract" ready={list.changed} onSave={() => void save()} />
      </SectionCard>
      <ByColumn
        columns={columns}
        rules={list.items.filter((_, place) => Object.keys(list.missing[place] ?? {}).length === 0)}
      />
      <LeaveDialog changed={list.changed} what="the contract" />
    </Box>
  );
}
