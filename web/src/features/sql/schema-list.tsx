// The datasets and views and, once opened, what a statement may say of them: columns, and the measures and dimensions of their
// models. A click writes it into the statement.
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import IconButton from '@mui/material/IconButton';
import type { ColumnType } from '@/api/types';
import { TypeSign } from '@/components/type-sign';
import { formatCount } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { measureCall } from './model-names';
import { quotedName } from './quoted-name';
import type { Schema } from './use-schema';

export interface SchemaListProps {
  schema: Schema;
  opened: readonly string[];
  onToggle: (table: string) => void;
  /** Writes this into the statement, as it is. */
  onWrite: (text: string) => void;
}

const list = { listStyle: 'none', m: 0, p: 0 } as const;

const button = {
  display: 'flex',
  flex: 1,
  minWidth: 0,
  justifyContent: 'flex-start',
  gap: 2,
  minHeight: 28,
  px: 1,
  borderRadius: 1,
  textAlign: 'left',
  fontSize: '0.8125rem',
  '&:hover': { bgcolor: 'surface.sunken' },
  '&.Mui-focusVisible': { outlineOffset: -2 },
  '@media (pointer: coarse)': { minHeight: 44 },
} as const;

const cut = { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' } as const;

export function SchemaList(props: SchemaListProps) {
  const { datasets, models, views } = props.schema;
  if (datasets.length === 0)
    return <Box sx={{ color: 'text.secondary', p: 2 }}>There are no datasets yet.</Box>;
  return (
    <>
      <Box component="ul" aria-label="Datasets" sx={list}>
        {datasets.map(({ name, label, rows }) => (
          <Table
            key={name}
            {...props}
            name={name}
            label={label}
            detail={formatCount(rows, 'row')}
          />
        ))}
      </Box>
      {views.length > 0 && (
        <>
          <Box
            aria-hidden="true"
            sx={{ typography: 'caption', color: 'text.secondary', px: 1, pt: 2, pb: 1 }}
          >
            Views
          </Box>
          <Box component="ul" aria-label="Views" sx={list}>
            {views.map((name) => (
              <Table key={name} {...props} name={name} label={models[name]?.label ?? name} isView />
            ))}
          </Box>
        </>
      )}
    </>
  );
}

interface TableProps extends SchemaListProps {
  name: string;
  label: string;
  detail?: string;
  isView?: boolean;
}

function Table({ name, label, detail, isView = false, ...props }: TableProps) {
  const { schema, opened, onToggle, onWrite } = props;
  const isOpen = opened.includes(name);
  return (
    <li>
      <Box sx={{ display: 'flex', alignItems: 'center' }}>
        <IconButton
          size="small"
          aria-expanded={isOpen}
          aria-label={`${isView ? 'Members' : 'Columns'} of ${name}`}
          onClick={() => onToggle(name)}
        >
          <Icon name={isOpen ? 'down' : 'forward'} size={14} />
        </IconButton>
        <ButtonBase onClick={() => onWrite(quotedName(name))} title={label} sx={button}>
          <Box component="span" sx={{ ...cut, fontWeight: 600 }}>
            {name}
          </Box>
          {detail !== undefined && (
            <Box component="span" sx={{ typography: 'caption', color: 'text.secondary' }}>
              {detail}
            </Box>
          )}
        </ButtonBase>
      </Box>
      {isOpen && <Contents table={name} schema={schema} isView={isView} onWrite={onWrite} />}
    </li>
  );
}

interface Entry {
  name: string;
  sign: ColumnType | 'measure';
  title?: string;
  text: string;
}

interface ContentsProps {
  table: string;
  schema: Schema;
  isView: boolean;
  onWrite: SchemaListProps['onWrite'];
}

function Contents({ table, schema, isView, onWrite }: ContentsProps) {
  const columns = isView ? [] : schema.columns[table];
  const { measures = [], dimensions = [], filters = [] } = schema.models[table] ?? {};
  const parts: { title: string; entries: Entry[] }[] = [
    {
      title: 'Columns',
      entries: (columns ?? []).map(({ name, type }) => ({
        name,
        sign: type,
        text: quotedName(name),
      })),
    },
    {
      title: 'Dimensions',
      entries: dimensions.map(({ name, label, type }) => ({
        name,
        sign: type,
        title: label,
        text: quotedName(name),
      })),
    },
    {
      title: 'Measures',
      entries: measures.map(({ name, label }) => ({
        name,
        sign: 'measure',
        title: label,
        text: measureCall(name),
      })),
    },
    {
      title: 'Named filters',
      entries: filters.map(({ name, label }) => ({
        name,
        sign: 'boolean',
        title: label,
        text: quotedName(name),
      })),
    },
  ];
  return (
    <Box sx={{ pl: 6 }}>
      {columns === undefined && <Box sx={{ color: 'text.secondary', p: 1 }}>Loading…</Box>}
      {parts
        .filter(({ entries }) => entries.length > 0)
        .map(({ title, entries }) => (
          <div key={title}>
            {title !== 'Columns' && (
              <Box aria-hidden="true" sx={{ typography: 'caption', color: 'text.secondary', p: 1 }}>
                {title}
              </Box>
            )}
            <Box component="ul" aria-label={`${title} of ${table}`} sx={list}>
              {entries.map((entry) => (
                <Box component="li" key={entry.name} sx={{ display: 'flex' }}>
                  <ButtonBase onClick={() => onWrite(entry.text)} title={entry.title} sx={button}>
                    <TypeSign type={entry.sign} />
                    <Box component="span" sx={cut}>
                      {entry.name}
                    </Box>
                  </ButtonBase>
                </Box>
              ))}
            </Box>
          </div>
        ))}
    </Box>
  );
}
