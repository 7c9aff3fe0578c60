// Light, dark, or as the system.
import Box from '@mui/material/Box';
import FormControlLabel from '@mui/material/FormControlLabel';
import Radio from '@mui/material/Radio';
import RadioGroup from '@mui/material/RadioGroup';
import { SectionCard } from '@/components/section-card';
import { Icon } from '@/theme/icons';
import type { IconName } from '@/theme/icons';
import { useThemeChoice } from '@/theme/theme-mode';
import type { ThemeChoice } from '@/theme/theme-mode';

const choices: { value: ThemeChoice; label: string; icon: IconName }[] = [
  { value: 'light', label: 'Light', icon: 'sun' },
  { value: 'dark', label: 'Dark', icon: 'moon' },
  { value: 'system', label: 'System', icon: 'system' },
];

export function AppearanceSettings() {
  const [choice, setChoice] = useThemeChoice();
  return (
    <SectionCard title="Appearance" lead="Kept in this browser.">
      <RadioGroup
        row
        aria-label="Theme"
        value={choice}
        onChange={(_event, value) => setChoice(value as ThemeChoice)}
        sx={{ gap: 3 }}
      >
        {choices.map(({ value, label, icon }) => (
          <FormControlLabel
            key={value}
            value={value}
            control={<Radio size="small" />}
            label={
              <Box sx={{ display: 'flex', alignItems: 'center', gap: 2 }}>
                <Icon name={icon} /> {label}
              </Box>
            }
            sx={{
              m: 0,
              pr: 4,
              pl: 1,
              minHeight: 44,
              border: 1,
              borderRadius: 1,
              borderColor: choice === value ? 'primary.main' : 'divider',
              bgcolor: choice === value ? 'surface.accentSoft' : 'transparent',
            }}
          />
        ))}
      </RadioGroup>
    </SectionCard>
  );
}
