// Puts the theme and the style nonce around the app. The server writes a nonce for each answer into
// <meta property="csp-nonce">; Emotion puts it on the style element it makes.
import createCache from '@emotion/cache';
import { CacheProvider } from '@emotion/react';
import CssBaseline from '@mui/material/CssBaseline';
import { ThemeProvider as MuiThemeProvider } from '@mui/material/styles';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { readNonce } from './nonce';
import { usePaper } from './paper';
import { theme } from './theme';
import { themeStorageKey, useSurface } from './theme-mode';

export function ThemeProvider({ children }: { children: ReactNode }) {
  usePaper();
  const [cache] = useState(() => createCache({ key: 'tm', nonce: readNonce(), prepend: true }));
  return (
    <CacheProvider value={cache}>
      <MuiThemeProvider theme={theme} defaultMode="system" modeStorageKey={themeStorageKey} noSsr>
        <CssBaseline enableColorScheme />
        <BrowserBar />
        {children}
      </MuiThemeProvider>
    </CacheProvider>
  );
}

/** The bar of a phone's browser has the colour of the page; by itself it would follow the system, whatever theme was chosen. */
function BrowserBar() {
  const { page } = useSurface();
  useEffect(() => {
    for (const meta of document.querySelectorAll('meta[name="theme-color"]'))
      meta.setAttribute('content', page);
  }, [page]);
  return null;
}
