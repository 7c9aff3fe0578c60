// The rules of a contract by the columns that they are about: what each column has to hold to.
import Box from '@mui/material/Box';
import type { ContractRule, DatasetColumn } from '@/api/types';
import { SectionCard } from '@/components/section-card';
import { TypeMark } from '../type-mark';
import { useFoundColumns } from '../use-found-columns';
import { columnsOf, demandOf, outcomeOf } from './rule-words';

export interface ByColumnProps {
  columns: readonly DatasetColumn[];
  rules: readonly ContractRule[];
}

export function ByColumn({ columns, rules }: ByColumnProps) {
  const { shown, field } = useFoundColumns(columns);
  return (
    <SectionCard title="By column" flush>
      {field && <Box sx={{ px: 4 }}>{field}</Box>}
      <Box
        component="ul"
        aria-label="Columns and their rules"
        sx={{ listStyle: 'none', m: 0, p: 0 }}
      >
        {shown.map(({ name, type }) => (
          <Box
            component="li"
            key={name}
            sx={{
              display: 'grid',
              gridTemplateColumns: { xs: 'minmax(0, 1fr)', sm: 'minmax(0, 2fr) minmax(0, 3fr)' },
              columnGap: 4,
              rowGap: 1,
              px: 4,
              py: 2.5,
              borderTop: 1,
              borderColor: 'divider',
            }}
          >
            <Box sx={{ minWidth: 0 }}>
              <Box sx={{ fontWeight: 500, overflowWrap: 'anywhere' }}>{name}</Box>
              <Box sx={{ color: 'text.secondary', fontSize: '0.75rem' }}>
                <TypeMark type={type} />
              </Box>
            </Box>
            <Demands of={name} rules={rules} />
          </Box>
        ))}
      </Box>
    </SectionCard>
  );
}

function Demands({ of, rules }: { of: string; rules: readonly ContractRule[] }) {
  const own = rules.filter((rule) => columnsOf(rule).includes(of));
  if (own.length === 0) return <Box sx={{ color: 'text.secondary' }}>No rule</Box>;
  return (
    <Box
      component="ul"
      sx={{ listStyle: 'none', m: 0, p: 0, minWidth: 0, overflowWrap: 'anywhere' }}
    >
      {own.map((rule, place) => {
        const others = columnsOf(rule).filter((name) => name !== of);
        const demand =
          others.length > 0 ? `is unique together with ${others.join(', ')}` : demandOf(rule);
        return (
          <Box component="li" key={place}>
            {demand}
            <Box component="span" sx={{ color: 'text.secondary' }}>
              , {outcomeOf(rule)}
            </Box>
          </Box>
        );
      })}
    </Box>
  );
}
