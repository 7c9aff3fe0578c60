// Where the upload is. Words for screen readers, numbers and ticks for eyes.
import Box from '@mui/material/Box';
import { Icon } from '@/theme/icons';
import type { WizardState } from './wizard-state';

const steps = ['File', 'Columns', 'Load', 'Done'];

const placeOf: Record<WizardState['step'], number> = {
  file: 0,
  sending: 0,
  opening: 0,
  review: 1,
  loading: 2,
  result: 3,
};

export interface StepListProps {
  step: WizardState['step'];
  /** The load has ended and has stored nothing. */
  undone: boolean;
}

export function StepList({ step, undone }: StepListProps) {
  const place = undone ? placeOf.loading : placeOf[step];
  return (
    <Box
      component="ol"
      aria-label="Steps"
      sx={{
        listStyle: 'none',
        m: 0,
        p: 0,
        display: 'flex',
        flexDirection: { xs: 'row', md: 'column' },
        gap: { xs: 4, md: 1 },
      }}
    >
      {steps.map((label, index) => {
        const here = index === place;
        const over = index < place;
        return (
          <Box
            component="li"
            key={label}
            aria-current={here ? 'step' : undefined}
            sx={{
              display: 'flex',
              alignItems: 'center',
              gap: 2.5,
              minHeight: 36,
              fontWeight: here ? 600 : 400,
              color: here ? 'text.primary' : 'text.secondary',
            }}
          >
            <Box
              aria-hidden="true"
              sx={{
                display: 'grid',
                placeItems: 'center',
                width: 24,
                height: 24,
                borderRadius: 999,
                fontSize: '0.75rem',
                fontWeight: 600,
                bgcolor: here ? 'primary.main' : over ? 'surface.accentSoft' : 'surface.sunken',
                color: here ? 'primary.contrastText' : over ? 'primary.main' : 'text.secondary',
              }}
            >
              {over ? <Icon name="check" size={14} strokeWidth={2.5} /> : index + 1}
            </Box>
            <Box component="span" sx={{ display: { xs: here ? 'inline' : 'none', sm: 'inline' } }}>
              {label}
            </Box>
          </Box>
        );
      })}
    </Box>
  );
}
