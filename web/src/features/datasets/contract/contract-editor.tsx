// The rules of a contract: a list to add to, order and change, beside it what each column has to hold to then, and saving.
// What the server has against a rule stands at that rule. Nothing that somebody else has saved meanwhile is lost without a
// question: the contract is read once more before it is replaced.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useMemo, useReducer, useState } from 'react';
import { useDispatch } from 'react-redux';
import { contractsApi, useUpdateContractMutation } from '@/api/contracts-api';
import { toProblem } from '@/api/problem';
import type { ContractRule, DatasetDetail, Problem } from '@/api/types';
import type { AppDispatch } from '@/app/store';
import { announce } from '@/components/announcer';
import { ProblemNotice } from '@/components/problem-notice';
import { SectionCard } from '@/components/section-card';
import { useToasts } from '@/components/toast-slice';
import { Icon } from '@/theme/icons';
import type { DraftEvent } from '../drafts/draft';
import { DraftItem } from '../drafts/draft-item';
import { refusalsOf } from '../drafts/refusals';
import { LeaveDialog } from '../drafts/leave-dialog';
import { ByColumn } from './by-column';
import { contractGrid, lead, noRules } from './contract-layout';
import { ruleDrafts } from './rule-draft';
import { checks, fits, kindOf, ruleKinds } from './rule-kinds';
import type { Check } from './rule-kinds';
import { outcomeOf, ruleText } from './rule-words';

export interface ContractEditorProps {
  dataset: DatasetDetail;
  /** As the server has it: newer than what is typed began with, where somebody else has saved. */
  saved: readonly ContractRule[];
}

export function ContractEditor({ dataset, saved }: ContractEditorProps) {
  const { name, columns } = dataset;
  const { read, reduce, toItem, problemsOf } = useMemo(() => ruleDrafts(columns), [columns]);
  const [base, setBase] = useState(saved);
  const [draft, dispatch] = useReducer(reduce, saved, read);
  const [openId, setOpenId] = useState<number | null>(null);
  const [update, answer] = useUpdateContractMutation();
  const [unread, setUnread] = useState<Problem | null>(null);
  const [reading, setReading] = useState(false);
  const send = useDispatch<AppDispatch>();
  const toasts = useToasts();

  const rules = draft.items.map(toItem);
  const text = textOf(rules);
  const written = (from: readonly ContractRule[]): string => textOf(read(from).items.map(toItem));
  const changed = text !== written(base);
  const moved = written(saved) !== written(base);
  const missing = draft.items.map(problemsOf);
  const incomplete = missing.findIndex((problems) => Object.keys(problems).length > 0);
  const refusals = refusalsOf(answer.error ? toProblem(answer.error) : null, 'rule');
  const busy = reading || answer.isLoading;

  const change = (event: DraftEvent<ContractRule>): void => {
    // What was said of the rules before may not hold any more.
    answer.reset();
    setUnread(null);
    dispatch(event);
  };
  const begin = (from: readonly ContractRule[]): void => {
    change({ type: 'read', items: from });
    setBase(from);
    setOpenId(null);
  };
  // Nobody has typed anything, or what is saved is what was typed: nothing is lost.
  if (moved && (!changed || written(saved) === text)) {
    setBase(saved);
    if (!changed) dispatch({ type: 'read', items: saved });
  }

  const save = async (): Promise<void> => {
    setReading(true);
    setUnread(null);
    const now = await send(
      contractsApi.endpoints.getContract.initiate(name, { forceRefetch: true, subscribe: false }),
    );
    setReading(false);
    // What was read before stays beside an error.
    if (now.error || now.data === undefined) {
      setUnread(toProblem(now.error));
      return;
    }
    // What it is now comes as `saved`, and is asked about.
    if (written(now.data.rules) !== written(base)) return;
    const result = await update({ name, contract: { rules } });
    if (!result.error) {
      toasts.show({ tone: 'success', message: 'Saved; later loads are held to it' });
    }
  };

  return (
    <Box sx={contractGrid}>
      <SectionCard title="Contract" lead={lead} flush>
        <Box component="ol" aria-label="Rules" sx={{ listStyle: 'none', m: 0, p: 0 }}>
          {draft.items.map((item, place) => {
            const rule = toItem(item);
            return (
              <DraftItem
                key={item.id}
                noun="rule"
                draft={item}
                kind={kindOf(item.kind)}
                summary={`${ruleText(rule)}, ${outcomeOf(rule)}`}
                place={place}
                last={place === draft.items.length - 1}
                open={openId === item.id}
                columns={columns
                  .filter(({ type }) => fits(item.kind, type))
                  .map((column) => column.name)}
                gone="not for this rule"
                problems={missing[place] ?? {}}
                refusal={refusals.items.get(place) ?? null}
                onToggle={() => setOpenId(openId === item.id ? null : item.id)}
                onMove={(by) => {
                  change({ type: 'moved', id: item.id, by });
                  announce(`${labelOf(item.kind)} is rule ${place + 1 + by} now`);
                }}
                onRemove={() => {
                  change({ type: 'removed', id: item.id });
                  announce(`${labelOf(item.kind)} was removed`);
                }}
                onChange={(parameter, value) => {
                  change({ type: 'changed', id: item.id, parameter, value });
                  // The type that it has is the only one that a rule can ask of it.
                  const type = columns.find((column) => column.name === value)?.type;
                  if (item.kind === 'type' && parameter === 'column' && type !== undefined) {
                    dispatch({ type: 'changed', id: item.id, parameter: 'type', value: type });
                  }
                  if (item.kind === 'reference' && parameter === 'dataset') {
                    dispatch({
                      type: 'changed',
                      id: item.id,
                      parameter: 'key',
                      value: '',
                    });
                  }
                }}
              />
            );
          })}
        </Box>
        <Box
          sx={{
            display: 'grid',
            gap: 4,
            p: 4,
            borderTop: 1,
            borderColor: 'divider',
            gridTemplateColumns: 'minmax(0, 1fr)',
          }}
        >
          {draft.items.length === 0 && <Box sx={{ color: 'text.secondary' }}>{noRules}</Box>}
          <AddRule
            onAdd={(check) => {
              change({ type: 'added', kind: check });
              setOpenId(draft.nextId);
            }}
          />
          {refusals.other && <ProblemNotice problem={refusals.other} dense />}
          {unread && <ProblemNotice problem={unread} onRetry={() => void save()} dense />}
          {moved && changed && (
            <Meanwhile onTheirs={() => begin(saved)} onMine={() => setBase(saved)} />
          )}
          <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2 }}>
            <Button
              variant="contained"
              color="primary"
              disabled={incomplete >= 0 || !changed || moved}
              loading={busy}
              onClick={() => void save()}
            >
              Save contract
            </Button>
            {changed && (
              <Button variant="text" disabled={busy} onClick={() => begin(saved)}>
                Reset
              </Button>
            )}
            {incomplete >= 0 && (
              <Box sx={{ color: 'text.secondary' }}>Rule {incomplete + 1} is not complete yet.</Box>
            )}
          </Box>
        </Box>
      </SectionCard>
      <ByColumn
        columns={columns}
        rules={rules.filter((_, place) => Object.keys(missing[place] ?? {}).length === 0)}
      />
      <LeaveDialog changed={changed} what="the contract" />
    </Box>
  );
}

const textOf = (rules: readonly ContractRule[]): string => JSON.stringify(rules);

const labelOf = (check: string): string => kindOf(check)?.label ?? check;

function Meanwhile({ onTheirs, onMine }: { onTheirs: () => void; onMine: () => void }) {
  return (
    <Box role="alert" sx={{ display: 'flex', gap: 2 }}>
      <Box sx={{ color: 'warning.main' }}>
        <Icon name="warning" />
      </Box>
      <Box sx={{ minWidth: 0 }}>
        Somebody else has changed the contract meanwhile. Saving yours replaces all of theirs.
        <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, mt: 2 }}>
          <Button size="small" onClick={onTheirs}>
            Take theirs
          </Button>
          <Button size="small" onClick={onMine}>
            Keep mine
          </Button>
        </Box>
      </Box>
    </Box>
  );
}

function AddRule({ onAdd }: { onAdd: (check: Check) => void }) {
  return (
    <TextField
      select
      label="Add a rule"
      value=""
      onChange={(event) => onAdd(event.target.value as Check)}
      slotProps={{
        inputLabel: { shrink: true },
        select: { displayEmpty: true, renderValue: () => 'Choose what it asks' },
        input: { notched: true },
      }}
    >
      {checks.map((check) => (
        <MenuItem key={check} value={check} sx={{ whiteSpace: 'normal' }}>
          <div>
            <div>{ruleKinds[check].label}</div>
            <Box sx={{ color: 'text.secondary', fontSize: '0.75rem' }}>{ruleKinds[check].does}</Box>
          </div>
        </MenuItem>
      ))}
    </TextField>
  );
}
