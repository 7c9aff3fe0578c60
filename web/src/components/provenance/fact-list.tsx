// Facts in two columns, under a heading; and a whole that is made of parts, as a bar with its numbers.
import Box from '@mui/material/Box';
import { useId } from 'react';
import { totalOf } from './provenance-words';
import type { FactGroup, Part } from './provenance-words';

export function FactList({ group }: { group: FactGroup }) {
  const headingId = useId();
  return (
    <Box component="section" aria-labelledby={headingId}>
      <Box component="h3" id={headingId} sx={{ typography: 'h3', m: 0, mb: 1 }}>
        {group.title}
      </Box>
      <Box
        component="dl"
        sx={{
          display: 'grid',
          gridTemplateColumns: { xs: '1fr', sm: '160px 1fr' },
          columnGap: 4,
          rowGap: 1,
          m: 0,
          fontVariantNumeric: 'tabular-nums',
        }}
      >
        {group.facts.map((fact) => (
          <Box key={`${fact.name} ${fact.value}`} sx={{ display: 'contents' }}>
            <Box
              component="dt"
              sx={{ color: 'text.secondary', overflowWrap: 'anywhere', mt: { xs: 1, sm: 0 } }}
            >
              {fact.name}
            </Box>
            <Box component="dd" sx={{ m: 0, overflowWrap: 'anywhere' }}>
              {fact.value}
              {fact.hint && (
                <Box sx={{ typography: 'caption', color: 'text.secondary' }}>{fact.hint}</Box>
              )}
            </Box>
          </Box>
        ))}
      </Box>
    </Box>
  );
}

// Told apart by words; the shades only help.
const shades = [
  'primary.main',
  'success.main',
  'warning.main',
  'surface.border',
  'text.secondary',
  'error.main',
];

export function PartBar({ title, parts, whole }: { title: string; parts: Part[]; whole: string }) {
  const headingId = useId();
  const total = totalOf(parts);
  return (
    <Box component="section" aria-labelledby={headingId}>
      <Box sx={{ display: 'flex', alignItems: 'baseline', gap: 2, mb: 1 }}>
        <Box component="h3" id={headingId} sx={{ typography: 'h3', m: 0 }}>
          {title}
        </Box>
        <Box sx={{ color: 'text.secondary' }}>{whole}</Box>
      </Box>
      {total > 0 && (
        <Box
          aria-hidden="true"
          sx={{
            display: 'flex',
            height: 8,
            borderRadius: 999,
            overflow: 'hidden',
            bgcolor: 'surface.sunken',
          }}
        >
          {parts.map((part, index) => (
            <Box
              key={part.name}
              sx={{ bgcolor: shades[index % shades.length] }}
              style={{ width: `${(part.value / total) * 100}%` }}
            />
          ))}
        </Box>
      )}
      <Box
        component="ul"
        sx={{
          listStyle: 'none',
          display: 'flex',
          flexWrap: 'wrap',
          columnGap: 4,
          rowGap: 0.5,
          m: 0,
          mt: 1,
          p: 0,
          fontVariantNumeric: 'tabular-nums',
        }}
      >
        {parts.map((part, index) => (
          <Box
            component="li"
            key={part.name}
            sx={{ display: 'flex', alignItems: 'center', gap: 1 }}
          >
            <Box
              component="span"
              aria-hidden="true"
              sx={{
                width: 8,
                height: 8,
                borderRadius: 0.5,
                bgcolor: shades[index % shades.length],
              }}
            />
            {part.text}{' '}
            <Box component="span" sx={{ color: 'text.secondary' }}>
              {part.name}
            </Box>
          </Box>
        ))}
      </Box>
    </Box>
  );
}

export function CodeBlock({ title, children }: { title: string; children: string }) {
  return (
    <Box
      component="pre"
      tabIndex={0}
      aria-label={title}
      sx={{
        m: 0,
        p: 3,
        borderRadius: 1,
        bgcolor: 'surface.sunken',
        fontFamily: 'ui-monospace, monospace',
        fontSize: '0.75rem',
        overflow: 'auto',
        maxHeight: 240,
      }}
    >
      {children}
    </Box>
  );
}
