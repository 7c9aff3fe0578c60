// The MUI theme: calm paper, dense data, one accent. Both colour schemes are CSS variables, so a
// change of theme repaints without rendering.
import { createTheme } from '@mui/material/styles';
import { surfaces } from './palette';
import type { ThemeMode } from './palette';
import { paperStyles } from './paper';

export const tabular = { fontVariantNumeric: 'tabular-nums' } as const;

function scheme(mode: ThemeMode) {
  const surface = surfaces[mode];
  return {
    palette: {
      primary: {
        main: surface.accent,
        contrastText: surface.accentText,
        // The shade under the pointer; darker, it would be too near to the dark words on it.
        ...(mode === 'dark' ? { dark: surface.accent } : {}),
      },
      secondary: { main: surface.textMuted, contrastText: surface.card },
      success: { main: surface.good, contrastText: surface.card },
      error: { main: surface.bad, contrastText: surface.card },
      warning: { main: surface.warn, contrastText: surface.card },
      info: { main: surface.accent, contrastText: surface.accentText },
      background: { default: surface.page, paper: surface.card },
      text: { primary: surface.text, secondary: surface.textMuted, disabled: surface.quiet },
      divider: surface.line,
      surface: { sunken: surface.sunken, border: surface.border, accentSoft: surface.accentSoft },
    },
  };
}

declare module '@mui/material/styles' {
  interface Palette {
    surface: { sunken: string; border: string; accentSoft: string };
  }
  interface PaletteOptions {
    surface?: { sunken: string; border: string; accentSoft: string };
  }
}

const motion = {
  transitionDuration: '120ms',
  '@media (prefers-reduced-motion: reduce)': { transition: 'none' },
};

export const theme = createTheme({
  cssVariables: { colorSchemeSelector: '[data-theme="%s"]', cssVarPrefix: 'tm' },
  colorSchemes: { light: scheme('light'), dark: scheme('dark') },
  spacing: 4,
  shape: { borderRadius: 8 },
  typography: {
    fontFamily: '"Inter Variable", system-ui, sans-serif',
    fontSize: 13,
    htmlFontSize: 16,
    fontWeightMedium: 500,
    h1: { fontSize: '1rem', fontWeight: 600, lineHeight: 1.4 },
    h2: { fontSize: '0.875rem', fontWeight: 600, lineHeight: 1.4 },
    h3: { fontSize: '0.8125rem', fontWeight: 600, lineHeight: 1.4 },
    h4: { fontSize: '1.5rem', fontWeight: 600, lineHeight: 1.2 },
    body1: { fontSize: '0.8125rem', lineHeight: 1.5 },
    body2: { fontSize: '0.75rem', lineHeight: 1.5 },
    caption: { fontSize: '0.6875rem', lineHeight: 1.4 },
    button: { fontSize: '0.8125rem', fontWeight: 500, textTransform: 'none' },
  },
  transitions: {
    duration: {
      shortest: 80,
      shorter: 80,
      short: 120,
      standard: 120,
      complex: 160,
      enteringScreen: 120,
      leavingScreen: 80,
    },
  },
  components: {
    MuiCssBaseline: {
      styleOverrides: {
        ...paperStyles,
        body: { minHeight: '100dvh', textRendering: 'optimizeLegibility' },
        ':focus-visible': { outline: '2px solid var(--tm-palette-primary-main)', outlineOffset: 2 },
        // A dialog takes the focus as a whole; the ring belongs to what can be used inside it.
        '[role="dialog"]:focus-visible, .MuiDialog-container:focus-visible': { outline: 'none' },
        '@media (prefers-reduced-motion: reduce)': {
          '*, *::before, *::after': {
            animationDuration: '0.01ms !important',
            transitionDuration: '0.01ms !important',
          },
        },
      },
    },
    MuiButtonBase: {
      defaultProps: { disableRipple: true },
      styleOverrides: {
        root: {
          fontFamily: 'inherit',
          '&.Mui-focusVisible': {
            outline: '2px solid var(--tm-palette-primary-main)',
            outlineOffset: 2,
          },
          // What cannot be used now and keeps the focus, see components/usable.ts.
          '&[aria-disabled="true"]:not(.Mui-disabled)': {
            cursor: 'default',
            color: 'var(--tm-palette-text-disabled)',
            '&:hover': { backgroundColor: 'transparent' },
          },
        },
      },
    },
    MuiButton: {
      defaultProps: {
        disableElevation: true,
        variant: 'outlined',
        color: 'inherit',
        size: 'medium',
      },
      styleOverrides: {
        root: {
          borderRadius: 8,
          minHeight: 36,
          paddingInline: 14,
          ...motion,
          '@media (pointer: coarse)': { minHeight: 44 },
        },
        sizeSmall: { minHeight: 30, paddingInline: 10 },
        outlined: {
          borderColor: 'var(--tm-palette-divider)',
          '&:hover': {
            borderColor: 'var(--tm-palette-surface-border)',
            backgroundColor: 'var(--tm-palette-surface-sunken)',
          },
        },
        // A disabled button still says what it would do.
        contained: {
          '&.Mui-disabled': { backgroundColor: 'var(--tm-palette-surface-sunken)' },
          // Where it turns in the middle, its words would be crossed by that.
          '&.Mui-disabled:not(.MuiButton-loadingPositionCenter)': {
            color: 'var(--tm-palette-text-secondary)',
          },
        },
      },
    },
    MuiIconButton: {
      styleOverrides: {
        root: { borderRadius: 8, '@media (pointer: coarse)': { minWidth: 44, minHeight: 44 } },
      },
    },
    MuiPaper: {
      defaultProps: { elevation: 0 },
      styleOverrides: {
        root: { backgroundImage: 'none' },
        outlined: { borderColor: 'var(--tm-palette-divider)' },
      },
    },
    MuiDialog: {
      styleOverrides: {
        paper: {
          border: '1px solid var(--tm-palette-divider)',
          boxShadow: '0 12px 40px rgb(0 0 0 / 0.24)',
        },
      },
    },
    MuiMenu: {
      styleOverrides: {
        paper: {
          border: '1px solid var(--tm-palette-divider)',
          boxShadow: '0 6px 20px rgb(0 0 0 / 0.16)',
        },
      },
    },
    MuiPopover: {
      styleOverrides: {
        paper: {
          border: '1px solid var(--tm-palette-divider)',
          boxShadow: '0 6px 20px rgb(0 0 0 / 0.16)',
        },
      },
    },
    MuiMenuItem: {
      styleOverrides: {
        root: {
          fontSize: '0.8125rem',
          minHeight: 32,
          '@media (pointer: coarse)': { minHeight: 44 },
        },
      },
    },
    MuiOutlinedInput: {
      styleOverrides: {
        root: { '@media (pointer: coarse)': { minHeight: 44 } },
        notchedOutline: {
          borderColor: 'var(--tm-palette-surface-border)',
          '& legend': { fontSize: '0.75rem' },
        },
        // Phones make the whole page larger around a field whose words are smaller than 16 px.
        input: { fontSize: '0.875rem', '@media (pointer: coarse)': { fontSize: '1rem' } },
      },
    },
    // Selects stand on the same line as text fields beside them.
    MuiSelect: {
      styleOverrides: {
        select: { '&&': { minHeight: 0, height: '1.4375em', lineHeight: '1.4375em' } },
      },
    },
    // Labels shrink to 12 px; the gap in the outline follows them.
    MuiInputLabel: { styleOverrides: { root: { fontSize: '1rem' } } },
    MuiTextField: { defaultProps: { size: 'small', fullWidth: true } },
    MuiFormHelperText: { styleOverrides: { root: { marginInline: 0, fontSize: '0.75rem' } } },
    MuiTooltip: {
      styleOverrides: {
        tooltip: {
          fontSize: '0.75rem',
          backgroundColor: 'var(--tm-palette-text-primary)',
          color: 'var(--tm-palette-background-paper)',
        },
      },
    },
    MuiTab: {
      styleOverrides: {
        root: {
          minHeight: 40,
          paddingInline: 12,
          minWidth: 0,
          '@media (pointer: coarse)': { minHeight: 44 },
        },
      },
    },
    MuiTabs: { styleOverrides: { root: { minHeight: 40 } } },
    MuiChip: { styleOverrides: { root: { fontSize: '0.75rem' } } },
    MuiLink: { defaultProps: { underline: 'hover' } },
    MuiLinearProgress: {
      styleOverrides: {
        root: { borderRadius: 4, backgroundColor: 'var(--tm-palette-surface-sunken)' },
      },
    },
  },
});
