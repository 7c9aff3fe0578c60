// What stands around every page: store, theme, error boundary, toasts.
import { Provider } from 'react-redux';
import { Announcer } from '@/components/announcer';
import { ErrorBoundary } from '@/components/error-boundary';
import { Toasts } from '@/components/toasts';
import { ThemeProvider } from '@/theme/theme-provider';
import { AppRouter } from './router';
import type { AppStore } from './store';

export function App({ store }: { store: AppStore }) {
  return (
    <Provider store={store}>
      <ThemeProvider>
        <ErrorBoundary fullPage>
          <AppRouter />
        </ErrorBoundary>
        <Toasts />
        <Announcer />
      </ThemeProvider>
    </Provider>
  );
}
