// The fields of an access policy: its name, who it is for, which rows they see, and the columns that they see or do not see.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import type { ReactNode } from 'react';
import type { AccessPolicy, AttributeCondition, Filter, MaskedColumn, Model } from '@/api/types';
import { announce } from '@/components/announcer';
import { ValueChips } from '@/components/value-chips';
import { removeBeside } from '@/components/way-back';
import { isMemberFilter } from '@/lib/members';
import { without } from '@/lib/without';
import { Icon } from '@/theme/icons';
import { Choice, Fields, optionsOf, Several, Text } from '../form/fields';
import { FiltersField } from '../form/filters-field';
import { attributeIn, ofUser, partsOf, policyText, rowsText } from './policy-words';
import { UserRowsField } from './user-rows-field';

export interface PolicyFieldsProps {
  policy: AccessPolicy;
  /** With the dimensions of what it is joined to. */
  model: Model;
  columns: readonly string[];
  /** Names of attributes that conditions may be on. */
  attributes: readonly string[];
  onChange: (policy: AccessPolicy) => void;
}

const roles = ['viewer', 'editor'];

const ONLY = 'only';
const onlyThese = [{ value: ONLY, label: 'Only these' }];

/** Nothing is no entry, so that form and text say the same. */
function withList<K extends 'when' | 'rows' | 'hidden' | 'masked'>(
  policy: AccessPolicy,
  key: K,
  list: NonNullable<AccessPolicy[K]>,
): AccessPolicy {
  return list.length === 0 ? (without(policy, key) as AccessPolicy) : { ...policy, [key]: list };
}

export function PolicyFields(props: PolicyFieldsProps) {
  const { policy, model, columns, attributes, onChange } = props;
  const { when, rows, columns: visible, hidden, masked } = partsOf(policy);
  const setWhen = (place: number, part: Partial<AttributeCondition>): void =>
    onChange({
      ...policy,
      when: when.map((entry, index) => (index === place ? { ...entry, ...part } : entry)),
    });
  const setMasked = (place: number, next: MaskedColumn): void =>
    onChange({ ...policy, masked: masked.map((entry, at) => (at === place ? next : entry)) });
  const setRows = (next: Filter[]): void => onChange(withList(policy, 'rows', next));
  return (
    <>
      <Box role="status" data-testid="policy-text" sx={{ fontWeight: 500 }}>
        {policyText(policy, model)}.
      </Box>
      <Fields>
        <Text
          label="Name"
          value={policy.name}
          hint="Answers name it where it restricts them"
          onChange={(name) => onChange({ ...policy, name })}
        />
      </Fields>
      <Part
        title="Who"
        lead={when.length === 0 ? 'Everybody' : 'All conditions must hold'}
        add="Add condition on people"
        onAdd={() => onChange({ ...policy, when: [...when, { attribute: '', values: [] }] })}
      >
        {when.map((condition, place) => (
          <Line
            key={place}
            name={`Condition on people ${place + 1}`}
            onRemove={() =>
              onChange(
                withList(
                  policy,
                  'when',
                  when.filter((_, index) => index !== place),
                ),
              )
            }
          >
            <Text
              label="Attribute"
              value={condition.attribute}
              offers={attributes}
              onChange={(attribute) => setWhen(place, { attribute: attribute.trim() })}
            />
            <ValueChips
              label="Is one of"
              values={condition.values ?? []}
              {...(condition.attribute === 'role' ? { offers: roles } : {})}
              hint="Enter adds a value"
              onChange={(values) => setWhen(place, { values })}
            />
          </Line>
        ))}
      </Part>
      <Box sx={{ display: 'grid', gap: 2 }}>
        <FiltersField
          title={rows.length === 0 ? 'Rows: all' : 'Rows where'}
          model={model}
          filters={rows}
          textOf={(filter) => rowsText(filter, [{ ...model, measures: [] }])}
          offers={attributes.map(ofUser)}
          onChange={setRows}
        />
        <UserRowsField
          model={model}
          attributes={attributes}
          onAdd={(filter) => setRows(withUserRows(rows, filter.member, filter.values?.[0]))}
        />
      </Box>
      <Fields>
        <Choice
          label="Visible columns"
          value={visible === null ? '' : ONLY}
          none="All that are not hidden"
          options={onlyThese}
          onChange={(choice) =>
            onChange(
              choice === ONLY
                ? { ...policy, columns: [] }
                : (without(policy, 'columns') as AccessPolicy),
            )
          }
        />
        {visible !== null && (
          <Several
            label="Only these columns"
            values={visible.filter(Boolean)}
            options={optionsOf(columns)}
            // An empty list is kept: without one all would be seen.
            onChange={(next) => onChange({ ...policy, columns: next.filter(Boolean) })}
          />
        )}
        <Several
          label="Hidden columns"
          values={hidden}
          options={optionsOf(columns)}
          onChange={(next) => onChange(withList(policy, 'hidden', next.filter(Boolean)))}
        />
      </Fields>
      <Part
        title="Masked columns"
        lead={masked.length === 0 ? 'None' : 'They are there without their values'}
        add="Add masked column"
        onAdd={() => onChange({ ...policy, masked: [...masked, { column: '' }] })}
      >
        {masked.map((entry, place) => (
          <Line
            key={place}
            name={`Masked column ${place + 1}`}
            onRemove={() =>
              onChange(
                withList(
                  policy,
                  'masked',
                  masked.filter((_, index) => index !== place),
                ),
              )
            }
          >
            <Choice
              label="Column"
              value={entry.column}
              options={optionsOf(columns)}
              onChange={(column) => setMasked(place, { ...entry, column })}
            />
            <Text
              code
              label="Shown instead"
              value={entry.expression}
              hint="SQL over the columns; without it nothing is shown"
              onChange={(expression) =>
                setMasked(place, {
                  column: entry.column,
                  ...(expression === '' ? {} : { expression }),
                })
              }
            />
          </Line>
        ))}
      </Part>
    </>
  );
}

/** One attribute of who asks per dimension: another one is a value beside it. */
function withUserRows(rows: readonly Filter[], member: string, value: unknown): Filter[] {
  const attribute = String(value);
  const at = rows.findIndex(
    (filter) =>
      isMemberFilter(filter) &&
      filter.member === member &&
      filter.operator === 'equals' &&
      (filter.values ?? []).some((entry) => attributeIn(entry) !== null),
  );
  const added: Filter = { member, operator: 'equals', values: [attribute] };
  if (at < 0) return [...rows, added];
  return rows.map((filter, index) =>
    index === at && isMemberFilter(filter)
      ? { ...filter, values: [...new Set([...(filter.values ?? []), attribute])] }
      : filter,
  );
}

interface PartProps {
  title: string;
  lead: string;
  add: string;
  onAdd: () => void;
  children: ReactNode;
}

function Part({ title, lead, add, onAdd, children }: PartProps) {
  return (
    <Box role="group" aria-label={title} data-removals sx={{ display: 'grid', gap: 3 }}>
      <Box sx={{ typography: 'body2', color: 'text.secondary' }}>
        {title}: {lead.charAt(0).toLowerCase() + lead.slice(1)}
      </Box>
      {children}
      <Box>
        <Button
          data-addition
          size="small"
          variant="text"
          startIcon={<Icon name="add" size={16} />}
          onClick={onAdd}
        >
          {add}
        </Button>
      </Box>
    </Box>
  );
}

interface LineProps {
  name: string;
  onRemove: () => void;
  children: ReactNode;
}

function Line({ name, onRemove, children }: LineProps) {
  const remove = (button: HTMLElement): void => {
    const part = button.closest('[data-removals]');
    removeBeside(button, onRemove, () => part?.querySelector<HTMLElement>('[data-addition]'));
    announce(`${name} was removed`);
  };
  return (
    <Box
      role="group"
      aria-label={name}
      sx={{ display: 'flex', alignItems: 'flex-start', gap: 2, minWidth: 0 }}
    >
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Fields>{children}</Fields>
      </Box>
      <IconButton
        size="small"
        aria-label={`Remove ${name.toLowerCase()}`}
        data-removal
        onClick={({ currentTarget }) => remove(currentTarget)}
      >
        <Icon name="close" size={16} />
      </IconButton>
    </Box>
  );
}
