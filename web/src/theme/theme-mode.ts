// The theme in use, resolved: 'system' becomes what the system says. For code that draws itself
// (canvas) and so cannot read CSS variables.
import { useColorScheme } from '@mui/material/styles';
import { surfaces } from './palette';
import type { Surface, ThemeMode } from './palette';
import { useOnPaper } from './paper';

export type ThemeChoice = 'light' | 'dark' | 'system';

// public/theme-init.js reads the same key before the first paint.
export const themeStorageKey = 'tidemill-theme';

export function useThemeMode(): ThemeMode {
  const { mode, systemMode } = useColorScheme();
  const onPaper = useOnPaper();
  if (onPaper) return 'light';
  return (mode === 'system' ? systemMode : mode) === 'dark' ? 'dark' : 'light';
}

export function useThemeChoice(): [ThemeChoice, (choice: ThemeChoice) => void] {
  const { mode, setMode } = useColorScheme();
  return [mode ?? 'system', setMode];
}

export function useSurface(): Surface {
  return surfaces[useThemeMode()];
}
