// One step or rule in its list: what it does in one line, its place, what the server says of it, and its fields when it is
// open.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import { useId } from 'react';
import type { ReactNode } from 'react';
import { Icon } from '@/theme/icons';
import type { IconName } from '@/theme/icons';
import type { ItemDraft } from './draft';
import type { Kind, Value } from './field';
import { FieldList } from './field-list';

export interface DraftItemProps {
  noun: 'step' | 'rule';
  draft: ItemDraft<object>;
  /** undefined for one that this page does not know. */
  kind: Kind | undefined;
  /** It in one line. */
  summary: string;
  place: number;
  last: boolean;
  open: boolean;
  columns: readonly string[];
  /** What is said of a column that was chosen and is not among them. */
  gone: string;
  problems: Readonly<Record<string, string>>;
  /** What the server says against it. */
  refusal: string | null;
  /** What else there is to say of it. */
  children?: ReactNode;
  onToggle: () => void;
  onMove: (by: 1 | -1) => void;
  onRemove: () => void;
  onChange: (parameter: string, value: Value) => void;
}

export function DraftItem(props: DraftItemProps) {
  const { noun, draft, kind, place, open, problems, refusal } = props;
  const fieldsId = useId();
  const label = kind?.label ?? draft.kind;
  const named = `${noun} ${place + 1}, ${label}`;
  const incomplete = Object.keys(problems).length > 0;
  return (
    <Box
      component="li"
      aria-label={`${noun === 'step' ? 'Step' : 'Rule'} ${place + 1}: ${label}`}
      sx={{ borderTop: 1, borderColor: 'divider', px: 4, py: 2 }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1 }}>
        <Button
          variant="text"
          aria-expanded={open}
          aria-controls={fieldsId}
          onClick={props.onToggle}
          sx={{
            flex: 1,
            minWidth: 0,
            justifyContent: 'flex-start',
            textAlign: 'left',
            ml: -2,
            px: 2,
          }}
        >
          <Box component="span" sx={{ minWidth: 0 }}>
            <Box component="span" sx={{ display: 'block', fontWeight: 600 }}>
              {place + 1}. {label}
            </Box>
            <Box
              component="span"
              sx={{
                display: 'block',
                fontWeight: 400,
                fontSize: '0.75rem',
                color: incomplete ? 'warning.main' : 'text.secondary',
                overflow: 'hidden',
                textOverflow: 'ellipsis',
                whiteSpace: 'nowrap',
              }}
            >
              {incomplete ? 'Not complete yet' : props.summary}
            </Box>
          </Box>
        </Button>
        <Action
          icon="sortUp"
          label={`Move ${named} up`}
          disabled={place === 0}
          onClick={() => props.onMove(-1)}
        />
        <Action
          icon="sortDown"
          label={`Move ${named} down`}
          disabled={props.last}
          onClick={() => props.onMove(1)}
        />
        <Action icon="trash" label={`Remove ${named}`} onClick={props.onRemove} />
      </Box>
      {refusal !== null && (
        <Box
          role="alert"
          sx={{ display: 'flex', gap: 2, color: 'error.main', pb: 1, overflowWrap: 'anywhere' }}
        >
          <Icon name="error" size={16} />
          <Box sx={{ minWidth: 0 }}>{refusal}</Box>
        </Box>
      )}
      {props.children}
      <Box id={fieldsId} role="group" aria-label={`Parameters of ${named}`} hidden={!open}>
        {open && (
          <Box
            sx={{ pt: 2, pb: 3, display: 'grid', gap: 4, gridTemplateColumns: 'minmax(0, 1fr)' }}
          >
            {draft.kept ? (
              <>
                <Box sx={{ color: 'text.secondary' }}>
                  This page cannot show all of this {noun}, so it is kept as it is.
                </Box>
                <Box
                  component="pre"
                  tabIndex={0}
                  aria-label={`JSON of ${named}`}
                  sx={{ m: 0, fontSize: '0.75rem', overflow: 'auto', whiteSpace: 'pre-wrap' }}
                >
                  {JSON.stringify(draft.kept, null, 2)}
                </Box>
              </>
            ) : (
              <>
                <Box sx={{ color: 'text.secondary' }}>{kind?.does}</Box>
                <FieldList
                  fields={kind?.fields ?? {}}
                  values={draft.values}
                  problems={problems}
                  columns={props.columns}
                  gone={props.gone}
                  onChange={props.onChange}
                />
              </>
            )}
          </Box>
        )}
      </Box>
    </Box>
  );
}

function Action(props: { icon: IconName; label: string; disabled?: boolean; onClick: () => void }) {
  return (
    <IconButton
      size="small"
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon name={props.icon} size={16} />
    </IconButton>
  );
}
