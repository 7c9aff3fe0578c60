// Renders routes or a part of the app with everything around it, as a viewer who is signed in.
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { Provider } from 'react-redux';
import { MemoryRouter } from 'react-router';
import { adoptSession } from '@/api/reauth';
import type { Session } from '@/api/types';
import { createStore } from '@/app/store';
import { Announcer } from '@/components/announcer';
import { Toasts } from '@/components/toasts';
import { ThemeProvider } from '@/theme/theme-provider';
import { session as defaultSession } from './fixtures';

export interface RenderAppOptions {
  path?: string;
  // Null renders as nobody: neither signed in nor known.
  session?: Session | null;
}

export function renderApp(
  ui: ReactNode,
  { path = '/', session = defaultSession }: RenderAppOptions = {},
) {
  const store = createStore();
  if (session !== null) adoptSession(session);
  const view = render(
    <Provider store={store}>
      <ThemeProvider>
        <MemoryRouter initialEntries={[path]}>{ui}</MemoryRouter>
        <Toasts />
        <Announcer />
      </ThemeProvider>
    </Provider>,
  );
  return { ...view, store, user: userEvent.setup() };
}
